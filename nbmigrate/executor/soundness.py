"""Whether history and folder agree well enough to run anything; each disagreement is an error."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from nbmigrate.errors import DriftError, EditedMigrationError, LateMigrationError, MissingFileError
from nbmigrate.executor.history import Status, history_name, normalized
from nbmigrate.executor.segments import MigrationLike
from nbmigrate.executor.settings import Settings

_DIFF_LINES = 40


def require_sound(
    migrations: Sequence[MigrationLike], found: Sequence[Status], settings: Settings
) -> None:
    """Raise unless every applied migration is in the folder, unchanged, and in the history.

    Raises:
        EditedMigrationError: a file is not what was applied.
        MissingFileError: an applied file is not in the folder, unless that is allowed.
        DriftError: the history table lost rows that our journal has.
    """
    by_tag = {migration.tag: migration for migration in migrations}
    for status in found:
        if status.state == "edited":
            raise _edited(by_tag[status.tag], status)
    _refuse_lost_rows(found, settings)
    missing = [status for status in found if status.state == "missing"]
    if missing and not settings.allow_missing:
        raise _missing(missing[0], settings)


def require_in_order(
    migrations: Sequence[MigrationLike],
    wanted: Sequence[MigrationLike],
    found: Sequence[Status],
    settings: Settings,
) -> None:
    """Raise when a pending migration does not commute with applied ones that follow it.

    Raises:
        LateMigrationError: which, after which, and why.
    """
    if settings.judge_late is None:
        return
    state = {status.tag: status for status in found}
    position = {migration.tag: at for at, migration in enumerate(migrations)}
    for at, migration in enumerate(wanted):
        if state[migration.tag].state != "pending":
            continue
        later = [
            s.tag
            for s in found
            if s.state in {"applied", "edited"}
            and (position.get(s.tag, -1) > at or (s.created_at or 0) >= migration.when)
        ]
        reason = settings.judge_late(migration.tag, later) if later else ""
        if reason:
            raise LateMigrationError(
                f"`{migration.tag}` comes before {', '.join(f'`{t}`' for t in later)}, applied "
                f"already, and does not commute with it; nothing was run\n{reason}",
                tag=migration.tag,
                later=later,
                path=migration.path,
                hint=f"nbmigrate rebase {migration.tag} puts it behind them; "
                "--allow-late runs it as it is",
            )


def _refuse_lost_rows(found: Sequence[Status], settings: Settings) -> None:
    lost = [f"`{status.tag}`" for status in found if status.state == "unrecorded"]
    if lost:
        raise DriftError(
            f"`{history_name(settings)}` lost the rows of {', '.join(lost)}, which were applied "
            "to this database; nothing was run",
            hint="nbmigrate adopt records them again, when the database is what they make; if it was "
            "emptied on purpose: DROP SCHEMA nbmigrate CASCADE",
        )


def _edited(migration: MigrationLike, status: Status) -> EditedMigrationError:
    message = f"`{status.tag}` was changed after it was applied; nothing was run"
    if status.applied_sql:
        lines = difflib.unified_diff(
            normalized(status.applied_sql).splitlines(),
            normalized(migration.sql).splitlines(),
            "applied",
            "file",
            lineterm="",
        )
        message = "\n".join([message, *list(lines)[:_DIFF_LINES]])
    return EditedMigrationError(
        message,
        tag=status.tag,
        path=migration.path,
        hint="put the file back as it was (moved away, nbmigrate restore "
        f"{status.tag} writes it), and write the change as a new migration",
    )


def _missing(status: Status, settings: Settings) -> MissingFileError:
    name = f"`{status.tag}`" if status.tag else f"with hash {status.hash[:12]}"
    text = f"; its text was:\n{status.applied_sql}" if status.applied_sql else ""
    return MissingFileError(
        f"migration {name} is applied (`{history_name(settings)}`) but not in the folder; "
        f"nothing was run{text}",
        tag=status.tag,
        path=settings.folder,
        hint=f"nbmigrate restore {status.tag} writes it back; --allow-missing goes on without it",
    )

"""Migrate: the files are examined, then run, shown, or made into a script for somebody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbmigrate import executor, results
from nbmigrate.errors import ConnectFailedError, MissingFileError
from nbmigrate.executor.history import sha256
from nbmigrate.executor.offline import script
from nbmigrate.journal import touching
from nbmigrate.journal.changes import Changes
from nbmigrate.journal.emptied import require_not_emptied
from nbmigrate.workspace import files
from nbmigrate.workspace.keeping_migrations import KeepingAround

if TYPE_CHECKING:
    from nbmigrate.journal import Journal, Migration
    from nbmigrate.workspace.project import Project


@dataclass(frozen=True, kw_only=True)
class MigrateOptions:
    """How to migrate, as it was asked for."""

    to: str | None = None
    dry_run: bool = False
    offline: bool = False
    allow_missing: bool = False
    allow_late: bool = False
    release_own: bool = False


def migrate(
    workspace: Project, options: MigrateOptions, on_event: Callable[[Any], None] | None
) -> results.MigrateResult:
    """Apply, show or write down the pending migrations."""
    migrations = workspace.journal.migrations()
    if options.offline:
        return _offline(workspace, migrations, options)
    settings = _settings(workspace, options)
    connection = workspace.target.connection
    pending = executor.pending(connection, migrations, to=options.to, settings=settings)
    changes = Changes(workspace.journal)
    _require_sound(workspace.journal, changes, pending)
    waits: list[str] = []

    def listen(event: Any) -> None:  # noqa: ANN401 - any event
        if isinstance(event, executor.LockWaited):
            waits.append(str(event.holder))
        if on_event is not None:
            on_event(event)

    applied: Sequence[Any] = ()
    if not options.dry_run:
        applied = executor.migrate(
            workspace.target.url,
            migrations,
            to=options.to,
            on_event=listen,
            settings=settings,
            around=KeepingAround(changes, workspace.settings.schemas, listen),
        )
    states = executor.read_status(workspace.target.connection, migrations, settings)
    return results.MigrateResult(
        applied=tuple(
            results.AppliedMigration(tag=a.tag, statements=a.statements, ms=a.ms) for a in applied
        ),
        pending=tuple(s.tag for s in states if s.state == "pending"),
        waited_for=waits[0] if waits else "",
        dry_run_sql=_sql_of(pending) if options.dry_run else "",
        database=workspace.target.database,
        empty_folder="" if migrations else str(workspace.settings.folder),
    )


def _require_sound(journal: Journal, changes: Changes, wanted: Sequence[Migration]) -> None:
    """Before anything runs: a file that was cut off, or a snapshot of which no undo can be told."""
    for migration in wanted:
        require_not_emptied(journal, migration)
        changes.require(migration.tag)


def restore(workspace: Project, tag: str) -> results.InitResult:
    """Write the file of an applied migration again, word for word, from the database's journal.

    Raises:
        MissingFileError: the journal does not know it, or its text cannot be given back exactly.
    """
    journal = workspace.journal
    rows = executor.read_journal(workspace.target.connection, workspace.executor_settings())
    known = {row.tag: row for row in rows}
    row = known.get(tag) or next((r for r in rows if r.tag.partition("_")[0] == tag), None)
    if row is None:
        listed = ", ".join(known) or "none"
        raise MissingFileError(
            f"the journal of this database has no `{tag}`", tag=tag, hint=f"it has: {listed}"
        )
    path = journal.folder / f"{row.tag}.sql"
    if path.exists():
        raise MissingFileError(
            "the file is there; nothing was written",
            tag=row.tag,
            path=path,
            hint="move it away first, if what was applied shall take its place",
        )
    if sha256(row.sql) != row.hash:
        raise MissingFileError(
            f"the text of `{row.tag}` was kept without its passwords:\n{row.sql}",
            tag=row.tag,
            path=path,
            hint="write it to the file yourself, with the passwords",
        )
    journal.restore(row.tag, row.sql, when=row.created_at)
    return results.InitResult(files=(files.written(path, workspace.root),))


def _settings(workspace: Project, options: MigrateOptions) -> executor.Settings:
    journal = workspace.journal

    def judge(tag: str, later: Sequence[str]) -> str:
        return touching.reason(journal, tag, later)

    return workspace.executor_settings(
        allow_missing=options.allow_missing,
        release_own=options.release_own,
        judge_late=None if options.allow_late else judge,
    )


def _offline(
    workspace: Project, migrations: Sequence[Migration], options: MigrateOptions
) -> results.MigrateResult:
    """The script: of what is pending, or of every file where no database can be asked."""
    settings = _settings(workspace, options)
    wanted: Sequence[Migration]
    try:
        connection = workspace.target.connection
        wanted = executor.pending(connection, migrations, to=options.to, settings=settings)
    except ConnectFailedError:
        wanted = executor.up_to(migrations, options.to)
    for migration in wanted:
        require_not_emptied(workspace.journal, migration)
    return results.MigrateResult(
        applied=(), pending=tuple(m.tag for m in wanted), script=script(wanted, settings)
    )


def _sql_of(migrations: Sequence[Migration]) -> str:
    return "\n".join(f"-- {m.tag}\n{m.sql.rstrip()}\n" for m in migrations)

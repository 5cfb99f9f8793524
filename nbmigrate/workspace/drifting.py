"""Drift: what the database is beside what its applied migrations say, and three ways to answer.

Accept writes the database's form of the objects as a migration that is applied here already;
revert brings the database back, with everything that a push does for safety; ignore is written
down in the folder, in ``meta/_nbmigrate_ignored.json``, which drizzle-kit passes over.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from nbmigrate import executor, results
from nbmigrate.diff.inverse import inverted, merge
from nbmigrate.errors import DriftError, JournalError, SourceError
from nbmigrate.journal.changes import Changes
from nbmigrate.model import Snapshot, format_path, parse_path
from nbmigrate.model.codec import dump_document
from nbmigrate.plan import NO_ANSWERS, Plan, make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.workspace import files
from nbmigrate.workspace.ledger_entries import ledger_change
from nbmigrate.workspace.ownership import KINDS
from nbmigrate.workspace.sources import Source

if TYPE_CHECKING:
    from nbmigrate.journal import Journal
    from nbmigrate.workspace.project import Project

IGNORED_NAME = "_nbmigrate_ignored.json"

Path_ = tuple[str, ...]


class Applied(NamedTuple):
    """The last migration that this database has, what it says the schema is, and what waits."""

    tag: str
    snapshot: Snapshot
    pending: tuple[str, ...] = ()


def last_applied(workspace: Project) -> Applied | None:
    """What the applied migrations of this database made; ``None`` when there are none."""
    settings = workspace.executor_settings()
    journal = workspace.journal
    states = executor.read_status(workspace.target.connection, journal.there(), settings)
    applied = {s.tag for s in states if s.state in {"applied", "edited", "missing"}}
    known = [entry.tag for entry in journal.entries if entry.tag in applied]
    file = journal.read_snapshot(known[-1]) if known else None
    if file is None:
        return None
    pending = tuple(entry.tag for entry in journal.entries if entry.tag not in applied)
    return Applied(known[-1], _without_late(journal, file.snapshot, pending, known[-1]), pending)


def _without_late(journal: Journal, made: Snapshot, pending: Sequence[str], last: str) -> Snapshot:
    """What the applied migrations made, where others before the last one still wait.

    No snapshot of the folder says that: each holds what the ones before it do.
    """
    changes, tags = Changes(journal), [entry.tag for entry in journal.entries]
    late = [tag for tag in pending if tags.index(tag) < tags.index(last)]
    for tag in reversed(late):
        before, after = changes.whole(tag)
        made = merge(before, after, made, inverted(changes.entry(tag).renames)).snapshot
    return made


#: The source that stands for what the applied migrations of the database say.
APPLIED = "applied"


def applied_source(workspace: Project) -> Source:
    """What the applied migrations say, as a source; what is ignored, as the database has it.

    Raises:
        SourceError: no migration is applied.
    """
    applied = last_applied(workspace)
    if applied is None:
        raise SourceError(
            "no migration is applied in this database",
            source=APPLIED,
            hint="nbmigrate adopt, for a database that has the schema already",
        )
    live = workspace.source("live").snapshot
    new = with_objects(applied.snapshot, live, map(parse_path, read_ignored(workspace)))
    return Source(new, applied.tag, is_complete=False)


def find(workspace: Project) -> results.DriftResult:
    """What leads the database back to its migrations, without what is ignored."""
    applied = last_applied(workspace)
    if applied is None:
        return results.DriftResult(database=workspace.target.database)
    live = workspace.source("live")
    ignored = read_ignored(workspace)
    new = with_objects(applied.snapshot, live.snapshot, map(parse_path, ignored))
    found = workspace.compare(live, Source(new, applied.tag, is_complete=False))
    return results.DriftResult(
        database=workspace.target.database,
        tag=applied.tag,
        plan=found.plan,
        paths=tuple(dict.fromkeys(_paths(applied.snapshot, live.snapshot, found.plan))),
        not_declared=found.not_declared,
        ignored=ignored,
    )


def _paths(recorded: Snapshot, live: Snapshot, plan: Plan) -> Iterable[str]:
    """The objects that differ: those whose own plan is not empty."""
    for family in KINDS:
        here, there = getattr(live, family), getattr(plan.new, family)
        before = getattr(recorded, family)
        for name in dict.fromkeys((*before, *there)):
            item = there.get(name, here.get(name))
            if item is not None and here.get(name) != there.get(name):
                yield format_path(*item.id)


def with_objects(base: Snapshot, other: Snapshot, paths: Iterable[Path_]) -> Snapshot:
    """``base`` with the objects of those paths as ``other`` has them, or without them."""
    wanted = {path[:2] if len(path) > 1 else ("public", *path) for path in paths}
    changed: dict[str, dict[str, Any]] = {}
    for family in KINDS:
        here, there = getattr(base, family), getattr(other, family)
        kept = {name: item for name, item in here.items() if item.id[:2] not in wanted}
        more = {name: item for name, item in there.items() if item.id[:2] in wanted}
        changed[family] = {**kept, **more}
    used = {item.schema for items in changed.values() for item in items.values() if item.schema}
    schemas = {name: name for name in used if name != "public"}
    return msgspec.structs.replace(base, **changed, schemas={**base.schemas, **schemas})


# --- the three answers ------------------------------------------------------------


def accept(workspace: Project, paths: Sequence[str], name: str | None) -> results.DriftResult:
    """Write the database's form of the objects as a migration that is applied here.

    Raises:
        JournalError: migrations wait to be applied; what they make is no drift.
        SourceError: a path is none of the objects that differ.
    """
    found = find(workspace)
    chosen = _chosen(found, paths)
    if not chosen or found.tag is None:
        return found
    journal, applied = workspace.journal, last_applied(workspace)
    if applied and applied.pending:
        raise JournalError(
            f"`{applied.pending[0]}` is not applied here; nothing was written",
            path=workspace.settings.folder,
            hint="nbmigrate migrate first, then accept what still differs",
        )
    live = workspace.source("live").snapshot
    old = applied.snapshot if applied else Snapshot()
    new = with_objects(old, live, map(parse_path, chosen))
    canonical = workspace.asking(Source(old, "recorded"))
    plan = make_plan(old, new, dialect=POSTGRESQL, answers=NO_ANSWERS, canonical=canonical)
    wanted = name or "accept_drift"
    migration = journal.append(
        plan, name=wanted, now_ms=int(time.time() * 1000), words=lambda: wanted
    )
    executor.baseline(workspace.target.url, (migration,), settings=workspace.executor_settings())
    shown = tuple(
        files.written(path, workspace.root) for path in files.files_of(journal, migration.tag)
    )
    return dataclasses.replace(find(workspace), accepted=migration.tag, files=shown)


def ignore(workspace: Project, paths: Sequence[str]) -> results.DriftResult:
    """Write down that the objects may differ; all that differ, without a path."""
    chosen = _chosen(find(workspace), paths)
    ignored = tuple(dict.fromkeys((*read_ignored(workspace), *chosen)))
    path = _ignored_path(workspace)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.tmp")
    beside.write_text(dump_document({"ignored": list(ignored)}), "utf-8")
    beside.replace(path)
    return find(workspace)


def read_ignored(workspace: Project) -> tuple[str, ...]:
    """The paths whose drift nobody wants to hear of.

    Raises:
        JournalError: the file is not what ``ignore`` writes.
    """
    path = _ignored_path(workspace)
    if not path.exists():
        return ()
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_Ignored)
        for text in found.ignored:
            parse_path(text)
    except (msgspec.MsgspecError, ValueError) as error:
        raise JournalError(
            f"cannot read the ignored drift: {error}",
            path=path,
            hint='it holds {"ignored": ["public.users"]}',
        ) from error
    return found.ignored


class _Ignored(msgspec.Struct):
    ignored: tuple[str, ...] = ()


def _ignored_path(workspace: Project) -> Path:
    return workspace.journal.layout.meta / IGNORED_NAME


def _chosen(found: results.DriftResult, paths: Sequence[str]) -> tuple[str, ...]:
    unknown = [path for path in paths if path not in found.paths]
    if unknown:
        listed = ", ".join(found.paths) or "nothing"
        raise SourceError(
            f"`{unknown[0]}` does not differ from its migrations",
            source=unknown[0],
            hint=f"what differs: {listed}",
        )
    return tuple(paths) or found.paths


# --- adoption -----------------------------------------------------------------------


def adopt(workspace: Project, tag: str | None) -> results.AdoptResult:
    """Mark the migrations as applied whose schema this database has already.

    Without a tag, up to the last migration that the database equals; what the migrations do not
    speak of does not count.

    Raises:
        DriftError: the database equals none of them; what would be missing is told.
    """
    journal, settings = workspace.journal, workspace.executor_settings()
    migrations = journal.migrations()
    if not migrations:
        raise JournalError(
            "the folder has no migrations to adopt",
            path=workspace.settings.folder,
            hint="nbmigrate pull --baseline writes the first one from the database",
        )
    live, chosen = (
        workspace.source("live"),
        [m for m in migrations if tag in {None, m.tag, _number(m.tag)}],
    )
    if not chosen:
        listed = ", ".join(m.tag for m in migrations)
        raise SourceError(f"no migration `{tag}`", source=str(tag), hint=f"there are: {listed}")
    nearest: Plan | None = None
    for migration in reversed(chosen):
        file = journal.read_snapshot(migration.tag)
        new = Source(file.snapshot if file else Snapshot(), migration.tag, is_complete=False)
        plan = workspace.compare(live, new).plan
        if plan.is_empty:
            return _adopted(
                workspace, migrations[: migrations.index(migration) + 1], new.snapshot, settings
            )
        nearest = nearest or plan
    rest = nearest.sql if nearest else ""
    raise DriftError(
        f"the database is not what `{chosen[-1].tag}` makes; nothing was marked as applied. "
        f"What is missing to it:\n{rest}",
        hint="nbmigrate push it, or change the database, and adopt again; or name an earlier tag",
    )


def _adopted(
    workspace: Project, migrations: Sequence[Any], snapshot: Snapshot, settings: executor.Settings
) -> results.AdoptResult:
    tags = executor.baseline(workspace.target.url, migrations, settings=settings)
    connection = workspace.target.connection
    plan = make_plan(Snapshot(), snapshot, dialect=POSTGRESQL)
    change = ledger_change(plan.operations, executor.read_ledger(connection))
    with connection.transaction():
        executor.record(connection, **change._asdict())
    return results.AdoptResult(
        database=workspace.target.database, tag=migrations[-1].tag, adopted=tags
    )


def _number(tag: str) -> str:
    return tag.partition("_")[0]

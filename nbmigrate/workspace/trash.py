"""The trash and the stack as they are shown and emptied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import psycopg

from nbmigrate import executor, results
from nbmigrate.errors import UsageConflictError
from nbmigrate.executor.undo import UndoRecord, records
from nbmigrate.executor.undo.records import BEGUN, DONE, PURGED, TrashTable
from nbmigrate.executor.undo.trash import SCHEMA
from nbmigrate.workspace.live import count_rows

if TYPE_CHECKING:
    from nbmigrate.workspace.project import Project

#: A purge is somebody waiting at a screen.
LOCK_WAIT_MS = 10_000


def entries(workspace: Project) -> tuple[results.TrashEntry, ...]:
    """Everything on the stack, newest first, with the size of what is kept for it now."""
    connection = workspace.target.connection
    there = records.trash_tables(connection)
    return tuple(_entry(workspace, r, there) for r in records.read(connection))


def _entry(
    workspace: Project, record: UndoRecord, there: dict[str, TrashTable]
) -> results.TrashEntry:
    connection = workspace.target.connection
    own = [kept.name for kept in record.holding.tables if kept.name in there]
    return results.TrashEntry(
        number=record.id,
        kind=record.kind,
        tag=record.tag,
        state=record.state,
        what=", ".join(record.what),
        done_at=record.done_at,
        user=record.user,
        rows=sum(count_rows(connection, (SCHEMA, name)) for name in own),
        bytes=sum(there[name].bytes for name in record.holding.names if name in there),
    )


def stack(workspace: Project) -> results.TrashResult:
    """What can be undone."""
    return results.TrashResult(entries=entries(workspace), database=workspace.target.database)


def purge(workspace: Project, number: int | None, *, agreed: bool) -> results.PurgeResult:
    """Throw the kept data away: of one entry, or of all; only when ``agreed``.

    Raises:
        UsageConflictError: there is no such entry.
        LockTimeoutError: a migrate, a push or an undo is running; by whom.
    """
    connection = workspace.target.connection
    known = {r.id: r for r in records.read(connection)}
    if number is not None and number not in known:
        listed = ", ".join(map(str, known)) or "none"
        raise UsageConflictError(f"no undo {number}", hint=f"there are: {listed}")
    wanted = tuple(
        entry
        for entry in entries(workspace)
        if (number is None or entry.number == number) and entry.bytes and entry.state != BEGUN
    )
    if agreed and wanted:
        # No migrator may be keeping, nor an undo be reading, what is thrown away.
        executor.apply(
            connection,
            (),
            finish=lambda: _throw_away(connection, [known[entry.number] for entry in wanted]),
            settings=workspace.executor_settings(lock_wait_ms=LOCK_WAIT_MS),
        )
    return results.PurgeResult(
        entries=wanted, database=workspace.target.database, purged=agreed and bool(wanted)
    )


def _throw_away(connection: psycopg.Connection[Any], found: Sequence[UndoRecord]) -> None:
    for record in found:
        records.drop_trash(connection, record.holding.names)
        if record.state == DONE:
            records.mark(connection, [record.id], PURGED)

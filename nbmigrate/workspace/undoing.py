"""Undo: the last push taken back, with its data, in one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from nbmigrate import executor, results
from nbmigrate.errors import (
    AnswerNeededError,
    NothingToUndoError,
    UndoOvertakenError,
    UndoPurgedError,
    UndoUnfinishedError,
)
from nbmigrate.executor.undo import UndoRecord, records
from nbmigrate.executor.undo.records import BEGUN, DONE, PURGED, UNDONE
from nbmigrate.executor.undo.trash import after_name
from nbmigrate.model import format_path
from nbmigrate.plan import NO_ANSWERS, Answers, Question
from nbmigrate.workspace.keeping import require_number
from nbmigrate.workspace.keeping_migrations import settled
from nbmigrate.workspace.ledger_entries import ledger_change
from nbmigrate.workspace.undo_checks import Checkpoints, questions
from nbmigrate.workspace.undo_way import Way, find_way

if TYPE_CHECKING:
    from nbmigrate.workspace.project import Project


def undo(  # noqa: PLR0913 - those of the command
    workspace: Project,
    *,
    answers: Answers = NO_ANSWERS,
    dry_run: bool = False,
    with_data: bool = True,
    number: int | None = None,
    release_own: bool = False,
    on_event: executor.OnEvent | None = None,
) -> results.UndoResult:
    """Take the last push back that was not taken back yet; only ``number``, when that is given.

    Raises:
        UndoOvertakenError: the last one is not ``number``; nothing was run.
        NothingToUndoError: nothing was pushed here, or all of it is undone.
        UndoConflictError: what it made was changed since; nothing was run.
        UndoPurgedError: its data is gone, and ``with_data`` is asked.
        UndoUnfinishedError: it is a migration of which a part has run.
    """
    record = _chosen(workspace, number, with_data=with_data)
    found = workspace.live.read(record.after)
    mark, record = found.fingerprint, settled(record, found.snapshot)
    way = find_way(workspace, record, answers, with_data=with_data)
    started = time.perf_counter()
    if dry_run:
        ran = _tried(workspace, way)
    else:
        ran = _run(workspace, record, way, mark, on_event, release_own=release_own)
    return results.UndoResult(
        number=record.id,
        what=record.what,
        operations=way.operations,
        sql=tuple(s.sql for s in way.statements),
        restored=_restored(record, way, ran.applied, with_data=with_data),
        ms=(time.perf_counter() - started) * 1000,
        database=workspace.target.database,
        dry_run=dry_run,
        with_data=with_data,
        asked=tuple(ran.asked),
    )


class _Ran(NamedTuple):
    """What ran; or, when rows would break what comes back, the questions and nothing else."""

    applied: Sequence[executor.AppliedStatement] = ()
    asked: Sequence[Question] = ()


def _chosen(workspace: Project, number: int | None, *, with_data: bool) -> UndoRecord:
    """The record to take back: the last one, which must be ``number`` where that is given."""
    record = last_done(workspace)
    if number is not None and number != record.id:
        raise UndoOvertakenError(number, record.id)
    if with_data and record.state == PURGED:
        raise UndoPurgedError(record.id)
    return record


def _tried(workspace: Project, way: Way) -> _Ran:
    """What would be asked before anything runs."""
    if not way.checks:
        return _Ran()
    return _Ran(asked=questions(workspace.target.connection, way.checks[min(way.checks)]))


def _run(
    workspace: Project,
    record: UndoRecord,
    way: Way,
    mark: str,
    on_event: executor.OnEvent | None,
    *,
    release_own: bool,
) -> _Ran:
    connection = workspace.target.connection
    settings = workspace.executor_settings(lock_wait_ms=10_000, release_own=release_own)
    checkpoints = Checkpoints(connection, way.checks, on_event)

    def guard() -> None:
        workspace.live.require(connection, mark)
        require_number(connection, way.number)
        checkpoints.reach(0)

    try:
        applied = executor.apply(
            connection,
            way.statements,
            guard=guard,
            finish=lambda: _finish(connection, record, way, checkpoints.counted, settings),
            on_event=checkpoints,
            settings=settings,
            label=f"undo {record.id}",
        )
    except AnswerNeededError as needed:
        return _Ran(asked=[q for q in needed.questions if isinstance(q, Question)])
    return _Ran(applied=applied)


def last_done(workspace: Project) -> UndoRecord:
    """The top of the stack.

    Raises:
        NothingToUndoError: it is empty.
        UndoUnfinishedError: it is a migration of which a part has run.
    """
    states = (BEGUN, DONE, PURGED)
    found = records.read(workspace.target.connection, states=states, limit=1)
    if not found:
        raise NothingToUndoError(workspace.target.database)
    if found[0].state == BEGUN:
        raise UndoUnfinishedError(found[0].tag)
    return found[0]


def _finish(
    connection: psycopg.Connection[Any],
    record: UndoRecord,
    way: Way,
    counted: Mapping[int, int],
    settings: executor.Settings,
) -> None:
    """In the transaction of the undo: the stack, the ledger, the history, the empty trash."""
    change = ledger_change(way.operations, executor.read_ledger(connection))
    executor.record(
        connection, created=record.holding.owned, dropped=change.dropped, renamed=change.renamed
    )
    records.mark(connection, [record.id], UNDONE)
    if record.kind == "migrate":
        executor.forget(connection, settings, record.tag)
    if way.own.tables:
        _record_own(connection, record, way)
    records.drop_trash(connection, tuple(_emptied(connection, record, way, counted)))


def _emptied(
    connection: psycopg.Connection[Any],
    record: UndoRecord,
    way: Way,
    counted: Mapping[int, int],
) -> Iterator[str]:
    """The tables of the trash of which every row is back where it was."""
    back = {one.name: counted.get(at, 0) for at, one in way.restoring.items()}
    for kept in record.holding.tables:
        if kept.name in back and not records.has_more(connection, kept.name, back[kept.name]):
            yield kept.name
        if kept.loss.survivor is not None and kept.name in back:
            yield after_name(kept.name)
    if record.holding.positions_table:
        yield record.holding.positions_table


def _record_own(connection: psycopg.Connection[Any], record: UndoRecord, way: Way) -> None:
    """What the undo itself put into the trash; nothing brings it back but a person."""
    own = UndoRecord(
        id=way.number,
        kind="undo",
        before=record.after,
        after=record.before,
        holding=way.own,
        what=(f"undo of {record.id}",),
        state=UNDONE,
    )
    records.write(connection, own)


def _restored(
    record: UndoRecord,
    way: Way,
    applied: Sequence[executor.AppliedStatement],
    *,
    with_data: bool,
) -> tuple[results.Restored, ...]:
    """Per table: what was kept, and how many rows of it are back."""
    if not with_data:
        return ()
    back = {one.name: at for at, one in way.restoring.items()}
    rows = {statement.index: statement.rows for statement in applied}
    return tuple(
        results.Restored(
            path=format_path(*kept.loss.table),
            columns=() if kept.loss.is_whole else kept.loss.columns,
            kept=kept.rows,
            rows=rows.get(back[kept.name], -1) if kept.name in back else kept.rows,
            is_moved=kept.moved is not None,
        )
        for kept in record.holding.tables
    )

"""The way an undo goes: a plan to where rows can come back, the rows, and a plan to the end.

What is to be is a three-way merge: the schema as it is now, without what the push made of it.
The way there has two halves, each an ordinary plan of the engine. Between them, when the
columns are there again and what would refuse a row is not yet, the rows come back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import psycopg

from nbmigrate.dialect import Statement
from nbmigrate.diff.inverse import cleared, inverted, merge, relaxed, replaced
from nbmigrate.diff.losses import Loss, Losses, find_losses
from nbmigrate.diff.renames import apply_renames, is_there
from nbmigrate.errors import IrreversibleError, UndoConflictError
from nbmigrate.executor.undo import Holding, Keeping, UndoRecord, keeping, records, restore
from nbmigrate.executor.undo.restore import Restoring
from nbmigrate.executor.undo.rewrite import is_rewritten
from nbmigrate.executor.undo.trash import Kept, source
from nbmigrate.model import Rename, Snapshot, parse_path
from nbmigrate.model.names import key
from nbmigrate.operations import Id, Operation
from nbmigrate.plan import NO_ANSWERS, Answers, Plan, make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.identifiers import quote_all
from nbmigrate.workspace.keeping import read_again
from nbmigrate.workspace.live import RowCounts

if TYPE_CHECKING:
    from nbmigrate.workspace.project import Project

#: Makes the engine build an enum anew: a label that is added cannot be used before a commit
#: (PostgreSQL docs, ALTER TYPE), and an undo is one transaction.
_PHANTOM = "nbmigrate_undo"
_NOTHING = Holding()


class Way(NamedTuple):
    """Everything an undo runs; ``restoring`` is by the number of the statement that counts its rows.

    ``checks`` are the plans whose rules the rows have to keep, by the number of the statement
    that they begin behind.
    """

    statements: tuple[Statement, ...]
    operations: tuple[Operation, ...]
    restoring: Mapping[int, Kept]
    own: Holding
    number: int
    checks: Mapping[int, Plan]


def find_way(workspace: Project, record: UndoRecord, answers: Answers, *, with_data: bool) -> Way:
    """The statements that lead back.

    Raises:
        UndoConflictError: what the push made was changed since.
        IrreversibleError: a migration that was written by hand says no way back.
    """
    if record.holding.irreversible:
        raise IrreversibleError(record.tag, record.holding.irreversible)
    number = records.next_id(workspace.target.connection)
    if record.holding.down:
        return Way(_texts(*record.holding.down), (), {}, _NOTHING, number, {})
    return _planned(workspace, record, answers, number, with_data=with_data)


def _planned(
    workspace: Project, record: UndoRecord, answers: Answers, number: int, *, with_data: bool
) -> Way:
    """The way that the snapshots tell."""
    back = inverted(record.renames)
    live, target = _ends(workspace, record, back)
    holding = record.holding if with_data else Holding(owned=record.holding.owned)
    now = restore.with_moved(live, holding, record.before)
    returning = restore.returning(holding, target)
    filled = _filled(returning)
    free = cleared(now, replaced(record.after, [Rename.parse(text) for text in back]))
    rows = RowCounts(workspace.target.connection, live)
    first, second = _halves(free, target, filled, answers.merged(Answers(renames=back)), rows)
    clear = _plan(now, free, NO_ANSWERS)
    clearing = _keeping_own(workspace, now, clear, set(), number)
    kept = _keeping_own(workspace, free, first, set(filled), number, taken=clearing.holding)
    rewritten = [one for one in returning if is_rewritten(one, first.new, first.operations, rows)]
    restoring = tuple(restore.bring_back(returning, record.before, first.new, rewritten))
    moving = (*restore.leave_changed(holding, record.before), *restore.moved_back(holding, live))
    head = (*_texts(*moving), *clearing.statements)
    between = _texts(*(one.sql for one in restoring), *_IMMEDIATE[: len(restoring)])
    tail = _texts(*restore.positions_back(holding, target))
    start = len(head) + len(kept.statements)
    return Way(
        (*head, *kept.statements, *between, *second.statements, *tail),
        (*clear.operations, *_shown(restoring, first, now=free, target=target, back=back)),
        {start + at: one.kept for at, one in enumerate(restoring, 1) if one.kept},
        Holding(tables=(*clearing.holding.tables, *kept.holding.tables)),
        number,
        {len(head): first, start + len(between): second},
    )


def _filled(returning: Sequence[Kept]) -> dict[Id, tuple[str, ...]]:
    """The columns that get kept rows, by table."""
    filled: dict[Id, tuple[str, ...]] = {}
    for loss in (one.loss for one in returning):
        filled[loss.table] = (*filled.get(loss.table, ()), *loss.columns)
    return filled


def _ends(workspace: Project, record: UndoRecord, back: Sequence[str]) -> tuple[Snapshot, Snapshot]:
    """The schema as it is and as it is to be."""
    known = (record.before, record.after)
    live = read_again(workspace.target.connection, workspace.settings.schemas, known)
    merged = merge(record.before, record.after, live, back)
    if merged.conflicts:
        raise UndoConflictError(record.id, merged.conflicts)
    return live, merged.snapshot


#: Keys that wait for the commit would keep their tables from being altered.
_IMMEDIATE = ("SET CONSTRAINTS ALL IMMEDIATE;",)


def _texts(*texts: str) -> tuple[Statement, ...]:
    return tuple(Statement(sql=text) for text in texts)


def _halves(
    now: Snapshot,
    target: Snapshot,
    filled: Mapping[Id, Sequence[str]],
    answers: Answers,
    rows: Mapping[Id, int],
) -> tuple[Plan, Plan]:
    """From now to where rows can come, and from there to the end; the renames are of the first."""
    now = _with_phantoms(now, target, [Rename.parse(text) for text in answers.renames])
    rest = msgspec.structs.replace(answers, renames=())
    if not filled:
        return _plan(now, target, answers, rows), _plan(target, target, NO_ANSWERS)
    renamed = apply_renames(now, target, map(Rename.parse, answers.renames)).snapshot
    half = relaxed(target, renamed, filled)
    there = _without_backfills(_within(answers, half), filled)
    return _plan(now, half, there, rows), _plan(half, target, rest)


def _within(answers: Answers, half: Snapshot) -> Answers:
    """Without the renames of what is dropped on the way and made again under its old name."""
    kept = (text for text in answers.renames if is_there(half, Rename.parse(text).new))
    return msgspec.structs.replace(answers, renames=tuple(kept))


def _without_backfills(answers: Answers, filled: Collection[Id]) -> Answers:
    """A column is filled when its kept rows are back: what is missing then is what was asked."""
    backfills = {
        path: sql for path, sql in answers.backfills.items() if parse_path(path)[:2] not in filled
    }
    return msgspec.structs.replace(answers, backfills=backfills)


def _plan(
    old: Snapshot, new: Snapshot, answers: Answers, rows: Mapping[Id, int] | None = None
) -> Plan:
    """Both were read from one database, so that they are spelled alike already."""
    return make_plan(
        old,
        new,
        dialect=POSTGRESQL,
        answers=answers,
        canonical=lambda before, after: (before, after),
        rows=rows,
    )


def _with_phantoms(now: Snapshot, target: Snapshot, back: Sequence[Rename]) -> Snapshot:
    """``now`` with a label that makes the engine build those enums anew that get a label."""
    names = {key(*r.old): key(*r.new) for r in back if len(r.old) == _ENUM}
    labels = {(key(*r.old[:_ENUM]), r.old[-1]): r.new[-1] for r in back if len(r.old) > _ENUM}
    enums = dict(now.enums)
    for name, enum in now.enums.items():
        after = target.enums.get(names.get(name, name))
        there = {labels.get((name, value), value) for value in enum.values}
        if after is not None and set(after.values) - there:
            enums[name] = msgspec.structs.replace(enum, values=(*enum.values, _PHANTOM))
    return msgspec.structs.replace(now, enums=enums)


#: Parts of the path of an enum; that of a label has one more.
_ENUM = 2


def _keeping_own(
    workspace: Project,
    now: Snapshot,
    first: Plan,
    filled: set[Id],
    number: int,
    taken: Holding = _NOTHING,
) -> Keeping:
    """What came into the push's own tables and columns since then is kept as well.

    ``taken`` is what the undo keeps already, under names of its own.
    """
    losses = find_losses(now, first.operations)
    connection = workspace.target.connection
    rows = tuple(
        loss
        for loss in losses.rows
        if loss.survivor is None and loss.table not in filled and _has_values(connection, loss)
    )
    return keeping(
        connection,
        now,
        first.operations,
        first.statements,
        Losses(rows, ()),
        number=number,
        first=len(taken.tables) + 1,
        may_move=False,
    )


def _has_values(connection: psycopg.Connection[Any], loss: Loss) -> bool:
    where = "" if loss.is_whole else f" WHERE num_nonnulls({quote_all(loss.columns)}) > 0"
    query = f"SELECT FROM {source(loss)}{where} LIMIT 1"
    return bool(connection.execute(query.encode()).fetchall())


def _shown(
    restoring: Sequence[Restoring],
    first: Plan,
    *,
    now: Snapshot,
    target: Snapshot,
    back: Sequence[str],
) -> tuple[Operation, ...]:
    """What changes as a whole: the two halves drop and make again what only stood in the way."""
    if not restoring:
        return first.operations
    return _plan(now, target, Answers(renames=tuple(back))).operations

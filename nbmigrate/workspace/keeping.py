"""Before a push: what it would lose is kept; after it: what it did is recorded, for an undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import psycopg

from nbmigrate import executor, results
from nbmigrate.diff.losses import Loss, Names, find_losses
from nbmigrate.diff.renames import kind_of, spelled_out
from nbmigrate.errors import DriftError
from nbmigrate.executor.undo import Holding, UndoRecord, keeping, records
from nbmigrate.executor.undo.keep import seconds
from nbmigrate.executor.undo.trash import source
from nbmigrate.model import Rename, format_path, parse_path
from nbmigrate.model.names import key
from nbmigrate.operations import Id
from nbmigrate.plan import Answers, Choice, Plan, Question, flag
from nbmigrate.postgresql.identifiers import quote
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.results.changes import counts_text, tree
from nbmigrate.results.words import copied_text
from nbmigrate.workspace.ledger_entries import ledger_change
from nbmigrate.workspace.live import RowCounts, with_linked_policies

if TYPE_CHECKING:
    from nbmigrate.model import Snapshot
    from nbmigrate.workspace.project import Project


Connection = psycopg.Connection[Any]
Schemas = tuple[str, ...] | None


class KeptPlan(NamedTuple):
    """A plan with the statements that keep, and the number under which it will be undone."""

    plan: Plan
    holding: Holding
    number: int


def with_keeping(workspace: Project, plan: Plan, *, keep: bool = True) -> KeptPlan:
    """The plan, and what it will have put into the trash; with ``keep`` off, nothing."""
    if not plan.statements:
        return KeptPlan(plan, Holding(), 0)
    connection = workspace.target.connection
    number = records.next_id(connection)
    dropped = set(ledger_change(plan.operations, ()).dropped)
    owned = tuple(sorted(dropped & executor.read_ledger(connection))) if dropped else ()
    if not keep:
        return KeptPlan(_for_good(workspace, plan), Holding(owned=owned), number)
    losses = find_losses(plan.old, plan.operations)
    found = keeping(
        connection,
        plan.old,
        plan.operations,
        plan.statements,
        losses,
        number=number,
        taken=relations(plan.new),
    )
    kept = _with_copies_told(
        msgspec.structs.replace(plan, statements=found.statements), keeps(found.holding)
    )
    return KeptPlan(kept, msgspec.structs.replace(found.holding, owned=owned), number)


def keeps(holding: Holding) -> tuple[results.Keeps, ...]:
    """What will be put into the trash, with its cost."""
    return tuple(
        results.Keeps(
            path=format_path(*kept.loss.table),
            columns=() if kept.loss.is_whole else kept.loss.columns,
            rows=kept.rows,
            bytes=kept.bytes,
            seconds=round(seconds(kept), 1),
            is_moved=kept.moved is not None,
        )
        for kept in holding.tables
    )


def tell_copies(holding: Holding, on_event: executor.OnEvent | None) -> None:
    """Say before anything runs that much is to be copied, to whoever sits and waits."""
    copied = [kept for kept in holding.tables if kept.moved is None]
    took = sum(map(seconds, copied))
    if on_event is not None and took >= _TOLD_SECONDS:
        sizes = {kept.loss.table: (kept.rows, kept.bytes) for kept in copied}.values()
        rows, bytes_ = (sum(column) for column in zip(*sizes, strict=True))
        on_event(executor.KeepingBegun(rows=rows, bytes=bytes_, seconds=took))


#: A copy that takes less is not worth a word.
_TOLD_SECONDS = 1.0


def _with_copies_told(plan: Plan, kept: Sequence[results.Keeps]) -> Plan:
    """The plan whose questions about losses say what is copied first, where that takes long."""
    names = Names(plan.operations)

    def told(question: Question) -> Question:
        path = parse_path(question.path)
        if question.kind != "drop" or len(path) < _TABLE:
            return question
        table = names.old_table((path[0], path[1]))
        column = names.old_column((path[0], path[1]), path[-1])
        for one in kept:
            is_it = column in one.columns if len(path) > _TABLE else not one.columns
            if one.path == format_path(*table) and is_it and one.seconds >= _TOLD_SECONDS:
                cost = copied_text(one.rows, one.bytes, one.seconds)
                text = f"{question.text} It is kept for an undo first: {cost}."
                return msgspec.structs.replace(question, text=text)
        return question

    return msgspec.structs.replace(plan, questions=tuple(map(told, plan.questions)))


#: Parts of the path of a table.
_TABLE = 2


def relations(snapshot: Snapshot) -> frozenset[Id]:
    """Every name that no table could have any more: relations, and their types beside others."""
    named = (
        *snapshot.tables.values(),
        *snapshot.views.values(),
        *snapshot.sequences.values(),
        *snapshot.enums.values(),
        *snapshot.domains.values(),
        *snapshot.types.values(),
    )
    return frozenset(item.id for item in named) | frozenset(
        (table.id[0], name)
        for table in snapshot.tables.values()
        for name in (*table.indexes, *table.unique_constraints, *table.exclusions)
    )


def _for_good(workspace: Project, plan: Plan) -> Plan:
    """The plan whose questions about losses say how many rows no undo will bring back."""
    rows = RowCounts(workspace.target.connection, plan.old)
    names = Names(plan.operations)

    def told(question: Question) -> Question:
        if question.kind != "drop":
            return question
        path = parse_path(question.path)
        count = rows.get(names.old_table((path[0], path[1]))) if len(path) > 1 else None
        lost = "" if count is None else f" of {count:,} rows"
        text = f"{question.text} With --no-keep nothing{lost} is kept for an undo."
        return msgspec.structs.replace(question, text=text)

    questions = (*map(told, plan.questions), *_changed_for_good(workspace.target.connection, plan))
    return msgspec.structs.replace(plan, questions=questions)


def _changed_for_good(connection: Connection, plan: Plan) -> Iterator[Question]:
    """A question for each column that stays, but not with all its values."""
    names = Names(plan.operations)
    asked = {question.path for question in plan.questions}
    answered = {format_path(*parse_path(path)) for path in plan.answers.drops}
    for loss in find_losses(plan.old, plan.operations).rows:
        if loss.is_whole or plan.answers.allow_drop:
            continue
        table = names.new_table(loss.table)
        for column in loss.columns:
            path = format_path(*table, names.new_column(table, column))
            if path in asked | answered or key(*table) not in plan.new.tables:
                continue
            if count := _values(connection, loss, column):
                yield _no_way_back(path, count, nulls=loss.nulls)


def _values(connection: Connection, loss: Loss, column: str) -> int:
    """How many rows have what the column loses."""
    what = "NULL" if loss.nulls else "NOT NULL"
    query = f"SELECT count(*) FROM {source(loss)} WHERE {quote(column)} IS {what}"
    found = connection.execute(query.encode()).fetchone()
    return int(found[0]) if found else 0


def _no_way_back(path: str, count: int, *, nulls: bool) -> Question:
    rows = "1 row has" if count == 1 else f"{count:,} rows have"
    what = "NULL, which is filled" if nulls else "a value, which is changed"
    choice = Choice(
        text=f"`{path}` may be changed for good",
        flag=flag("--drop", path),
        answers=Answers(drops=(path,)),
    )
    text = f"`{path}`: {rows} {what}. With --no-keep nothing of it is kept for an undo."
    return Question(kind="drop", path=path, text=text, choices=(choice,))


def require_number(connection: Connection, number: int) -> None:
    """Nothing, when no push or undo came in between.

    Raises:
        DriftError: the number under which the trash was planned is taken.
    """
    if records.next_id(connection) != number:
        raise DriftError(
            "somebody else pushed after the plan was made; nothing was applied",
            hint="run the command again: it plans anew",
        )


def record_push(connection: Connection, kept: KeptPlan, after: Snapshot) -> None:
    """Write the record of a push, in its transaction: the schema before, and ``after`` as it is now."""
    plan = kept.plan
    records.write(
        connection,
        UndoRecord(
            id=kept.number,
            kind="push",
            before=plan.old,
            after=after,
            operations=plan.operations,
            renames=done_renames(plan),
            holding=kept.holding,
            what=(counts_text(tree(plan.operations)),),
        ),
    )


def record_rest(connection: Connection, kept: KeptPlan, schemas: Schemas) -> None:
    """Add to the record of a push what ran behind its transaction: an index built concurrently."""
    if all(statement.transactional for statement in kept.plan.statements):
        return
    known = (kept.plan.old, kept.plan.new)
    records.amend(connection, kept.number, read_again(connection, schemas, known))


def read_again(connection: Connection, schemas: Schemas, known: Sequence[Snapshot]) -> Snapshot:
    """The live schema, seen from inside a transaction too; roles as far as they are ``known``."""
    roles = sorted({name for snapshot in known for name in snapshot.roles})
    live = introspect(connection, schemas=schemas, roles=roles or False)
    for snapshot in known:
        live = with_linked_policies(live, snapshot)
    return live


def done_renames(plan: Plan) -> tuple[str, ...]:
    """The answered renames that the plan really makes, from whole old to whole new paths.

    Others stay in a cell for ever; a path may use the old or the new name of a table, and one of a
    function may do without its arguments.
    """
    names = Names(plan.operations)
    pairs = spelled_out(plan.old, plan.new, map(Rename.parse, plan.answers.renames))
    return tuple(
        str(Rename(_full(pair.old, names.old_table), _full(pair.new, names.new_table)))
        for pair in pairs
        if kind_of(plan.old, _full(pair.old, names.old_table)) is not None
        and kind_of(plan.new, _full(pair.new, names.new_table)) is not None
    )


def _full(path: tuple[str, ...], follow: Callable[[Id], Id]) -> tuple[str, ...]:
    """The path with the schema and the table under the names that ``follow`` tells."""
    if len(path) < _INSIDE:
        return (follow((path[0], ""))[0], *path[1:]) if path[1:] else path
    return (*follow((path[0], path[1])), *path[2:])


#: Parts of a path of something inside a table or an enum.
_INSIDE = 3

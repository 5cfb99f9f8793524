"""The order of operations: one table of phases, and what the texts say of each other.

The phases follow from what PostgreSQL accepts: names are settled first, then
whatever stands in the way goes (from the outside in), types and tables come, columns
change, and what stands on them comes back (from the inside out). Where an object is made
of one of a later phase (a function that returns rows of a view, and a table whose
default calls it), the operation waits until that is there; what must go before something else
goes is pulled forward. Where nothing is said, the phases and then the names decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from nbmigrate import operations as o
from nbmigrate.diff import sorting
from nbmigrate.diff.loosening import loosened
from nbmigrate.diff.match import NameIndex, calls, casts
from nbmigrate.diff.texts import (
    dropped_names,
    dropped_text,
    has_parsed_body,
    needs,
    provides,
    row_text,
)
from nbmigrate.diff.views import in_order
from nbmigrate.model import Definition, key

PHASES: tuple[tuple[type[object], ...], ...] = (
    (o.RenameSchema,),
    (o.CreateSchema,),
    (o.CreateExtension, o.MoveExtension),
    (o.RenameRole,),
    (o.CreateRole, o.AlterRole),
    (
        o.MoveEnum,
        o.RenameEnum,
        o.RenameEnumValue,
        o.MoveSequence,
        o.RenameSequence,
        o.MoveTable,
        o.RenameTable,
        o.RenameColumn,
        o.MoveView,
        o.RenameView,
        o.RenamePolicy,
        o.MoveDomain,
        o.RenameDomain,
        o.MoveType,
        o.RenameType,
        o.MoveFunction,
        o.RenameFunction,
    ),
    (o.DetachPartition,),
    (o.DropTrigger,),
    (o.DropRule,),
    (o.DropView,),
    (o.DropPolicy,),
    (o.DropForeignKey,),
    (o.DropIndex,),
    (o.DropStatistics,),
    (o.DropCheck, o.DropExclusion),
    (o.DropUnique,),
    (o.DropPrimaryKey,),
    (o.DropTable,),
    (o.RenameConstraint, o.RenameIndex),
    (o.CreateEnum,),
    (o.AddEnumValue,),
    (o.RecreateEnum,),
    (
        o.CreateDomain,
        o.AlterDomain,
        o.RecreateDomain,
        o.CreateType,
        o.AlterType,
        o.RecreateType,
    ),
    (o.CreateSequence, o.AlterSequence),
    (o.CreateFunction, o.ReplaceFunction),
    (o.CreateDefinition, o.AlterDefinition),
    (o.CreateTable,),
    (
        o.DropSerial,
        o.DropIdentity,
        o.DropExpression,
        o.DropDefault,
        o.AlterColumnType,
        o.SetColumnStorage,
        o.SetDefault,
        o.DropNotNull,
        o.AddSerial,
        o.SetNotNull,
        o.FillColumn,
        o.AddIdentity,
        o.AlterIdentity,
    ),
    (o.AddColumn,),
    (o.DropColumn,),
    (o.AddPrimaryKey,),
    (o.AddUnique, o.AddKeyFromIndex),
    (o.CreateIndex, o.AttachIndex),
    (o.CreateStatistics,),
    (o.AddCheck, o.AddExclusion),
    (o.AttachPartition,),
    (o.AlterTable,),
    (o.AddForeignKey,),
    (o.ValidateConstraint,),
    (o.CreateView,),
    (o.AlterViewOptions,),
    (o.SetRowSecurity,),
    (o.CreatePolicy, o.AlterPolicy),
    (o.CreateRule, o.AlterRule),
    (o.CreateTrigger, o.AlterTrigger),
    (o.SetPrivileges,),
    (o.SetComment,),
    (o.DropDefinition,),
    (o.DropFunction,),
    (o.DropSequence,),
    (o.DropDomain, o.DropType),
    (o.DropEnum,),
    (o.DropExtension,),
    (o.DropRole,),
    (o.DropSchema,),
)

_PHASE = {kind: number for number, kinds in enumerate(PHASES) for kind in kinds}
#: What types, columns and functions are made of.
BENEATH = frozenset({"collation", "text search dictionary", "text search configuration"})
#: What is made of what in one phase.
_LAYERS = {"operator": 1, "operator family": 2, "operator class": 3}
#: A generated column that is built anew must be gone before what it is computed from changes.
_BEFORE_COLUMNS = _PHASE[o.DropTable]
#: An index that is built concurrently leaves the transaction, so it comes last.
_CONCURRENT = len(PHASES)
#: Between these phases everything is made; before and behind, things go.
_FIRST_MADE, _LAST_MADE = _PHASE[o.CreateEnum], _PHASE[o.CreateTrigger]
#: What is made again under its name goes before anything is made.
_BEFORE_MADE = _PHASE[o.DropTable]


def ordered(operations: Iterable[o.Operation]) -> tuple[o.Operation, ...]:
    """The operations in the order in which they run; each once."""
    unique = _once(operations)
    rebuilt = {(op.table, op.column.name) for op in unique if isinstance(op, o.AddColumn)}
    rebuilt |= _in_the_way(unique)
    created, dropped = _view_ranks(unique, o.CreateView), _view_ranks(unique, o.DropView)
    named = _Named(
        moved={op.old for op in unique if isinstance(op, o.MoveTable)},
        going={name for op in unique for name in _dropped_part(op)},
        left={op.partition.parent for op in unique if isinstance(op, o.DetachPartition)},
        joined={op.partition.parent for op in unique if isinstance(op, o.AttachPartition)},
    )
    again = {name for op in unique for name in provides(op)}
    again |= {key(*op.definition.id) for op in unique if isinstance(op, o.CreateDefinition)}
    keyed = [
        (
            (_phase(op, rebuilt, named, again), _rank(op, created, dropped)),
            position,
            op,
        )
        for position, op in enumerate(unique)
    ]
    keyed.sort(key=lambda item: item[:2])
    return tuple(_arranged([(phase, op) for (phase, _), _, op in keyed]))


def _arranged(sorted_: Sequence[tuple[int, o.Operation]]) -> Iterator[o.Operation]:
    """The operations sorted by phase, moved where what they need says so."""
    operations = [op for _, op in sorted_]
    phases = [phase for phase, _ in sorted_]
    first = _go_first(operations)
    before = [n for n, phase in enumerate(phases) if phase < _FIRST_MADE]
    leading = list(sorting.pulled(before, first))
    yield from (operations[n] for n in leading)
    gone = set(leading)
    made = [
        n for n, phase in enumerate(phases) if n not in gone and _FIRST_MADE <= phase <= _LAST_MADE
    ]
    yield from _made([operations[n] for n in made])
    gone |= set(made)
    behind = [n for n in range(len(operations)) if n not in gone]
    yield from (operations[n] for n in sorting.pulled(behind, first) if n not in gone)


def _go_first(operations: Sequence[o.Operation]) -> list[set[int]]:
    """For each operation the drops that must come before it: of what is made of what it drops."""
    droppers: defaultdict[str, set[int]] = defaultdict(set)
    for number, op in enumerate(operations):
        for name in dropped_names(op):
            droppers[name].add(number)
    first = _referring(operations)
    index = NameIndex(droppers)
    for number, op in enumerate(operations):
        text = dropped_text(op) if droppers else ""
        rows = index.find(row_text(op.table)) if isinstance(op, o.DropTable) else None
        own = {*dropped_names(op)} if isinstance(op, o.DropDefinition) else set()
        for name in index.find(text) - own:
            for dropper in droppers[name] - {number}:
                if _is_only_a_word(name, text, rows, operations[dropper]):
                    continue
                if number < dropper or not _are_views(op, operations[dropper]):
                    first[dropper].add(number)
    return first


def _is_only_a_word(name: str, text: str, rows: set[str] | None, named: o.Operation) -> bool:
    """Whether a text that has the name of a thing cannot need it.

    A function is called, and a table (``rows`` are the names among its types and parents) needs
    another one, or a view, for a type: its expressions have no subqueries (PostgreSQL 18 docs,
    CREATE TABLE).
    """
    if _is_function(named):
        return not calls(text, name)
    if rows is None or name in rows or not isinstance(named, o.DropTable | o.DropView):
        return False
    return not casts(text, name)


def _referring(operations: Sequence[o.Operation]) -> list[set[int]]:
    """For each table that is dropped those with a foreign key to it that goes with them."""
    first: list[set[int]] = [set() for _ in operations]
    tables = {op.table.id: n for n, op in enumerate(operations) if isinstance(op, o.DropTable)}
    released = {
        (op.table, op.foreign_key.name) for op in operations if isinstance(op, o.DropForeignKey)
    }
    for op in operations:
        if not isinstance(op, o.DropTable):
            continue
        id_ = op.table.id
        for own in op.table.foreign_keys.values():
            if own.target != id_ and own.target in tables and (id_, own.name) not in released:
                first[tables[own.target]].add(tables[id_])
    return first


def _are_views(*operations: o.Operation) -> bool:
    """Views are sorted among themselves already, by a closer look at their texts."""
    return all(isinstance(op, o.DropView) for op in operations)


def _made(operations: list[o.Operation]) -> Iterator[o.Operation]:
    """What is made, each behind what it is made of."""
    hard, soft = _needs(operations)
    loose = _without_rings(operations, hard)
    if len(loose) > len(operations):
        operations = loose
        hard, soft = _needs(operations)
    return (operations[number] for number in sorting.in_order(hard, soft))


def _needs(operations: list[o.Operation]) -> tuple[list[set[int]], list[set[int]]]:
    """The numbers of the operations that each one must wait for, and of those it better waits for."""
    makers, parts, owners = _makers(operations), defaultdict(set), {}
    for number, op in enumerate(operations):
        match op:
            case o.CreateTable(table=made) | o.CreateView(view=made):
                owners[made.id] = number
            case o.AddColumn(table=at) | o.AlterColumnType(table=at):
                parts[at[1]].add(number)
            case _:
                pass
    index = NameIndex({*makers, *parts})
    hard: list[set[int]] = []
    soft: list[set[int]] = []
    for number, op in enumerate(operations):
        need = needs(op)
        named, told = index.find(need.hard), index.find(need.soft)
        near = set() if _is_column(op) or not need.table else set(parts.get(need.table[1], ()))
        near |= {n for name in named | told for n in parts.get(name, ())}
        owner = {owners[need.table]} if need.table in owners else set()
        brought = {
            n
            for name in named
            for n in makers.get(name, ())
            if not _is_function(operations[n]) or calls(need.hard, name)
        }
        hard.append((brought | owner) - {number})
        soft.append((near | {n for name in told for n in makers.get(name, ())}) - {number})
    return hard, soft


def _is_function(op: o.Operation) -> bool:
    return isinstance(op, o.FunctionOp)


def _is_column(op: o.Operation) -> bool:
    """Changes of one column come in the order of their phases: its sequence goes, then its type."""
    return isinstance(op, o.ColumnOp)


def _without_rings(operations: list[o.Operation], hard: sorting.Graph) -> list[o.Operation]:
    """A new table that needs a function that needs the table gets its expressions later."""
    ring = sorting.rings(hard)
    names: defaultdict[int, set[str]] = defaultdict(set)
    for number, op in enumerate(operations):
        if not isinstance(op, o.CreateTable):
            names[ring[number]].update(provides(op))
    result: list[o.Operation] = []
    for number, op in enumerate(operations):
        if isinstance(op, o.CreateTable) and names.get(ring[number]):
            table, later = loosened(op.table, NameIndex(names[ring[number]]))
            result += [msgspec.structs.replace(op, table=table, apart=None), *later]
        else:
            result.append(op)
    return result


def _makers(operations: Iterable[o.Operation]) -> defaultdict[str, set[int]]:
    """The numbers of the operations that give each name."""
    makers: defaultdict[str, set[int]] = defaultdict(set)
    for number, op in enumerate(operations):
        for name in provides(op):
            makers[name].add(number)
    return makers


def _dropped_part(op: o.Operation) -> Iterator[tuple[o.Id, str]]:
    """The constraint or index that goes, by table and name."""
    match op:
        case o.DropForeignKey(table=table, foreign_key=part):
            yield table, part.name
        case o.DropCheck(table=table, check=part):
            yield table, part.name
        case o.DropUnique(table=table, unique=part):
            yield table, part.name
        case o.DropExclusion(table=table, exclusion=part):
            yield table, part.name
        case o.DropIndex(table=table, index=part):
            yield table, part.name
        case o.DropPrimaryKey(table=table, name=str() as name):
            yield table, name
        case _:
            pass


def _in_the_way(operations: Iterable[o.Operation]) -> set[tuple[o.Id, str]]:
    """Generated columns that go from a table in which a type changes."""
    retyped = {op.table for op in operations if isinstance(op, o.AlterColumnType)}
    retyped |= {use.table for op in operations if isinstance(op, o.RecreateEnum) for use in op.uses}
    return {
        (op.table, op.column.name)
        for op in operations
        if isinstance(op, o.DropColumn) and op.column.generated and op.table in retyped
    }


def _once(operations: Iterable[o.Operation]) -> list[o.Operation]:
    """Two causes may ask for the same drop; it happens once."""
    return list({msgspec.json.encode(op): op for op in operations}.values())


class _Named(NamedTuple):
    """Tables that move, parts that go, and tables that partitions leave and join."""

    moved: set[o.Id]
    going: set[tuple[o.Id, str]]
    left: set[o.Id]
    joined: set[o.Id]


def _phase(  # noqa: C901, PLR0911, PLR0912 - one case per operation
    op: o.Operation,
    rebuilt: set[tuple[o.Id, str]],
    named: _Named,
    again: set[str],
) -> int:
    moved, going, left, joined = named
    match op:
        case o.CreateDefinition(definition=defined) | o.DropDefinition(definition=defined):
            return _phase_of_definition(op, defined, again)
        case o.DropFunction() | o.DropDomain() | o.DropType() if any(
            name in again for name in dropped_names(op)
        ):
            return _BEFORE_MADE
        case o.DropFunction(function=function) if has_parsed_body(function):
            return _BEFORE_MADE  # it ties the columns and types that it reads
        case o.DropColumn(table=table, column=column) if (table, column.name) in rebuilt:
            return _BEFORE_COLUMNS
        case o.RenameConstraint(table=table) if table in moved:
            return _PHASE[o.MoveTable]  # to free the name in the schema it moves to
        case o.RenameConstraint(table=table) if table in left:
            return _PHASE[o.RenameTable]  # a partition that is detached later has it, too
        case o.DropForeignKey(table=table, foreign_key=part) if part.target == table in left:
            return _PHASE[o.RenameTable]  # a partition that it points to is not detached
        case o.AddIdentity(table=table) | o.AddSerial(table=table) if table in joined:
            return _PHASE[o.AttachPartition] + 1  # it counts on behind the rows that come
        case o.RenameConstraint(table=table, new=name) | o.RenameIndex(table=table, new=name) if (
            table,
            name,
        ) in going:
            return _PHASE[o.RenameTable]  # it is dropped and made again under its new name
        case o.AlterIdentity(old=before, new=after) if before.name != after.name:
            return _PHASE[o.RenameConstraint]  # a new table may want the old name
        case o.CreateIndex(index=index) if index.concurrently:
            return _CONCURRENT
        case o.CreateTable(table=made) if made.parents:
            return _PHASE[o.AddPrimaryKey]  # when the columns of its parent are as they will be
        case o.AlterTable(old=table, new=made) if set(table.inherits) - set(made.inherits):
            return _PHASE[o.DetachPartition]
        case o.AlterSequence(old=before, new=after) if before.owned_by != after.owned_by:
            # SET LOGGED and UNLOGGED of a table reach the sequences that it owns by then
            return _PHASE[o.AddForeignKey if after.owned_by else o.DropTrigger]
        case _:
            return _PHASE[type(op)]


def _phase_of_definition(op: o.Operation, defined: Definition, again: set[str]) -> int:
    is_made = isinstance(op, o.CreateDefinition)
    if defined.kind == "event trigger":  # what the plan does is no event for it
        return _CONCURRENT if is_made else _PHASE[o.RenameSchema] - 1
    if not is_made and key(*defined.id) in again:
        return _BEFORE_MADE
    if defined.kind in BENEATH:
        return _PHASE[o.CreateEnum if is_made else o.DropEnum]
    return _PHASE[type(op)]


def _rank(  # noqa: PLR0911 - one case per kind
    op: o.Operation, created: dict[o.Id, int], dropped: dict[o.Id, int]
) -> int:
    """Views in the order of their references; generated columns behind plain ones."""
    match op:
        case o.CreateView(view=view):
            return created[view.id]
        case o.DropView(view=view):
            return -dropped[view.id]
        case o.AddColumn(column=column):
            return int(column.generated is not None)
        case o.CreateDefinition(definition=defined):
            return _LAYERS.get(defined.kind, 0)
        case o.DropDefinition(definition=defined):
            return -_LAYERS.get(defined.kind, 0)
        case o.DropExpression():
            return -1  # before the type of what it is computed from changes
        case o.DropColumn(column=column):
            return int(column.generated is None)
        case _:
            return 0


def _view_ranks(
    operations: Sequence[o.Operation], kind: type[o.CreateView | o.DropView]
) -> dict[o.Id, int]:
    """The places of the views; those that go speak of each other by the names that they had."""
    views = [op.view for op in operations if isinstance(op, kind)]
    former = {op.new: op.old[1] for op in operations if isinstance(op, o.RenameView)}
    if kind is o.CreateView or not former:
        return {view.id: rank for rank, view in enumerate(in_order(views))}
    was = {(v.schema, former.get(v.id, v.name)): v.id for v in views}
    order = in_order(
        msgspec.structs.replace(v, name=name) for (_, name), v in zip(was, views, strict=True)
    )
    return {was[view.schema, view.name]: rank for rank, view in enumerate(order)}

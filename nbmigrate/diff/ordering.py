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

import msgspec

from nbmigrate import operations as o
from nbmigrate.diff import sorting
from nbmigrate.diff.loosening import loosened
from nbmigrate.diff.match import NameIndex, calls, casts
from nbmigrate.diff.phases import FIRST_MADE, LAST_MADE, Phases
from nbmigrate.diff.texts import (
    dropped_names,
    dropped_text,
    needs,
    provides,
    row_text,
)
from nbmigrate.diff.views import in_order

#: What is made of what in one phase.
_LAYERS = {
    "operator": 1,
    "operator family": 2,
    "operator class": 3,
    "server": 1,
    "foreign table": 2,
}


def ordered(operations: Iterable[o.Operation]) -> tuple[o.Operation, ...]:
    """The operations in the order in which they run; each once."""
    unique = _once(operations)
    if len(unique) < 2:
        return tuple(unique)
    created, dropped = _view_ranks(unique, o.CreateView), _view_ranks(unique, o.DropView)
    phases = Phases(unique)
    keyed = [
        ((phases.of(op), _rank(op, created, dropped)), position, op)
        for position, op in enumerate(unique)
    ]
    keyed.sort(key=lambda item: item[:2])
    return tuple(_arranged([(phase, op) for (phase, _), _, op in keyed]))


def _arranged(sorted_: Sequence[tuple[int, o.Operation]]) -> Iterator[o.Operation]:
    """The operations sorted by phase, moved where what they need says so."""
    operations = [op for _, op in sorted_]
    phases = [phase for phase, _ in sorted_]
    first = _go_first(operations)
    before = [n for n, phase in enumerate(phases) if phase < FIRST_MADE]
    leading = list(sorting.pulled(before, first))
    yield from (operations[n] for n in leading)
    gone = set(leading)
    made = [
        n for n, phase in enumerate(phases) if n not in gone and FIRST_MADE <= phase <= LAST_MADE
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


def _once(operations: Iterable[o.Operation]) -> list[o.Operation]:
    """Two causes may ask for the same drop; it happens once."""
    return list({msgspec.json.encode(op): op for op in operations}.values())


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

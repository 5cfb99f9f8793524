"""Operations as a tree of changes: one node per table, enum, view ..., and what changed inside.

A created table counts once, whatever it has inside; a changed table counts by
what changed in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from nbmigrate.display import Change, Sign
from nbmigrate.model import Role, Table, Value, View, format_path
from nbmigrate.model import Sequence as DbSequence
from nbmigrate.operations import (
    AddEnumValue,
    AlterRole,
    AlterSequence,
    AlterTable,
    AlterViewOptions,
    AttachPartition,
    CreateEnum,
    CreateRole,
    CreateSchema,
    CreateSequence,
    CreateTable,
    CreateView,
    DefinitionOp,
    DetachPartition,
    DomainOp,
    DropEnum,
    DropRole,
    DropSchema,
    DropSequence,
    DropTable,
    DropView,
    EnumOp,
    ExtensionOp,
    FunctionOp,
    MoveEnum,
    MoveSequence,
    MoveTable,
    MoveView,
    Operation,
    RecreateEnum,
    RenameEnum,
    RenameEnumValue,
    RenameRole,
    RenameSchema,
    RenameSequence,
    RenameTable,
    RenameView,
    RoleOp,
    SchemaOp,
    SequenceOp,
    SetComment,
    SetPrivileges,
    SetRowSecurity,
    TableOp,
    TypeOp,
    ViewOp,
)
from nbmigrate.results.defining import describe_definition
from nbmigrate.results.inside import InsideOp, describe_inside
from nbmigrate.results.words import (
    check_text,
    column_text,
    exclusion_text,
    key_columns,
    kind_of_table,
    names,
    path,
    privileges_change,
    privileges_place,
    table_changes,
    unique_text,
)

COUNT_WORDS: dict[Sign, str] = {"+": "added", "~": "changed", "-": "removed", ">": "renamed"}


@dataclass(frozen=True)
class _Entry:
    """One operation: the object it belongs to, and what it does to it."""

    kind: str
    name: str
    sign: Sign = "~"
    label: str = ""
    children: tuple[Change, ...] = ()


@dataclass
class _Node:
    kind: str
    name: str
    sign: Sign = "~"
    label: str = ""
    lines: list[tuple[Change, Operation]] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)

    def take(self, entry: _Entry, operation: Operation) -> None:
        self.operations.append(operation)
        self.lines += ((child, operation) for child in entry.children)
        if entry.sign != "~":
            # A view that is dropped and created in one plan is the same view, defined anew.
            both = {self.sign, entry.sign} == {"+", "-"}
            self.sign = "~" if both else entry.sign
            self.kind = entry.kind
            self.label = entry.label or self.label

    def finished(self) -> Group:
        label = f"{self.kind} {self.label or self.name}"
        change = Change(self.sign, label, children=tuple(_with_rebuilt(self.lines)))
        return Group(change, self.kind, self.name, tuple(self.operations))


def _with_rebuilt(lines: Sequence[tuple[Change, Operation]]) -> Iterator[Change]:
    """What goes and comes back as it was is one line: it was only in the way of something else."""
    made = [(op, _things(op)) for change, op in lines if change.sign == "+"]
    gone = [(op, _things(op)) for change, op in lines if change.sign == "-"]
    for change, op in lines:
        others = {"-": made, "+": gone}.get(change.sign, ()) if made and gone else ()
        if not any(other is not op and _share(things, op) for other, things in others):
            yield change
        elif change.sign == "+":
            yield Change("~", change.label, "built again")


def _share(things: Sequence[Value], operation: Operation) -> bool:
    return any(thing in things for thing in _things(operation))


def _things(operation: Operation) -> list[Value]:
    """The objects that an operation makes or drops; with a view go its indexes."""
    if isinstance(operation, DropView):
        return [operation.view, *operation.view.indexes.values()]
    fields = (getattr(operation, name) for name in operation.__struct_fields__)
    return [value for value in fields if isinstance(value, Value)]


@dataclass(frozen=True)
class Group:
    """The operations on one object, and how they stand in the tree of changes."""

    change: Change
    kind: str
    name: str
    operations: tuple[Operation, ...]


def groups(operations: Iterable[Operation]) -> tuple[Group, ...]:
    """The operations by the object they change, in order of first appearance."""
    nodes: dict[tuple[str, str], _Node] = {}
    for operation in operations:
        entry = _entry(operation)
        # Tables and views share one namespace, and an index may stand on either.
        group = "relation" if entry.kind in {"table", "view", "materialized view"} else entry.kind
        node = nodes.setdefault((group, entry.name), _Node(entry.kind, entry.name))
        node.take(entry, operation)
    return tuple(node.finished() for node in nodes.values())


def tree(operations: Iterable[Operation]) -> tuple[Change, ...]:
    """The operations as changes, one per object, in order of first appearance."""
    return tuple(group.change for group in groups(operations))


def counts(nodes: Sequence[Change]) -> dict[str, int]:
    """How many objects and parts were added, changed, removed and renamed."""
    found: Counter[Sign] = Counter()
    for node in nodes:
        inner = node.children if node.sign in "~>" else ()
        if node.sign != "~" or not inner:
            found[node.sign] += 1
        found.update(child.sign for child in inner)
    return {word: found[sign] for sign, word in COUNT_WORDS.items()}


def counts_text(nodes: Sequence[Change]) -> str:
    """``2 added, 1 renamed``."""
    parts = [f"{number} {word}" for word, number in counts(nodes).items() if number]
    return ", ".join(parts) or "no differences"


def _entry(operation: Operation) -> _Entry:  # noqa: C901, PLR0911 - one return per family
    if isinstance(operation, SchemaOp):
        return _schema(operation)
    if isinstance(operation, EnumOp):
        return _enum(operation)
    if isinstance(operation, SequenceOp):
        return _sequence(operation)
    if isinstance(operation, RoleOp):
        return _role(operation)
    if isinstance(operation, TableOp):
        return _table(operation)
    if isinstance(operation, ViewOp):
        return _view(operation)
    if isinstance(operation, SetComment):
        return _comment(operation)
    if isinstance(operation, ExtensionOp | DomainOp | TypeOp | FunctionOp | DefinitionOp):
        return _Entry(*describe_definition(operation))
    return _inside(operation)


def _inside(operation: InsideOp) -> _Entry:
    return _Entry("table", path(operation.table), children=(describe_inside(operation),))


def _moved(kind: str, old: tuple[str, str], new: tuple[str, str]) -> _Entry:
    return _Entry(kind, path(new), ">", f"{path(old)} -> {path(new)}")


def _schema(operation: SchemaOp) -> _Entry:
    match operation:
        case CreateSchema(name=name):
            return _Entry("schema", format_path(name), "+")
        case RenameSchema(old=old, new=new):
            label = f"{format_path(old)} -> {format_path(new)}"
            return _Entry("schema", format_path(new), ">", label)
        case DropSchema(name=name):
            return _Entry("schema", format_path(name), "-")
        case _:
            assert_never(operation)


def _enum(operation: EnumOp) -> _Entry:
    match operation:
        case CreateEnum(enum=enum):
            return _Entry("enum", path(enum.id), "+", f"{path(enum.id)} {names(enum.values)}")
        case RenameEnum(old=old, new=new) | MoveEnum(old=old, new=new):
            return _moved("enum", old, new)
        case AddEnumValue(id=id_, value=value, before=before):
            where = f"before {before}" if before else ""
            return _Entry("enum", path(id_), children=(Change("+", f"value {value}", where),))
        case RenameEnumValue(id=id_, old=old, new=new):
            return _Entry("enum", path(id_), children=(Change(">", f"value {old} -> {new}"),))
        case RecreateEnum():
            return _recreated(operation)
        case DropEnum(enum=enum):
            return _Entry("enum", path(enum.id), "-")
        case _:
            assert_never(operation)


def _recreated(operation: RecreateEnum) -> _Entry:
    old, new = operation.old.values, operation.new.values
    gone = [Change("-", f"value {value}") for value in old if value not in new]
    come = [Change("+", f"value {value}") for value in new if value not in old]
    order = () if gone or come else (Change("~", f"order {names(old)} -> {names(new)}"),)
    return _Entry("enum", path(operation.new.id), children=(*gone, *come, *order))


def _sequence(operation: SequenceOp) -> _Entry:
    match operation:
        case CreateSequence(sequence=sequence):
            return _Entry("sequence", path(sequence.id), "+")
        case RenameSequence(old=old, new=new) | MoveSequence(old=old, new=new):
            return _moved("sequence", old, new)
        case AlterSequence(old=old, new=new):
            return _Entry("sequence", path(new.id), children=_fields(old, new))
        case DropSequence(sequence=sequence):
            return _Entry("sequence", path(sequence.id), "-")
        case _:
            assert_never(operation)


def _role(operation: RoleOp) -> _Entry:
    match operation:
        case CreateRole(role=role):
            return _Entry("role", format_path(role.name), "+")
        case RenameRole(old=old, new=new):
            label = f"{format_path(old)} -> {format_path(new)}"
            return _Entry("role", format_path(new), ">", label)
        case AlterRole(old=old, new=new):
            return _Entry("role", format_path(new.name), children=_fields(old, new))
        case DropRole(role=role):
            return _Entry("role", format_path(role.name), "-")
        case _:
            assert_never(operation)


def _fields(old: DbSequence | Role, new: DbSequence | Role) -> tuple[Change, ...]:
    pairs = ((name, getattr(old, name), getattr(new, name)) for name in new.__struct_fields__)
    return tuple(
        Change("~", f"{name.replace('_', ' ')}: {was} -> {now}")
        for name, was, now in pairs
        if was != now and name not in {"name", "schema"}
    )


def _table(operation: TableOp) -> _Entry:  # noqa: C901, PLR0911 - one return per operation
    match operation:
        case CreateTable(table=table):
            return _Entry("table", path(table.id), "+", children=_parts(table))
        case RenameTable(old=old, new=new) | MoveTable(old=old, new=new):
            return _moved("table", old, new)
        case DropTable(table=table):
            columns = tuple(Change("-", column_text(c)) for c in table.columns.values())
            return _Entry("table", path(table.id), "-", children=columns)
        case AlterTable(old=before, new=after):
            return _Entry("table", path(after.id), children=table_changes(before, after))
        case AttachPartition(table=id_, partition=partition):
            line = f"partition of {path(partition.parent)} {partition.bound}"
            return _Entry("table", path(id_), children=(Change("+", line),))
        case DetachPartition(table=id_, partition=partition):
            line = f"partition of {path(partition.parent)} {partition.bound}"
            return _Entry("table", path(id_), children=(Change("-", line),))
        case SetPrivileges():
            shown = privileges_place(operation)
            return _Entry(*shown, children=(privileges_change(operation),))
        case SetRowSecurity(table=id_, enabled=enabled):
            word = "enabled" if enabled else "disabled"
            return _Entry("table", path(id_), children=(Change("~", f"row security {word}"),))
        case _:
            assert_never(operation)


def _parts(table: Table) -> tuple[Change, ...]:
    keys = table.composite_primary_keys.values()
    lines = (
        *map(column_text, table.columns.values()),
        *(
            f"primary key {key_columns(k.columns, without_overlaps=k.without_overlaps)}"
            for k in keys
        ),
        *map(unique_text, table.unique_constraints.values()),
        *map(check_text, table.check_constraints.values()),
        *map(exclusion_text, table.exclusions.values()),
        *kind_of_table(table),
    )
    return tuple(Change("+", line) for line in lines)


def _comment(operation: SetComment) -> _Entry:
    """A comment belongs to the table, view, type or schema that its path begins with."""
    text = f"comment: {operation.text}" if operation.text else "no comment"
    match operation.kind:
        case "schema":
            return _Entry("schema", format_path(*operation.path), children=(Change("~", text),))
        case "type":
            return _Entry("enum", format_path(*operation.path), children=(Change("~", text),))
        case "table" | "view" | "materialized view":
            name = format_path(*operation.path)
            return _Entry(operation.kind, name, children=(Change("~", text),))
        case "column" | "constraint" | "index" | "statistics":
            line = f"{operation.kind} {operation.path[2]}: {text}"
            return _Entry("table", format_path(*operation.path[:2]), children=(Change("~", line),))
        case _:
            assert_never(operation.kind)


def _view_kind(*, materialized: bool) -> str:
    return "materialized view" if materialized else "view"


def _view(operation: ViewOp) -> _Entry:
    match operation:
        case CreateView(view=view):
            return _defined(view, "+")
        case RenameView(old=old, new=new) | MoveView(old=old, new=new):
            return _moved(_view_kind(materialized=operation.materialized), old, new)
        case AlterViewOptions(new=view):
            kind = _view_kind(materialized=view.materialized)
            return _Entry(kind, path(view.id), children=(Change("~", "options"),))
        case DropView(view=view):
            return _defined(view, "-")
        case _:
            assert_never(operation)


def _defined(view: View, sign: Sign) -> _Entry:
    kind = _view_kind(materialized=view.materialized)
    children = (Change(sign, f"as {view.definition}"),) if view.definition else ()
    return _Entry(kind, path(view.id), sign, children=children)

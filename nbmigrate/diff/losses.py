"""What operations take from the rows: which tables, which columns, whose positions.

Nothing here says how it is kept. A loss speaks of the schema as it was *before* the
operations; operations speak of it after all renames, so names are followed back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from nbmigrate import operations as o
from nbmigrate.diff.columns import SERIAL
from nbmigrate.diff.foreign import local_partitions, partly_foreign
from nbmigrate.diff.sequences import starts_anew
from nbmigrate.model import Column, Snapshot, Table
from nbmigrate.model.names import key
from nbmigrate.model.tables import Value

Id = o.Id


class Survivor(Value, frozen=True, kw_only=True):
    """Where columns that were changed in place are afterwards: names in the order of the loss."""

    table: Id
    key: tuple[str, ...]
    columns: tuple[str, ...]


class Loss(Value, frozen=True, kw_only=True):
    """Columns of one table that are gone or changed.

    ``key`` finds their rows again; without one it is all the other columns that do.
    ``is_whole``: the table goes. ``is_only``: the rows of the tables that inherit are losses of
    their own. ``nulls``: the columns lose their NULLs only.
    """

    table: Id
    columns: tuple[str, ...]
    key: tuple[str, ...] = ()
    is_whole: bool = False
    is_only: bool = False
    nulls: bool = False
    survivor: Survivor | None = None


class Position(Value, frozen=True, kw_only=True):
    """The position of a sequence: its own name, or the column that it counts for."""

    id: Id
    column: str = ""


class Losses(NamedTuple):
    """All that is to be kept for an undo."""

    rows: tuple[Loss, ...]
    positions: tuple[Position, ...]


_RENAMES = (
    o.RenameSchema,
    o.RenameTable,
    o.MoveTable,
    o.RenameEnum,
    o.MoveEnum,
    o.RenameDomain,
    o.MoveDomain,
    o.RenameType,
    o.MoveType,
    o.RenameColumn,
)
_Rename = (
    o.RenameSchema
    | o.RenameTable
    | o.MoveTable
    | o.RenameEnum
    | o.MoveEnum
    | o.RenameDomain
    | o.MoveDomain
    | o.RenameType
    | o.MoveType
    | o.RenameColumn
)


class Names:
    """Names before and after the renames of a plan."""

    def __init__(self, operations: Iterable[o.Operation]) -> None:
        self._renames: list[_Rename] = []
        self._sequences: list[o.RenameSequence | o.MoveSequence] = []
        for op in operations:
            match op:
                case o.RenameSequence() | o.MoveSequence():
                    self._sequences.append(op)
                case renamed if isinstance(renamed, _RENAMES):
                    self._renames.append(renamed)
                case _:
                    pass

    def old_table(self, table: Id) -> Id:
        """What the table was called."""
        for op in reversed(self._renames):
            match op:
                case o.RenameSchema(old=before, new=after):
                    table = (before, table[1]) if table[0] == after else table
                case o.RenameColumn():
                    pass
                case moved if table == moved.new:
                    table = moved.old
                case _:
                    pass
        return table

    def old_sequence(self, sequence: Id) -> Id:
        """What the sequence was called; one of a schema that was renamed went with it."""
        for op in reversed(self._sequences):
            sequence = op.old if sequence == op.new else sequence
        return (self.old_table((sequence[0], ""))[0], sequence[1])

    def new_table(self, table: Id) -> Id:
        """What the table is called then."""
        for op in self._renames:
            match op:
                case o.RenameSchema(old=before, new=after):
                    table = (after, table[1]) if table[0] == before else table
                case o.RenameColumn():
                    pass
                case moved if table == moved.old:
                    table = moved.new
                case _:
                    pass
        return table

    def old_column(self, table: Id, name: str) -> str:
        """What the column of a table (under its new name) was called."""
        for op in reversed(self._renames):
            if isinstance(op, o.RenameColumn) and op.table == table and op.new == name:
                name = op.old
        return name

    def new_column(self, table: Id, name: str) -> str:
        """What the column is called then; the table under its new name."""
        for op in self._renames:
            if isinstance(op, o.RenameColumn) and op.table == table and op.old == name:
                name = op.new
        return name


class _Found:
    """What is collected: columns per table, as they were called."""

    def __init__(self, old: Snapshot, names: Names) -> None:
        self.old = old
        self.names = names
        self.elsewhere = partly_foreign(old)
        self.whole: list[Id] = []
        self.gone: dict[Id, dict[str, bool]] = {}
        self.nulls: dict[Id, dict[str, bool]] = {}
        self.positions: dict[Position, None] = {}

    def table(self, table: Id) -> Table | None:
        """The table as it was; ``None`` for one that is new."""
        return self.old.tables.get(key(*self.names.old_table(table)))

    def column(self, table: Id, name: str, *, stays: bool = False, nulls: bool = False) -> None:
        """A column, also in the tables that inherit it."""
        was = self.table(table)
        before = self.names.old_column(table, name)
        if was is None or before not in was.columns:
            return
        self.position(was, before)
        if was.columns[before].generated is None:
            local = local_partitions(self.old, was) if was.id in self.elsewhere else ()
            for item in (was, *heirs(self.old, was, before), *local):
                (self.nulls if nulls else self.gone).setdefault(item.id, {})[before] = stays

    def position(self, table: Table, column: str) -> None:
        """The sequence of a column that has one."""
        if counts(table.columns[column]):
            self.positions[Position(id=table.id, column=column)] = None


def find_losses(old: Snapshot, operations: Sequence[o.Operation]) -> Losses:
    """What the operations take away from ``old``."""
    found = _Found(old, Names(operations))
    for op in operations:
        _collect(op, found)
    whole = [old.tables[key(*id_)] for id_ in dict.fromkeys(found.whole)]
    # A partitioned table has no rows itself; its partitions are tables of their own.
    rows = (*(_whole(t) for t in whole if t.partition_key is None), *_columns(found))
    return Losses(tuple(rows), tuple(found.positions))


def _collect(op: o.Operation, found: _Found) -> None:  # noqa: C901, PLR0912 - one case per kind
    match op:
        case o.DropTable(table=table):
            _drop_table(table, found)
        case o.DropColumn(table=table, column=column):
            found.column(table, column.name)
        case o.AlterColumnType(table=table, old=was, new=now) if not is_lossless(was, now):
            found.column(table, now.name, stays=True)
        case o.SetNotNull(table=table, column=name, backfill=str()):
            found.column(table, name, stays=True, nulls=True)
        case o.RecreateEnum(old=was, new=now, uses=uses):
            if set(was.values) - set(now.values):
                _cast(uses, found)
        case o.RecreateDomain(uses=uses) | o.RecreateType(uses=uses):
            _cast(uses, found)
        case o.AlterType(old=changed):
            for table, name in _columns_of_type(found, found.names.old_table(changed.id)[1]):
                found.column(table, name, stays=True)
        case o.DropSequence(sequence=sequence):
            found.positions[Position(id=found.names.old_sequence(sequence.id))] = None
        case o.AlterSequence(old=before, new=after) if starts_anew(before, after):
            found.positions[Position(id=found.names.old_sequence(after.id))] = None
        case o.AlterIdentity(table=table, column=name, old=was, new=now) if starts_anew(was, now):
            _drop_position(table, name, found)
        case o.DropIdentity(table=table, column=name):
            _drop_position(table, name, found)
        case o.DropSerial(table=table, column=column):
            _drop_position(table, column.name, found)
        case _:
            return


def _cast(uses: Sequence[o.EnumUse | o.TypeUse], found: _Found) -> None:
    for use in uses:
        found.column(use.table, use.column.name, stays=True)


def _drop_table(table: Table, found: _Found) -> None:
    if (was := found.table(table.id)) is None:
        return
    found.whole.append(was.id)
    for name in was.columns:
        found.position(was, name)


def _drop_position(table: Id, column: str, found: _Found) -> None:
    was, before = found.table(table), found.names.old_column(table, column)
    if was is not None and before in was.columns:
        found.position(was, before)


def _columns_of_type(found: _Found, name: str) -> Iterator[tuple[Id, str]]:
    for table in found.old.tables.values():
        for column in table.columns.values():
            if name in column.type:
                new = found.names.new_table(table.id)
                yield new, found.names.new_column(new, column.name)


def heirs(old: Snapshot, parent: Table, column: str) -> Iterator[Table]:
    """The tables that have the column from ``parent`` by INHERITS, at any distance."""
    for table in old.tables.values():
        if table.inherits and parent.id in table.parents and column in table.columns:
            yield table
            yield from heirs(old, table, column)


def leaving_parents(operations: Iterable[o.Operation]) -> tuple[Id, ...]:
    """The tables that cease to inherit: no way back makes their columns inherited ones alone.

    ALTER TABLE ... INHERIT takes columns that are there, and they stay the table's own (PostgreSQL
    docs, ALTER TABLE): dropped from the parent, such a one is not dropped from the child.
    """
    return tuple(
        op.new.id
        for op in operations
        if isinstance(op, o.AlterTable) and set(op.old.inherits) - set(op.new.inherits)
    )


def has_heirs(old: Snapshot, parent: Table) -> bool:
    """Whether a table inherits from this one (partitions do not count)."""
    return any(table.inherits and parent.id in table.parents for table in old.tables.values())


def counts(column: Column) -> bool:
    """Whether the column has a sequence of its own."""
    return column.identity is not None or column.type in SERIAL


def _whole(table: Table) -> Loss:
    return Loss(table=table.id, columns=_stored(table), is_whole=True, is_only=True)


def _stored(table: Table) -> tuple[str, ...]:
    return tuple(c.name for c in table.columns.values() if c.generated is None)


def _columns(found: _Found) -> Iterator[Loss]:
    for id_ in dict.fromkeys((*found.gone, *found.nulls)):
        table = found.old.tables[key(*id_)]
        if id_ in found.whole or id_ in found.elsewhere or _is_in_parent(table, found):
            continue
        gone, nulls = found.gone.get(id_, {}), found.nulls.get(id_, {})
        is_only = bool(table.inherits) or has_heirs(found.old, table)
        keys = () if is_only else _key(table, {*gone, *nulls})
        if not keys:
            yield _loss(table, {**nulls, **gone}, (), found, is_only=is_only)
            continue
        # A row whose changed columns somebody changed again still gets its dropped ones back.
        for is_staying in (False, True):
            if part := {name: stays for name, stays in gone.items() if stays is is_staying}:
                yield _loss(table, part, keys, found)
        for name, stays in nulls.items():
            if name not in gone:
                yield _loss(table, {name: stays}, keys, found, nulls=True)


def _is_in_parent(table: Table, found: _Found) -> bool:
    """A partition's rows are kept with those of the whole table."""
    if table.partition_of is None or table.partition_of.parent in found.elsewhere:
        return False
    lost = {*found.gone.get(table.id, {}), *found.nulls.get(table.id, {})}
    parent = table.partition_of.parent
    return lost <= {*found.gone.get(parent, {}), *found.nulls.get(parent, {})}


def _loss(
    table: Table,
    lost: Mapping[str, bool],
    keys: tuple[str, ...],
    found: _Found,
    *,
    is_only: bool = False,
    nulls: bool = False,
) -> Loss:
    staying = tuple(name for name, stays in lost.items() if stays)
    new = found.names.new_table(table.id)
    survivor = Survivor(
        table=new,
        key=tuple(found.names.new_column(new, name) for name in keys),
        columns=tuple(found.names.new_column(new, name) for name in staying),
    )
    return Loss(
        table=table.id,
        columns=tuple(lost),
        key=keys,
        is_only=is_only,
        nulls=nulls,
        survivor=survivor if keys and staying else None,
    )


def _key(table: Table, lost: set[str]) -> tuple[str, ...]:
    """A key that no operation touches; PostgreSQL docs, "Constraints": unique allows NULLs."""
    uniques = (u.columns for u in table.unique_constraints.values())
    for columns in (table.primary_key_columns, *uniques):
        known = [table.columns.get(name) for name in columns]
        is_complete = known and all(c and (c.not_null or c.primary_key) for c in known)
        if is_complete and not lost & set(columns):
            return tuple(columns)
    return ()


_INTEGERS = ("smallint", "integer", "bigint")


def is_lossless(old: Column, new: Column) -> bool:
    """Whether every value comes back the same when the column gets its old type again."""
    was, now = SERIAL.get(old.type, old.type), SERIAL.get(new.type, new.type)
    if was == now and old.type_schema == new.type_schema:
        return True
    if was in _INTEGERS and now in (*_INTEGERS, "numeric", "text", "varchar"):
        return now not in _INTEGERS or _INTEGERS.index(now) >= _INTEGERS.index(was)
    if was.startswith("varchar") and now in ("text", "varchar"):
        return True
    wide, narrow = _length(now), _length(was)
    return wide is not None and narrow is not None and wide >= narrow


def _length(type_: str) -> int | None:
    inner = type_.removeprefix("varchar(").removesuffix(")")
    return int(inner) if type_.startswith("varchar(") and inner.isdigit() else None

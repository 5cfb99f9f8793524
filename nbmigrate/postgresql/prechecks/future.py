"""The rows of a table as a plan will leave them, as a query that changes nothing.

A constraint is judged over the names, types and values that its table will have: live
columns under their new names, cast and filled as the plan says, and those still to be added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from nbmigrate import operations as o
from nbmigrate.diff.columns import SERIAL
from nbmigrate.model import Column, Snapshot, Table
from nbmigrate.model.names import key
from nbmigrate.postgresql import casts
from nbmigrate.postgresql.expressions import render_default
from nbmigrate.postgresql.identifiers import qualified, quote
from nbmigrate.postgresql.render import render
from nbmigrate.postgresql.render.enums import cast_by_label
from nbmigrate.postgresql.types import render_type


class Place(NamedTuple):
    """Where something that has a new name is now: the live table, and live column by new name."""

    table: Table
    columns: Mapping[str, str]

    @property
    def sql(self) -> str:
        """The table as it stands behind FROM; a partitioned one has its rows in others."""
        only = "" if self.table.partition_key else "ONLY "
        return f"{only}{qualified(self.table.id, spell_public=True)}"

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the primary key under the names that they will have."""
        now = {live: name for name, live in self.columns.items()}
        return tuple(now[name] for name in self.table.primary_key_columns if name in now)


def places(old: Snapshot, operations: Iterable[o.Operation]) -> dict[o.Id, Place]:
    """Each live table by the name that it will have."""
    found = {t.id: Place(t, {name: name for name in t.columns}) for t in old.tables.values()}
    for operation in operations:
        match operation:
            case o.RenameSchema(old=was, new=now):
                found = {((now, i[1]) if i[0] == was else i): p for i, p in found.items()}
            case o.RenameTable(old=before, new=after) | o.MoveTable(old=before, new=after):
                if before in found:
                    found[after] = found.pop(before)
            case o.RenameColumn(table=table, old=was, new=now) if table in found:
                columns = dict(found[table].columns)
                columns[now] = columns.pop(was, was)
                found[table] = found[table]._replace(columns=columns)
            case _:
                pass
    return found


class Future:
    """Queries for the rows as they will be."""

    def __init__(self, old: Snapshot, new: Snapshot, operations: tuple[o.Operation, ...]) -> None:
        self.places = places(old, operations)
        self.new = new
        #: Makes the types that the values will have and that are not there yet.
        self.types = _new_types(operations)
        #: Tables that get partitions, which may have rows.
        self.joined = {
            op.partition.parent for op in operations if isinstance(op, o.AttachPartition)
        }
        self._changes: dict[tuple[o.Id, str], list[o.Operation]] = {}
        for operation in operations:
            for at in _columns_of(operation):
                self._changes.setdefault(at, []).append(operation)

    def table(self, table: o.Id) -> Table | None:
        """The table as it will be."""
        return self.new.tables.get(key(*table))

    def is_cast(self, table: o.Id, column: str) -> bool:
        """True when the type of the column changes."""
        changes = self._changes.get((table, column), [])
        return any(isinstance(change, o.AlterColumnType) for change in changes)

    def now(self, table: o.Id) -> str:
        """The live rows under the names that they will have, in parentheses."""
        place = self.places[table]
        names = (f"{quote(live)} AS {quote(name)}" for name, live in place.columns.items())
        return f"(SELECT {', '.join(names)} FROM {place.sql}) AS {quote(table[1])}"

    def rows(self, table: o.Id) -> str:
        """The rows as the plan leaves them; none for a table that is still to be made."""
        target = self.table(table)
        if target is None:
            return self.now(table)
        values = (
            f"{self._value(table, column)} AS {quote(column.name)}"
            for column in target.columns.values()
        )
        if table not in self.places:
            empty = (f"NULL::{_type(c)} AS {quote(c.name)}" for c in target.columns.values())
            return f"(SELECT {', '.join(empty)} WHERE false) AS {quote(table[1])}"
        return f"(SELECT {', '.join(values)} FROM {self.now(table)}) AS {quote(table[1])}"

    def _value(self, table: o.Id, column: Column) -> str:
        changes = self._changes.get((table, column.name), [])
        if column.name not in self.places[table].columns or any(
            isinstance(change, o.AddColumn) for change in changes
        ):
            return _added(column, changes)
        value = quote(column.name)
        for change in changes:
            match change:
                case o.AlterColumnType(new=now):
                    value = f"({cast_of(change)})::{_type(now)}"
                case o.RecreateEnum(labels=labels):
                    value = cast_by_label(column, labels)
                case o.SetNotNull(backfill=str(backfill)):
                    value = f"coalesce({value}, ({backfill}))"
                case _:
                    pass
        return value


def _new_types(operations: Iterable[o.Operation]) -> str:
    made = o.CreateSchema | o.CreateEnum | o.CreateDomain | o.CreateType
    return "\n".join(s.sql for s in render([op for op in operations if isinstance(op, made)]))


def cast_of(change: o.AlterColumnType) -> str:
    """What ALTER COLUMN TYPE makes the values of, before the cast to the type itself."""
    return change.using or casts.using(change.old, change.new) or quote(change.new.name)


def _added(column: Column, changes: Iterable[o.Operation]) -> str:
    fills = [c.backfill for c in changes if isinstance(c, o.AddColumn) and c.backfill]
    if fills:
        return f"({fills[0]})::{_type(column)}"
    is_counted = column.type in SERIAL or column.identity or column.generated
    if column.default is None or is_counted:
        return f"NULL::{_type(column)}"
    return f"({render_default(column.default)})::{_type(column)}"


def _type(column: Column) -> str:
    return SERIAL.get(column.type) or render_type(column)


def _columns_of(operation: o.Operation) -> Iterable[tuple[o.Id, str]]:
    match operation:
        case o.AddColumn(table=table, column=column) | o.AlterColumnType(table=table, new=column):
            return ((table, column.name),)
        case o.SetNotNull(table=table, column=name):
            return ((table, name),)
        case o.RecreateEnum(uses=uses):
            return tuple((use.table, use.column.name) for use in uses)
        case _:
            return ()

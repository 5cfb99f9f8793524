"""Columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nbmigrate import operations as o
from nbmigrate.model import Column, Index, Snapshot, Table, key
from tests.replaying.naming import reword_table
from tests.replaying.parts import (
    SERIAL,
    ReplayError,
    change,
    every_table,
    in_part,
    in_table,
    plain_item,
    put_new,
    put_over,
    take_out,
)


def edit_column(
    snapshot: Snapshot, table: o.Id, name: str, edit: Callable[[Column], Column]
) -> Snapshot:
    def within(columns: Mapping[str, Column]) -> dict[str, Any]:
        if name not in columns:
            raise ReplayError(f"{table} has no column {name!r}")
        return put_over(columns, name, edit(columns[name]))

    return in_part(snapshot, table, "columns", within)


def replay_column(op: o.ColumnOp, snapshot: Snapshot) -> Snapshot:
    match op:
        case o.AddColumn(table=table, column=column):
            made = change(plain_item(column), primary_key=False)
            required = bool(made.not_null or made.identity or made.type in SERIAL)
            made = change(made, not_null=required)
            return in_part(snapshot, table, "columns", lambda c: put_new(c, column.name, made))
        case o.DropColumn(table=table, column=column):
            _refuse_used_column(snapshot, table, column.name)
            return in_part(snapshot, table, "columns", lambda c: take_out(c, column.name))
        case o.RenameColumn(table=table, old=old, new=new):
            return _rename_column(snapshot, table, old, new)
        case o.AlterColumnType(table=table, new=column):
            return edit_column(snapshot, table, column.name, lambda c: _altered(op, c))
        case _:
            name = op.column if isinstance(op.column, str) else op.column.name
            return edit_column(snapshot, op.table, name, lambda c: _altered(op, c))


def _altered(op: o.ColumnOp, column: Column) -> Column:  # noqa: C901 - one case per operation
    match op:
        case o.AlterColumnType(old=old, new=new):
            if old.type != SERIAL.get(column.type, column.type):
                raise ReplayError(f"{column.name} is {column.type}, not {old.type}")
            default = new.default if old.default is not None else column.default
            return change(
                column,
                type=new.type,
                type_schema=new.type_schema,
                collation=new.collation,
                default=default,
            )
        case o.SetDefault(column=new):
            return change(column, default=new.default)
        case o.DropDefault():
            return change(column, default=None)
        case o.SetNotNull():
            return change(column, not_null=True)
        case o.DropNotNull():
            if column.identity or column.primary_key:
                raise ReplayError(f"{column.name} is a key or an identity")
            return change(column, not_null=False)
        case o.AddIdentity(column=new):
            if column.default is not None or column.identity or column.generated:
                raise ReplayError(f"{column.name} cannot become an identity: {column}")
            return change(column, identity=new.identity, not_null=True)
        case o.AlterIdentity(new=identity):
            return change(column, identity=identity)
        case o.DropIdentity():
            return change(column, identity=None)
        case o.AddSerial(column=new):
            return change(column, type=new.type, default=None)
        case o.AlterSerial(column=new):
            if column.type != SERIAL[new.type]:
                raise ReplayError(f"{column.name} is {column.type}, its sequence {new.type}")
            return change(column, type=new.type)
        case o.DropSerial():
            return change(column, type=SERIAL[column.type], default=None)
        case o.DropExpression():
            return change(column, generated=None)
        case _:
            raise ReplayError(f"unexpected {op!r}")


def _refuse_used_column(snapshot: Snapshot, id_: o.Id, name: str) -> None:
    table = snapshot.tables[key(*id_)]
    held = [u.name for u in table.unique_constraints.values() if name in u.columns]
    held += [p.name for p in table.composite_primary_keys.values() if name in p.columns]
    held += [f.name for f in table.foreign_keys.values() if name in f.columns_from]
    held += [
        f.name
        for other in snapshot.tables.values()
        for f in other.foreign_keys.values()
        if f.target == id_ and name in f.columns_to
    ]
    held += [
        i.name
        for i in table.indexes.values()
        if any(c.expression == name and not c.is_expression for c in i.columns)
    ]
    if held:
        raise ReplayError(f"column {id_}.{name} is used by {held}")


def _rename_column(snapshot: Snapshot, id_: o.Id, old: str, new: str) -> Snapshot:
    def name(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new if n == old else n for n in names)

    def key_of(index: Index) -> Index:
        columns = tuple(
            change(c, expression=new) if c.expression == old and not c.is_expression else c
            for c in index.columns
        )
        return change(index, columns=columns, include=name(index.include))

    def edit(table: Table) -> Table:
        if old not in table.columns:
            raise ReplayError(f"{id_} has no column {old!r}")
        columns = put_new(take_out(table.columns, old), new, change(table.columns[old], name=new))
        table = reword_table(change(table, columns=columns), old, new)
        return change(
            table,
            indexes={n: key_of(i) for n, i in table.indexes.items()},
            foreign_keys={
                n: change(f, columns_from=name(f.columns_from))
                for n, f in table.foreign_keys.items()
            },
            composite_primary_keys={
                n: change(p, columns=name(p.columns))
                for n, p in table.composite_primary_keys.items()
            },
            unique_constraints={
                n: change(u, columns=name(u.columns)) for n, u in table.unique_constraints.items()
            },
        )

    def follow(table: Table) -> Table:
        keys = {
            n: change(f, columns_to=name(f.columns_to)) if f.target == id_ else f
            for n, f in table.foreign_keys.items()
        }
        return change(table, foreign_keys=keys)

    return every_table(in_table(snapshot, id_, edit), follow)

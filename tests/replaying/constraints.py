"""Constraints and indexes."""

from __future__ import annotations

from typing import assert_never

from nbmigrate import operations as o
from nbmigrate.model import ForeignKey, PrimaryKey, Snapshot, Table, key
from tests.replaying.parts import (
    ReplayError,
    change,
    in_part,
    in_table,
    plain_item,
    put_new,
    rename_item,
    take_out,
)

_KINDS = {
    "primary key": "composite_primary_keys",
    "unique": "unique_constraints",
    "check": "check_constraints",
    "foreign key": "foreign_keys",
}


def replay_constraint(op: o.ConstraintOp, snapshot: Snapshot) -> Snapshot:  # noqa: C901 - one case each
    match op:
        case o.AddPrimaryKey():
            return in_table(snapshot, op.table, lambda t: _with_key(t, op))
        case o.DropPrimaryKey(columns=columns):
            _refuse_referenced(snapshot, op.table, columns)
            return in_table(snapshot, op.table, _without_key)
        case o.AddUnique(unique=item):
            return in_part(
                snapshot,
                op.table,
                "unique_constraints",
                lambda m: put_new(m, item.name, plain_item(item)),
            )
        case o.DropUnique(unique=item):
            _refuse_referenced(snapshot, op.table, item.columns)
            return in_part(
                snapshot, op.table, "unique_constraints", lambda m: take_out(m, item.name)
            )
        case o.AddCheck(check=check):
            return in_part(
                snapshot,
                op.table,
                "check_constraints",
                lambda m: put_new(m, check.name, plain_item(check)),
            )
        case o.DropCheck(check=check):
            return in_part(
                snapshot, op.table, "check_constraints", lambda m: take_out(m, check.name)
            )
        case o.AddForeignKey(foreign_key=fk):
            _refuse_target(snapshot, fk)
            return in_part(
                snapshot, op.table, "foreign_keys", lambda m: put_new(m, fk.name, plain_item(fk))
            )
        case o.DropForeignKey(foreign_key=fk):
            return in_part(snapshot, op.table, "foreign_keys", lambda m: take_out(m, fk.name))
        case o.RenameConstraint(kind="primary key") if not _has_named_key(snapshot, op):
            return snapshot  # the key of one column: its name is in no snapshot
        case o.RenameConstraint(old=old, new=new):
            return in_part(snapshot, op.table, _KINDS[op.kind], lambda m: rename_item(m, old, new))
        case _:
            assert_never(op)


def _has_named_key(snapshot: Snapshot, op: o.RenameConstraint) -> bool:
    table = snapshot.tables.get(key(*op.table))
    return table is None or bool(table.composite_primary_keys)


def _with_key(table: Table, op: o.AddPrimaryKey) -> Table:
    if table.primary_key_columns:
        raise ReplayError(f"{table.id} has a primary key already")
    alone = len(op.columns) == 1
    columns = {
        n: change(c, primary_key=alone, not_null=True) if n in op.columns else c
        for n, c in table.columns.items()
    }
    keys = {} if alone else {op.name: PrimaryKey(name=op.name or "", columns=op.columns)}
    return change(table, columns=columns, composite_primary_keys=keys)


def _without_key(table: Table) -> Table:
    if not table.primary_key_columns:
        raise ReplayError(f"{table.id} has no primary key")
    columns = {n: change(c, primary_key=False) for n, c in table.columns.items()}
    return change(table, columns=columns, composite_primary_keys={})


def _refuse_referenced(snapshot: Snapshot, table: o.Id, columns: tuple[str, ...]) -> None:
    for other in snapshot.tables.values():
        for fk in other.foreign_keys.values():
            is_used = fk.target == table and set(fk.columns_to) == set(columns)
            if is_used and not _has_other_key(snapshot.tables[key(*table)], columns):
                raise ReplayError(f"the key {table}{columns} is used by {fk.name}")


def _unique_keys(table: Table) -> list[frozenset[str]]:
    keys = [frozenset(u.columns) for u in table.unique_constraints.values()]
    keys += [
        frozenset(c.expression for c in i.columns)
        for i in table.indexes.values()
        if i.is_unique and i.where is None
    ]
    primary = table.primary_key_columns
    return [*keys, *([frozenset(primary)] if primary else [])]


def _has_other_key(table: Table, columns: tuple[str, ...]) -> bool:
    return _unique_keys(table).count(frozenset(columns)) > 1


def _refuse_target(snapshot: Snapshot, fk: ForeignKey) -> None:
    target = snapshot.tables.get(key(*fk.target))
    if target is None:
        raise ReplayError(f"{fk.name} refers to {fk.target}, which is not there")
    if frozenset(fk.columns_to) not in _unique_keys(target):
        raise ReplayError(f"{fk.name} refers to {fk.target}{fk.columns_to}, which is no key")


def replay_index(op: o.IndexOp, snapshot: Snapshot) -> Snapshot:
    match op:
        case o.CreateIndex(index=index):
            return in_part(
                snapshot, op.table, "indexes", lambda m: put_new(m, index.name, plain_item(index))
            )
        case o.DropIndex(index=index):
            return in_part(snapshot, op.table, "indexes", lambda m: take_out(m, index.name))
        case o.RenameIndex(old=old, new=new):
            return in_part(snapshot, op.table, "indexes", lambda m: rename_item(m, old, new))
        case _:
            assert_never(op)

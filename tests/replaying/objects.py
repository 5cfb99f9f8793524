"""Schemas, roles, sequences and enums."""

from __future__ import annotations

from typing import assert_never

from nbmigrate import operations as o
from nbmigrate.model import Column, Snapshot, Table, key
from tests.replaying.columns import edit_column
from tests.replaying.naming import rename_object
from tests.replaying.parts import (
    ReplayError,
    change,
    every_column,
    every_table,
    plain_item,
    put_new,
    put_over,
    take_out,
)
from tests.support_definitions import reschema


def replay_schema(op: o.SchemaOp, snapshot: Snapshot) -> Snapshot:
    match op:
        case o.CreateSchema(name=name):
            return change(snapshot, schemas=put_new(snapshot.schemas, name, name))
        case o.DropSchema(name=name):
            for family in ("tables", "enums", "sequences", "views"):
                if left := [i.id for i in getattr(snapshot, family).values() if i.id[0] == name]:
                    raise ReplayError(f"schema {name} still holds {left}")
            return change(snapshot, schemas=take_out(snapshot.schemas, name))
        case o.RenameSchema(old=old, new=new):
            schemas = put_new(take_out(snapshot.schemas, old), new, new)
            return reschema(_reschema(change(snapshot, schemas=schemas), old, new), old, new)
        case _:
            assert_never(op)


def _reschema(snapshot: Snapshot, old: str, new: str) -> Snapshot:
    for family in ("tables", "enums", "sequences", "views"):
        for item in list(getattr(snapshot, family).values()):
            if item.id[0] == old:
                snapshot = rename_object(snapshot, family, item.id, (new, item.id[1]))
    return snapshot


def replay_role(op: o.RoleOp, snapshot: Snapshot) -> Snapshot:
    roles = snapshot.roles
    match op:
        case o.CreateRole(role=role):
            return change(snapshot, roles=put_new(roles, role.name, role))
        case o.AlterRole(new=role):
            return change(snapshot, roles=put_over(roles, role.name, role))
        case o.DropRole(role=role):
            _refuse_used_role(snapshot, role.name)
            return change(snapshot, roles=take_out(roles, role.name))
        case o.RenameRole(old=old, new=new):
            renamed = put_new(take_out(roles, old), new, change(roles[old], name=new))
            snapshot = every_table(
                change(snapshot, roles=renamed), lambda t: _role_in_policies(t, old, new)
            )
            return _role_in_privileges(snapshot, old, new)
        case _:
            assert_never(op)


def _refuse_used_role(snapshot: Snapshot, role: str) -> None:
    for table in snapshot.tables.values():
        for policy in table.policies.values():
            if role in policy.to:
                raise ReplayError(f"role {role} is used by policy {policy.name}")


def _role_in_policies(table: Table, old: str, new: str) -> Table:
    policies = {
        name: change(p, to=tuple(sorted(new if r == old else r for r in p.to)))
        for name, p in table.policies.items()
    }
    return change(table, policies=policies)


def _role_in_privileges(snapshot: Snapshot, old: str, new: str) -> Snapshot:
    for family in ("tables", "views", "sequences", "functions"):
        items = dict(getattr(snapshot, family))
        for name, item in items.items():
            grants = dict(item.privileges or {})
            if old in grants:
                grants[new] = change(grants.pop(old), role=new)
                items[name] = change(item, privileges=grants)
        snapshot = change(snapshot, **{family: items})
    return snapshot


def replay_sequence(op: o.SequenceOp, snapshot: Snapshot) -> Snapshot:
    items = snapshot.sequences
    match op:
        case o.CreateSequence(sequence=item):
            return change(snapshot, sequences=put_new(items, key(*item.id), plain_item(item)))
        case o.AlterSequence(new=item):
            return change(snapshot, sequences=put_over(items, key(*item.id), plain_item(item)))
        case o.DropSequence(sequence=item):
            return change(snapshot, sequences=take_out(items, key(*item.id)))
        case o.RenameSequence(old=old, new=new) | o.MoveSequence(old=old, new=new):
            return rename_object(snapshot, "sequences", old, new)
        case _:
            assert_never(op)


def replay_enum(op: o.EnumOp, snapshot: Snapshot) -> Snapshot:
    items = snapshot.enums
    match op:
        case o.CreateEnum(enum=enum):
            return change(snapshot, enums=put_new(items, key(*enum.id), plain_item(enum)))
        case o.DropEnum(enum=enum):
            _refuse_used_enum(snapshot, enum.id)
            return change(snapshot, enums=take_out(items, key(*enum.id)))
        case o.RenameEnum(old=old, new=new) | o.MoveEnum(old=old, new=new):
            return rename_object(snapshot, "enums", old, new)
        case o.AddEnumValue(id=id_, value=value, before=before):
            values = list(items[key(*id_)].values)
            values.insert(values.index(before) if before is not None else len(values), value)
            enum = change(items[key(*id_)], values=tuple(values))
            return change(snapshot, enums=put_over(items, key(*id_), enum))
        case o.RenameEnumValue(id=id_, old=label, new=other):
            return _relabelled(snapshot, id_, label, other)
        case o.RecreateEnum():
            return _recreated(snapshot, op)
        case _:
            assert_never(op)


def _refuse_used_enum(snapshot: Snapshot, enum: o.Id) -> None:
    for table in snapshot.tables.values():
        for column in table.columns.values():
            if (column.type_schema, column.element_type) == enum:
                raise ReplayError(f"enum {enum} is used by {table.id}.{column.name}")


def _relabelled(snapshot: Snapshot, enum: o.Id, old: str, new: str) -> Snapshot:
    before = snapshot.enums[key(*enum)]
    if old not in before.values or new in before.values:
        raise ReplayError(f"{enum}: cannot rename {old!r} to {new!r}")
    after = change(before, values=tuple(new if v == old else v for v in before.values))
    quoted = [f"'{label.replace(chr(39), chr(39) * 2)}'" for label in (old, new)]

    def edit(column: Column) -> Column:
        mine = (column.type_schema, column.type) == enum and column.default == quoted[0]
        return change(column, default=quoted[1]) if mine else column

    return every_column(change(snapshot, enums=put_over(snapshot.enums, key(*enum), after)), edit)


def _recreated(snapshot: Snapshot, op: o.RecreateEnum) -> Snapshot:
    used = {(use.table, use.column.name) for use in op.uses}
    for table in snapshot.tables.values():
        for column in table.columns.values():
            mine = (column.type_schema, column.element_type) == op.old.id
            if mine and (table.id, column.name) not in used:
                raise ReplayError(f"{table.id}.{column.name} is still of the old enum")
    enums = put_over(snapshot.enums, key(*op.old.id), plain_item(op.new))
    snapshot = change(snapshot, enums=enums)
    for use in op.uses:
        snapshot = edit_column(
            snapshot,
            use.table,
            use.column.name,
            lambda c, use=use: change(c, default=use.column.default),
        )
    return snapshot

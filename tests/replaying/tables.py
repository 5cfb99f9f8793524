"""Whole tables, views and policies."""

from __future__ import annotations

from typing import assert_never

from nbmigrate import operations as o
from nbmigrate.model import Snapshot, key
from nbmigrate.model.holders import Holder, holders, with_grants
from nbmigrate.model.names import object_name
from tests.replaying.naming import rename_object
from tests.replaying.parts import (
    ReplayError,
    change,
    in_part,
    in_table,
    physical_table,
    physical_view,
    plain_item,
    put_new,
    put_over,
    rename_item,
    take_out,
)


def replay_table(op: o.TableOp, snapshot: Snapshot) -> Snapshot:  # noqa: C901 - one case per operation
    match op:
        case o.CreateTable(table=table):
            _refuse_missing_schema(snapshot, table.id[0])
            made = change(
                physical_table(table),
                indexes={},
                foreign_keys={},
                policies={},
                triggers={},
                rules={},
                is_rls_enabled=False,
            )
            return change(snapshot, tables=put_new(snapshot.tables, key(*table.id), made))
        case o.DropTable(table=table):
            for other in snapshot.tables.values():
                for fk in other.foreign_keys.values():
                    if fk.target == table.id != other.id:
                        raise ReplayError(f"{table.id} is referenced by {fk.name}")
            return change(snapshot, tables=take_out(snapshot.tables, key(*table.id)))
        case o.RenameTable(old=old, new=new) | o.MoveTable(old=old, new=new):
            _refuse_missing_schema(snapshot, new[0])
            return rename_object(snapshot, "tables", old, new)
        case o.SetRowSecurity(table=id_, enabled=enabled):
            said = {"is_rls_enabled": enabled, "rls_off": not enabled}
            return in_table(snapshot, id_, lambda t: change(t, **said))
        case o.SetPrivileges():
            return _with_privileges(snapshot, op)
        case _:
            assert_never(op)


_FAMILIES = {
    "table": ("tables",),
    "view": ("views",),
    "sequence": ("sequences",),
    "routine": ("functions",),
    "type": ("enums", "domains", "types"),
}


def _with_privileges(snapshot: Snapshot, op: o.SetPrivileges) -> Snapshot:
    holder = _holder(snapshot, op)
    grants = dict(dict(holders(snapshot)).get(holder) or {})
    found = op.new or op.old
    if found is None or grants.get(found.role) != op.old:
        raise ReplayError(f"{op.table} has other privileges than {op.old}")
    grants.pop(found.role, None)
    if op.new:
        grants[found.role] = op.new
    return with_grants(snapshot, {holder: grants or None})


def _holder(snapshot: Snapshot, op: o.SetPrivileges) -> Holder:
    name = key(*op.table)
    if op.kind == "schema":
        return Holder("schemas", op.table[1])
    if op.kind == "sequence" and op.column:
        return Holder("tables", name, "sequence_privileges", op.column)
    inside = "column_privileges" if op.column else ""
    for family in _FAMILIES[op.kind]:
        if name in getattr(snapshot, family):
            return Holder(family, name, inside, op.column or "")
    for path, table in snapshot.tables.items() if op.kind == "sequence" else ():
        for column in table.columns.values():
            usual = object_name(table.name, column.name, "seq")
            named = column.identity.name if column.identity else column.sequence_name or usual
            if (table.id[0], named) == op.table:
                return Holder("tables", path, "sequence_privileges", column.name)
    raise ReplayError(f"{op.kind} {op.table} is not there")


def _refuse_missing_schema(snapshot: Snapshot, schema: str) -> None:
    if schema not in ("public", *snapshot.schemas):
        raise ReplayError(f"there is no schema {schema}")


def replay_view(op: o.ViewOp, snapshot: Snapshot) -> Snapshot:
    match op:
        case o.CreateView(view=view):
            made = change(physical_view(view), triggers={}, rules={})
            return change(snapshot, views=put_new(snapshot.views, key(*view.id), made))
        case o.AlterViewOptions(new=view):
            there = snapshot.views[key(*view.id)]
            made = change(physical_view(view), triggers=there.triggers, rules=there.rules)
            return change(snapshot, views=put_over(snapshot.views, key(*view.id), made))
        case o.DropView(view=view):
            return change(snapshot, views=take_out(snapshot.views, key(*view.id)))
        case o.RenameView(old=old, new=new) | o.MoveView(old=old, new=new):
            return rename_object(snapshot, "views", old, new)
        case _:
            assert_never(op)


def replay_policy(op: o.PolicyOp, snapshot: Snapshot) -> Snapshot:
    if key(*op.table) not in snapshot.tables:
        return _linked(op, snapshot)
    match op:
        case o.CreatePolicy(policy=policy):
            return in_part(
                snapshot,
                op.table,
                "policies",
                lambda m: put_new(m, policy.name, plain_item(policy)),
            )
        case o.AlterPolicy(new=policy):
            return in_part(
                snapshot,
                op.table,
                "policies",
                lambda m: put_over(m, policy.name, plain_item(policy)),
            )
        case o.DropPolicy(policy=policy):
            return in_part(snapshot, op.table, "policies", lambda m: take_out(m, policy.name))
        case o.RenamePolicy(old=old, new=new):
            return in_part(snapshot, op.table, "policies", lambda m: rename_item(m, old, new))
        case _:
            assert_never(op)


def _linked(op: o.PolicyOp, snapshot: Snapshot) -> Snapshot:
    """A policy on a table that is not in the snapshot."""
    items = snapshot.policies
    match op:
        case o.CreatePolicy(policy=policy):
            return change(snapshot, policies=put_new(items, policy.name, plain_item(policy)))
        case o.AlterPolicy(new=policy):
            return change(snapshot, policies=put_over(items, policy.name, plain_item(policy)))
        case o.DropPolicy(policy=policy):
            return change(snapshot, policies=take_out(items, policy.name))
        case o.RenamePolicy(old=old, new=new):
            return change(snapshot, policies=rename_item(items, old, new))
        case _:
            assert_never(op)

"""What a snapshot is made of, put in, taken out and found; all of it strict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from nbmigrate import operations as o
from nbmigrate.model import Column, Snapshot, Table, View, key

change = msgspec.structs.replace


SERIAL = {"serial": "integer", "bigserial": "bigint", "smallserial": "smallint"}
#: What no operation changes: how something is built or filled once, or has no word so far.
WITHOUT_OPERATION = {
    "Column": {"comment": None, "storage": None, "compression": None, "sequence_name": None},
    "Index": {"comment": None, "concurrently": False},
    "Table": {"comment": None, "force_rls": False, "unlogged": False},
    "View": {"columns": {}, "with_no_data": None, "comment": None},
    "Enum": {"comment": None},
    "Sequence": {"comment": None},
    "Check": {"comment": None},
    "Unique": {"comment": None},
    "ForeignKey": {"comment": None},
    "Policy": {"comment": None},
}


class ReplayError(AssertionError):
    """An operation that PostgreSQL would refuse."""


def physical(snapshot: Snapshot) -> Snapshot:
    """What is there rather than what was said: NOT NULL that follows from a key, and the like."""
    tables = {name: as_physical(table) for name, table in snapshot.tables.items()}
    views = {
        name: change(plain_item(view), options=view.options or None)
        for name, view in snapshot.views.items()
        if not view.is_existing
    }
    return change(
        snapshot,
        tables=tables,
        views=views,
        enums={name: plain_item(enum) for name, enum in snapshot.enums.items()},
        sequences={name: plain_item(item) for name, item in snapshot.sequences.items()},
        policies={name: plain_item(policy) for name, policy in snapshot.policies.items()},
    )


def plain_item(item: Any) -> Any:
    return change(item, **WITHOUT_OPERATION.get(type(item).__name__, {}))


def as_physical(table: Table) -> Table:
    keys = set(table.primary_key_columns)
    columns = {
        name: change(
            plain_item(c),
            not_null=bool(c.not_null or c.identity or c.type in SERIAL or name in keys),
        )
        for name, c in table.columns.items()
    }
    parts = {
        part: {name: plain_item(item) for name, item in getattr(table, part).items()}
        for part in (
            "indexes",
            "foreign_keys",
            "unique_constraints",
            "check_constraints",
            "policies",
        )
    }
    rls = table.is_rls_enabled or (bool(table.policies) and not table.rls_off)
    return change(
        plain_item(table),
        columns=columns,
        is_rls_enabled=rls,
        rls_off=bool(table.policies) and not rls,
        primary_key_name=None,
        **parts,
    )


def physical_table(table: Table) -> Table:
    """One table in the form of :func:`physical`."""
    return as_physical(table)


def physical_view(view: View) -> Any:
    return change(plain_item(view), options=view.options or None)


def put_new(items: Mapping[str, Any], name: str, item: Any) -> dict[str, Any]:
    if name in items:
        raise ReplayError(f"{name!r} is there already")
    return {**items, name: item}


def take_out(items: Mapping[str, Any], name: str) -> dict[str, Any]:
    if name not in items:
        raise ReplayError(f"there is no {name!r}; there is {sorted(items)}")
    return {n: item for n, item in items.items() if n != name}


def put_over(items: Mapping[str, Any], name: str, item: Any) -> dict[str, Any]:
    return {**take_out(items, name), name: item}


def in_table(snapshot: Snapshot, table: o.Id, edit: Callable[[Table], Table]) -> Snapshot:
    name = key(*table)
    if name not in snapshot.tables:
        raise ReplayError(f"there is no table {name}; there is {sorted(snapshot.tables)}")
    return change(snapshot, tables=put_over(snapshot.tables, name, edit(snapshot.tables[name])))


def in_part(
    snapshot: Snapshot, table: o.Id, part: str, edit: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> Snapshot:
    return in_table(snapshot, table, lambda t: change(t, **{part: edit(getattr(t, part))}))


def every_table(snapshot: Snapshot, edit: Callable[[Table], Table]) -> Snapshot:
    return change(snapshot, tables={name: edit(table) for name, table in snapshot.tables.items()})


def every_column(snapshot: Snapshot, edit: Callable[[Column], Column]) -> Snapshot:
    return every_table(
        snapshot, lambda t: change(t, columns={n: edit(c) for n, c in t.columns.items()})
    )


def rename_item(items: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    return put_new(take_out(items, old), new, change(items[old], name=new))

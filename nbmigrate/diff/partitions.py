"""Tables that have their columns from other tables: partitions and INHERITS.

PostgreSQL 18 docs, "Table Partitioning" and "Inheritance": a change of the parent's columns and
checks reaches its children by itself; the indexes and constraints that a partition has from its
parent are listed nowhere but on the parent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from nbmigrate import operations as o
from nbmigrate.diff.columns import base_type, diff_storage, is_required
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.model import Column, Snapshot, Table, key
from nbmigrate.model.names import PUBLIC, sequence_name
from nbmigrate.model.tables import Default

_replace = msgspec.structs.replace
_FOLDED = re.compile(r"[a-z_][a-z0-9_]*")


def inherited_columns(table: Table, snapshot: Snapshot) -> tuple[str, ...]:
    """The columns that the table has from its parents alone."""
    return _inherited(table, snapshot.tables)


def _inherited(table: Table, tables: Mapping[str, Table]) -> tuple[str, ...]:
    parents = [t for id_ in table.parents if (t := tables.get(key(*id_)))]
    return tuple(
        column.name
        for column in table.columns.values()
        if any(_is_inherited(parent, column) for parent in parents)
    )


def _is_inherited(parent: Table, column: Column) -> bool:
    """Whether it is just as the parent has it, or said not to be listed."""
    above = parent.columns.get(column.name)
    if above is None:
        return False
    return _is_as_parent(parent, above, column) if column.local is None else not column.local


def with_local(tables: Mapping[str, Table]) -> dict[str, Table]:
    """The tables of a catalog; ``local`` is told of those columns alone that do not show it."""
    return {
        name: _with_local(table, tables) if table.inherits else table
        for name, table in tables.items()
    }


def _with_local(table: Table, tables: Mapping[str, Table]) -> Table:
    silent = {name: _replace(column, local=None) for name, column in table.columns.items()}
    shown = {*_inherited(_replace(table, columns=silent), tables)}
    columns = {
        name: column if column.local is (name in shown) else silent[name]
        for name, column in table.columns.items()
    }
    return _replace(table, columns=columns)


def defaulted_columns(table: Table, snapshot: Snapshot) -> tuple[str, ...]:
    """The inherited columns with a default that no parent of the table has."""
    return tuple(
        column.name
        for column, above in _inherited_pairs(table, snapshot)
        if column.default is not None and all(column.default != old.default for _, old in above)
    )


def required_columns(table: Table, snapshot: Snapshot) -> tuple[str, ...]:
    """The inherited columns that are NOT NULL, as they are in no parent of the table."""
    return tuple(
        column.name
        for column, above in _inherited_pairs(table, snapshot)
        if is_required(table, column) and not any(is_required(*pair) for pair in above)
    )


def _inherited_pairs(
    table: Table, snapshot: Snapshot
) -> Iterator[tuple[Column, list[tuple[Table, Column]]]]:
    """The columns of a table with INHERITS that are said not to be listed, and its parents'."""
    parents = [t for id_ in table.parents if (t := snapshot.tables.get(key(*id_)))]
    for name, column in table.columns.items() if table.inherits else ():
        if column.local is False:
            yield column, [(p, p.columns[name]) for p in parents if name in p.columns]


def undefaulted_columns(table: Table, snapshot: Snapshot) -> tuple[str, ...]:
    """The columns without the default that a parent of the table has."""
    parents = [t for id_ in table.parents if (t := snapshot.tables.get(key(*id_)))]
    return tuple(
        name
        for name, column in table.columns.items()
        if column.default is None
        and any(_has_default(parent.columns.get(name)) for parent in parents)
    )


def _has_default(column: Column | None) -> bool:
    return column is not None and (column.default is not None or column.type != base_type(column))


def _is_as_parent(parent: Table, old: Column, new: Column) -> bool:
    is_counted = old.type != base_type(old) and str(new.default).startswith("nextval(")
    plain = _replace(
        old,
        type=base_type(old),
        default=new.default if is_counted else old.default,
        not_null=is_required(parent, old),
        # said of both where a table beside them has it too: NOT NULL is inherited with its name
        not_null_name=new.not_null_name if new.not_null_name == old.not_null_name else None,
        **_OWN,
    )
    return plain == _replace(new, **_OWN)


#: What a partition does not have from its parent, or not in its own name.
_OWN: Mapping[str, Any] = {
    "comment": None,
    "statistics": None,
    "primary_key": False,
    "identity": None,
    "sequence_name": None,
    "sequence_comment": None,
    "local": None,
    "options": {},
}


def storage_of_child(table: Table, snapshot: Snapshot) -> Iterator[o.Operation]:
    """Where columns of a new child keep their values otherwise than its parents' do.

    It is created with the storage and compression of its parents' columns; its statistics
    targets, and a storage that it names itself, are said as it is created. A compression is not:
    another than that of a parent is refused there (tablecmds.c, MergeChildAttribute).
    """
    parents = [t for id_ in table.parents if (t := snapshot.tables.get(key(*id_)))]
    inherited = inherited_columns(table, snapshot)
    for name, column in table.columns.items() if parents else ():
        above = next((t.columns[name] for t in parents if name in t.columns), None)
        named = column.storage if name not in inherited else None
        storage = named or (above.storage if above else None)
        compression = above.compression if above else None
        was = _replace(column, storage=storage, compression=compression)
        yield from diff_storage(table.id, was, column)


def columns_of_partition(parent: Table) -> dict[str, Column]:
    """The columns of a partition that says nothing of its own, as a catalog has them."""
    return {
        name: _replace(
            column,
            type=base_type(column),
            default=counted(parent.id, column),
            not_null=is_required(parent, column),
            not_null_name=None,
            **_OWN,
        )
        for name, column in parent.columns.items()
    }


def counted(parent: o.Id, column: Column) -> Default | None:
    """The default of a child; a serial column's is the next number of the parent's sequence."""
    if column.type == base_type(column):
        return column.default
    name = column.sequence_name or sequence_name(parent[1], column.name)
    parts = (name,) if parent[0] == PUBLIC else (parent[0], name)
    sequence = ".".join(_as_catalog(part) for part in parts)
    return "nextval('{}')".format(sequence.replace("'", "''"))


def _as_catalog(name: str) -> str:
    """The name as the catalog writes it in a text: quoted where folding would change it."""
    return name if _FOLDED.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def refuse_repartition(old: Table, new: Table) -> None:
    """Stop at what has no ALTER: how a table is partitioned.

    Raises:
        UnsupportedOperationError: the rows would have to move to another table.
    """
    if old.partition_key != new.partition_key:
        was, now = old.partition_key or "not partitioned", new.partition_key or "not partitioned"
        raise UnsupportedOperationError(
            f"table `{key(*new.id)}` cannot be partitioned otherwise in place: {was} -> {now}",
            operation="AlterTable",
            hint="create a table under another name, copy the rows, drop the old one",
        )


def moves(old: Table, new: Table) -> Iterator[o.Operation]:
    """DETACH and ATTACH where a table is another's partition, or with another bound."""
    if old.partition_of == new.partition_of:
        return
    if old.partition_of:
        yield o.DetachPartition(table=new.id, partition=old.partition_of)
    if new.partition_of:
        yield o.AttachPartition(table=new.id, partition=new.partition_of)


def ancestors(table: o.Id, snapshot: Snapshot) -> Iterator[o.Id]:
    """The tables that a table has its columns from, at any distance."""
    found = snapshot.tables.get(key(*table))
    for id_ in found.parents if found else ():
        yield id_
        yield from ancestors(id_, snapshot)

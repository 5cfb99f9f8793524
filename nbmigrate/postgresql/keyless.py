"""Tables without their keys and plain indexes, for a look at their texts.

A key holds no text that PostgreSQL could write another way, and its index takes longer to make than
the table. Whatever may lean on a key keeps it: ``GROUP BY`` in a view, a rule or a policy (PostgreSQL
docs 7.2.3), ``ON CONFLICT`` in a function, the key of a partitioned table.
"""

from __future__ import annotations

import msgspec

from nbmigrate.model import Index, Snapshot, Table
from nbmigrate.model.tables import KeyOptions, PrimaryKey, Unique

_replace = msgspec.structs.replace


def without_keys(snapshot: Snapshot) -> Snapshot:
    """The snapshot, in our own spelling, without what says nothing but names of columns."""
    if _may_need_keys(snapshot):
        return snapshot
    return _replace(snapshot, tables={n: _without(t) for n, t in snapshot.tables.items()})


def with_keys(found: Snapshot, whole: Snapshot) -> Snapshot:
    """What was found of :func:`without_keys`, with what the whole has besides."""
    if _may_need_keys(whole):
        return found
    return _replace(found, tables={n: _with(found.tables[n], t) for n, t in whole.tables.items()})


def _may_need_keys(snapshot: Snapshot) -> bool:
    kinds = (snapshot.views, snapshot.functions, snapshot.definitions)
    return any(kinds) or any(
        table.policies
        or table.rules
        or table.triggers
        or table.inherits
        or table.partition_key
        or table.partition_of
        or table.replica_identity
        or table.clustered_on
        for table in snapshot.tables.values()
    )


def _without(table: Table) -> Table:
    composite, unique = table.composite_primary_keys, table.unique_constraints
    found = _replace(
        table,
        composite_primary_keys={n: key for n, key in composite.items() if not _is_plain(key)},
        unique_constraints={n: key for n, key in unique.items() if not _is_plain(key)},
        indexes={n: index for n, index in table.indexes.items() if not _is_plain_index(index)},
    )
    if table.primary_key_options is not None and not _is_plain(table.primary_key_options):
        return found
    columns = {
        name: _replace(column, primary_key=False) if column.primary_key else column
        for name, column in table.columns.items()
    }
    return _replace(found, columns=columns, primary_key_name=None, primary_key_options=None)


def _is_plain(key: PrimaryKey | Unique | KeyOptions) -> bool:
    return not (key.parameters or key.without_overlaps)


def _is_plain_index(index: Index) -> bool:
    return (
        index.method == "btree"
        and not (index.where or index.options or index.key_statistics)
        and not any(c.is_expression or c.opclass or c.collation for c in index.columns)
    )


def _with(found: Table, whole: Table) -> Table:
    """The parts in the order of the whole."""
    columns = {
        name: _replace(column, primary_key=whole.columns[name].primary_key)
        if whole.columns[name].primary_key
        else column
        for name, column in found.columns.items()
    }
    composite, unique = whole.composite_primary_keys, whole.unique_constraints
    return _replace(
        found,
        columns=columns,
        composite_primary_keys={
            n: found.composite_primary_keys.get(n, key) for n, key in composite.items()
        },
        primary_key_name=whole.primary_key_name,
        primary_key_options=whole.primary_key_options,
        unique_constraints={n: found.unique_constraints.get(n, key) for n, key in unique.items()},
        indexes={n: found.indexes.get(n, index) for n, index in whole.indexes.items()},
    )

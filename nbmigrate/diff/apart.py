"""Partitions that are made as tables of their own, and then attached.

PARTITION OF gives a partition its columns in the order of its parent, and chooses the names of its
parts of indexes and keys. One that is otherwise is made as it is: ATTACH PARTITION, and later
CREATE INDEX on its parent, take what is there (PostgreSQL 18 docs, "Table Partitioning").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from nbmigrate.diff.columns import is_required
from nbmigrate.diff.detached import Former, with_inherited
from nbmigrate.diff.match import mentions
from nbmigrate.diff.partitions import ancestors
from nbmigrate.diff.texts import index_text
from nbmigrate.model import Column, Index, PrimaryKey, Snapshot, Table, Unique, key
from nbmigrate.model.names import object_name, primary_key_name

_replace = msgspec.structs.replace


def made_apart(table: Table, snapshot: Snapshot) -> Table | None:
    """The table as it is made before it is attached; ``None`` when PARTITION OF will do.

    Its indexes are those alone that become parts of its parent's.
    """
    parent = snapshot.tables.get(key(*table.partition_of.parent)) if table.partition_of else None
    if parent is None or not (table.part_names or _is_reordered(table, parent)):
        return None
    parts = _parts(table, snapshot)
    above = with_inherited(parent, snapshot, Former()).check_constraints.values()
    checks = {check.name: _replace(check, comment=None) for check in above}
    return _replace(
        table,
        partition_of=None,
        columns={n: _own(c, table, parent, parts, snapshot) for n, c in table.columns.items()},
        check_constraints={**checks, **table.check_constraints},
        unique_constraints={**parts.uniques, **table.unique_constraints},
        composite_primary_keys={**parts.keys, **table.composite_primary_keys},
        primary_key_name=parts.key_name or table.primary_key_name,
        indexes=parts.indexes,
    )


def _is_reordered(table: Table, parent: Table) -> bool:
    here = [name for name in table.columns if name in parent.columns]
    return here != [name for name in parent.columns if name in table.columns]


def _own(column: Column, table: Table, parent: Table, parts: _Parts, snapshot: Snapshot) -> Column:
    """The column as it stands alone: PARTITION OF would take NOT NULL with the parent's name."""
    usual = object_name(table.name, column.name, "not_null")
    name = column.not_null_name or _required_name(parent, column.name, snapshot) or usual
    return _replace(
        column,
        identity=None,  # a partition that is attached takes its parent's
        primary_key=column.primary_key or column.name == parts.key_column,
        not_null_name=None if name == usual or not column.not_null else name,
    )


def _required_name(table: Table, column: str, snapshot: Snapshot) -> str | None:
    """What NOT NULL of the column is called: as above, unless it is said; ``None`` without it."""
    name = None
    for id_ in (table.id, *ancestors(table.id, snapshot)):
        found = snapshot.tables.get(key(*id_))
        said = found.columns.get(column) if found else None
        if found is None or said is None or not is_required(found, said):
            break
        if said.not_null_name:
            return said.not_null_name
        name = object_name(found.name, column, "not_null")
    return name


@dataclass
class _Parts:
    """What a partition has of the indexes and keys above, under names of its own."""

    indexes: dict[str, Index] = field(default_factory=dict)
    uniques: dict[str, Unique] = field(default_factory=dict)
    keys: dict[str, PrimaryKey] = field(default_factory=dict)
    key_name: str | None = None
    key_column: str | None = None


def _parts(table: Table, snapshot: Snapshot) -> _Parts:
    found = _Parts()
    above = [t for id_ in ancestors(table.id, snapshot) if (t := snapshot.tables.get(key(*id_)))]
    for whole, own in table.part_names.items():
        for parent in above:
            if _take(found, parent, whole, own, snapshot):
                break
    return found


def _take(found: _Parts, parent: Table, whole: str, own: str, snapshot: Snapshot) -> bool:
    """Whether the index or key is of that table; it is taken under the own name."""
    if index := parent.indexes.get(whole):
        if not _is_late(index, snapshot):
            found.indexes[own] = _replace(index, name=own, concurrently=False, comment=None)
    elif unique := parent.unique_constraints.get(whole):
        found.uniques[own] = _replace(unique, name=own, comment=None)
    elif primary := parent.composite_primary_keys.get(whole):
        found.keys[own] = _replace(primary, name=own, comment=None)
    elif whole == _single_key_name(parent):
        (found.key_column,), found.key_name = parent.primary_key_columns, own
    else:
        return False
    return True


def _single_key_name(table: Table) -> str | None:
    is_single = len(table.primary_key_columns) == 1 and not table.composite_primary_keys
    usual = primary_key_name(table.name)
    return (table.primary_key_name or usual) if is_single else None


def _is_late(index: Index, snapshot: Snapshot) -> bool:
    """Whether it calls a function of the schema, which may come after the tables."""
    text = index_text(index)
    return any(mentions(text, name) for name in _functions(snapshot))


def _functions(snapshot: Snapshot) -> Iterator[str]:
    return (function.name for function in snapshot.functions.values())

"""Unique and exclusion constraints that CREATE TABLE would make one with another or with a key.

PostgreSQL 18, ``transformIndexConstraints``: equal keys become one constraint under one
of the names. Added afterwards, each stands by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmigrate.model import KeyOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbmigrate.model import Exclusion, Table, Unique

_Key = tuple[object, ...]


def merged_uniques(table: Table) -> tuple[Unique, ...]:
    """The uniques of the table that must be added after it was created."""
    seen = set(_primary_keys(table))
    merged = []
    for unique in table.unique_constraints.values():
        deferral = (unique.deferrable, unique.initially_deferred)
        temporal = unique.without_overlaps
        found = (unique.columns, unique.include, unique.nulls_not_distinct, temporal, *deferral)
        if found in seen:
            merged.append(unique)
        seen.add(found)
    return tuple(merged)


def merged_exclusions(table: Table) -> tuple[Exclusion, ...]:
    """The exclusions of the table that must be added after it was created."""
    seen: set[str] = set()
    merged = []
    for exclusion in table.exclusions.values():
        if exclusion.definition in seen:
            merged.append(exclusion)
        seen.add(exclusion.definition)
    return tuple(merged)


def _primary_keys(table: Table) -> Iterator[_Key]:
    keys = table.composite_primary_keys.values()
    for key in keys:
        deferral = (key.deferrable, key.initially_deferred)
        yield (key.columns, key.include, False, key.without_overlaps, *deferral)
    if not keys:
        options = table.primary_key_options or KeyOptions()
        deferral = (options.deferrable, options.initially_deferred)
        yield (table.primary_key_columns, options.include, False, False, *deferral)

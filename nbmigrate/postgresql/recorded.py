"""Defaults as drizzle-kit writes them into a snapshot, so that it finds no change in ours.

drizzle-kit 0.31 compares defaults as JSON: the ``0`` and ``{a,b}`` that catalogs and persons
write are to it other defaults than ``'0'`` and ``{"a","b"}``, its own words for a column of
numeric or of an array of texts (``pgSerializer.ts``, buildArrayString). Both mean the same to
PostgreSQL, and a migration keeps the text of the plan; only its snapshot is put in these words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from nbmigrate.postgresql import literals
from nbmigrate.postgresql.types import NUMBER_TYPES, base_type, split_array

if TYPE_CHECKING:
    from nbmigrate.model import Column, Default, Snapshot, Table

#: Their elements stand in an array without quotes.
_BARE = NUMBER_TYPES | {"numeric", "boolean"}


def as_recorded(old: Snapshot, new: Snapshot) -> Snapshot:
    """``new`` in the words of drizzle-kit wherever it does not already stand in ``old``."""
    tables = {
        key: _table(table, before.columns if (before := old.tables.get(key)) else {})
        for key, table in new.tables.items()
        if old.tables.get(key) is not table
    }
    if all(new.tables[key] is table for key, table in tables.items()):
        return new
    return msgspec.structs.replace(new, tables={**new.tables, **tables})


def _table(table: Table, before: Mapping[str, Column]) -> Table:
    columns = {
        name: _column(column)
        for name, column in table.columns.items()
        if name not in before or before[name].default != column.default
    }
    if all(table.columns[name] is column for name, column in columns.items()):
        return table
    return msgspec.structs.replace(table, columns={**table.columns, **columns})


def _column(column: Column) -> Column:
    default = _default(column.default, column.type)
    if default is column.default:
        return column
    return msgspec.structs.replace(column, default=default)


def _default(default: Default | None, kind: str) -> Default | None:
    base, is_array = base_type(kind), bool(split_array(kind)[1])
    if not is_array:
        return _numeric(default) if base == "numeric" else default
    if isinstance(default, str) and default.startswith("'{") and default.endswith("}'"):
        return default if base in _BARE else _quoted_items(default)
    return default


def _numeric(default: Default | None) -> Default | None:
    if isinstance(default, bool):
        return default
    if isinstance(default, (int, float)):
        return f"'{default!r}'"
    if isinstance(default, str) and literals.decimal(default) is not None:
        return f"'{default}'"
    return default


def _quoted_items(default: str) -> str:
    """With quotes around each element; elements that need more than quotes stay as they are."""
    items = default[2:-2].split(",")
    if not all(item.isascii() and item.isalnum() and item.upper() != "NULL" for item in items):
        return default
    return "'{" + ",".join(f'"{item}"' for item in items) + "}'"

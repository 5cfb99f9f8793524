"""Renames that a table declares: ``info={"renamed_from": "old"}`` on it or its columns."""

from __future__ import annotations

from sqlalchemy import Table

from nbmigrate.errors import DeclarationError
from nbmigrate.model import format_path, parse_path
from nbmigrate.postgresql.from_metadata.names import column_path, schema_name, table_path

_KEY = "renamed_from"


def table_renames(table: Table) -> tuple[str, ...]:
    """The rename of the table, then those of its columns.

    The old end of a column's rename is in the table as it was called before.
    """
    new = (schema_name(table.schema), str(table.name))
    old = _old_table(table, new)
    found = [] if old == new else [f"{format_path(*old)}->{format_path(*new)}"]
    for column in table.columns:
        name = column.info.get(_KEY)
        if name:
            _require_text(name, column_path(table, str(column.name)))
            end = format_path(*new, str(column.name))
            found.append(f"{format_path(*old, name)}->{end}")
    return tuple(found)


def _old_table(table: Table, new: tuple[str, str]) -> tuple[str, str]:
    name = table.info.get(_KEY)
    if not name:
        return new
    _require_text(name, table_path(table))
    try:
        parts = parse_path(name)
    except ValueError as error:
        raise DeclarationError(str(error), source=table_path(table)) from error
    return (parts[0], parts[1]) if len(parts) == 2 else (new[0], parts[0])


def _require_text(name: object, where: str) -> None:
    if not isinstance(name, str):
        raise DeclarationError(f"{_KEY} is a name, not {name!r}", source=where)

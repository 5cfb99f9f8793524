"""What a foreign key points to, also across MetaDatas and before its target is declared."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Table
from sqlalchemy.exc import InvalidRequestError

from nbmigrate.errors import DeclarationError
from nbmigrate.postgresql.from_metadata.names import column_path, schema_name

#: The columns of every table a foreign key may point to, by schema and name.
Known = Mapping[tuple[str, str], tuple[str, ...]]


class Target(NamedTuple):
    """The referenced table and columns."""

    schema: str
    table: str
    columns: tuple[str, ...]


def target_of(item: ForeignKeyConstraint, table: Table, known: Known) -> Target:
    """The target of a foreign key.

    Raises:
        DeclarationError: when no such table or column is declared.
    """
    ends = [_end(element, table, known) for element in item.elements]
    schema, name, _ = ends[0]
    return Target(schema, name, tuple(column for _, _, column in ends))


def _end(element: ForeignKey, table: Table, known: Known) -> tuple[str, str, str]:
    try:
        column: Any = element.column
        return (schema_name(column.table.schema), str(column.table.name), str(column.name))
    except InvalidRequestError:
        # NoReferencedTableError, NoReferencedColumnError: not in this MetaData.
        return _elsewhere(element, table, known)


def _elsewhere(element: ForeignKey, table: Table, known: Known) -> tuple[str, str, str]:
    schema, name, column = _spelled(element)
    where = column_path(table, str(element.parent.name))
    target = known.get((schema, name))
    if target is None:
        raise DeclarationError(
            f"the foreign key refers to table `{name}`, which is not declared",
            source=where,
            hint=_suggest(name, (key[1] for key in known))
            or f"declare `{name}` before, or in the same cell",
        )
    column = column or str(element.parent.name)
    if column not in target:
        raise DeclarationError(
            f"the foreign key refers to column `{name}.{column}`, which is not declared",
            source=where,
            hint=_suggest(column, target),
        )
    return (schema, name, column)


def _spelled(element: ForeignKey) -> tuple[str, str, str | None]:
    """The parts of ``schema.table.column``; a schema-less target is in the MetaData's schema."""
    *head, last = element.target_fullname.split(".")
    match head:
        case []:
            return (schema_name(None), last, None)
        case [name]:
            return (schema_name(None), name, last)
        case _:
            return (".".join(head[:-1]), head[-1], last)


def _suggest(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), n=1)
    return f"did you mean `{close[0]}`?" if close else ""

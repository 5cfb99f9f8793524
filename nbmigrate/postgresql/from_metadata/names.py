"""Names of what the author did not name, and the 63-byte rule for what they did.

Automatic names are drizzle-kit's (``<table>_<columns>_unique``), so that a project in
TypeScript gives the same thing the same name. drizzle-kit lets PostgreSQL cut them;
two long ones could become one. Here a long automatic name ends in a digest of itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container

from sqlalchemy import Constraint, Index, Table
from sqlalchemy.exc import IdentifierError
from sqlalchemy.sql.base import _NONE_NAME

from nbmigrate.errors import DeclarationError
from nbmigrate.model import format_path
from nbmigrate.model.names import NAME_BYTES, PUBLIC
from nbmigrate.postgresql.from_metadata.sqltext import dialect

_DIGEST_CHARS = 8


def schema_name(schema: str | None) -> str:
    """The schema with public spelled out."""
    return str(schema) if schema else PUBLIC


def table_path(table: Table) -> str:
    """The table as a person writes it."""
    return format_path(schema_name(table.schema), str(table.name))


def column_path(table: Table, column: str) -> str:
    """The column as a person writes it."""
    return format_path(schema_name(table.schema), str(table.name), column)


def checked(name: object, *, kind: str, where: str = "") -> str:
    """The name that the author gave.

    Raises:
        DeclarationError: when it is empty, holds a NUL or is longer than PostgreSQL keeps.
    """
    text = str(name)
    size = len(text.encode())
    if not text or "\0" in text:
        raise DeclarationError(f"{kind} name {text!r} is no name", source=where)
    if size > NAME_BYTES:
        raise DeclarationError(
            f"{kind} name `{text}` has {size} bytes; PostgreSQL keeps {NAME_BYTES}",
            source=where,
            hint="choose a shorter name",
        )
    return text


def automatic(*parts: str) -> str:
    """The parts joined by ``_``, shortened with a digest when PostgreSQL would cut them."""
    name = "_".join(parts)
    raw = name.encode()
    if len(raw) <= NAME_BYTES:
        return name
    digest = hashlib.sha256(raw).hexdigest()[:_DIGEST_CHARS]
    head = raw[: NAME_BYTES - _DIGEST_CHARS - 1].decode(errors="ignore")
    return f"{head}_{digest}"


def numbered(name: str, taken: Container[str]) -> str:
    """The name, or the first of ``name1``, ``name2`` ... that is free, as PostgreSQL counts."""
    candidate, number = name, 0
    while candidate in taken:
        number += 1
        candidate = automatic(f"{name}{number}")
    return candidate


def given_name(item: Constraint | Index, table: Table) -> str | None:
    """The name the author or the MetaData's naming convention gave; None without one."""
    if item.name is None:
        return None
    if item.name is _NONE_NAME or hasattr(item.name, "apply_map"):
        return _conventional(item, table)
    return checked(
        item.name,
        kind="index" if isinstance(item, Index) else "constraint",
        where=table_path(table),
    )


def _conventional(item: Constraint | Index, table: Table) -> str | None:
    preparer = dialect().identifier_preparer
    try:
        name = preparer.format_constraint(item, _alembic_quote=False)
    except (IdentifierError, KeyError, ValueError) as error:
        raise DeclarationError(
            f"the naming convention gives no usable name: {error}", source=table_path(table)
        ) from error
    # SQLAlchemy counts characters, PostgreSQL counts bytes.
    return None if name is None else automatic(str(name))

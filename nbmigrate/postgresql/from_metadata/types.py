"""The type of a column: SQLAlchemy's -> PostgreSQL's word in drizzle-kit's spelling."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Column, Table, TypeDecorator, types
from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import TypeEngine

from nbmigrate import model
from nbmigrate.errors import DeclarationError, UnsupportedTypeError
from nbmigrate.postgresql.from_metadata.names import checked, schema_name
from nbmigrate.postgresql.from_metadata.sqltext import dialect
from nbmigrate.postgresql.types import canonical_type

#: Generic SQL types that PostgreSQL does not have, and what to write instead.
_NOT_IN_POSTGRESQL = {
    "BINARY": "LargeBinary",
    "VARBINARY": "LargeBinary",
    "BLOB": "LargeBinary",
    "CLOB": "Text",
    "DATETIME": "DateTime",
    "DOUBLE": "Double",
    "NVARCHAR": "String",
}

_SERIAL = {"smallint": "smallserial", "integer": "serial", "bigint": "bigserial"}


@dataclass(frozen=True)
class Resolved:
    """A type as a snapshot holds it, and the enum it stands for."""

    type: str
    type_schema: str | None = None
    collation: str | None = None
    enum: model.Enum | None = None


def resolve(column: Column[Any], where: str) -> Resolved:
    """The type of a column; ``where`` is what messages call it.

    Raises:
        UnsupportedTypeError: when PostgreSQL has no such type.
    """
    if isinstance(column.type, types.NullType):
        raise DeclarationError(
            "the column has no type", source=where, hint="give it one, such as Text or Integer"
        )
    return _resolve(column.type, where)


def serial(column: Column[Any], table: Table, resolved: Resolved) -> Resolved:
    """``serial`` for the column that SQLAlchemy numbers by itself, else the type unchanged.

    The rule is that of ``PGDDLCompiler.get_column_specification``.
    """
    word = _SERIAL.get(resolved.type)
    numbered = column.primary_key and column is table.autoincrement_column
    if not word or not numbered or column.identity is not None or column.computed is not None:
        return resolved
    default = column.default
    if default is None or (default.is_sequence and getattr(default, "optional", False)):
        return replace(resolved, type=word)
    return resolved


def implementation(declared: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type beneath variants and decorators that PostgreSQL will see."""
    found = declared.dialect_impl(dialect())
    while isinstance(found, TypeDecorator):
        found = found.impl_instance.dialect_impl(dialect())
    return found


def _resolve(declared: TypeEngine[Any], where: str) -> Resolved:
    found = implementation(declared)
    if isinstance(found, types.ARRAY):
        element = _resolve(found.item_type, where)
        return replace(element, type=element.type + "[]" * (found.dimensions or 1))
    if isinstance(found, types.Enum) and found.native_enum:
        return _enum(found, where)
    if isinstance(found, DOMAIN):
        name = checked(found.name, kind="domain", where=where)
        return Resolved(type=name, type_schema=schema_name(found.schema))
    return _plain(found, where)


def enum_of(declared: TypeEngine[Any], where: str) -> model.Enum | None:
    """The enum type that PostgreSQL needs for the type; None when it needs none."""
    found = implementation(declared)
    if isinstance(found, types.ARRAY):
        return enum_of(found.item_type, where)
    is_enum = isinstance(found, types.Enum) and found.native_enum
    return _resolve(found, where).enum if is_enum else None


def _enum(found: types.Enum, where: str) -> Resolved:
    if not found.name:
        raise DeclarationError(
            "the enum has no name", source=where, hint='name it: Enum("a", "b", name="mood")'
        )
    name = checked(found.name, kind="enum", where=where)
    labels = tuple(checked(label, kind="enum label", where=where) for label in found.enums)
    if len(set(labels)) < len(labels):
        raise DeclarationError(f"enum `{name}` has a label twice", source=where)
    enum = model.Enum(name=name, schema=schema_name(found.schema), values=labels)
    return Resolved(type=name, type_schema=enum.schema, enum=enum)


def _plain(found: TypeEngine[Any], where: str) -> Resolved:
    collation = getattr(found, "collation", None)
    if collation:
        found = found.copy() if hasattr(found, "copy") else found
        found.collation = None  # type: ignore[attr-defined]  # every type with one lets it be set
    text = _compile(found, where)
    word = text.split("(")[0].strip().upper()
    if word in _NOT_IN_POSTGRESQL:
        raise UnsupportedTypeError(
            f"PostgreSQL has no type {text}",
            source=where,
            hint=f"use {_NOT_IN_POSTGRESQL[word]} instead",
        )
    return Resolved(type=canonical_type(text), collation=str(collation) if collation else None)


def _compile(found: TypeEngine[Any], where: str) -> str:
    try:
        text = dialect().type_compiler_instance.process(found)
    except (SQLAlchemyError, NotImplementedError, AttributeError, TypeError) as error:
        raise UnsupportedTypeError(
            f"PostgreSQL has no word for the type {found!r}: {error}", source=where
        ) from error
    if not text or not text.strip():
        raise UnsupportedTypeError(f"the type {found!r} gives no SQL", source=where)
    return str(text)

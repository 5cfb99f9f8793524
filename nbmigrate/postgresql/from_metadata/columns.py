"""Columns: type, default, identity, generated expression."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, DefaultClause, Table, TextClause
from sqlalchemy import Computed as SqlComputed
from sqlalchemy import Identity as SqlIdentity

from nbmigrate import model
from nbmigrate.errors import DeclarationError
from nbmigrate.model.names import PUBLIC, sequence_name
from nbmigrate.postgresql.expressions import canonical_default, strip_parens
from nbmigrate.postgresql.from_metadata.names import checked, column_path, schema_name
from nbmigrate.postgresql.from_metadata.sequences import sequence_options
from nbmigrate.postgresql.from_metadata.sqltext import sql_text
from nbmigrate.postgresql.from_metadata.types import resolve, serial
from nbmigrate.postgresql.identifiers import literal
from nbmigrate.postgresql.printed import is_printed_constant, printed_default


def column_of(column: Column[Any], table: Table) -> model.Column:
    """The column as a snapshot holds it."""
    where = column_path(table, str(column.name))
    found = serial(column, table, resolve(column, where))
    alone = column.primary_key and len(table.primary_key.columns) == 1
    identity = _identity(column, table, found.type)
    is_serial = found.type.endswith("serial")
    return model.Column(
        name=checked(column.name, kind="column", where=where),
        type=found.type,
        type_schema=found.type_schema,
        primary_key=alone,
        not_null=not column.nullable or column.primary_key or identity is not None or is_serial,
        generated=_generated(column, where),
        identity=identity,
        default=None if is_serial else _default(column, found.type, where),
        collation=found.collation,
        storage=_upper(column.info.get("storage")),
        compression=column.info.get("compression"),
        statistics=column.info.get("statistics"),
        not_null_name=column.info.get("not_null_name"),
        local=column.info.get("local"),
        sequence_name=None if identity else column.info.get("sequence_name"),
        sequence_comment=column.info.get("sequence_comment"),
        options=column.info.get("options", {}),
        comment=column.comment,
    )


def _upper(word: str | None) -> str | None:
    return word.upper() if word else None


def _default(column: Column[Any], type_text: str, where: str) -> model.Default | None:
    """The database's default; ``default=`` is applied by Python and is none."""
    clause = column.server_default
    if not isinstance(clause, DefaultClause):
        return None
    arg: object = clause.arg
    text = literal(arg) if isinstance(arg, str) else _expression(arg, where)
    if isinstance(arg, TextClause) and is_printed_constant(text):
        return printed_default(text, type_text)
    return canonical_default(text, type_text)


def _expression(element: object, where: str) -> str:
    """The SQL of an expression, errors naming the column."""
    try:
        text = sql_text(element)
    except DeclarationError as error:
        raise DeclarationError(error.message, source=where) from error
    return text.strip() if isinstance(element, TextClause) else text


def _generated(column: Column[Any], where: str) -> model.Generated | None:
    computed: SqlComputed | None = column.computed
    if computed is None:
        return None
    expression = strip_parens(_expression(computed.sqltext, where))
    virtual = computed.persisted is False
    return model.Generated(expression=expression, type="virtual" if virtual else "stored")


def _identity(column: Column[Any], table: Table, type_text: str) -> model.Identity | None:
    identity: SqlIdentity | None = column.identity
    if identity is None:
        return None
    if type_text not in ("smallint", "integer", "bigint"):
        raise DeclarationError(
            f"an identity column is smallint, integer or bigint, not {type_text}",
            source=column_path(table, str(column.name)),
        )
    return model.Identity(
        type="always" if identity.always else "byDefault",
        name=column.info.get("sequence_name") or sequence_name(str(table.name), str(column.name)),
        schema=schema_name(table.schema) or PUBLIC,
        **sequence_options(identity, type_text),
    )

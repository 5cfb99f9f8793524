"""Columns in one spelling: types, defaults, identity options, serial."""

from __future__ import annotations

from collections.abc import Container
from typing import TypedDict

import msgspec

from nbmigrate.model import Column, Generated, Identity, Sequence, Table, key
from nbmigrate.model.names import PUBLIC, sequence_name, truncate
from nbmigrate.postgresql.expressions import canonical_default, canonical_expression
from nbmigrate.postgresql.identifiers import in_quotes
from nbmigrate.postgresql.lexer import identifier_value, significant
from nbmigrate.postgresql.types import (
    SERIAL_TYPES,
    comparable_type,
    identity_bounds,
    is_built_in,
    split_array,
)

_replace = msgspec.structs.replace


class Numbers(TypedDict):
    """The options of a sequence, all of them."""

    increment: str
    start_with: str
    min_value: str
    max_value: str
    cache: str
    cycle: bool


def canonical_column(column: Column, table: Table, types: Container[str]) -> Column:
    """The column of that table in one spelling."""
    name = truncate(column.name)
    schema = _type_schema(column, table, types)
    kind = _collapsed(column.type) if schema else comparable_type(column.type)
    identity = column.identity and _identity(column.identity, kind, table.name, name)
    is_never_null = column.primary_key or identity is not None or kind in SERIAL_TYPES
    return _replace(
        column,
        name=name,
        type=kind,
        type_schema=schema,
        collation=canonical_collation(column.collation),
        not_null=column.not_null or is_never_null,
        generated=column.generated and _generated(column.generated, table.name),
        identity=identity,
        default=canonical_default(column.default, kind),
    )


def canonical_collation(collation: str | None) -> str | None:
    """One spelling: the bare name where every session finds it by that, or quoted names."""
    tokens = significant(collation) if collation and '"' in collation else []
    names = [identifier_value(token) or "" for token in tokens if token.kind != "dot"]
    if names and names[0] == PUBLIC and len(names) > 1:
        names = names[1:]
    if not names or (len(names) == 1 and '"' in names[0]):
        return collation
    return names[0] if len(names) == 1 else ".".join(map(in_quotes, names))


def _type_schema(column: Column, table: Table, types: Container[str]) -> str | None:
    """The schema of the type; old snapshots do not tell it for an enum of theirs."""
    if column.type_schema is not None:
        return truncate(column.type_schema) or PUBLIC
    element, _ = split_array(column.type)
    if is_built_in(element):
        return None
    for schema in (table.schema or PUBLIC, PUBLIC):
        if key(schema, truncate(element)) in types:
            return schema
    return None


def _collapsed(text: str) -> str:
    """A user's type: its name is a name, whatever it looks like."""
    element, dimensions = split_array(text)
    return truncate(element) + ("[]" if dimensions else "")


def _generated(generated: Generated, table: str) -> Generated:
    return _replace(generated, expression=canonical_expression(generated.expression, table))


def _identity(identity: Identity, kind: str, table: str, column: str) -> Identity:
    return _replace(
        identity,
        name=truncate(identity.name) or sequence_name(table, column),
        schema=truncate(identity.schema) or PUBLIC,
        **identity_numbers(identity, kind),
    )


def identity_numbers(sequence: Identity | Sequence, kind: str) -> Numbers:
    """All options of a sequence of that type, the defaults of PostgreSQL where none is said."""
    increment = _digits(sequence.increment) or "1"
    descending = increment.startswith("-")
    low, high = identity_bounds(kind, descending=descending)
    low = _digits(sequence.min_value) or low
    high = _digits(sequence.max_value) or high
    return {
        "increment": increment,
        "start_with": _digits(sequence.start_with) or (high if descending else low),
        "min_value": low,
        "max_value": high,
        "cache": _digits(sequence.cache) or "1",
        "cycle": bool(sequence.cycle),
    }


def _digits(text: str | None) -> str:
    """A number without blanks, sign ``+`` and leading zeros."""
    if text is None:
        return ""
    try:
        return str(int(text))
    except ValueError:
        return text

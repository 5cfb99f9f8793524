"""Sequences, and the options that identity columns share with them."""

from __future__ import annotations

from typing import TypedDict

from sqlalchemy import Identity, Sequence
from sqlalchemy.types import TypeEngine

from nbmigrate import model
from nbmigrate.errors import UnsupportedTypeError
from nbmigrate.model import format_path
from nbmigrate.postgresql.from_metadata.names import checked, schema_name
from nbmigrate.postgresql.from_metadata.sqltext import dialect
from nbmigrate.postgresql.types import canonical_type, identity_bounds


class SequenceOptions(TypedDict):
    """The options of a sequence, all of them, as a snapshot holds them."""

    increment: str
    start_with: str
    min_value: str
    max_value: str
    cache: str
    cycle: bool


def sequence_options(declared: Sequence | Identity, type_text: str) -> SequenceOptions:
    """Every option, PostgreSQL's default where none is declared."""
    increment = 1 if declared.increment is None else declared.increment
    low, high = identity_bounds(type_text, descending=increment < 0)
    minimum = low if declared.minvalue is None else str(declared.minvalue)
    maximum = high if declared.maxvalue is None else str(declared.maxvalue)
    start = maximum if increment < 0 else minimum
    return SequenceOptions(
        increment=str(increment),
        start_with=start if declared.start is None else str(declared.start),
        min_value=minimum,
        max_value=maximum,
        cache=str(declared.cache or 1),
        cycle=bool(declared.cycle),
    )


def sequence_of(declared: Sequence) -> model.Sequence:
    """The sequence as a snapshot holds it."""
    schema = schema_name(declared.schema)
    where = format_path(schema, str(declared.name))
    type_text = _type(declared.data_type, where)
    return model.Sequence(
        name=checked(declared.name, kind="sequence", where=where),
        schema=schema,
        data_type=None if type_text == "bigint" else type_text,
        **sequence_options(declared, type_text),
    )


def _type(declared: TypeEngine[int] | None, where: str) -> str:
    if declared is None:
        return "bigint"
    text = canonical_type(dialect().type_compiler_instance.process(declared))
    if text not in ("smallint", "integer", "bigint"):
        raise UnsupportedTypeError(
            f"a sequence is smallint, integer or bigint, not {text}", source=where
        )
    return text

"""Whether ALTER COLUMN TYPE needs USING, and which.

ALTER COLUMN TYPE converts by itself where an implicit or assignment cast exists
(``pg_cast``), and anything becomes text. Everything else is spelled out here. A
cast that may lose or guess something is not written: values that do not fit
stop the statement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nbmigrate.postgresql.identifiers import quote
from nbmigrate.postgresql.types import (
    SERIAL_TYPES,
    TEXT_TYPES,
    base_type,
    render_type,
    split_array,
)

if TYPE_CHECKING:
    from nbmigrate.model import Column

_NUMBERS = frozenset({"smallint", "integer", "bigint", "real", "double precision", "numeric"})
_JSON = frozenset({"json", "jsonb"})
_VECTORS = "vector, halfvec, sparsevec"


def _pairs(*rows: tuple[str, str]) -> frozenset[tuple[str, str]]:
    """Every source of a row with every target of it."""
    return frozenset(
        (source, target)
        for sources, targets in rows
        for source in sources.split(", ")
        for target in targets.split(", ")
    )


#: ``pg_cast`` of PostgreSQL 18 and pgvector 0.8, castcontext ``i`` or ``a``; numbers and texts
#: among themselves are not listed.
_ASSIGNMENT = _pairs(
    ("integer, bigint, numeric", "money"),
    ("money", "numeric"),
    ("bit", "bit varying"),
    ("bit varying", "bit"),
    ("cidr", "inet"),
    ("inet", "cidr"),
    ("macaddr", "macaddr8"),
    ("macaddr8", "macaddr"),
    ("date", "timestamp, timestamp with time zone"),
    ("time", "interval, time with time zone"),
    ("time with time zone", "time"),
    ("timestamp", "date, time, timestamp with time zone"),
    ("timestamp with time zone", "date, time, time with time zone, timestamp"),
    ("interval", "time"),
    ("json", "jsonb"),
    ("jsonb", "json"),
    ("vector", "halfvec, sparsevec, real[]"),
    ("halfvec", "vector, sparsevec, real[]"),
    ("sparsevec", "vector, halfvec"),
    ("integer[], real[], double precision[], numeric[]", _VECTORS),
)

#: A range and the multirange of it. There is no cast back: several ranges are not one.
_RANGES = _pairs(
    ("int4range", "int4multirange"),
    ("int8range", "int8multirange"),
    ("numrange", "nummultirange"),
    ("tsrange", "tsmultirange"),
    ("tstzrange", "tstzmultirange"),
    ("daterange", "datemultirange"),
)

#: The same with castcontext ``e``: a cast that must be written.
_EXPLICIT = (
    _pairs(
        ("integer, bigint", "bit"),
        ("bit", "integer, bigint"),
        ("smallint, integer, bigint", "bytea"),
        ("bytea", "smallint, integer, bigint"),
    )
    | _RANGES
)


class _Kind(NamedTuple):
    """A type as casts see it: no modifiers, no dimensions."""

    name: str
    schema: str | None
    is_array: bool

    @property
    def full(self) -> str:
        return f"{self.name}[]" if self.is_array else self.name

    @property
    def is_text(self) -> bool:
        return self.schema is None and self.name in TEXT_TYPES

    @property
    def is_number(self) -> bool:
        return self.schema is None and self.name in _NUMBERS

    @property
    def is_json(self) -> bool:
        return self.schema is None and self.name in _JSON and not self.is_array


def is_same_type(old: Column, new: Column) -> bool:
    """True when the types differ in modifiers at most (length, precision, dimensions)."""
    return _kind(old) == _kind(new)


def using(old: Column, new: Column) -> str | None:
    """The expression of USING, or ``None`` where PostgreSQL converts by itself."""
    source, target = _kind(old), _kind(new)
    if is_automatic(source, target):
        return None
    column, written = quote(new.name), render_type(new)
    if target.is_json and (source.is_array or not source.is_text):
        return f"to_{target.name}({column})"
    if source.is_json and not target.is_array:
        return f"({column} #>> '{{}}')::{written}"
    if target.is_array and not source.is_array:
        return _to_array(column, written, (source, target))
    if target.full == "boolean" and source.is_number and not source.is_array:
        return f"{column} <> 0"
    way = _from_array if source.is_array and not target.is_array else _by_steps
    return way(column, written, (source, target))


def is_automatic(source: _Kind, target: _Kind) -> bool:
    """True when ALTER COLUMN TYPE finds a cast for an assignment."""
    if target.is_text and (source.is_array or not target.is_array):
        return True
    if source == target or (source.full, target.full) in _ASSIGNMENT:
        return True
    if source.is_array != target.is_array or source.schema or target.schema:
        return False
    return (source.is_number and target.is_number) or (source.name, target.name) in _ASSIGNMENT


def _steps(source: _Kind, target: _Kind, written: str) -> tuple[str, ...]:
    """The casts to write one after the other; the way by text exists for every type."""
    dimensions = "[]" if source.is_array and target.is_array else ""
    if "boolean" in (source.name, target.name) and (source.is_number or target.is_number):
        # PostgreSQL casts a boolean to and from integer, and to no other number
        return tuple(dict.fromkeys((f"integer{dimensions}", written)))
    if (source.is_text and source.is_array == target.is_array) or (
        (source.full, target.full) in _EXPLICIT
    ):
        return (written,)
    return (f"text{dimensions}", written)


def _by_steps(column: str, written: str, kinds: tuple[_Kind, _Kind]) -> str:
    """One cast after the other; of several ranges PostgreSQL makes no single one."""
    source, target = kinds
    if (target.full, source.full) in _RANGES and not (source.schema or target.schema):
        only = f"CASE {column} WHEN '{{}}' THEN 'empty' ELSE btrim({column}::text, '{{}}') END"
        return f"({only})::{written}"
    return column + "".join(f"::{step}" for step in _steps(source, target, written))


def _to_array(column: str, written: str, kinds: tuple[_Kind, _Kind]) -> str:
    """One value becomes an array of it, but text is read as the text of an array."""
    source, target = kinds
    if source.is_text:
        return f"{column}::{written}"
    if is_automatic(source, target._replace(is_array=False)):
        return f"CASE WHEN {column} IS NOT NULL THEN ARRAY[{column}]::{written} END"
    return f"{column}::text::{written}"


def _from_array(column: str, written: str, kinds: tuple[_Kind, _Kind]) -> str:
    """An array of one value becomes the value; of any other the text says what is refused."""
    source, target = kinds
    rest = _by_steps(column, written, kinds)
    if not is_automatic(source._replace(is_array=False), target):
        return rest
    only = f"array_to_string({column}, '')"
    return f"CASE cardinality({column}) WHEN 1 THEN {only}::{written} ELSE {rest} END"


def _kind(column: Column) -> _Kind:
    element, dimensions = split_array(column.type)
    name = element if column.type_schema else base_type(element)
    if name.startswith("interval"):
        name = "interval"
    return _Kind(SERIAL_TYPES.get(name, name), column.type_schema, bool(dimensions))

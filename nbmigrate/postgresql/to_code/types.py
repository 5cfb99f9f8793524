"""The type of a column as SQLAlchemy's, and as Python's for ``Mapped``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from nbmigrate.model import Column
from nbmigrate.model.names import PUBLIC, key
from nbmigrate.postgresql.to_code.layout import Node, call, quoted
from nbmigrate.postgresql.types import split_array

#: The class that the code brings along for types that SQLAlchemy has no class for.
OTHER_TYPE = "OtherType"


class TypeCode(NamedTuple):
    """``python`` is for ``Mapped``; ``is_implied`` when that alone gives the type."""

    python: str
    node: Node
    is_implied: bool = False


_PARTS = re.compile(r"([a-z0-9_]+(?: [a-z]+)*?) ?(?:\(([\d, ]+)\))?( with time zone)?")

#: Python's type, SQLAlchemy's class, and whether the first implies the second.
_PLAIN: Mapping[str, tuple[str, str, bool]] = {
    "smallint": ("int", "SmallInteger", False),
    "integer": ("int", "Integer", True),
    "bigint": ("int", "BigInteger", False),
    "real": ("float", "REAL", False),
    "double precision": ("float", "Double", False),
    "numeric": ("Decimal", "Numeric", True),
    "boolean": ("bool", "Boolean", True),
    "text": ("str", "Text", False),
    "varchar": ("str", "String", True),
    "char": ("str", "CHAR", False),
    "uuid": ("uuid.UUID", "Uuid", True),
    "bytea": ("bytes", "LargeBinary", True),
    "json": ("dict[str, Any]", "JSON", False),
    "jsonb": ("dict[str, Any]", "JSONB", False),
    "date": ("date", "Date", True),
    "interval": ("timedelta", "Interval", True),
    "inet": ("str", "INET", False),
    "cidr": ("str", "CIDR", False),
    "macaddr": ("str", "MACADDR", False),
    "macaddr8": ("str", "MACADDR8", False),
    "money": ("str", "MONEY", False),
    "oid": ("int", "OID", False),
    "regclass": ("str", "REGCLASS", False),
    "tsvector": ("str", "TSVECTOR", False),
    "tsquery": ("str", "TSQUERY", False),
    "citext": ("str", "CITEXT", False),
    "hstore": ("dict[str, str]", "HSTORE", False),
    "int4range": ("Range[int]", "INT4RANGE", False),
    "int8range": ("Range[int]", "INT8RANGE", False),
    "numrange": ("Range[Decimal]", "NUMRANGE", False),
    "daterange": ("Range[date]", "DATERANGE", False),
    "tsrange": ("Range[datetime]", "TSRANGE", False),
    "tstzrange": ("Range[datetime]", "TSTZRANGE", False),
}

_SERIAL = {"smallserial": "smallint", "serial": "integer", "bigserial": "bigint"}
_COLLATABLE = ("text", "varchar", "char")


def type_code(
    column: Column, own: Mapping[str, TypeCode], *, is_numbered: bool = False
) -> TypeCode:
    """The type of a column.

    ``own`` are enums and other types of the snapshot; ``is_numbered`` is for a serial column
    that SQLAlchemy numbers by itself.
    """
    element, dimensions = split_array(column.type)
    if column.type_schema:
        where = (column.type_schema, element)
        found = own.get(key(*where)) or user_type(where, "str")
    else:
        found = _built_in(element, column.collation, is_numbered=is_numbered)
    return _array(found, dimensions.count("[")) if dimensions else found


def user_type(where: tuple[str, str], python: str) -> TypeCode:
    """A domain, composite or range type."""
    schema, name = where
    spelled = None if schema == PUBLIC else quoted(schema)
    node = call("DOMAIN", quoted(name), "Text", schema=spelled, create_type="False")
    return TypeCode(python, node)


def _array(element: TypeCode, dimensions: int) -> TypeCode:
    count = str(dimensions) if dimensions > 1 else None
    return TypeCode(f"list[{element.python}]", call("ARRAY", element.node, dimensions=count))


def _built_in(element: str, collation: str | None, *, is_numbered: bool) -> TypeCode:
    if is_numbered:
        element = _SERIAL.get(element, element)
    found = _PARTS.fullmatch(element)
    if not found or (collation and found[1] not in _COLLATABLE):
        return _other(element)
    name, arguments, zone = found[1], found[2], bool(found[3])
    match name.split(" ")[0]:
        case "time" | "timestamp":
            return _moment(name, arguments, zone=zone)
        case "bit":
            return _bit(arguments, varying=name != "bit")
        case "interval" if arguments or name != "interval":
            return _interval(name, arguments)
        case _:
            return _plain(name, arguments, collation) if name in _PLAIN else _other(element)


def _plain(name: str, arguments: str | None, collation: str | None) -> TypeCode:
    python, sqlalchemy, implied = _PLAIN[name]
    if not arguments and not collation:
        return TypeCode(python, sqlalchemy, implied)
    parts = (arguments,) if arguments else ()
    return TypeCode(python, call(sqlalchemy, *parts, collation=collation and quoted(collation)))


def _moment(name: str, precision: str | None, *, zone: bool) -> TypeCode:
    python, short, long = {
        "time": ("time", "Time", "TIME"),
        "timestamp": ("datetime", "DateTime", "TIMESTAMP"),
    }[name]
    where = "True" if zone else None
    if precision:
        return TypeCode(python, call(long, timezone=where, precision=precision))
    return TypeCode(python, call(short, timezone="True") if zone else short, not zone)


def _bit(length: str | None, *, varying: bool) -> TypeCode:
    parts = (length,) if length else ()
    return TypeCode("str", call("BIT", *parts, varying="True" if varying else None))


def _interval(name: str, precision: str | None) -> TypeCode:
    fields = name.removeprefix("interval").strip()
    node = call("INTERVAL", fields=quoted(fields.upper()) if fields else None, precision=precision)
    return TypeCode("timedelta", node)


def _other(spelling: str) -> TypeCode:
    python = "int" if spelling in _SERIAL else "str"
    return TypeCode(python, call(OTHER_TYPE, quoted(spelling)))

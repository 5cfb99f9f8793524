"""Defaults as catalogs hold them.

``DEFAULT 0`` and ``DEFAULT '0'`` of a numeric column mean the same, but PostgreSQL keeps the
one as ``0`` and the other as ``'0'::numeric``, and pg_dump tells them apart. The short form
that drizzle-kit writes is taken where PostgreSQL makes the very same text of it; elsewhere
its own text stays, and :func:`canonical_default` still sees that both are one default.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbmigrate.postgresql.expressions import canonical_default
from nbmigrate.postgresql.types import NUMBER_TYPES, TEXT_TYPES, base_type, split_array

if TYPE_CHECKING:
    from nbmigrate.model import Default

_MAX_INTEGER = 2**31 - 1
_CAST = re.compile(r"'(?:[^']|'')*'::(?:\w+\.)?([\w \"]+)", re.DOTALL)
_NUMBER = r"(?:0|[1-9]\d{0,8}|(?:0|[1-9]\d*)\.\d+)"
_TYPED = r"(?:NULL|'(?:[^']|'')*')::[\w.\" ]+(?:\([\d, ]+\))?[\w ]*(?:\[\])?"
_ITEMS = rf"(?:{_NUMBER}(?:, {_NUMBER})*|{_TYPED}(?:, {_TYPED})*)?"
#: A constant as PostgreSQL prints it: a number that needs no type, with its type, or an array of such.
_CONSTANT = re.compile(rf"{_NUMBER}|{_TYPED}|ARRAY\[{_ITEMS}\](?:::[\w.\" ]+\[\])?", re.DOTALL)
#: The names that PostgreSQL prints in a cast to a type of text or bits (``format_type_be``).
_PRINTED = {
    "varchar": "character varying",
    "char": "bpchar",
    "character": "bpchar",
    "bit": '"bit"',
}
_CAST_TO = TEXT_TYPES | {"bit", "bit varying"}


def printed_default(text: str, column_type: str) -> Default | None:
    """The default whose text in the catalog is ``text``."""
    short = canonical_default(text, column_type)
    return short if _leads_to(short, text, column_type) else text


def is_printed_constant(text: str) -> bool:
    """Whether the text is one constant as catalogs have it: a number, with a cast, or an array of such."""
    return _CONSTANT.fullmatch(text) is not None


def _leads_to(short: Default | None, text: str, column_type: str) -> bool:
    """Whether PostgreSQL prints ``text`` when ``short`` is the default of such a column."""
    match short:
        case bool():
            return text == ("true" if short else "false")
        case int() | float():
            return text == _printed_number(short)
        case str():
            return _is_same_text(short, text, column_type)
        case _:
            return False


def _printed_number(value: float) -> str:
    """PostgreSQL 18 ``ruleutils.c``, get_const_expr: what is no plain integer has a cast."""
    digits = repr(value)
    if not digits.lstrip("-").isdigit():
        return f"'{digits}'::numeric" if value < 0 else digits
    if abs(value) > _MAX_INTEGER:
        return f"'{digits}'::bigint"
    return f"'{digits}'::integer" if value < 0 else digits


def _is_same_text(short: str, text: str, column_type: str) -> bool:
    if text in (short, f"'{short}'::bigint") or short.startswith("nextval("):
        return True
    base, is_array = base_type(column_type), split_array(column_type)[1]
    if not text.startswith("'") or (base == "json" and not is_array):
        return False
    number = _CAST.fullmatch(text)
    if number and number[1] in NUMBER_TYPES and number[1] != base:
        return False  # a number that was written in another type than the column's
    if base in _CAST_TO and not is_array:
        cast = _CAST.fullmatch(text)
        return cast is not None and cast[1] == _PRINTED.get(base, base)
    return short.startswith("'")

"""Printed expressions that PostgreSQL would read otherwise than it printed them.

Of ``status IN ('a', 'b')`` about a varchar PostgreSQL keeps one array of varchar, cast to text as
a whole, and prints ``(ARRAY['a'::character varying])::text[]``. Read again, that cast goes to each
element (PostgreSQL 18 ``parse_expr.c``, transformTypeCast: an array under a cast is made of the
type it is cast to): the same in all that it does, but another text in every catalog and dump. With
a cast to the array's own type between the two it stays what it was.
"""

from __future__ import annotations

import re

_LITERAL = r"(?:NULL|'(?:[^']|'')*')::"
#: An array of literals of one type, in brackets, cast as a whole to an array of another type.
_CAST_ARRAY = re.compile(
    rf"\((ARRAY\[{_LITERAL}(?P<type>[a-z][a-z ]*(?:\(\d+\))?)(?:, {_LITERAL}(?P=type))*\])\)"
    r"(?=::[a-z][a-z ]*\[\])"
)


def as_kept(sql: str) -> str:
    """The statement with a text that is read as what it was printed of."""
    if "(ARRAY[" not in sql:
        return sql
    return _CAST_ARRAY.sub(lambda found: f"({found[1]}::{found['type']}[])", sql)

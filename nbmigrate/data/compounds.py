"""Values made of several: lists, ranges, multiranges, on their way into a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

Compound = list[Any] | Range[Any] | Multirange[Any]


def of_one_kind(value: Compound) -> Compound:
    """As it is, or all of it as text where Python's types are mixed.

    A bound or an element that Python's calendar has no room for is a text among dates, and psycopg
    writes all of one value by the type of its first.
    """
    return _as_text(value) if len({type(leaf) for leaf in _leaves(value)}) > 1 else value


def _leaves(value: Any) -> Iterator[Any]:  # noqa: ANN401 - any value
    if isinstance(value, list | Multirange):
        for one in value:
            yield from _leaves(one)
    elif isinstance(value, Range):
        yield from (bound for bound in (value.lower, value.upper) if bound is not None)
    elif value is not None:
        yield value


def _as_text(value: Any) -> Any:  # noqa: ANN401 - any value
    if isinstance(value, list):
        return list(map(_as_text, value))
    if isinstance(value, Multirange):
        return Multirange(map(_as_text, value))
    if isinstance(value, Range):
        if value.isempty:
            return value
        return Range(_as_text(value.lower), _as_text(value.upper), value.bounds)
    return None if value is None else str(value)


def array_text(values: Any, delimiter: str) -> str:  # noqa: ANN401 - a list, or the text of an array
    """An array of texts as PostgreSQL reads it, where a comma does not part the elements."""
    if not isinstance(values, list):
        return str(values)
    return "{" + delimiter.join(_element(value, delimiter) for value in values) + "}"


def _element(value: Any, delimiter: str) -> str:  # noqa: ANN401 - an element
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return array_text(value, delimiter)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

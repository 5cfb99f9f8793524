"""Values of PostgreSQL as Python objects, without losing any.

PostgreSQL's calendar is wider than Python's: ``infinity``, years before 1 or after
9999, ``24:00``, months in an interval. What Python cannot hold exactly stays the text
that PostgreSQL printed, instead of failing the whole result or becoming something else.
"""

from __future__ import annotations

from typing import Any, cast

import psycopg
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format

_CALENDAR_TYPES = ("date", "time", "timetz", "timestamp", "timestamptz")


def register(cursor: psycopg.Cursor[Any]) -> None:
    """Make one cursor read values this way."""
    adapters = cursor.adapters
    for name in (*_CALENDAR_TYPES, "interval"):
        oid = psycopg.adapters.types[name].oid
        exact = adapters.get_loader(oid, Format.TEXT)
        assert exact
        kind = _interval_or_text if name == "interval" else _value_or_text
        adapters.register_loader(oid, kind(cast("type[Loader]", exact)))


def _value_or_text(exact: type[Loader]) -> type[Loader]:
    class ValueOrText(Loader):
        """The Python value, or the text where there is none."""

        def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
            super().__init__(oid, context)
            self._exact = exact(oid, context)

        def load(self, data: Buffer) -> Any:  # noqa: ANN401 - what the wrapped loader returns
            try:
                return self._exact.load(data)
            except (psycopg.DataError, ValueError, OverflowError):
                return bytes(data).decode()

    return ValueOrText


def _interval_or_text(exact: type[Loader]) -> type[Loader]:
    class IntervalOrText(_value_or_text(exact)):  # type: ignore[misc] # a class made just above
        """A timedelta, or the text where months or years make the length depend on the day."""

        def load(self, data: Buffer) -> Any:  # noqa: ANN401 - timedelta or str
            text = bytes(data)
            if b"mon" in text or b"year" in text:
                return text.decode()
            return super().load(data)

    return IntervalOrText

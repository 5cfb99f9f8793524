"""Rows as a pandas DataFrame whose dtypes say what the columns are.

NULL is never a number: integers and booleans get pandas' nullable dtypes, and a NaN
in a float column stays apart from NULL. What would lose digits or range stays a Python
object (numeric as Decimal, dates beyond pandas' reach as text).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nbmigrate.data.rows import Rows

Values = Sequence[Any]

_WIDEST = dt.timedelta(days=100_000_000)

_NULLABLE = {
    "smallint": "Int16",
    "integer": "Int32",
    "bigint": "Int64",
    "oid": "Int64",
    "boolean": "boolean",
}
_TEXT = frozenset({"text", "character varying", "character", "name", "citext", '"char"'})


def to_frame(rows: Rows) -> pd.DataFrame:
    """The rows as a DataFrame; columns of one name stay two columns."""
    index = pd.RangeIndex(len(rows.rows))
    frame = pd.DataFrame({at: _series(rows, at, index) for at in range(len(rows.columns))})
    frame = frame if rows.columns else pd.DataFrame(index=index)
    frame.columns = pd.Index(rows.columns, dtype=object)
    return frame


def _series(rows: Rows, at: int, index: pd.RangeIndex) -> pd.Series[Any]:
    found = _array(rows, at)
    # Said again: left to itself pandas makes texts of objects that happen to be texts.
    return pd.Series(found, index=index, dtype=found.dtype)


def _array(rows: Rows, at: int) -> Any:  # noqa: ANN401 - any kind of pandas array
    values = [row[at] for row in rows.rows]
    name = rows.types[at]
    if at in rows.labels:
        return pd.Categorical(values, categories=list(rows.labels[at]), ordered=True)
    if name in _NULLABLE:
        return pd.array(values, dtype=_NULLABLE[name])
    if name in _TEXT:
        return pd.array(values, dtype="string")
    special = _SPECIAL.get(name)
    return special(values) if special else objects(values)


def objects(values: Values) -> Any:  # noqa: ANN401 - numpy's array type has no element type here
    """Python objects as they are: an array of lists must not become a table of numbers."""
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def _floats(dtype: type[np.floating[Any]]) -> Callable[[Values], Any]:
    def convert(values: Values) -> Any:  # noqa: ANN401 - a pandas array
        # Built by hand: every other way turns NaN, which is a value, into NULL.
        missing = np.array([v is None for v in values], dtype=bool)
        data = np.array([0.0 if v is None else v for v in values], dtype=dtype)
        return pd.arrays.FloatingArray(data, missing)

    return convert


def _timestamps(dtype: str, *, is_aware: bool) -> Callable[[Values], Any]:
    def convert(values: Values) -> Any:  # noqa: ANN401 - a pandas array or objects
        # A text among them is one that Python's calendar has no room for.
        if any(isinstance(v, str) for v in values):
            return objects(values)
        if is_aware:
            values = [None if v is None else v.astimezone(dt.UTC) for v in values]
        return pd.array(values, dtype=dtype)

    return convert


def _durations(values: Values) -> Any:  # noqa: ANN401 - a pandas array or objects
    if any(isinstance(v, str) or _is_wide(v) for v in values):
        return objects(values)
    return pd.array(values, dtype="timedelta64[us]")


def _is_wide(value: dt.timedelta | None) -> bool:
    # A timedelta has room for more days than 64 bits of microseconds.
    return value is not None and abs(value) > _WIDEST


_SPECIAL: dict[str, Callable[[Values], Any]] = {
    "real": _floats(np.float32),
    "double precision": _floats(np.float64),
    "timestamp without time zone": _timestamps("datetime64[us]", is_aware=False),
    "timestamp with time zone": _timestamps("datetime64[us, UTC]", is_aware=True),
    "interval": _durations,
}

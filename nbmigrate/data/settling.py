"""Columns as values that their types in PostgreSQL take, before any of them is sent.

What numpy and pandas have beside Python's own values becomes Python's; what could only go in with
a part of it dropped (nanoseconds, the fraction of a number) is refused with its row.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import psycopg
from psycopg.adapt import PyFormat

from nbmigrate.data.targets import Target
from nbmigrate.errors import UsageConflictError

_types = psycopg.adapters.types
_INTEGERS = {_types[name].oid for name in ("int2", "int4", "int8")}
_JSON = {oid for name in ("json", "jsonb") for oid in (_types[name].oid, _types[name].array_oid)}
#: Integers that a float holds each and every one of.
_EXACT = 2**53
Convert = Callable[[Any], Any]


def settled(series: pd.Series[Any], target: Target) -> pd.Series[Any]:
    """The column; as it is where nothing of it needs another form.

    Raises:
        UsageConflictError: a value that would lose a part of it.
    """
    dtype = series.dtype
    if isinstance(dtype, pd.SparseDtype):
        series = series.sparse.to_dense()
    elif isinstance(dtype, pd.PeriodDtype | pd.IntervalDtype) or dtype.kind == "c":
        series = series.astype(object)
    elif isinstance(dtype, pd.CategoricalDtype) and _may_differ(dtype.categories.dtype):
        series = _objects(series, [*dtype.categories.tolist(), None], series.cat.codes.tolist())
    if series.dtype.kind in "mM":
        _require_whole_microseconds(series)
    if series.dtype.kind == "f" and target.oid in _INTEGERS:
        return _whole(series)
    return _settle_objects(series, target) if series.dtype == object else series


def _may_differ(dtype: Any) -> bool:  # noqa: ANN401 - any dtype
    """Whether a category may be a value that needs another form."""
    return dtype.kind in "OmM" and not isinstance(dtype, pd.StringDtype)


def _objects(like: pd.Series[Any], values: list[Any], codes: list[int]) -> pd.Series[Any]:
    made = np.empty(len(codes), dtype=object)
    made[:] = [values[code] for code in codes]
    return pd.Series(made, index=like.index, name=like.name, dtype=object)


def _require_whole_microseconds(series: pd.Series[Any]) -> None:
    """PostgreSQL keeps microseconds; nanoseconds are not dropped in silence."""
    rest = series.dt.nanoseconds if series.dtype.kind == "m" else series.dt.nanosecond
    places = np.flatnonzero((rest.fillna(0) != 0).to_numpy())
    if len(places):
        raise _with_nanoseconds(series, int(places[0]))


def _with_nanoseconds(series: pd.Series[Any], at: int) -> UsageConflictError:
    name = series.name
    made = f'df["{name}"]' + (".dt" if series.dtype != object else ".map(pd.Timestamp).dt")
    return UsageConflictError(
        f"column {name}, row {at + 1}: {series.iloc[at]} has nanoseconds,"
        " which PostgreSQL does not keep",
        hint=f'df["{name}"] = {made}.round("us")',
    )


def _whole(series: pd.Series[Any]) -> pd.Series[Any]:
    """Floats for a column of integers: pandas makes them of integers beside NULL."""
    mask = getattr(series.array, "_mask", None)
    values = series.to_numpy() if mask is None else series.array._data  # noqa: SLF001 - without NA
    missing = np.isnan(values) if mask is None else mask
    known = np.where(missing, 0, values)
    wrong = np.flatnonzero((np.floor(known) != known) | (np.abs(known) > _EXACT))
    if len(wrong):
        at = int(wrong[0])
        raise UsageConflictError(
            f"column {series.name}, row {at + 1}: {values[at]} is no whole number,"
            " and the column of the table holds whole numbers",
            hint=f'df["{series.name}"] = df["{series.name}"].round() if that is what is meant',
        )
    made = pd.arrays.IntegerArray(known.astype(np.int64), np.array(missing))
    return pd.Series(made, index=series.index, name=series.name)


# --- objects ---------------------------------------------------------------------


def _settle_objects(series: pd.Series[Any], target: Target) -> pd.Series[Any]:
    values = series.tolist()
    kinds = set(map(type, values))
    converts = {kind: made for kind in kinds if (made := _convert(kind, target))}
    if kinds & {pd.Timestamp, pd.Timedelta, np.datetime64, np.timedelta64}:
        _require_whole_objects(series, values)
    if not converts:
        return series
    found = [one(v) if (one := converts.get(type(v))) else v for v in values]
    return _objects(series, found, list(range(len(found))))


def _require_whole_objects(series: pd.Series[Any], values: list[Any]) -> None:
    for at, value in enumerate(values):
        is_of_numpy = isinstance(value, np.datetime64 | np.timedelta64)
        moment = _moment(value) if is_of_numpy else value
        if not isinstance(moment, pd.Timestamp | pd.Timedelta):  # others have none, nor has NaT
            continue
        if getattr(moment, "nanosecond", 0) or getattr(moment, "nanoseconds", 0):
            raise _with_nanoseconds(series, at)


def _convert(kind: type, target: Target) -> Convert | None:  # noqa: PLR0911 - one return per kind
    """What makes a value of another kind for the target of one that PostgreSQL has no word for."""
    if issubclass(kind, float | np.floating):
        # numpy's and pandas' way to say that nothing is there, where it can be no number
        return None if target.has_nan or target.oid in _JSON else _unless_nan
    if issubclass(kind, np.datetime64 | np.timedelta64):
        return _moment
    if issubclass(kind, bytearray | memoryview):
        return bytes
    if issubclass(kind, np.ndarray):
        return _listed
    if issubclass(kind, tuple) and target.category != "C":
        return _listed
    if issubclass(kind, dict):
        return None if target.oid in _JSON else json_text
    return None if _is_known(kind) or target.oid in _JSON else str


def _unless_nan(value: Any) -> Any:  # noqa: ANN401 - a float of Python or numpy
    return None if value != value else value  # noqa: PLR0124 - NaN


def _moment(value: Any) -> Any:  # noqa: ANN401 - of numpy
    if np.isnat(value):
        return None
    return pd.Timestamp(value) if isinstance(value, np.datetime64) else pd.Timedelta(value)


def _listed(values: Any) -> list[Any]:  # noqa: ANN401 - an array of numpy, or a tuple
    """Lists all the way down: a table of lists read from Parquet is one of arrays."""
    is_array = isinstance(values, np.ndarray)
    if is_array and values.dtype.kind not in "OmM":
        found: list[Any] = values.tolist()
        return found
    return [
        _listed(one)
        if isinstance(one, np.ndarray | tuple | list)
        else _moment(one)
        if isinstance(one, np.datetime64 | np.timedelta64)
        else one
        for one in values
    ]


def _is_known(kind: type) -> bool:
    """Whether psycopg has a form for values of the class."""
    if issubclass(kind, list | np.generic) or kind.__name__ in {"NAType", "NaTType"}:
        return True
    try:
        psycopg.adapters.get_dumper(kind, PyFormat.TEXT)
    except psycopg.ProgrammingError:
        return False
    return True


def json_text(value: Any) -> str:  # noqa: ANN401 - what is to be JSON
    """JSON with numpy's numbers as numbers, pandas' missing values as null, moments and UUIDs as text.

    So does to_jsonb (PostgreSQL docs, "JSON Creation Functions").

    Raises:
        TypeError: a value that JSON has no form for.
        ValueError: NaN or an infinity, which it has none for either.
    """
    return json.dumps(value, default=_json_default, allow_nan=False, ensure_ascii=False)


def _json_default(value: Any) -> Any:  # noqa: ANN401 - any value
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64 | np.timedelta64):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(f"JSON has no form for a {type(value).__name__} ({value!r})")

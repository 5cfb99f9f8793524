"""What table a DataFrame would be: types from its dtypes, and for objects from every value.

Nothing is guessed: a column whose values are of two kinds, or that has none, is a question
with the row that asks it. Which column is a key is for the user to say; what could be one
is told with its evidence.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import math
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from types import NoneType
from typing import Any

import numpy as np
import pandas as pd

from nbmigrate.data import arrow_in
from nbmigrate.errors import UsageConflictError
from nbmigrate.model.names import NAME_BYTES, truncate
from nbmigrate.postgresql.identifiers import qualified, quote

_DTYPES = {
    **arrow_in.INTEGERS,
    "float16": "real",
    "float32": "real",
    "float64": "double precision",
    "bool": "boolean",
    "boolean": "boolean",
    "string": "text",
    "str": "text",
}
#: In this order: a bool is an int for Python, a datetime a date, a duration of numpy an integer.
_CLASSES: tuple[tuple[type, str], ...] = (
    (str, "text"),
    (bool, "boolean"),
    (np.bool_, "boolean"),
    (int, "bigint"),
    (np.timedelta64, "interval"),
    (np.datetime64, "timestamp"),
    (np.integer, "bigint"),
    (float, "double precision"),
    (np.floating, "double precision"),
    (Decimal, "numeric"),
    (dt.datetime, "timestamp"),
    (dt.date, "date"),
    (dt.time, "time"),
    (dt.timedelta, "interval"),
    (uuid.UUID, "uuid"),
    (bytes, "bytea"),
    (bytearray, "bytea"),
    (memoryview, "bytea"),
    (dict, "jsonb"),
    (ipaddress.IPv4Address, "inet"),
    (ipaddress.IPv6Address, "inet"),
    (ipaddress.IPv4Network, "cidr"),
    (ipaddress.IPv6Network, "cidr"),
)
#: Those whose type no value changes.
_BY_CLASS_ALONE = {
    str,
    bool,
    float,
    Decimal,
    dt.date,
    dt.timedelta,
    uuid.UUID,
    bytes,
    dict,
}
_ZONED = ("timestamp", "time")
_FLOATS = (float, np.floating)
#: Of a list without values: an array of whatever the others are.
_EMPTY_ARRAY = "[]"
_WIDEST = 2**63
_MOST_CANDIDATES = 3


@dataclass(frozen=True)
class ProposedColumn:
    """A column, its type, and what of the data says so."""

    name: str
    type: str
    evidence: str
    is_key: bool = False


@dataclass(frozen=True)
class Proposal:
    """A table for a DataFrame; ``candidates``: columns without NULL whose values all differ."""

    id: tuple[str, str]
    columns: tuple[ProposedColumn, ...]
    candidates: tuple[str, ...] = ()

    @property
    def sql(self) -> str:
        """The CREATE TABLE."""
        lines = [f"    {quote(c.name)} {c.type}{' NOT NULL' * c.is_key}" for c in self.columns]
        keys = ", ".join(quote(column.name) for column in self.columns if column.is_key)
        lines += [f"    PRIMARY KEY ({keys})"] if keys else []
        body = ",\n".join(lines)
        return f"CREATE TABLE {qualified(self.id, spell_public=True)} (\n{body}\n);"


def propose(
    frame: pd.DataFrame,
    id_: tuple[str, str],
    *,
    key: Sequence[str] = (),
    types: Mapping[str, str] | None = None,
) -> Proposal:
    """The table of a DataFrame.

    Raises:
        UsageConflictError: a column without a name or a type; a key that is none.
    """
    names = require_names(frame)
    types = types or {}
    for name in (*key, *types):
        if name not in names:
            raise UsageConflictError(
                f"the DataFrame has no column `{name}`", hint=f"it has: {', '.join(names)}"
            )
    _require_key(frame, key)
    columns = tuple(_column(frame[name], name, types.get(name), name in key) for name in names)
    return Proposal(id_, columns, () if key else _candidates(frame, columns))


def require_names(frame: pd.DataFrame) -> list[str]:
    """The names of the columns, each a text that a column can be called, and there once.

    Raises:
        UsageConflictError: a name that is none; an index with a name, which would be left out.
    """
    names = list(frame.columns)
    for name in names:
        _require_name(name)
        if names.count(name) > 1:
            raise UsageConflictError(f"the DataFrame has two columns `{name}`", hint="rename one")
    if not names:
        raise UsageConflictError("the DataFrame has no columns", hint="give one with columns")
    if indexes := [str(name) for name in frame.index.names if name is not None]:
        raise UsageConflictError(
            f"the index of the DataFrame has a name ({', '.join(indexes)}), and only columns are loaded",
            hint="df.reset_index() makes it a column, df.reset_index(drop=True) leaves it out",
        )
    return names


def _require_name(name: object) -> None:
    if not isinstance(name, str) or not name or "\0" in name:
        raise UsageConflictError(
            f"column {name!r} of the DataFrame has no name that a table could have",
            hint="df.columns = [...]",
        )
    if truncate(name) != name:
        raise UsageConflictError(
            f"the name of column `{name}` has more than {NAME_BYTES} bytes,"
            " which is all that PostgreSQL keeps of a name",
            hint="df.rename(columns={...})",
        )


def _require_key(frame: pd.DataFrame, key: Sequence[str]) -> None:
    for name in key:
        missing = np.flatnonzero(frame[name].isna().to_numpy())
        if len(missing):
            raise UsageConflictError(f"`{name}` can be no key: row {missing[0] + 1} has none")
    if not key:
        return
    try:
        doubled = np.flatnonzero(frame.duplicated(list(key)).to_numpy())
    except TypeError:
        return  # values that Python cannot compare, such as lists; PostgreSQL can
    if len(doubled):
        values = tuple(frame[name].iloc[doubled[0]] for name in key)
        shown = ", ".join(map(str, values))
        raise UsageConflictError(
            f"`{', '.join(key)}` can be no key: row {doubled[0] + 1} has ({shown}) once more"
        )


def _column(series: pd.Series[Any], name: str, given: str | None, is_key: bool) -> ProposedColumn:
    type_, why = (given, "as you said") if given else _type(series, name)
    missing = _count_missing(series, type_)
    nulls = f"{missing:,} of {len(series):,} NULL" if missing else "no NULL"
    return ProposedColumn(name, type_, f"{why}; {nulls}", is_key)


def _count_missing(series: pd.Series[Any], type_: str) -> int:
    if series.dtype == object and type_ in {"double precision", "numeric"}:
        return sum(map(is_missing, series.tolist()))  # NaN is a number there
    return int(series.isna().sum())


def _type(series: pd.Series[Any], name: str) -> tuple[str, str]:
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        values = pd.Series(dtype.categories, dtype=None if len(dtype.categories) else object)
        return _type(values, name)[0], f"{len(dtype.categories)} categories"
    if isinstance(dtype, pd.SparseDtype):
        return _type(series.sparse.to_dense(), name)
    said = _type_of_dtype(dtype)
    return (said, f"dtype {dtype}") if said else _type_of_values(series, name)


def _type_of_dtype(dtype: Any) -> str | None:  # noqa: ANN401 - any dtype
    if isinstance(dtype, pd.ArrowDtype):
        return arrow_in.type_name(dtype.pyarrow_dtype)
    if isinstance(dtype, pd.StringDtype):
        return "text"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "timestamp with time zone" if isinstance(dtype, pd.DatetimeTZDtype) else "timestamp"
    if pd.api.types.is_timedelta64_dtype(dtype):
        return "interval"
    return _DTYPES.get(str(dtype).lower())


def _type_of_values(series: pd.Series[Any], name: str) -> tuple[str, str]:
    values = series.tolist()
    kinds = set(map(type, values)) - {NoneType}
    if len(kinds) == 1 and kinds <= _BY_CLASS_ALONE:
        at = next(at for at, value in enumerate(values) if value is not None)
        return _class_type(values[at], name, at), "every value looked at"
    is_nan_missing = not kinds & {int, Decimal} and _are_floats_nan(values)
    found, first = "", 0
    for at, value in enumerate(values):
        if is_missing(value) or (is_nan_missing and isinstance(value, _FLOATS)):
            continue
        one = _class_type(value, name, at)
        if not found:
            found, first = one, at
        elif one != found:
            both = _wider(found, one)
            if both is None:
                raise _of_two_kinds(name, (first, found), (at, one), value)
            found = both
    if not found:
        raise UsageConflictError(
            f"column {name} has no values, so nothing says what it is",
            hint=f'--type "{name}=text", or leave it out',
        )
    return ("jsonb" if found == _EMPTY_ARRAY else found), "every value looked at"


def _are_floats_nan(values: list[Any]) -> bool:
    """Whether the only floats among other values are NaN, which says there that none is given."""
    floats = [value for value in values if isinstance(value, _FLOATS)]
    return 0 < len(floats) < len(values) and all(map(math.isnan, floats))


def _of_two_kinds(
    name: str, first: tuple[int, str], second: tuple[int, str], value: object
) -> UsageConflictError:
    (at, one), (again, other) = first, second
    hint = f'--type "{name}=text", or make them one type'
    if {one, other} == {"bigint", "double precision"}:
        hint = f'--type "{name}=double precision"'
        if value != value:  # noqa: PLR0124 - NaN
            hint += f', or df["{name}"].astype("Int64"), where NaN becomes NULL'
    return UsageConflictError(
        f"column {name}: row {at + 1} is {one}, row {again + 1} is {other} ({value!r})", hint=hint
    )


def _wider(one: str, other: str) -> str | None:
    pair = {one, other}
    for kinds, both in (({"bigint", "numeric"}, "numeric"), ({"inet", "cidr"}, "inet")):
        if pair <= kinds:
            return both
    arrays = {kind for kind in pair if kind.endswith("[]")}
    if _EMPTY_ARRAY in pair and arrays == pair:
        return (arrays - {_EMPTY_ARRAY}).pop()
    return "jsonb" if pair <= {"jsonb"} | arrays else None


def _class_type(value: object, name: str, at: int) -> str:
    if isinstance(value, list | tuple | np.ndarray):
        return _array_type(list(value), name, at)
    for kind, type_ in _CLASSES:
        if isinstance(value, kind):
            if type_ == "bigint" and not -_WIDEST <= int(value) < _WIDEST:  # type: ignore[call-overload]
                return "numeric"
            has_zone = type_ in _ZONED and getattr(value, "tzinfo", None) is not None
            return f"{type_} with time zone" if has_zone else type_
    raise UsageConflictError(
        f"column {name}, row {at + 1}: a {type(value).__name__} has no type in PostgreSQL",
        hint=f'--type "{name}=..." says which type takes its text',
    )


def _array_type(values: list[Any], name: str, at: int) -> str:
    kinds = {_class_type(value, name, at) for value in values if not is_missing(value)}
    if not kinds:
        return _EMPTY_ARRAY
    if len(kinds) == 1 and not (kind := kinds.pop()).endswith("[]") and kind != "jsonb":
        return f"{kind}[]"
    return "jsonb"


def is_missing(value: object) -> bool:
    """Whether a value of a column of objects is NULL; NaN in it is a number."""
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return value is None or type(value).__name__ in {"NAType", "NaTType"}


def _candidates(frame: pd.DataFrame, columns: Sequence[ProposedColumn]) -> tuple[str, ...]:
    """The first few that could be the key; only types that keys are made of."""
    kinds = {"smallint", "integer", "bigint", "uuid", "text"}
    found: list[str] = []
    for column in columns:
        if column.type in kinds and len(frame) and len(found) < _MOST_CANDIDATES:
            with suppress(TypeError):  # values that cannot be compared
                series = frame[column.name]
                if not series.isna().any() and series.is_unique:
                    found.append(column.name)
    return tuple(found)

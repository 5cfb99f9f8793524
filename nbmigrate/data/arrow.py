"""A DataFrame as an Arrow table or a polars DataFrame, with a type for each of PostgreSQL's.

The types follow from the column, never from its values, so that the frames of a stream
fit together. A value that Arrow's type has no place for is an error that names it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nbmigrate.errors import NoPlaceError, UsageConflictError

if TYPE_CHECKING:
    import pyarrow as pa

#: The most digits that Arrow's decimal256 holds.
_MOST_DIGITS = 76
#: What makes a form; the extra that installs it has the name of the form.
_MODULES = {"arrow": "pyarrow", "polars": "polars", "dask": "dask"}


@dataclass(frozen=True)
class Type:
    """A column's type by name, with its modifier (-1: none) and the labels of an enum."""

    name: str
    modifier: int = -1
    labels: tuple[str, ...] = ()


def in_form(frame: pd.DataFrame, types: Sequence[Type], form: str) -> Any:  # noqa: ANN401 - by form
    """The frame as ``pandas`` (as it is), ``arrow`` or ``polars``.

    Raises:
        UsageConflictError: what makes that form is not installed.
        NoPlaceError: a value has no place in it.
    """
    if form == "pandas":
        return frame
    require_form(form)
    table = to_arrow(frame, types)
    if form == "arrow":
        return table
    import polars as pl

    return pl.from_arrow(table)


def require_form(form: str, what: str = "") -> None:
    """Refuse a form that nothing installed can make, before anything is read; ``what`` needs it."""
    from importlib.util import find_spec

    if form == "pandas":
        return
    wanted = dict.fromkeys((_MODULES[form], "pyarrow"))
    missing = [module for module in wanted if find_spec(module) is None]
    if missing:
        raise UsageConflictError(
            f"{what or f'--as {form}'} needs {' and '.join(missing)}",
            hint=f'install what is missing: pip install "nbmigrate[{form}]"',
        )


def to_arrow(frame: pd.DataFrame, types: Sequence[Type]) -> pa.Table:
    """The frame as a table of Arrow; two columns of one name stay two."""
    import pyarrow as pa

    columns = [_column(frame.iloc[:, at], type_) for at, type_ in enumerate(types)]
    return pa.Table.from_arrays(columns, names=list(map(str, frame.columns)))


def _column(series: pd.Series[Any], type_: Type) -> Any:  # noqa: ANN401 - an array of Arrow
    import pyarrow as pa

    if type_.labels:
        codes = np.asarray(series.cat.codes)
        indices = pa.array(codes.astype(np.int32), mask=codes < 0)
        labels = pa.array(type_.labels, pa.string())
        return pa.DictionaryArray.from_arrays(indices, labels, ordered=True)
    if series.dtype != object:
        return pa.array(series.array) if len(series) else _empty(series)
    kind, convert = _object_type(type_)
    values = [None if value is None else convert(value) for value in series.tolist()]
    try:
        return pa.array(values, type=kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise _no_place(series, values, kind) from error


def _empty(series: pd.Series[Any]) -> Any:  # noqa: ANN401 - an array of Arrow
    import pyarrow as pa

    if isinstance(series.dtype, pd.StringDtype):
        return pa.array([], pa.large_string())
    return pa.array(series.array)


def _no_place(series: pd.Series[Any], values: list[Any], kind: Any) -> NoPlaceError:  # noqa: ANN401
    import pyarrow as pa

    for at, value in enumerate(values):
        try:
            pa.array([value], type=kind)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            return NoPlaceError(
                f"column {series.name}, row {at + 1}: `{series.iloc[at]}` has no place in Arrow's {kind}",
                column=str(series.name),
                hint=f'cast the column to text in SQL ("{series.name}"::text), or use --as pandas',
            )
    text = f"column {series.name} has no place in Arrow's {kind}"
    return NoPlaceError(text, column=str(series.name))


def _object_type(type_: Type) -> tuple[Any, Callable[[Any], Any]]:
    """Arrow's type for what pandas holds as objects, and how a value gets there."""
    import pyarrow as pa

    if type_.name.endswith("[]"):
        element, convert = _object_type(Type(type_.name[:-2]))
        return pa.list_(element), lambda values: _each(values, convert)
    if type_.name == "numeric" and type_.modifier > 0:
        return _decimal(type_.modifier)
    return _scalars().get(type_.name, (pa.large_string(), str))


def _each(values: list[Any], convert: Callable[[Any], Any]) -> list[Any]:
    if any(isinstance(value, list) for value in values):
        return values  # more than one dimension: Arrow says that it has no place
    return [None if value is None else convert(value) for value in values]


def _decimal(modifier: int) -> tuple[Any, Callable[[Any], Any]]:
    """src/backend/utils/adt/numeric.c, make_numeric_typmod: precision, then 11 bits of scale."""
    import pyarrow as pa

    precision = (modifier - 4) >> 16 & 0xFFFF
    scale = ((modifier - 4) & 0x7FF ^ 1024) - 1024
    if precision > _MOST_DIGITS or not 0 <= scale <= precision:
        return pa.large_string(), lambda value: format(value, "f")
    kind = pa.decimal128 if precision <= 38 else pa.decimal256
    return kind(precision, scale), _same


def _scalars() -> dict[str, tuple[Any, Callable[[Any], Any]]]:
    import pyarrow as pa

    return {
        "boolean": (pa.bool_(), _same),
        "smallint": (pa.int16(), _same),
        "integer": (pa.int32(), _same),
        "bigint": (pa.int64(), _same),
        "oid": (pa.int64(), _same),
        "real": (pa.float32(), _same),
        "double precision": (pa.float64(), _same),
        "numeric": (pa.large_string(), lambda value: format(value, "f")),
        "date": (pa.date32(), _same),
        "time without time zone": (pa.time64("us"), _same),
        "timestamp without time zone": (pa.timestamp("us"), _same),
        "timestamp with time zone": (pa.timestamp("us", "UTC"), _same),
        "interval": (pa.duration("us"), _same),
        "bytea": (pa.large_binary(), _same),
        "json": (pa.large_string(), lambda value: json.dumps(value, ensure_ascii=False)),
        "jsonb": (pa.large_string(), lambda value: json.dumps(value, ensure_ascii=False)),
    }


def _same(value: Any) -> Any:  # noqa: ANN401 - any value
    return value

"""Columns over Arrow on their way into a table: the type each says by itself, and its values.

Arrow has NULL apart from NaN, zones in the type, and types that pandas has no dtype for; such a
column is asked for its Arrow type, never looked at value by value to find out what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nbmigrate.errors import UsageConflictError

if TYPE_CHECKING:
    import pyarrow as pa

#: PostgreSQL's types for integers, which numpy, pandas and Arrow call the same.
INTEGERS = {
    "int8": "smallint",
    "int16": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "uint8": "smallint",
    "uint16": "integer",
    "uint32": "bigint",
    "uint64": "numeric",
}
_NUMBERS = {
    **INTEGERS,
    "halffloat": "real",
    "float": "real",
    "double": "double precision",
    "bool": "boolean",
}


def is_arrow(series: pd.Series[Any]) -> bool:
    """Whether pandas keeps the column in Arrow under Arrow's own type; its strings are none of these."""
    return isinstance(series.dtype, pd.ArrowDtype)


def frame_of(table: pa.Table) -> pd.DataFrame:
    """A table of Arrow as a DataFrame over the same memory; two columns of one name stay two."""
    columns = {at: pd.Series(_extension(one)) for at, one in enumerate(table.columns)}
    frame = pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows))
    frame.columns = pd.Index(table.column_names, dtype=object)
    return frame


def _extension(column: pa.ChunkedArray) -> Any:  # noqa: ANN401 - pandas' array over Arrow
    return pd.arrays.ArrowExtensionArray(_stored(column))


def _stored(column: Any) -> Any:  # noqa: ANN401 - a chunked array, which has no types here
    """An extension type (uuid, json) as what it is stored as, unless Python has values of its own for it."""
    import pyarrow as pa

    is_extension = isinstance(column.type, pa.BaseExtensionType)
    if not is_extension or column.type.extension_name == "arrow.uuid":
        return column
    return column.cast(column.type.storage_type)


def type_name(kind: pa.DataType) -> str | None:
    """PostgreSQL's type for a type of Arrow; ``None`` where the type says nothing of its values."""
    import pyarrow as pa

    is_ = pa.types
    if str(kind) in _NUMBERS:
        return _NUMBERS[str(kind)]
    if is_.is_decimal(kind):
        return f"numeric({kind.precision},{kind.scale})" if kind.scale >= 0 else "numeric"
    if is_.is_timestamp(kind):
        return "timestamp with time zone" if kind.tz else "timestamp"
    if is_.is_dictionary(kind) or is_.is_run_end_encoded(kind):
        return type_name(kind.value_type)
    for name, tests in {
        "text": (is_.is_string, is_.is_large_string, is_.is_string_view),
        "bytea": (
            *(is_.is_binary, is_.is_large_binary, is_.is_binary_view),
            is_.is_fixed_size_binary,
        ),
        "date": (is_.is_date,),
        "time": (is_.is_time,),
        "interval": (is_.is_duration,),
        "jsonb": (is_.is_struct, is_.is_map),
    }.items():
        if any(test(kind) for test in tests):
            return name
    return _list_name(kind)


def _list_name(kind: Any) -> str | None:  # noqa: ANN401 - a type of Arrow
    import pyarrow as pa

    if isinstance(kind, pa.BaseExtensionType):
        return "uuid" if kind.extension_name == "arrow.uuid" else type_name(kind.storage_type)
    if not hasattr(kind, "value_type"):
        return None
    element = type_name(kind.value_type)
    if element is None:
        return None
    # Arrays of arrays need one length each, which a list of lists does not promise.
    return "jsonb" if element == "jsonb" or element.endswith("[]") else f"{element}[]"


def unarrowed(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its columns over Arrow as pandas' own of the same values, NULL apart from NaN.

    Raises:
        UsageConflictError: a value has no place in Python, such as a time with nanoseconds.
    """
    places = [at for at in range(frame.shape[1]) if is_arrow(frame.iloc[:, at])]
    if not places:
        return frame
    columns = {
        at: _plain(frame.iloc[:, at]) if at in places else frame.iloc[:, at]
        for at in range(frame.shape[1])
    }
    made = pd.DataFrame(columns, index=frame.index, copy=False)
    made.columns = frame.columns
    return made


def _plain(series: pd.Series[Any]) -> pd.Series[Any]:
    import pyarrow as pa

    column = pa.chunked_array(series.array.__arrow_array__())
    if pa.types.is_dictionary(column.type) or pa.types.is_run_end_encoded(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_float16(column.type):
        column = column.cast(pa.float32())
    made = _array(column)
    if made is None:
        made = np.empty(len(series), dtype=object)
        made[:] = _values(series, column)
    dtype = object if isinstance(made, np.ndarray) else made.dtype
    return pd.Series(made, index=series.index, name=series.name, dtype=dtype, copy=False)


def _array(column: Any) -> Any:  # noqa: ANN401 - arrays of Arrow and pandas
    """The values without an object for each, where pandas has such an array; otherwise ``None``."""
    import pyarrow as pa

    is_ = pa.types
    if is_.is_timestamp(column.type) or is_.is_duration(column.type):
        return column.to_pandas().array
    if is_.is_string(column.type) or is_.is_large_string(column.type):
        return pd.StringDtype("pyarrow").__from_arrow__(column.cast(pa.large_string()))
    is_bool = is_.is_boolean(column.type)
    if not (is_bool or is_.is_integer(column.type) or is_.is_floating(column.type)):
        return None
    mask = np.asarray(column.is_null().to_numpy(), dtype=bool)
    values = column.fill_null(False if is_bool else 0).to_numpy()
    if is_bool:
        return pd.arrays.BooleanArray(values.astype(bool), mask)
    kind = pd.arrays.FloatingArray if is_.is_floating(column.type) else pd.arrays.IntegerArray
    return kind(np.array(values), mask)


def _values(series: pd.Series[Any], column: Any) -> list[Any]:  # noqa: ANN401 - a chunked array
    import pyarrow as pa

    try:
        if column.type == pa.time64("ns"):
            column = column.cast(pa.time64("us"))  # refuses what Python's time would drop
        found: list[Any] = column.to_pylist(maps_as_pydicts="strict")
    except (ValueError, KeyError) as error:
        raise UsageConflictError(
            f"column {series.name}: {error}", hint=f'cast df["{series.name}"] to another type'
        ) from error
    return found

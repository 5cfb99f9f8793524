"""Columns of a DataFrame as the fields of binary COPY, whole blocks at once.

A field is its length in four bytes, -1 for NULL, and the value in PostgreSQL's binary form
(PostgreSQL docs, COPY, "Binary Format").
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from types import NoneType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import psycopg
from psycopg.pq import Format

from nbmigrate.data.kinds import EPOCH_DAYS, EPOCH_US
from nbmigrate.data.proposing import is_missing

Array = np.ndarray[Any, Any]

#: What stands for NULL among objects, beside None.
_MISSING = {type(pd.NA), type(pd.NaT)}
_NUMERIC = psycopg.adapters.types["numeric"].oid
_dump_decimal = psycopg.adapters.get_dumper_by_oid(_NUMERIC, Format.BINARY)(Decimal).dump

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)


class Packed(NamedTuple):
    """One column of a block: the size of each value (-1 for NULL), and all values end to end."""

    sizes: Array
    data: Array


class Packer(NamedTuple):
    """How the columns of a type are packed. ``fits`` tells whether all values have that form."""

    fits: Callable[[pd.Series[Any]], bool]
    pack: Callable[[pd.Series[Any]], Packed]


def rows(columns: Sequence[Packed]) -> bytes:
    """The rows of a block, put together from its columns."""
    widths = [np.maximum(column.sizes, 0).astype(np.int64) for column in columns]
    lengths = 2 + 4 * len(columns) + np.sum(widths, axis=0)
    ends = np.cumsum(lengths)
    out = np.empty(int(ends[-1]) if len(ends) else 0, np.uint8)
    at = ends - lengths
    _put(out, at, np.broadcast_to(np.array(len(columns), ">i2"), at.shape))
    at = at + 2
    for column, width in zip(columns, widths, strict=True):
        _put(out, at, column.sizes.astype(">i4"))
        at = at + 4
        _scatter(out, at, column, width)
        at = at + width
    return out.tobytes()


def _put(out: Array, at: Array, values: Array) -> None:
    """Numbers of one width, each at its place."""
    size = values.dtype.itemsize
    texts = np.ascontiguousarray(values).view(np.uint8).reshape(-1, size)
    for place in range(size):
        out[at + place] = texts[:, place]


def _scatter(out: Array, at: Array, column: Packed, width: Array) -> None:
    ends = np.cumsum(width)
    out[np.repeat(at - (ends - width), width) + np.arange(len(column.data))] = column.data


def joined(values: Sequence[Any]) -> Packed:
    """Values of any size: bytes, or None for NULL."""
    sizes = np.fromiter((-1 if v is None else len(v) for v in values), np.int32, len(values))
    return Packed(sizes, np.frombuffer(b"".join(filter(None, values)), np.uint8))


def _fixed(values: Array, missing: Array) -> Packed:
    """Numbers in the byte order of the network."""
    sizes = np.where(missing, -1, values.dtype.itemsize).astype(np.int32)
    return Packed(sizes, np.ascontiguousarray(values[~missing]).view(np.uint8))


# --- numbers ---------------------------------------------------------------------


def _numbers(series: pd.Series[Any]) -> tuple[Array, Array]:
    """The values of numpy or of a nullable column, and which are NULL.

    numpy has no NULL: in its floats NaN is what pandas puts for one. In a nullable column NaN is
    a value.
    """
    mask = getattr(series.array, "_mask", None)
    if mask is not None:
        return series.array._data, mask  # noqa: SLF001 - NaN is not NULL there
    values = series.to_numpy()
    return values, np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), bool)


def _number(kinds: str, dtype: str) -> Packer:
    wire = np.dtype(dtype)

    def fits(series: pd.Series[Any]) -> bool:
        own = series.dtype
        if hasattr(series.array, "_mask"):
            own = own.numpy_dtype
        # pandas' dtypes over Arrow have such a one too, and NULL in another way
        if not isinstance(own, np.dtype) or own.kind not in kinds:
            return False
        if own.kind not in "iu" or np.can_cast(own, wire):
            return own.itemsize <= wire.itemsize
        values, missing = _numbers(series)
        known, limits = values[~missing], np.iinfo(wire)
        return not len(known) or (int(known.min()) >= limits.min and int(known.max()) <= limits.max)

    def pack(series: pd.Series[Any]) -> Packed:
        values, missing = _numbers(series)
        return _fixed(np.where(missing, 0, values).astype(wire), missing)

    return Packer(fits, pack)


# --- times -----------------------------------------------------------------------


def _time(*, has_zone: bool) -> Packer:
    def fits(series: pd.Series[Any]) -> bool:
        if has_zone:
            return isinstance(series.dtype, pd.DatetimeTZDtype)
        return isinstance(series.dtype, np.dtype) and series.dtype.kind == "M"

    def pack(series: pd.Series[Any]) -> Packed:
        # of a column with a zone these are UTC
        values = series.dt.as_unit("us").astype("int64").to_numpy()
        missing = series.isna().to_numpy()
        return _fixed(np.where(missing, 0, values - EPOCH_US).astype(">i8"), missing)

    return Packer(fits, pack)


def _pack_days(series: pd.Series[Any]) -> Packed:
    days = np.array(_known(series), "datetime64[D]")
    missing = np.isnat(days)
    return _fixed(np.where(missing, 0, days.astype(np.int64) - EPOCH_DAYS).astype(">i4"), missing)


# --- objects ---------------------------------------------------------------------


def _known(series: pd.Series[Any]) -> list[Any]:
    """The values, with None for everything that is missing; NaN among objects is a number."""
    values: list[Any] = series.tolist()
    if isinstance(series.dtype, pd.StringDtype):
        for at in np.flatnonzero(series.isna().to_numpy()).tolist():
            values[at] = None
        return values
    return (
        [None if is_missing(v) else v for v in values]
        if _MISSING & set(map(type, values))
        else values
    )


def _only(kind: type) -> Callable[[pd.Series[Any]], bool]:
    """Whether all values are of that very type, or missing."""

    def fits(series: pd.Series[Any]) -> bool:
        if isinstance(series.dtype, pd.StringDtype):
            return kind is str
        if series.dtype != object:
            return False
        return set(map(type, series.tolist())) <= {kind, NoneType, *_MISSING}

    return fits


def _pack_texts(series: pd.Series[Any]) -> Packed:
    return joined([None if v is None else v.encode() for v in _known(series)])


def _pack_uuids(series: pd.Series[Any]) -> Packed:
    return joined([None if v is None else v.bytes for v in _known(series)])


def _pack_decimals(series: pd.Series[Any]) -> Packed:
    return joined([None if v is None else _dump_decimal(v) for v in _known(series)])


_TEXTS = Packer(_only(str), _pack_texts)
_BY_NAME = {
    "bool": _number("b", "u1"),
    "int2": _number("iu", ">i2"),
    "int4": _number("iu", ">i4"),
    "int8": _number("iu", ">i8"),
    "float8": _number("f", ">f8"),
    "numeric": Packer(_only(Decimal), _pack_decimals),
    "text": _TEXTS,
    "varchar": _TEXTS,
    "uuid": Packer(_only(uuid.UUID), _pack_uuids),
    "date": Packer(_only(dt.date), _pack_days),
    "timestamp": _time(has_zone=False),
    "timestamptz": _time(has_zone=True),
}
#: By the type's oid; other types are packed value by value.
PACKERS = {psycopg.adapters.types[name].oid: packer for name, packer in _BY_NAME.items()}

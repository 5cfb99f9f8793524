"""How the columns of each type are taken from binary rows and become pandas' arrays.

A kind takes a field of each chunk (``take``) while the server sends, and makes one
array of all (``finish``) when the wire is free. The dtypes are those of ``frames``.
"""

from __future__ import annotations

import json
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain, repeat
from typing import Any, Protocol

import numpy as np
import pandas as pd

from nbmigrate.data.exact import Exact
from nbmigrate.data.fields import Array, Field
from nbmigrate.data.frames import objects
from nbmigrate.data.numerics import decimals
from nbmigrate.data.texts import HAS_ARROW, arrow_texts, strings

#: Microseconds from 1970 to 2000, where PostgreSQL's timestamps begin; and days.
EPOCH_US = 946_684_800_000_000
EPOCH_DAYS = 10_957
DAY_US = 86_400_000_000
#: Python's calendar: 0001-01-01 until 10000-01-01, in microseconds from 1970.
_FIRST_US, _END_US = -62_135_596_800_000_000, 253_402_300_800_000_000
#: What a timedelta may hold is more than its 64 bits of microseconds in pandas.
_MOST_DAYS = 100_000_000


class Kind(Protocol):
    """Takes a column's fields, then gives its array."""

    def take(self, field: Field) -> Any:  # noqa: ANN401 - each kind has parts of its own
        """What is kept of one chunk."""

    def finish(self, parts: Sequence[Any], exact: Exact) -> Any:  # noqa: ANN401 - a pandas array
        """The column of all chunks."""


class Numbers:
    """Integers, floats, booleans: values and where NULL is, apart from each other."""

    def __init__(self, wire: str, dtype: str) -> None:
        self._wire = wire
        self._dtype = dtype

    def take(self, field: Field) -> tuple[Array, Array]:
        """Values (0 where NULL) and the mask."""
        values = field.read(self._wire)
        if field.has_missing:
            values[field.missing] = 0
        return values, field.missing

    def finish(self, parts: Sequence[tuple[Array, Array]], exact: Exact) -> Any:  # noqa: ANN401, ARG002
        """A nullable array."""
        dtype = np.dtype(self._dtype.lower() if self._dtype != "boolean" else "bool")
        values = _joined([part[0] for part in parts], dtype).astype(dtype, copy=False)
        mask = _joined([part[1] for part in parts], np.dtype(bool))
        match self._dtype:
            case "boolean":
                return pd.arrays.BooleanArray(values, mask)
            case "Float32" | "Float64":
                return pd.arrays.FloatingArray(values, mask)
            case _:
                return pd.arrays.IntegerArray(values, mask)


class Stamps:
    """timestamp and timestamptz; objects where one lies outside of Python's calendar."""

    def __init__(self, *, is_aware: bool) -> None:
        self._is_aware = is_aware

    def take(self, field: Field) -> tuple[Array, Array, Array]:
        """Microseconds as they came, the mask, and what has no place."""
        raw = field.read(">i8")
        # The ends of the 64 bits are PostgreSQL's infinities, and would overflow here.
        shift = np.clip(raw, -(2**62), 2**62) + EPOCH_US
        outside = ((shift < _FIRST_US) | (shift >= _END_US)) & ~field.missing
        return raw, field.missing, outside

    def finish(self, parts: Sequence[tuple[Array, Array, Array]], exact: Exact) -> Any:  # noqa: ANN401
        """datetime64[us], in UTC when aware."""
        raw = _joined([part[0] for part in parts], np.dtype(np.int64))
        missing = _joined([part[1] for part in parts], np.dtype(bool))
        if any(part[2].any() for part in parts):
            return objects(exact.settle(exact.load(packed(raw, missing))))
        found = (raw + np.int64(EPOCH_US)).view("datetime64[us]")
        found[missing] = np.datetime64("NaT")
        index = pd.DatetimeIndex(found)
        return index.tz_localize("UTC").array if self._is_aware else index.array


class Days:
    """date, as Python's date: pandas has no dtype for a day."""

    def take(self, field: Field) -> tuple[Array, Array]:
        """Days as they came, and the mask."""
        return field.read(">i4"), field.missing

    def finish(self, parts: Sequence[tuple[Array, Array]], exact: Exact) -> Any:  # noqa: ANN401
        """Objects."""
        raw = _joined([part[0] for part in parts], np.dtype(np.int32))
        missing = _joined([part[1] for part in parts], np.dtype(bool))
        days = raw.astype(np.int64) + EPOCH_DAYS
        outside = (days < _FIRST_US // DAY_US) | (days >= _END_US // DAY_US)
        found = _dates(np.where(outside | missing, 0, days))
        found[missing] = None
        places = np.flatnonzero(outside & ~missing)
        texts = exact.settle(exact.load(packed(raw[places], np.zeros(len(places), bool))))
        for at, value in zip(places.tolist(), texts, strict=True):
            found[at] = value
        return found


def _dates(days: Array) -> Array:
    """Days from 1970 as dates; of a span shorter than the column each day is made once."""
    first, last = (int(days.min()), int(days.max())) if len(days) else (0, 0)
    if last - first >= len(days):
        return days.astype("datetime64[D]").astype(object)
    every = np.arange(first, last + 1).astype("datetime64[D]").astype(object)
    found: Array = every[days - first]
    return found


class Durations:
    """interval: timedelta64, or objects where one has months."""

    def take(self, field: Field) -> tuple[Array, Array, Array, Array]:
        """Microseconds, days, months and the mask."""
        days, months = field.read(">i4", 8), field.read(">i4", 12)
        return field.read(">i8"), days, months, field.missing

    def finish(self, parts: Sequence[tuple[Array, ...]], exact: Exact) -> Any:  # noqa: ANN401
        """timedelta64[us], or objects."""
        kinds = (np.int64, np.int32, np.int32, bool)
        micros, days, months, missing = (
            _joined([part[at] for part in parts], np.dtype(kind)) for at, kind in enumerate(kinds)
        )
        wide = (months != 0) | (np.abs(days) > _MOST_DAYS) | (np.abs(micros // 2) > 2**60)
        if bool((wide & ~missing).any()):
            return objects(
                exact.settle(exact.load(_packed_intervals(micros, days, months, missing)))
            )
        found = (micros + days * np.int64(DAY_US)).view("timedelta64[us]")
        found[missing] = np.timedelta64("NaT")
        return pd.TimedeltaIndex(found).array


def _packed_intervals(
    micros: Array, days: Array, months: Array, missing: Array
) -> list[bytes | None]:
    rows = np.empty(len(micros), dtype=[("us", ">i8"), ("days", ">i4"), ("months", ">i4")])
    rows["us"], rows["days"], rows["months"] = micros, days, months
    data = rows.tobytes()
    return [None if none else data[at * 16 : at * 16 + 16] for at, none in enumerate(missing)]


class Texts:
    """Every type whose value is its text."""

    def take(self, field: Field) -> Any:  # noqa: ANN401 - an Arrow array or a list
        """An Arrow array, or strings."""
        return arrow_texts(field) if uses_arrow() else strings(field)

    def finish(self, parts: Sequence[Any], exact: Exact) -> Any:  # noqa: ANN401, ARG002
        """Pandas' string array."""
        if not uses_arrow():
            return pd.array([text for part in parts for text in part], dtype="string")
        import pyarrow as pa

        chunks = pa.chunked_array(parts, type=pa.large_string())
        return pd.StringDtype("pyarrow").__from_arrow__(chunks)


class Labels:
    """An enum: a code for each value, in the order of the type's labels."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        self._labels = labels
        self._codes: dict[bytes | None, int] = {x.encode(): at for at, x in enumerate(labels)}
        self._codes[None] = -1

    def take(self, field: Field) -> Array:
        """The codes; -1 where NULL."""
        codes = self._codes
        # A label that was added since the labels were read is a KeyError, never a NULL.
        return np.array([codes[raw] for raw in field.raw()], dtype=np.int32)

    def finish(self, parts: Sequence[Array], exact: Exact) -> Any:  # noqa: ANN401, ARG002
        """An ordered categorical."""
        codes = _joined(parts, np.dtype(np.int32))
        return pd.Categorical.from_codes(codes, categories=list(self._labels), ordered=True)


class Values:
    """Python objects, each made from the bytes of its value."""

    def __init__(self, make: Callable[[Field], list[Any]]) -> None:
        self._make = make

    def take(self, field: Field) -> list[Any]:
        """The objects."""
        return self._make(field)

    def finish(self, parts: Sequence[list[Any]], exact: Exact) -> Any:  # noqa: ANN401, ARG002
        """An array of objects."""
        return _objects(parts)


class Others:
    """A type without a way of its own: psycopg's loader, and the server where that cannot."""

    def __init__(self, exact: Exact) -> None:
        self._exact = exact

    def take(self, field: Field) -> list[Any]:
        """What can be loaded without the server."""
        return self._exact.load(field.raw())

    def finish(self, parts: Sequence[list[Any]], exact: Exact) -> Any:  # noqa: ANN401
        """An array of objects."""
        return _objects([exact.settle(part) for part in parts])


class SpelledTexts(Others):
    """A text whose binary form is another than itself: ``"char"``."""

    def finish(self, parts: Sequence[list[Any]], exact: Exact) -> Any:  # noqa: ANN401
        """Pandas' string array."""
        return pd.array(super().finish(parts, exact), dtype="string")


def json_values(skip: int) -> Callable[[Field], list[Any]]:
    """Of json (0) and jsonb (1 byte of version before the text)."""

    def make(field: Field) -> list[Any]:
        loads = json.loads
        return [None if raw is None else loads(raw) for raw in field.raw(skip)]

    return make


def raw_values(field: Field) -> list[Any]:
    """Of bytea."""
    return list(field.raw())


_set_int = uuid.UUID.int.__set__  # type: ignore[attr-defined, misc]  # a slot, not the property typeshed says
_set_safe = uuid.UUID.is_safe.__set__  # type: ignore[attr-defined, misc]


def uuid_values(field: Field) -> list[Any]:
    """Of uuid: what ``uuid.UUID(int=...)`` does, without its checks, for a whole column at once."""
    # Big-endian is what int.from_bytes takes by itself.
    numbers = map(int.from_bytes, field.read("V16").tolist())
    found = list(map(object.__new__, repeat(uuid.UUID, len(field))))
    deque(map(_set_int, found, numbers), maxlen=0)
    deque(map(_set_safe, found, repeat(uuid.SafeUUID.unknown)), maxlen=0)
    for at in np.flatnonzero(field.missing).tolist():
        found[at] = None  # type: ignore[call-overload]
    return found


def numeric_values(field: Field) -> list[Any]:
    """Of numeric."""
    return list(decimals(field))


def packed(numbers: Array, missing: Array) -> list[bytes | None]:
    """Numbers as the server sends them."""
    data = numbers.astype(numbers.dtype.newbyteorder(">")).tobytes()
    size = numbers.dtype.itemsize
    return [None if none else data[at * size : (at + 1) * size] for at, none in enumerate(missing)]


def uses_arrow() -> bool:
    """Whether pandas keeps its strings in Arrow, as it does by itself when pyarrow is there."""
    return HAS_ARROW and pd.StringDtype().storage == "pyarrow"


def _joined(parts: Sequence[Array], dtype: np.dtype[Any]) -> Array:
    if not parts:
        return np.empty(0, dtype)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _objects(parts: Sequence[list[Any]]) -> Array:
    # One by one, so that a list stays an object and does not become a row of numbers.
    return np.fromiter(chain.from_iterable(parts), object, sum(map(len, parts)))

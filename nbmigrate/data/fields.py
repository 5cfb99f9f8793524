"""One column of a chunk: where its values are, and how they are read without a loop in Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from nbmigrate.data.wire import RUN_BYTES, Chunk
from nbmigrate.errors import ExecutionError

Array = np.ndarray[Any, Any]


class Field:
    """The values of one column in one chunk. ``sizes`` is -1 where there is NULL."""

    def __init__(self, data: bytes, starts: Array, sizes: Array) -> None:
        self.data = data
        self.starts = starts
        self.sizes = sizes
        self.missing: Array = sizes < 0
        self.has_missing = bool(self.missing.any())

    def __len__(self) -> int:
        return len(self.starts)

    def read(self, dtype: str, offset: int = 0) -> Array:
        """A number of fixed width from each value, in the machine's byte order."""
        found = _at(self.data, dtype, self.starts + offset if offset else self.starts)
        return found.astype(found.dtype.newbyteorder("="))

    def records(self, dtype: np.dtype[Any], offset: int = 0) -> Array:
        """Several numbers from each value with one look at each; as they came."""
        found = _at(self.data, f"V{dtype.itemsize}", self.starts + offset)
        return found.view(dtype)

    def raw(self, skip: int = 0) -> Iterator[bytes | None]:
        """The bytes of each value, without the first ``skip``."""
        data = self.data
        ends = (self.starts + self.sizes).tolist()
        starts = (self.starts + skip).tolist()
        if not self.has_missing:
            return (data[a:b] for a, b in zip(starts, ends, strict=True))
        missing = self.missing.tolist()
        return (
            None if none else data[a:b] for a, b, none in zip(starts, ends, missing, strict=True)
        )

    def one(self, at: int) -> bytes:
        """The bytes of one value."""
        start = int(self.starts[at])
        return self.data[start : start + int(self.sizes[at])]


class _Cells(Field):
    """A column of one width without NULL: its values stand in records, at one place of each."""

    def __init__(self, data: bytes, starts: Array, sizes: Array, cells: Array, place: int) -> None:
        super().__init__(data, starts, sizes)
        self._cells = cells
        self._place = place

    def read(self, dtype: str, offset: int = 0) -> Array:
        found = _within(self._cells, dtype, self._place + offset)
        return found.astype(found.dtype.newbyteorder("="))


def split(chunk: Chunk, widths: Sequence[int]) -> Iterator[Field]:
    """The fields of the rows, column by column (PostgreSQL docs, COPY, "Tuples").

    ``widths`` has a number for each column: the bytes of each of its values, 0 where they differ.

    Raises:
        ExecutionError: the data is not what the format says; nothing is guessed of it.
    """
    columns = len(widths)
    if len(chunk) and not bool((_at(chunk.data, ">i2", chunk.starts) == columns).all()):
        raise ExecutionError(f"the server sent rows that have not {columns} columns")
    at, done = chunk.starts + 2, 0
    while done < columns:
        for field in _run(chunk.data, at, widths[done:]):
            yield field
            at = field.starts + np.maximum(field.sizes, 0)
            done += 1
    if len(chunk) > 1 and not bool((at[:-1] == chunk.starts[1:]).all()):
        raise ExecutionError("the server sent rows that do not end where the next one begins")


def _run(data: bytes, at: Array, widths: Sequence[int]) -> Iterator[Field]:
    """Columns of fixed width with one look at each row; the first that is none, or has NULL, ends it."""
    total = 0
    for width in widths:
        if not width or total + 4 + width > RUN_BYTES:
            break
        total += 4 + width
    cells = _at(data, f"V{total}", at) if total else at
    place = 0
    for width in widths:
        is_fixed = place < total and bool((_within(cells, ">i4", place) == width).all())
        if not is_fixed:
            sizes = _at(data, ">i4", at + place).astype(np.int64)
            yield Field(data, at + (place + 4), sizes)
            return
        sizes = np.broadcast_to(np.int64(width), at.shape)
        yield _Cells(data, at + (place + 4), sizes, cells, place + 4)
        place += 4 + width


def _within(cells: Array, dtype: str, place: int) -> Array:
    """The numbers at one place of each record."""
    return np.ndarray(cells.shape, np.dtype(dtype), cells, place, (cells.itemsize,))


def _at(data: bytes, dtype: str, places: Array) -> Array:
    """The numbers that begin at these bytes: a view of one number per byte, taken by place."""
    kind = np.dtype(dtype)
    view: Array = np.ndarray((len(data) - kind.itemsize + 1,), kind, data, strides=(1,))
    return view[places]

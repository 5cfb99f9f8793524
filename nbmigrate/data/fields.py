"""One column of a chunk: where its values are, and how they are read without a loop in Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nbmigrate.data.wire import Chunk
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


def split(chunk: Chunk, columns: int) -> Iterator[Field]:
    """The fields of the rows, column by column (PostgreSQL docs, COPY, "Tuples").

    Raises:
        ExecutionError: the data is not what the format says; nothing is guessed of it.
    """
    if len(chunk) and not bool((_at(chunk.data, ">i2", chunk.starts) == columns).all()):
        raise ExecutionError(f"the server sent rows that have not {columns} columns")
    at = chunk.starts + 2
    for _ in range(columns):
        sizes = _at(chunk.data, ">i4", at).astype(np.int64)
        yield Field(chunk.data, at + 4, sizes)
        at = at + 4 + np.maximum(sizes, 0)
    if len(chunk) > 1 and not bool((at[:-1] == chunk.starts[1:]).all()):
        raise ExecutionError("the server sent rows that do not end where the next one begins")


def _at(data: bytes, dtype: str, places: Array) -> Array:
    """The numbers that begin at these bytes: a view of one number per byte, taken by place."""
    kind = np.dtype(dtype)
    view: Array = np.ndarray((len(data) - kind.itemsize + 1,), kind, data, strides=(1,))
    return view[places]

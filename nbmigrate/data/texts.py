"""Texts of a column: one Arrow array where pyarrow is installed, otherwise Python's strings."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np

from nbmigrate.data.fields import Field

HAS_ARROW = find_spec("pyarrow") is not None

#: Bytes of a text that stand in the view itself (Arrow columnar format, "Variable-size Binary View").
_INLINE = 12
#: For each length up to 12, what of three 4-byte words belongs to the text.
_MASKS = np.frombuffer(
    b"".join((b"\xff" * size).ljust(_INLINE, b"\0") for size in range(_INLINE + 1)), "<u4"
).reshape(_INLINE + 1, 3)
_WORDS = np.dtype([("a", "<u4"), ("b", "<u4"), ("c", "<u4")])
_VIEW = np.dtype([("size", "<i4"), ("a", "<u4"), ("b", "<u4"), ("c", "<u4")])


def strings(field: Field, skip: int = 0) -> list[str | None]:
    """Python's strings; ``skip`` bytes stand before each text."""
    return [None if raw is None else raw.decode() for raw in field.raw(skip)]


def arrow_texts(field: Field, skip: int = 0, *, is_binary: bool = False) -> Any:  # noqa: ANN401 - a pyarrow array
    """The texts (or bytes) as an Arrow array, made of views into what the server sent."""
    import pyarrow as pa

    validity = None
    if field.has_missing:
        validity = pa.array(~field.missing).buffers()[1]
    view = pa.Array.from_buffers(
        pa.binary_view() if is_binary else pa.string_view(),
        len(field),
        [validity, pa.py_buffer(_views(field, skip)), pa.py_buffer(field.data)],
    )
    return view.cast(pa.large_binary() if is_binary else pa.large_string())


def _views(field: Field, skip: int) -> np.ndarray[Any, Any]:
    sizes = np.where(field.missing, 0, field.sizes - skip)
    kept = _MASKS[np.minimum(sizes, _INLINE)]
    is_long = sizes > _INLINE
    views = np.zeros(len(field), dtype=_VIEW)
    views["size"] = sizes
    words = field.records(_WORDS, skip)
    views["a"] = words["a"] & kept[:, 0]
    # A long one has four bytes here, then the number of the buffer (0) and its place there.
    views["b"] = np.where(is_long, 0, words["b"] & kept[:, 1])
    views["c"] = np.where(is_long, field.starts + skip, words["c"] & kept[:, 2])
    return views

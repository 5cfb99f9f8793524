"""The rows of a DataFrame of any kind as tuples, made only when somebody looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from nbmigrate.display import Block, Heading, Text
from nbmigrate.results.result import Record, Result

Row = tuple[object, ...]


class FrameRows(Sequence[Row]):
    """A sequence over a frame of pandas, Arrow or polars; NULL is None in each."""

    def __init__(self, frame: Any) -> None:  # noqa: ANN401 - any of the three
        self._frame = frame

    def __len__(self) -> int:
        return len(self._frame)

    @overload
    def __getitem__(self, at: int) -> Row: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Row]: ...

    def __getitem__(self, at: int | slice) -> Row | Sequence[Row]:
        if isinstance(at, slice):
            start, stop, step = at.indices(len(self))
            return list(_tuples(_part(self._frame, start, stop)))[::step]
        place = range(len(self))[at]
        return next(_tuples(_part(self._frame, place, place + 1)))

    def __iter__(self) -> Iterator[Row]:
        return _tuples(self._frame)

    def __eq__(self, other: object) -> bool:
        """Equal to any sequence of the same rows, as the tuple is that short results have."""
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment] # a frame can change


def _part(frame: Any, start: int, stop: int) -> Any:  # noqa: ANN401 - any of the three
    if hasattr(frame, "iloc"):
        return frame.iloc[start:stop]
    return frame.slice(start, max(stop - start, 0))


def _tuples(frame: Any) -> Iterator[Row]:  # noqa: ANN401 - any of the three
    if hasattr(frame, "itertuples"):
        return (tuple(map(_value, row)) for row in frame.itertuples(index=False, name=None))
    if hasattr(frame, "iter_rows"):
        return iter(frame.iter_rows())
    return zip(*(column.to_pylist() for column in frame.columns), strict=True)


def _value(value: Any) -> object:  # noqa: ANN401 - whatever pandas holds
    """A value of Python, as the rows that come as text have them."""
    kind = type(value)
    if kind.__name__ in {"NAType", "NaTType"}:
        return None
    return value.item() if kind.__module__ == "numpy" and hasattr(value, "item") else value


@dataclass(frozen=True, repr=False)
class StreamResult(Result):
    """What is read only when it is asked for: an iterator of frames, or a Dask DataFrame."""

    name: str
    frames: Any
    how: str
    closes: Callable[[], None]

    def close(self) -> None:
        """End what is held open for the rows that were not read."""
        self.closes()

    def blocks(self) -> tuple[Block, ...]:
        """How to get at the rows."""
        return (Heading(self.name), Text(self.how))

    def to_frame(self) -> Any:  # noqa: ANN401 - an iterator of frames, or a Dask DataFrame
        """What ``>> name`` puts into the variable."""
        return self.frames

    @property
    def frame(self) -> Any:  # noqa: ANN401 - as to_frame
        """The same."""
        return self.frames

    def records(self) -> list[Record]:
        """None: nothing was read yet."""
        return []

    def as_dict(self) -> Record:
        """The name and how to get at the rows."""
        return {"name": self.name, "how": self.how}

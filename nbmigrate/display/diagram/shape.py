"""What a diagram is made of, and how large its boxes are."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from nbmigrate.display.safe import one_line, shorten, width

#: How much of a box is drawn: all rows, those that are in a key, or its heading alone.
Detail = Literal["columns", "keys", "names"]

CHARACTER, ROW, HEAD, EDGE = 7.3, 20, 26, 8
_LONGEST_NAME, _LONGEST_TYPE = 40, 28


@dataclass(frozen=True)
class Row:
    """A line of a box. ``mark`` is ``PK``, ``FK``, ``UQ`` or several of them."""

    name: str
    type: str
    mark: str = ""

    @property
    def label(self) -> str:
        """The name as it is drawn."""
        return shorten(one_line(self.name), _LONGEST_NAME)

    @property
    def note(self) -> str:
        """Type and mark as they are drawn."""
        return f"{shorten(one_line(self.type), _LONGEST_TYPE)} {self.mark}".strip()


@dataclass(frozen=True)
class Box:
    """A box with its rows; ``key`` tells it from the others."""

    key: str
    title: str
    rows: tuple[Row, ...]

    @property
    def label(self) -> str:
        """The title as it is drawn."""
        return shorten(one_line(self.title), _LONGEST_NAME + _LONGEST_TYPE)


@dataclass(frozen=True)
class Link:
    """A reference. ``is_optional``: a row may refer to none; ``is_single``: at most one refers."""

    child: str
    child_rows: tuple[str, ...]
    parent: str
    parent_rows: tuple[str, ...]
    label: str = ""
    is_optional: bool = False
    is_single: bool = False


@dataclass(frozen=True)
class Diagram:
    """Boxes and the links between them."""

    boxes: tuple[Box, ...]
    links: tuple[Link, ...]

    @cached_property
    def neighbours(self) -> Mapping[str, tuple[str, ...]]:
        """Which boxes a box is linked with, itself left out."""
        found: dict[str, dict[str, None]] = {box.key: {} for box in self.boxes}
        for link in self.links:
            if link.child != link.parent:
                found[link.child][link.parent] = None
                found[link.parent][link.child] = None
        return {key: tuple(near) for key, near in found.items()}

    def around(self, key: str, hops: int) -> Diagram:
        """The box, and what is at most ``hops`` links away from it."""
        known, waiting = {key: 0}, deque([key])
        while waiting:
            here = waiting.popleft()
            for near in self.neighbours[here] if known[here] < hops else ():
                if near not in known:
                    known[near] = known[here] + 1
                    waiting.append(near)
        return self.only(known)

    def only(self, keys: Mapping[str, object] | frozenset[str]) -> Diagram:
        """These boxes, and the links between them."""
        boxes = tuple(box for box in self.boxes if box.key in keys)
        links = tuple(one for one in self.links if one.child in keys and one.parent in keys)
        return Diagram(boxes, links)


def shown_rows(box: Box, detail: Detail) -> tuple[Row, ...]:
    """The rows that are drawn."""
    match detail:
        case "columns":
            return box.rows
        case "keys":
            return tuple(row for row in box.rows if row.mark)
        case "names":
            return ()


def width_of(box: Box, detail: Detail) -> int:
    """The width of a box in pixels."""
    lines = [width(f"{row.label}   {row.note}") for row in shown_rows(box, detail)]
    return round(max(width(box.label) + 2, *lines, 8) * CHARACTER) + 2 * EDGE


def height_of(box: Box, detail: Detail) -> int:
    """The height of a box in pixels."""
    return HEAD + ROW * len(shown_rows(box, detail))

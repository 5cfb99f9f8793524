"""The lines of the links: from the row that refers to the row that is referred to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from nbmigrate.display.diagram.layout import Place
from nbmigrate.display.diagram.shape import HEAD, ROW, Box, Detail, Diagram, Link, shown_rows

_BEND, _LOOP, _FOOT, _REACH = 36, 30, 9, 5


class Route(NamedTuple):
    """A link with its line and the signs at its ends, as paths of SVG."""

    link: Link
    line: str
    ends: str


def routes(diagram: Diagram, places: Mapping[str, Place], detail: Detail) -> Iterator[Route]:
    """The lines of all links."""
    boxes = {box.key: box for box in diagram.boxes}
    for link in diagram.links:
        child, parent = places[link.child], places[link.parent]
        start = child.y + _height(boxes[link.child], link.child_rows, detail)
        end = parent.y + _height(boxes[link.parent], link.parent_rows, detail)
        yield _route(link, child, parent, start, end)


def _route(link: Link, child: Place, parent: Place, start: int, end: int) -> Route:
    if child.x >= parent.x + parent.width:
        x1, way1, x2, way2 = child.x, -1, parent.x + parent.width, 1
    elif child.x + child.width <= parent.x:
        x1, way1, x2, way2 = child.x + child.width, 1, parent.x, -1
    else:  # one above the other, or a box that refers to itself: around the right side
        x1, way1, x2, way2 = child.x + child.width, 1, parent.x + parent.width, 1
        start, end = (start, end - 7) if start == end else (start, end)
    bend = _LOOP if way1 == way2 else max(_BEND, abs(x2 - x1) // 2)
    line = f"M{x1},{start} C{x1 + way1 * bend},{start} {x2 + way2 * bend},{end} {x2},{end}"
    return Route(link, line, _child_end(link, x1, start, way1) + _parent_end(link, x2, end, way2))


def _child_end(link: Link, x: int, y: int, way: int) -> str:
    """A crow's foot for many, a bar for one at most."""
    if link.is_single:
        return f"M{x + way * _FOOT},{y - _REACH} v{2 * _REACH}"
    return f"M{x},{y - _REACH} L{x + way * _FOOT},{y} L{x},{y + _REACH}"


def _parent_end(link: Link, x: int, y: int, way: int) -> str:
    """A bar for one, a ring for one or none."""
    if not link.is_optional:
        return f"M{x + way * _REACH},{y - _REACH} v{2 * _REACH}"
    return f"M{x + way * 2},{y} a4,4 0 1,0 {way * 8},0 a4,4 0 1,0 {-way * 8},0"


def _height(box: Box, names: tuple[str, ...], detail: Detail) -> int:
    """The middle of the first of the rows; of the heading where the row is not drawn."""
    for number, row in enumerate(shown_rows(box, detail)):
        if row.name in names[:1]:
            return HEAD + ROW * number + ROW // 2
    return HEAD // 2

"""Where the boxes of a diagram stand: in layers along the links, with few crossings.

The method is Sugiyama's (K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual Understanding of
Hierarchical System Structures", 1981): break the cycles, give each box a layer, order the layers by
barycentres. A layer that would be too tall stands in several columns.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from nbmigrate.display.diagram.shape import Detail, Diagram, height_of, width_of

_GAP_X, _GAP_Y, _MARGIN = 80, 22, 16
_BETWEEN = 28
_SWEEPS = 8

Columns = list[list[str]]


class Place(NamedTuple):
    """The rectangle of a box."""

    x: int
    y: int
    width: int
    height: int


Sizes = Mapping[str, tuple[int, int]]


def place(diagram: Diagram, detail: Detail) -> dict[str, Place]:
    """The rectangle of every box, by its key. What refers stands to the right of what it needs."""
    sizes = {b.key: (width_of(b, detail), height_of(b, detail)) for b in diagram.boxes}
    near = diagram.neighbours
    linked = [box.key for box in diagram.boxes if near[box.key]]
    lone = [box.key for box in diagram.boxes if not near[box.key]]
    layers = _ordered(_layers(linked, _needs(diagram)), near)
    tallest = _tallest(sizes)
    placed = _columns(layers, sizes, near, tallest)
    top = max((p.y + p.height for p in placed.values()), default=_MARGIN - _GAP_Y) + _GAP_Y
    right = max((p.x + p.width for p in placed.values()), default=0)
    return placed | _rows(lone, sizes, top, max(right, round(tallest * 1.4)))


def _tallest(sizes: Sizes) -> int:
    """How tall a column may be, so that the whole is about as wide as a screen."""
    area = sum((wide + _GAP_X) * (tall + _GAP_Y) for wide, tall in sizes.values())
    return max(600, round(math.sqrt(area / 1.5)))


def _needs(diagram: Diagram) -> dict[str, list[str]]:
    """What each box refers to, itself left out."""
    found: dict[str, dict[str, None]] = {box.key: {} for box in diagram.boxes}
    for link in diagram.links:
        if link.child != link.parent:
            found[link.child][link.parent] = None
    return {key: list(needed) for key, needed in found.items()}


def _layers(keys: Sequence[str], needs: Mapping[str, Sequence[str]]) -> Columns:
    """Each box behind all that it needs; a link that would close a circle is passed over."""
    rank: dict[str, int] = {}
    for key in keys:
        if key not in rank:
            _walk(key, needs, rank)
    layers: Columns = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    for key in keys:
        layers[rank[key]].append(key)
    return layers


def _walk(start: str, needs: Mapping[str, Sequence[str]], rank: dict[str, int]) -> None:
    """Rank a box and all that it needs, depth first and without recursion."""
    under_way = {start: 0}
    stack: list[tuple[str, Iterator[str]]] = [(start, iter(needs[start]))]
    while stack:
        key, left = stack[-1]
        following = next(left, None)
        if following is None:
            stack.pop()
            rank[key] = under_way.pop(key)
            if stack:
                above = stack[-1][0]
                under_way[above] = max(under_way[above], rank[key] + 1)
        elif following in rank:
            under_way[key] = max(under_way[key], rank[following] + 1)
        elif following not in under_way:
            under_way[following] = 0
            stack.append((following, iter(needs[following])))


def _ordered(layers: Columns, near: Mapping[str, Sequence[str]]) -> Columns:
    """The layers, each in the order of where its neighbours stand: to and fro, several times."""
    at = {key: number / len(layer) for layer in layers for number, key in enumerate(layer)}

    def barycentre(key: str) -> tuple[float, str]:
        return sum(at[other] for other in near[key]) / len(near[key]), key

    for sweep in range(_SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            layer.sort(key=barycentre)
            at.update((key, number / len(layer)) for number, key in enumerate(layer))
    return layers


def _columns(
    layers: Columns, sizes: Sizes, near: Mapping[str, Sequence[str]], tallest: int
) -> dict[str, Place]:
    """The layers from left to right."""
    placed: dict[str, Place] = {}
    x = _MARGIN
    for layer in layers:
        for number, column in enumerate(_cut(layer, sizes, tallest)):
            x += _BETWEEN if number else 0
            wide = max(sizes[key][0] for key in column)
            for key, y in _stacked(column, sizes, near, placed):
                placed[key] = Place(x, y, *sizes[key])
            x += wide
        x += _GAP_X
    top = min((p.y for p in placed.values()), default=_MARGIN)
    return {key: p._replace(y=p.y - top + _MARGIN) for key, p in placed.items()}


def _cut(layer: Sequence[str], sizes: Sizes, tallest: int) -> Columns:
    """The layer in as many columns as it needs, of about the same height."""
    whole = sum(sizes[key][1] + _GAP_Y for key in layer)
    part = whole / math.ceil(whole / tallest)
    columns: Columns = [[]]
    filled = 0.0
    for key in layer:
        tall = sizes[key][1] + _GAP_Y
        if columns[-1] and filled + tall / 2 > part:
            columns.append([])
            filled = 0
        columns[-1].append(key)
        filled += tall
    return columns


def _stacked(
    column: Sequence[str],
    sizes: Sizes,
    near: Mapping[str, Sequence[str]],
    placed: Mapping[str, Place],
) -> list[tuple[str, int]]:
    """The tops of the boxes of a column: near the middle of what they need, none on another."""
    wanted = []
    for key in column:
        middles = [placed[n].y + placed[n].height / 2 for n in near[key] if n in placed]
        middle = sum(middles) / len(middles) if middles else None
        wanted.append(None if middle is None else middle - sizes[key][1] / 2)
    tops: list[float] = []
    free = -math.inf
    for key, want in zip(column, wanted, strict=True):
        top = max(free, want) if want is not None else max(free, 0.0)
        tops.append(top)
        free = top + sizes[key][1] + _GAP_Y
    asked = [(top, want) for top, want in zip(tops, wanted, strict=True) if want is not None]
    shift = sum(top - want for top, want in asked) / len(asked) if asked else 0
    return [(key, round(top - shift)) for key, top in zip(column, tops, strict=True)]


def _rows(keys: Sequence[str], sizes: Sizes, top: int, wide: int) -> dict[str, Place]:
    """Boxes without links, in rows as on a page."""
    placed: dict[str, Place] = {}
    x, y, tall = _MARGIN, top, 0
    for key in keys:
        if x > _MARGIN and x + sizes[key][0] > wide:
            x, y, tall = _MARGIN, y + tall + _GAP_Y, 0
        placed[key] = Place(x, y, *sizes[key])
        x, tall = x + sizes[key][0] + _BETWEEN, max(tall, sizes[key][1])
    return placed

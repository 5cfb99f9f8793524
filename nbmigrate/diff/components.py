"""Strongly connected components: what speaks of each other belongs together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Generic, TypeVar

Node = TypeVar("Node", bound=Hashable)


def components(
    nodes: Iterable[Node], neighbours: Callable[[Node], Iterable[Node]]
) -> Iterator[tuple[Node, ...]]:
    """The components that the nodes can reach, each behind all that it leads to.

    Tarjan's algorithm (SIAM J. Comput. 1, 1972), with a stack of its own instead of calls, since
    chains of views may be longer than Python's.
    """
    walk = _Walk(neighbours)
    for node in nodes:
        yield from walk.components_from(node)


class _Walk(Generic[Node]):
    """A walk in depth: when each node was entered, and which ones are not in a component yet."""

    def __init__(self, neighbours: Callable[[Node], Iterable[Node]]) -> None:
        self._neighbours = neighbours
        self._order: dict[Node, int] = {}
        self._lowest: dict[Node, int] = {}
        self._open: list[Node] = []
        self._is_open: set[Node] = set()
        self._path: list[tuple[Node, Iterator[Node]]] = []

    def components_from(self, root: Node) -> Iterator[tuple[Node, ...]]:
        """The components that are complete once everything behind ``root`` was seen."""
        if root not in self._order:
            self._enter(root)
        while self._path:
            node, rest = self._path[-1]
            if (unseen := self._next(node, rest)) is not None:
                self._enter(unseen)
                continue
            self._path.pop()
            if self._path:
                self._lower(self._path[-1][0], self._lowest[node])
            if self._lowest[node] == self._order[node]:
                yield self._close(node)

    def _enter(self, node: Node) -> None:
        self._order[node] = self._lowest[node] = len(self._order)
        self._open.append(node)
        self._is_open.add(node)
        self._path.append((node, iter(self._neighbours(node))))

    def _next(self, node: Node, rest: Iterator[Node]) -> Node | None:
        for other in rest:
            if other not in self._order:
                return other
            if other in self._is_open:
                self._lower(node, self._order[other])
        return None

    def _lower(self, node: Node, to: int) -> None:
        self._lowest[node] = min(self._lowest[node], to)

    def _close(self, node: Node) -> tuple[Node, ...]:
        """The component that ``node`` was the first of."""
        found: list[Node] = []
        while not found or found[-1] != node:
            found.append(self._open.pop())
        self._is_open.difference_update(found)
        return tuple(found)

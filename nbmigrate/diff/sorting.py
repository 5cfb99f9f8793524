"""Putting things behind what they need, in near-linear time: no recursion, no meeting of all pairs.

Nodes are numbers; ``after[n]`` are those that must come before ``n``. The number is also the
order that holds where nothing else is said.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

Graph = Sequence[AbstractSet[int]]


def in_order(hard: Graph, soft: Graph) -> Iterator[int]:
    """The nodes, each behind what it needs.

    In a circle the soft needs are given up; where the hard ones alone make a circle, those
    that go against the order of the numbers.
    """
    both = [a | b for a, b in zip(hard, soft, strict=True)]
    ring = rings(both)
    graph = [
        needs | {n for n in soft[node] if ring[n] != ring[node]} for node, needs in enumerate(hard)
    ]
    ring = rings(graph)
    graph = [
        {n for n in needs if ring[n] != ring[node] or n < node} for node, needs in enumerate(graph)
    ]
    return _smallest_first(graph)


def _smallest_first(graph: Graph) -> Iterator[int]:
    """The nodes of a graph without circles; among those that can come, the smallest."""
    behind: list[list[int]] = [[] for _ in graph]
    missing = [len(needs) for needs in graph]
    for node, needs in enumerate(graph):
        for need in needs:
            behind[need].append(node)
    ready = [node for node, count in enumerate(missing) if not count]
    while ready:
        node = heapq.heappop(ready)
        yield node
        for follower in behind[node]:
            missing[follower] -= 1
            if not missing[follower]:
                heapq.heappush(ready, follower)


def rings(graph: Graph) -> list[int]:
    """For each node a number that it shares with those it is in a circle with."""
    search = _Search(graph)
    for node in range(len(graph)):
        search.visit(node)
    return search.ring


class _Search:
    """Tarjan's search for strongly connected components, with a stack of its own."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._seen: dict[int, int] = {}
        self._low: dict[int, int] = {}
        self._open: list[int] = []
        self.ring = [-1] * len(graph)

    def visit(self, root: int) -> None:
        """See everything that can be reached from the node."""
        work = self._enter(root) if root not in self._seen else []
        while work:
            node, needs = work[-1]
            need = next(needs, None)
            if need is None:
                work.pop()
                self._leave(node)
                if work:
                    above = work[-1][0]
                    self._low[above] = min(self._low[above], self._low[node])
            elif need not in self._seen:
                work += self._enter(need)
            elif self.ring[need] < 0:
                self._low[node] = min(self._low[node], self._seen[need])

    def _enter(self, node: int) -> list[tuple[int, Iterator[int]]]:
        self._seen[node] = self._low[node] = len(self._seen)
        self._open.append(node)
        return [(node, iter(self._graph[node]))]

    def _leave(self, node: int) -> None:
        if self._low[node] != self._seen[node]:
            return
        while self.ring[node] < 0:
            self.ring[self._open.pop()] = node


def pulled(order: Sequence[int], first: Graph) -> Iterator[int]:
    """The nodes of ``order``; in front of each those that must go before it, wherever they were."""
    done: set[int] = set()
    for start in order:
        work = [(start, False)]
        while work:
            node, is_ready = work.pop()
            if is_ready:
                yield node
            elif node not in done:
                done.add(node)
                work.append((node, True))
                work.extend((n, False) for n in sorted(first[node], reverse=True))

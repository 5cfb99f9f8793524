"""Differences between the statistics objects of one table or materialized view."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nbmigrate.diff.comments import without_comment
from nbmigrate.diff.match import match
from nbmigrate.model import Statistics
from nbmigrate.operations import CreateStatistics, DropStatistics, Id, StatisticsOp


def diff_statistics(
    table: Id, old: Mapping[str, Statistics], new: Mapping[str, Statistics]
) -> Iterator[StatisticsOp]:
    """A changed one is dropped and created; so is one with another target."""
    found = match(old, new)
    changed = [(a, b) for a, b in found.changed if without_comment(a) != without_comment(b)]
    for statistics in (*found.removed, *(a for a, _ in changed)):
        yield DropStatistics(table=table, statistics=statistics)
    for statistics in (*(b for _, b in changed), *found.added):
        yield CreateStatistics(table=table, statistics=statistics)

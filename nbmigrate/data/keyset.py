"""Where a page begins: behind the values of a row, said so that an index finds it.

NULLs sort where PostgreSQL puts them: last, and first when descending (PostgreSQL docs, "Sorting
Rows").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from psycopg import sql

from nbmigrate.data.document import Document
from nbmigrate.data.filters import Condition, cast, identifier
from nbmigrate.data.relations import Column

Texts = tuple[str | None, ...]


class Place(Document, frozen=True, kw_only=True):
    """Where a row is: the values it is sorted by, or how many rows are before it."""

    values: Texts = ()
    skipped: int = 0


class Order(NamedTuple):
    """A column of the order, and its direction in this query."""

    column: Column
    descending: bool

    @property
    def name(self) -> sql.Composable:
        """The column, quoted."""
        return identifier(self.column.name)

    def spelled(self) -> sql.Composable:
        """As ORDER BY says it."""
        return sql.SQL("{} DESC" if self.descending else "{}").format(self.name)

    def behind(self, value: str | None) -> Condition:
        """Rows that come later than those with this value, by this column."""
        if value is None:
            return Condition(
                sql.SQL("{} IS NOT NULL" if self.descending else "false").format(self.name)
            )
        later = sql.SQL("{} < {}" if self.descending else "{} > {}").format(
            self.name, cast(self.column)
        )
        if self.column.nullable and not self.descending:
            later = sql.SQL("({} OR {} IS NULL)").format(later, self.name)
        return Condition(later, (value,))

    def same(self, value: str | None) -> Condition:
        """Rows with this value."""
        if value is None:
            return Condition(sql.SQL("{} IS NULL").format(self.name))
        return Condition(sql.SQL("{} = {}").format(self.name, cast(self.column)), (value,))


def ranges(order: list[Order], place: Place | None) -> list[list[Condition]]:
    """The rows that have a value in the first column, and those that have none, in their order.

    A condition such as ``a > 5 OR a IS NULL`` is no range of an index; each half of it is.
    """
    first = order[0]
    null = Condition(sql.SQL("{} IS NULL").format(first.name))
    some = Condition(sql.SQL("{} IS NOT NULL").format(first.name))
    if place is None:
        if not first.column.nullable:
            return [[]]
        return [[null], [some]] if first.descending else [[some], [null]]
    value, rest = place.values[0], list(zip(order[1:], place.values[1:], strict=True))
    if value is None:
        ranges = [[null, *_behind(rest)]]
        return [*ranges, [some]] if first.descending else ranges
    strict = first.behind(value)._replace(
        sql=sql.SQL("{} < {}" if first.descending else "{} > {}").format(
            first.name, cast(first.column)
        )
    )
    if not rest:
        ranges = [[strict]]
    else:
        bound = Condition(
            sql.SQL("{} <= {}" if first.descending else "{} >= {}").format(
                first.name, cast(first.column)
            ),
            (value,),
        )
        ranges = [[bound, _either(strict, together([first.same(value), *_behind(rest)]))]]
    ends_in_null = first.column.nullable and not first.descending
    return [*ranges, [null]] if ends_in_null else ranges


def _behind(rest: list[tuple[Order, str | None]]) -> list[Condition]:
    """Rows behind these values, by the columns that remain: later by one, the same before it."""
    if not rest:
        return [Condition(sql.SQL("false"))]
    same: list[Condition] = []
    either: list[Condition] = []
    for order, value in rest:
        either.append(together([*same, order.behind(value)]))
        same.append(order.same(value))
    joined = sql.SQL(" OR ").join([one.sql for one in either])
    return [Condition(sql.SQL("({})").format(joined), _values(either))]


def _either(one: Condition, other: Condition) -> Condition:
    return Condition(sql.SQL("({} OR {})").format(one.sql, other.sql), (*one.values, *other.values))


def together(parts: Sequence[Condition]) -> Condition:
    """The conditions in parentheses; all of them hold."""
    joined = sql.SQL(" AND ").join([part.sql for part in parts])
    return Condition(sql.SQL("({})").format(joined), _values(parts))


def _values(parts: Sequence[Condition]) -> tuple[object, ...]:
    return tuple(value for part in parts for value in part.values)

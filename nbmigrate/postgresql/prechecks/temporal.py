"""Which rows a key WITHOUT OVERLAPS, or a foreign key with PERIOD, would stop at.

PostgreSQL 18 docs, CREATE TABLE: the last column of such a key is a range or multirange. No two
rows that agree in the other columns overlap in it, and none is empty; a row that refers to such a
key needs its whole range covered by the rows that it refers to, all of them together.
"""

from __future__ import annotations

from collections.abc import Sequence

from nbmigrate.postgresql.identifiers import quote, quote_all


def overlapping(rows: str, columns: Sequence[str], *, loose: bool) -> str:
    """``FROM ...`` with the rows that overlap another one; ``rows`` is a query with its alias.

    When ``loose``, a NULL is like no other.
    """
    *plain, period = map(quote, columns)
    equals = "=" if loose else "IS NOT DISTINCT FROM"
    same = " AND ".join(f"one.{name} {equals} two.{name}" for name in plain)
    numbered = f"SELECT {quote_all(columns)}, row_number() OVER () AS nbm_row FROM {rows}"
    return (
        f"FROM (WITH numbered AS MATERIALIZED ({numbered}) SELECT * FROM numbered AS one "
        f"WHERE EXISTS (SELECT FROM numbered AS two WHERE {same} "
        f"AND one.{period} && two.{period} AND one.nbm_row <> two.nbm_row)) AS overlapping"
    )


def empty(rows: str, columns: Sequence[str]) -> str:
    """``FROM ... WHERE ...`` for the rows whose range is empty."""
    return f"FROM {rows} WHERE isempty({quote(columns[-1])})"


def uncovered(parents: str, pairs: Sequence[tuple[str, str]]) -> str:
    """The condition on ``child`` that its range is not covered; quoted columns of both by pair."""
    *plain, (child, parent) = pairs
    same = "".join(f"child.{a} = parent.{b} AND " for a, b in plain)
    return (
        f"NOT coalesce(child.{child} <@ (SELECT range_agg(parent.{parent}) FROM (SELECT * FROM "
        f"{parents}) AS parent WHERE {same}child.{child} && parent.{parent}), false)"
    )

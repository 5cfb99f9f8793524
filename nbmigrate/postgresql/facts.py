"""Live figures of tables: rows, bytes, writes per minute, who is in a transaction there.

Two queries, however many tables. The first reads catalogs and statistics and waits for
nobody; the sizes take a short lock on each table, so where somebody holds it exclusively the
catalogs' own estimate stands in for them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import tuple_row

from nbmigrate.hazards import TableFacts
from nbmigrate.operations import Id
from nbmigrate.postgresql.identifiers import quote
from nbmigrate.postgresql.sending import Query, exchanged

#: A table is the sum of its partitions. PostgreSQL docs: pg_class, pg_stat_all_tables, pg_locks.
_CATALOGS = """
WITH RECURSIVE wanted AS (
    SELECT c.oid AS root, c.oid, n.nspname AS schema, c.relname AS name
      FROM unnest($1::text[], $2::text[]) AS w (schema, name)
      JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
      JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.name
     WHERE c.relkind IN ('r', 'p', 'm')
), parts AS (
    SELECT root, oid FROM wanted
    UNION
    SELECT p.root, i.inhrelid FROM parts AS p
      JOIN pg_catalog.pg_inherits AS i ON i.inhparent = p.oid
), holders AS (
    SELECT p.root, l.pid FROM parts AS p
      JOIN pg_catalog.pg_locks AS l ON l.relation = p.oid AND l.granted
     WHERE l.locktype = 'relation' AND l.pid <> pg_catalog.pg_backend_pid()
       AND l.database = (SELECT oid FROM pg_catalog.pg_database
                          WHERE datname = pg_catalog.current_database())
), transactions AS (
    SELECT h.root, count(DISTINCT h.pid) AS number,
           extract(epoch FROM max(clock_timestamp() - a.xact_start))::float8 AS oldest
      FROM holders AS h JOIN pg_catalog.pg_stat_activity AS a ON a.pid = h.pid
     WHERE a.xact_start IS NOT NULL AND a.backend_type = 'client backend'
     GROUP BY h.root
)
SELECT w.schema, w.name, w.root,
       bool_or(c.reltuples < 0) AS is_unknown,
       bool_or(c.relkind = 'f') AS is_foreign,
       sum(greatest(c.reltuples, 0))::bigint AS estimate,
       sum(c.relpages)::bigint AS pages,
       sum(coalesce(s.n_tup_ins + s.n_tup_upd + s.n_tup_del, 0))::bigint AS writes,
       array_agg(c.oid ORDER BY c.oid) AS parts,
       coalesce(max(t.number), 0)::int AS transactions,
       coalesce(max(t.oldest), 0)::float8 AS oldest
  FROM wanted AS w
  JOIN parts AS p ON p.root = w.root
  JOIN pg_catalog.pg_class AS c ON c.oid = p.oid
  LEFT JOIN pg_catalog.pg_stat_all_tables AS s ON s.relid = c.oid
  LEFT JOIN transactions AS t ON t.root = w.root
 GROUP BY w.schema, w.name, w.root
"""
_SIZES = """
SELECT root, sum(pg_catalog.pg_table_size(part))::bigint AS heap,
       sum(pg_catalog.pg_indexes_size(part))::bigint AS indexes
  FROM unnest($1::oid[], $2::oid[]) AS x (root, part)
 GROUP BY root
"""
_SINCE = """
SELECT extract(epoch FROM clock_timestamp()
       - coalesce(stats_reset, pg_catalog.pg_postmaster_start_time()))::float8
  FROM pg_catalog.pg_stat_database WHERE datname = pg_catalog.current_database()
"""
_BLOCK = 8192
#: Smaller tables are counted: it takes milliseconds, and their estimates are often missing.
_COUNTED_BYTES = 8 * 1024 * 1024
#: Two samples closer to each other than this say little.
_SAMPLE_SECONDS = 5.0
_UNREADABLE = (psycopg.errors.LockNotAvailable, psycopg.errors.InsufficientPrivilege)


class _Row(NamedTuple):
    """A table as the first query tells it."""

    schema: str
    name: str
    root: int
    is_unknown: bool
    #: Some of it is on another server, which nobody is made to wait for.
    is_foreign: bool
    estimate: int
    pages: int
    writes: int
    parts: list[int]
    transactions: int
    oldest: float


class _Sizes(NamedTuple):
    heap: int
    indexes: int


class Facts:
    """Reads facts when it is called with names; remembers counts of writes between calls."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._samples: dict[int, tuple[float, int]] = {}

    def __call__(self, tables: frozenset[Id]) -> Mapping[Id, TableFacts]:
        """The facts of those tables that are there."""
        connection, names = self._connect(), sorted(tables)
        values = [[schema for schema, _ in names], [name for _, name in names]]
        rows, since = exchanged(connection, [Query(_CATALOGS, values), Query(_SINCE)])
        found = [_Row(*row) for row in rows]
        sizes = dict(_sizes(connection, found))
        seconds = next((float(at) for (at,) in since if at is not None), 0.0)
        return {
            (row.schema, row.name): self._facts(connection, row, sizes.get(row.root), seconds)
            for row in found
        }

    def _facts(
        self, connection: psycopg.Connection[Any], row: _Row, sizes: _Sizes | None, seconds: float
    ) -> TableFacts:
        heap, indexes = sizes or _Sizes(row.pages * _BLOCK, 0)
        return TableFacts(
            rows=_rows(connection, row, heap),
            heap_bytes=heap,
            index_bytes=indexes,
            total_bytes=heap + indexes,
            writes_per_minute=self._rate(row.root, row.writes, seconds),
            open_transactions=row.transactions,
            oldest_seconds=row.oldest,
        )

    def _rate(self, table: int, writes: int, seconds: float) -> float | None:
        """Since the last look when that is long enough ago, else since counting began."""
        now = self._clock()
        then, before = self._samples.get(table, (now, writes))
        if now - then >= _SAMPLE_SECONDS and writes >= before:
            self._samples[table] = (now, writes)
            return round((writes - before) / (now - then) * 60, 1)
        self._samples.setdefault(table, (now, writes))
        return round(writes / seconds * 60, 1) if seconds > 0 else None


def _sizes(
    connection: psycopg.Connection[Any], found: Sequence[_Row]
) -> Iterator[tuple[int, _Sizes]]:
    """The bytes on disk; nothing for all where one of the tables is locked by somebody."""
    pairs = [(row.root, part) for row in found for part in row.parts]
    if not pairs:
        return
    with psycopg.RawCursor(connection, row_factory=tuple_row) as cursor:
        try:
            cursor.execute(_SIZES, [[root for root, _ in pairs], [part for _, part in pairs]])
        except _UNREADABLE:
            return
        for root, heap, indexes in cursor.fetchall():
            yield root, _Sizes(heap, indexes)


def _rows(connection: psycopg.Connection[Any], row: _Row, heap: int) -> int:
    """Counted for a small table, else PostgreSQL's estimate."""
    if row.is_foreign or (heap > _COUNTED_BYTES and not row.is_unknown):
        return int(row.estimate)
    query = f"SELECT count(*) FROM {quote(row.schema)}.{quote(row.name)}"
    if heap > _COUNTED_BYTES:
        # Never analyzed: a sample of about 1 % is counted (docs, SELECT, TABLESAMPLE).
        query = query.replace("count(*)", "count(*) * 100") + " TABLESAMPLE SYSTEM (1)"
    try:
        counted = connection.execute(query.encode()).fetchone()
    except _UNREADABLE:
        return int(row.estimate)
    return int(counted[0]) if counted else 0


def sampled_rows(source: str, pages: int) -> str:
    """A query for about how many rows there are in so many pages, by those on 3,000 of them.

    ``source`` is what may stand behind FROM (docs, SELECT, TABLESAMPLE). Unlike PostgreSQL's own
    estimate it is right of a table that was filled, emptied or rewritten a moment ago.
    """
    percent = 100 * min(1.0, _SAMPLED_PAGES / max(pages, 1))
    return (
        f"SELECT (count(*) * 100 / {percent:.6f})::bigint AS rows"
        f" FROM {source} AS t TABLESAMPLE SYSTEM ({percent:.6f})"
    )


_SAMPLED_PAGES = 3_000

"""How big the tables are, without counting a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import class_row

from nbmigrate.model.tables import Value

# A partitioned table is the sum of its leaves. reltuples is -1 until the first ANALYZE;
# then the statistics collector's count of live rows is all there is.
_SIZES = """
    SELECT n.nspname AS schema, c.relname AS name, s.bytes,
           CASE WHEN s.bytes = 0 THEN 0 ELSE s.rows END AS rows_estimate
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(pg_catalog.pg_total_relation_size(l.oid)), 0)::bigint AS bytes,
                  sum(CASE WHEN l.reltuples >= 0 THEN l.reltuples::bigint
                           ELSE nullif(pg_catalog.pg_stat_get_live_tuples(l.oid), 0) END)::bigint
                      AS rows
             FROM pg_catalog.pg_class AS l
            WHERE l.oid = c.oid AND c.relkind = 'r'
               OR c.relkind = 'p' AND l.relkind = 'r'
              AND l.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(c.oid))) AS s
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND CASE WHEN %(schemas)s::text[] IS NULL
                THEN n.nspname NOT LIKE 'pg\\_%%'
                 AND n.nspname NOT IN ('information_schema', 'drizzle')
                 AND n.nspname NOT LIKE 'nbmigrate%%'
                ELSE n.nspname = ANY (%(schemas)s) END
     ORDER BY n.nspname, c.relname
"""


class TableSize(Value, frozen=True, kw_only=True):
    """A table; ``rows_estimate`` is None where the server has no idea yet."""

    schema: str
    name: str
    rows_estimate: int | None
    bytes: int


def table_sizes(
    connection: psycopg.Connection[Any], schemas: Sequence[str] | None = None
) -> tuple[TableSize, ...]:
    """The tables of the schemas; without any, of all that are the user's."""
    given = None if schemas is None else list(schemas)
    with connection.cursor(row_factory=class_row(TableSize)) as cursor:
        return tuple(cursor.execute(_SIZES, {"schemas": given}).fetchall())

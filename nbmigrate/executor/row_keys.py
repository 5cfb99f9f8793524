"""The key by which a backfill walks through a table: its primary key, or a unique one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg

from nbmigrate.errors import ExecutionError
from nbmigrate.executor import raw
from nbmigrate.operations import Id
from nbmigrate.postgresql.identifiers import qualified, quote

_TABLE = """
    SELECT c.relkind::text AS kind FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2
"""
#: Every key that no two rows share and that is never NULL, the primary one first.
_KEYS = """
    SELECT pg_catalog.array_agg(a.attname::text ORDER BY k.position) AS names,
           pg_catalog.array_agg(pg_catalog.format_type(a.atttypid, a.atttypmod)
                                ORDER BY k.position) AS types
      FROM pg_catalog.pg_index AS i
      JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, position)
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number
      JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
      JOIN pg_catalog.pg_am AS m ON m.oid = x.relam AND m.amname = 'btree'
     WHERE n.nspname = $1 AND c.relname = $2 AND i.indisunique AND i.indisvalid
       AND i.indpred IS NULL AND i.indexprs IS NULL AND k.position <= i.indnkeyatts
     GROUP BY i.indexrelid, i.indisprimary
    HAVING bool_and(a.attnotnull)
     ORDER BY i.indisprimary DESC, count(*), i.indexrelid LIMIT 1
"""


class RowKey(NamedTuple):
    """The columns of the key, and their types as SQL."""

    table: Id
    columns: tuple[str, ...]
    types: tuple[str, ...]

    @property
    def tuple_sql(self) -> str:
        """The key as one value that can be compared."""
        return f"({', '.join(map(quote, self.columns))})"

    @property
    def texts_sql(self) -> str:
        """The key as texts, from which it can be read again."""
        return ", ".join(f"{quote(column)}::text" for column in self.columns)

    def bound_sql(self, first: int) -> str:
        """A key given as text parameters, ``$first`` and following."""
        return "(" + ", ".join(f"${n}::text::{t}" for n, t in enumerate(self.types, first)) + ")"

    def last_sql(self, where: str, after: Sequence[str] | None, batch: int) -> str:
        """The key of the last row of the next batch."""
        conditions = [f"({where})"] if where else []
        conditions += [f"{self.tuple_sql} > {self.bound_sql(1)}"] if after else []
        found = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        order = ", ".join(map(quote, self.columns))
        # By the table's column, not by the text of that name.
        backwards = ", ".join(f"batch.{quote(column)} DESC" for column in self.columns)
        inner = f"SELECT * FROM {qualified(self.table)}{found} ORDER BY {order} LIMIT {batch}"
        return f"SELECT {self.texts_sql} FROM ({inner}) AS batch ORDER BY {backwards} LIMIT 1"

    def span_sql(self, where: str, after: Sequence[str] | None) -> str:
        """The rows of a batch: behind ``after`` (parameters first), up to its last one."""
        conditions = [f"({where})"] if where else []
        conditions += [f"{self.tuple_sql} > {self.bound_sql(1)}"] if after else []
        first = len(self.columns) + 1 if after else 1
        return " AND ".join([*conditions, f"{self.tuple_sql} <= {self.bound_sql(first)}"])


def read_key(connection: psycopg.Connection[Any], table: Id) -> RowKey:
    """The key of a table.

    Raises:
        ExecutionError: there is no such table, or none of its keys tells every row apart.
    """
    name = ".".join(table)
    found = raw.rows(connection, _TABLE, list(table))
    if not found or found[0]["kind"] not in ("r", "p"):
        raise ExecutionError(
            f"there is no table `{name}`", hint="nbmigrate status lists what is there"
        )
    keys = raw.rows(connection, _KEYS, list(table))
    if not keys:
        raise ExecutionError(
            f"table `{name}` has no primary key: a backfill could not tell which rows are done",
            hint="add one, or a unique constraint over columns that are NOT NULL",
        )
    return RowKey(table, tuple(keys[0]["names"]), tuple(keys[0]["types"]))

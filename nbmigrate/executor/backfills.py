"""How far each backfill got: one row in ``nbmigrate.backfills``, written with the batch itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg

from nbmigrate.executor import bookkeeping, raw
from nbmigrate.model.tables import Value

_TABLE = f"""
CREATE TABLE IF NOT EXISTS {bookkeeping.SCHEMA}.backfills (
    schema text NOT NULL,
    name text NOT NULL,
    hash text NOT NULL,
    change text NOT NULL,
    key text[] NOT NULL,
    cursor text[],
    rows bigint NOT NULL DEFAULT 0,
    batches integer NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    PRIMARY KEY (schema, name, hash)
)
"""
_COLUMNS = "schema, name, hash, change, key, cursor, rows, batches, updated_at, finished_at"
_WHERE = "schema = $1 AND name = $2 AND hash = $3"
_UNBEGUN = "schema = $1 AND name = $2 AND batches = 0 AND finished_at IS NULL"
_READ = f"SELECT {_COLUMNS} FROM {bookkeeping.SCHEMA}.backfills"
_START = f"""
    INSERT INTO {bookkeeping.SCHEMA}.backfills (schema, name, hash, change, key)
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
"""
_ADVANCE = f"""
    UPDATE {bookkeeping.SCHEMA}.backfills
       SET cursor = $4, rows = rows + $5, batches = batches + 1,
           updated_at = pg_catalog.clock_timestamp()
     WHERE {_WHERE}
"""
_FINISH = f"""
    UPDATE {bookkeeping.SCHEMA}.backfills SET finished_at = pg_catalog.clock_timestamp()
     WHERE {_WHERE}
"""
_RETITLE = f"""
    UPDATE {bookkeeping.SCHEMA}.backfills SET hash = $4, change = $5 WHERE {_WHERE}
"""


class Backfill(Value, frozen=True, kw_only=True):
    """A backfill as it is noted. ``cursor`` is the key of the last row that is done, as text."""

    schema: str
    name: str
    hash: str
    change: str
    key: tuple[str, ...]
    cursor: tuple[str, ...] | None
    rows: int
    batches: int
    updated_at: datetime
    finished_at: datetime | None

    @property
    def is_finished(self) -> bool:
        """True when no row is left."""
        return self.finished_at is not None


class Books:
    """The notes about one backfill."""

    def __init__(self, schema: str, name: str, digest: str) -> None:
        self._key = [schema, name, digest]

    def start(self, connection: psycopg.Connection[Any], change: str, key: tuple[str, ...]) -> None:
        """Note that it begins, unless it has begun."""
        raw.run(connection, _START, [*self._key, change, list(key)])

    def read(self, connection: psycopg.Connection[Any], *, lock: bool = False) -> Backfill | None:
        """What is noted; with ``lock`` nobody else goes on with it in this transaction."""
        query = f"{_READ} WHERE {_WHERE}{' FOR UPDATE' if lock else ''}"
        found = raw.rows(connection, query, self._key)
        return _backfill(found[0]) if found else None

    def advance(
        self, connection: psycopg.Connection[Any], cursor: tuple[str, ...], rows: int
    ) -> None:
        """Note a batch, in its own transaction."""
        raw.run(connection, _ADVANCE, [*self._key, list(cursor), rows])

    def finish(self, connection: psycopg.Connection[Any]) -> None:
        """Note that no row is left."""
        raw.run(connection, _FINISH, self._key)

    def forget(self, connection: psycopg.Connection[Any]) -> None:
        """Begin anew the next time."""
        query = f"DELETE FROM {bookkeeping.SCHEMA}.backfills WHERE {_WHERE}"
        raw.run(connection, query, self._key)

    def take_over(self, connection: psycopg.Connection[Any], former: Backfill, change: str) -> None:
        """Go on where another text of the same backfill stopped."""
        values = [former.schema, former.name, former.hash, self._key[2], change]
        raw.run(connection, _RETITLE, values)


def ensure(connection: psycopg.Connection[Any]) -> None:
    """Make the table when it is missing."""
    bookkeeping.ensure(connection)
    if not bookkeeping.table_exists(connection, bookkeeping.SCHEMA, "backfills"):
        bookkeeping.make(connection, _TABLE)


def forget_unbegun(connection: psycopg.Connection[Any], table: tuple[str, str]) -> None:
    """Forget what failed in its first batch: nothing of it is done, so nothing is to go on with.

    The row of one that is at its first batch now is locked, and has a batch when it is seen.
    """
    raw.run(connection, f"DELETE FROM {bookkeeping.SCHEMA}.backfills WHERE {_UNBEGUN}", list(table))


def unfinished(
    connection: psycopg.Connection[Any], table: tuple[str, str] | None = None
) -> tuple[Backfill, ...]:
    """The backfills that were begun and not ended, of one table or of all."""
    if not bookkeeping.table_exists(connection, bookkeeping.SCHEMA, "backfills"):
        return ()
    found = raw.rows(connection, f"{_READ} WHERE finished_at IS NULL ORDER BY started_at")
    read = map(_backfill, found)
    return tuple(one for one in read if table is None or (one.schema, one.name) == table)


def _backfill(row: raw.Row) -> Backfill:
    cursor = row["cursor"]
    row = {**row, "key": tuple(row["key"]), "cursor": tuple(cursor) if cursor else None}
    return Backfill(**row)

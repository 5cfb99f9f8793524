"""The log of statements: what a migration, a push or an undo ran, one row each, kept afterwards.

A row is written in the transaction of its statement, or right after one that has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg

from nbmigrate.executor import bookkeeping, raw
from nbmigrate.executor.events import AppliedStatement
from nbmigrate.executor.history import history_name, normalized_hash, sha256
from nbmigrate.executor.segments import Step
from nbmigrate.executor.settings import Settings
from nbmigrate.model.tables import Value
from nbmigrate.postgresql.sending import Query

_WRITE = """
    INSERT INTO nbmigrate.statements AS old (history, tag, statement, sql, hash, normalized_hash,
           started_at, ms, rows, backend_pid, "user", application)
    VALUES ($1, $2, $3, $4, $5, $6,
           pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $7::float8),
           $8, $9, $10, session_user, $11)
    ON CONFLICT (history, tag, statement) DO UPDATE SET sql = excluded.sql,
           hash = excluded.hash, normalized_hash = excluded.normalized_hash,
           started_at = excluded.started_at, ms = excluded.ms, rows = excluded.rows,
           backend_pid = excluded.backend_pid, "user" = excluded."user",
           application = excluded.application
"""
_READ = """
    SELECT tag, statement, sql, hash, normalized_hash, ms, rows, backend_pid, "user", application,
           pg_catalog.to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
               AS started_at
      FROM nbmigrate.statements WHERE history IN ($1, $2) ORDER BY history <> $1,
           CASE WHEN history = $1 THEN tag END, CASE WHEN history <> $1 THEN started_at END, statement
"""
#: The history of what came without a file; its tags are such as ``push 7``. No table is named so.
DIRECT = "direct"


class Ran(NamedTuple):
    """A step that has run, and when it began (monotonic)."""

    step: Step
    done: AppliedStatement
    begun: float


class LoggedStatement(Value, frozen=True, kw_only=True):
    """A row of the log; ``sql`` is without passwords, the hashes are of the whole text."""

    tag: str
    statement: int
    sql: str
    hash: str
    normalized_hash: str
    started_at: str
    ms: int
    rows: int
    backend_pid: int
    user: str
    application: str


def write(
    key: tuple[str, str], ran: Sequence[Ran], *, now: float, who: tuple[int, str]
) -> list[Query]:
    """Note what ran; inside a transaction, under our own role.

    ``key`` is the history and the tag, ``who`` the backend that ran it and its application name.
    """
    return [Query(_WRITE, _values(key, one, now=now, who=who)) for one in ran]


def _values(key: tuple[str, str], ran: Ran, *, now: float, who: tuple[int, str]) -> list[object]:
    text, done = ran.step.sql, ran.done
    hashes = (sha256(text), normalized_hash(text))
    return [*key, done.index, done.sql, *hashes, now - ran.begun, done.ms, done.rows, *who]


def read_statements(
    connection: psycopg.Connection[Any], settings: Settings
) -> tuple[LoggedStatement, ...]:
    """The log of this history, by migration and statement, then of pushes and undos as they came.

    Empty where none was kept yet.
    """
    if not bookkeeping.is_prepared(connection):
        return ()
    if not bookkeeping.table_exists(connection, bookkeeping.SCHEMA, "statements"):
        return ()  # made by an older release, and not written to since
    found = raw.rows(connection, _READ, [history_name(settings), DIRECT])
    return tuple(LoggedStatement(**row) for row in found)

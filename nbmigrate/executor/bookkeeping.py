"""The schema ``nbmigrate``: what drizzle's history table has no room for.

``meta`` holds the version of these tables, ``migrations`` what was applied and by
whom, ``statements`` (since version 2) every statement of them and of pushes and undos, ``progress`` the statements of a migration that could not be one transaction
and is not finished, ``ledger`` the objects nbmigrate owns. Made when first needed. A table
without a key has a replica identity: a publication FOR ALL TABLES has these too, and PostgreSQL refuses
an UPDATE of a published table that has none (PostgreSQL 18 docs, "Publication").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import psycopg

from nbmigrate.errors import ExecutionError
from nbmigrate.executor import raw
from nbmigrate.postgresql.moments import asked
from nbmigrate.postgresql.sending import Query, Row

SCHEMA = "nbmigrate"
VERSION = 2

_TABLES = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE TABLE IF NOT EXISTS {SCHEMA}.meta (version integer NOT NULL);
CREATE TABLE IF NOT EXISTS {SCHEMA}.migrations (
    history text NOT NULL,
    tag text NOT NULL,
    hash text NOT NULL,
    created_at bigint NOT NULL,
    normalized_hash text NOT NULL,
    sql text NOT NULL,
    started_at timestamptz NOT NULL,
    ms integer NOT NULL,
    statements integer NOT NULL,
    backend_pid integer NOT NULL,
    "user" text NOT NULL,
    application text NOT NULL,
    PRIMARY KEY (history, tag)
);
CREATE TABLE IF NOT EXISTS {SCHEMA}.statements (
    history text NOT NULL,
    tag text NOT NULL,
    statement integer NOT NULL,
    sql text NOT NULL,
    hash text NOT NULL,
    normalized_hash text NOT NULL,
    started_at timestamptz NOT NULL,
    ms integer NOT NULL,
    rows bigint NOT NULL,
    backend_pid integer NOT NULL,
    "user" text NOT NULL,
    application text NOT NULL,
    PRIMARY KEY (history, tag, statement)
);
CREATE TABLE IF NOT EXISTS {SCHEMA}.progress (
    history text NOT NULL,
    tag text NOT NULL,
    statement integer NOT NULL,
    sql_hash text NOT NULL,
    sql text NOT NULL,
    backend_pid integer NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    PRIMARY KEY (history, tag, statement)
);
CREATE TABLE IF NOT EXISTS {SCHEMA}.ledger (
    kind text NOT NULL,
    schema text NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, schema, name)
);
ALTER TABLE {SCHEMA}.meta REPLICA IDENTITY FULL;
INSERT INTO {SCHEMA}.meta (version) SELECT {VERSION} WHERE NOT EXISTS (SELECT FROM {SCHEMA}.meta);
UPDATE {SCHEMA}.meta SET version = {VERSION} WHERE version < {VERSION};
"""

_TABLE_EXISTS = """
    SELECT 1 FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')
"""
#: What two sessions that create the same thing at once may see (IF NOT EXISTS does not help).
_CREATED_MEANWHILE = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.DuplicateSchema,
    psycopg.errors.DuplicateTable,
    psycopg.errors.DuplicateObject,
)


def tables_sql() -> str:
    """What makes the tables that are missing, for a script that somebody else runs."""
    return _TABLES


def table_exists(connection: psycopg.Connection[Any], schema: str, table: str) -> bool:
    """Whether exactly this table is there; the search path plays no part."""
    return raw.exists(connection, _TABLE_EXISTS, [schema, table])


def is_prepared(connection: psycopg.Connection[Any]) -> bool:
    """Whether the tables are there, in a version that this release understands.

    Raises:
        ExecutionError: when a newer nbmigrate made them.
    """
    return ask(connection) is not None


def ask(
    connection: psycopg.Connection[Any], *queries: Query, table: str = "meta"
) -> Sequence[Sequence[Row]] | None:
    """The rows of queries about our own tables, in one exchange; ``None`` where ``table`` is not there.

    Raises:
        ExecutionError: when a newer nbmigrate made them, or another user who lets nobody read them.
    """
    answers = _with_version(connection, queries, table)
    return None if answers is None else answers[1:]


def _with_version(
    connection: psycopg.Connection[Any], queries: Sequence[Query], table: str
) -> Sequence[Sequence[Row]] | None:
    """The same behind the version of the tables."""
    seen = _SEEN.setdefault(connection, set())
    if table not in seen and not table_exists(connection, SCHEMA, table):
        return None
    try:
        with readable(connection):
            answers = asked(connection, (_VERSION, *queries))
    except psycopg.errors.UndefinedTable:
        seen.discard(table)  # it was there once: somebody dropped it, or its making was rolled back
        return None
    seen.add(table)
    [(version,)] = answers[0]
    _require_known(version)
    return answers


#: The tables of ours that a connection has met: that they are there is not asked each time.
_SEEN: WeakKeyDictionary[psycopg.Connection[Any], set[str]] = WeakKeyDictionary()
_VERSION = Query(f"SELECT max(version) FROM {SCHEMA}.meta")


def _require_known(version: int | None) -> None:
    if version is not None and version > VERSION:
        raise ExecutionError(
            f"the tables in schema `{SCHEMA}` are of version {version}; "
            f"this nbmigrate knows versions up to {VERSION}; nothing was changed",
            hint="upgrade nbmigrate here: pip install --upgrade nbmigrate",
        )


def is_up_to_date(connection: psycopg.Connection[Any], *, table: str = "meta") -> bool:
    """Whether all tables are there as this release makes them, and ``table``, which others make."""
    answers = _with_version(connection, (), table)
    return answers is not None and [*answers[0]] == [(VERSION,)]


@contextmanager
def readable(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Say it in words when another user made the tables and did not let this one read them.

    Raises:
        ExecutionError: it is so.
    """
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise ExecutionError(
            f"`{connection.info.user}` may not read the tables of nbmigrate in schema `{SCHEMA}`;"
            " nothing was changed",
            hint="connect as the user that pushes and migrates here, or as a member of that role",
        ) from error


def ensure(connection: psycopg.Connection[Any]) -> None:
    """Make the tables that are missing, and bring older ones up to date, in one transaction."""
    if is_up_to_date(connection):
        return
    make(connection, _TABLES)
    if not is_up_to_date(connection):
        raise ExecutionError(f"the tables in schema `{SCHEMA}` could not be made")


def make(connection: psycopg.Connection[Any], sql: str) -> None:
    """Run SQL that makes what is missing, also where another session makes the same at once.

    IF NOT EXISTS does not help there: both look, and the second to write fails on an index of the
    catalogs. It has waited for the first by then, and finds everything made.
    """
    try:
        with connection.transaction():
            connection.execute(sql.encode())
    except _CREATED_MEANWHILE:
        with connection.transaction():
            connection.execute(sql.encode())

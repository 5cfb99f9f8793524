r"""A script for somebody else's psql: the migrations with everything that migrate does around them.

It can be run again: psql asks the history before each migration (``\if``), and before each
part of one that cannot be a single transaction. It needs no nbmigrate, and leaves behind
what ``migrate`` would have left, so that the status is clean afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg import sql as compose

from nbmigrate.executor import bookkeeping, history
from nbmigrate.executor.lock import lock_key
from nbmigrate.executor.segments import MigrationLike, Segment, Step, read_steps, segments
from nbmigrate.executor.settings import Settings
from nbmigrate.postgresql.identifiers import quote
from nbmigrate.postgresql.lexer import significant
from nbmigrate.postgresql.secrets import mask_sql


def script(migrations: Sequence[MigrationLike], settings: Settings) -> str:
    """The script of these migrations.

    Raises:
        MigrationFileError: for a text that must not be executed.
    """
    parts = [_head(settings)]
    parts += ["\n".join(_migration(one, settings)) for one in migrations]
    return "\n\n".join((*parts, f"SELECT pg_catalog.pg_advisory_unlock({lock_key(settings)});\n"))


def _head(settings: Settings) -> str:
    schema, table = quote(settings.history_schema), history.history_sql(settings)
    return f"""-- nbmigrate: run it with psql -X -f FILE; it may be run again and goes on where it stopped
\\set ON_ERROR_STOP on
{_session(settings)}
DO $guard$ BEGIN
  IF current_setting('transaction_read_only') = 'on' THEN
    RAISE EXCEPTION 'this server is read-only; nothing was run';
  END IF;
  IF NOT pg_catalog.pg_try_advisory_lock({lock_key(settings)}) THEN
    RAISE EXCEPTION 'another migrator is at work; nothing was run';
  END IF;
END $guard$;
CREATE SCHEMA IF NOT EXISTS {schema};
CREATE TABLE IF NOT EXISTS {table} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint);
{bookkeeping.tables_sql().strip()}"""


def _session(settings: Settings) -> str:
    return f"""SET client_encoding = 'UTF8';
SET lock_timeout = '{settings.lock_timeout_ms}ms';
SET idle_in_transaction_session_timeout = '60s';
SET TimeZone = 'UTC';
SET standard_conforming_strings = on;
SET check_function_bodies = on;
SELECT pg_catalog.set_config('search_path', 'public, ' || path, false) AS search_path
  FROM pg_catalog.current_setting('search_path') AS path WHERE path LIKE '"$user"%';"""


def _migration(migration: MigrationLike, settings: Settings) -> Iterator[str]:
    steps = read_steps(migration)
    parts = segments(steps)
    if not parts or not parts[-1].is_transactional:
        parts = (*parts, Segment(()))
    table = history.history_sql(settings)
    yield f"-- {migration.tag}"
    yield (
        f"SELECT NOT EXISTS (SELECT FROM {table} WHERE hash = {_text(migration.hash)}"
        f" OR created_at = {migration.when}) AS nbmigrate_pending \\gset"
    )
    yield "\\if :nbmigrate_pending"
    for part in parts[:-1]:
        yield from _part(part, migration, settings)
    last = (
        *map(_terminated, (s.sql for s in parts[-1].steps)),
        *_record(migration, steps, settings),
    )
    yield from ("BEGIN;", *last, "COMMIT;")
    yield "\\endif"
    yield "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; DISCARD TEMP;"
    yield _session(settings)


def _part(part: Segment, migration: MigrationLike, settings: Settings) -> Iterator[str]:
    """A part that is committed by itself, and said to be so."""
    key = f"history = {_text(history.history_name(settings))} AND tag = {_text(migration.tag)}"
    number = part.steps[-1].number
    yield (
        f"SELECT NOT EXISTS (SELECT FROM nbmigrate.progress WHERE {key} AND statement = {number}"
        " AND finished_at IS NOT NULL) AS nbmigrate_pending \\gset"
    )
    yield "\\if :nbmigrate_pending"
    if part.is_transactional:
        yield "BEGIN;"
    yield from (_terminated(step.sql) for step in part.steps)
    yield from (_finish(step, migration, settings) for step in part.steps)
    if part.is_transactional:
        yield "COMMIT;"
    yield "\\endif"


def _finish(step: Step, migration: MigrationLike, settings: Settings) -> str:
    values = ", ".join(
        (
            _text(history.history_name(settings)),
            _text(migration.tag),
            str(step.number),
            _text(history.sha256(step.sql)),
            _text(mask_sql(step.sql)),
        )
    )
    return (
        "INSERT INTO nbmigrate.progress (history, tag, statement, sql_hash, sql, backend_pid,"
        f" finished_at) VALUES ({values}, pg_catalog.pg_backend_pid(),"
        " pg_catalog.clock_timestamp()) ON CONFLICT (history, tag, statement) DO UPDATE"
        " SET finished_at = excluded.finished_at;"
    )


def _record(migration: MigrationLike, steps: Sequence[Step], settings: Settings) -> tuple[str, ...]:
    name, tag = _text(history.history_name(settings)), _text(migration.tag)
    normalized = _text(history.normalized_hash(migration.sql))
    text = _text(mask_sql(migration.sql))
    return (
        "RESET SESSION AUTHORIZATION; RESET ROLE;",
        (
            f"INSERT INTO {history.history_sql(settings)} (hash, created_at)"
            f" VALUES ({_text(migration.hash)}, {migration.when});"
        ),
        (
            "INSERT INTO nbmigrate.migrations (history, tag, hash, created_at, normalized_hash, sql,"
            ' started_at, ms, statements, backend_pid, "user", application)'
            f" VALUES ({name}, {tag}, {_text(migration.hash)}, {migration.when}, {normalized}, {text},"
            " pg_catalog.transaction_timestamp(), 0,"
            f" {len(steps)}, pg_catalog.pg_backend_pid(), session_user,"
            " pg_catalog.current_setting('application_name'));"
        ),
        f"DELETE FROM nbmigrate.progress WHERE history = {name} AND tag = {tag};",
    )


def _terminated(statement: str) -> str:
    """The statement with its semicolon, which a comment at its end may hide."""
    found = significant(statement)
    return statement if found and found[-1].text == ";" else f"{statement}\n;"


def _text(value: str) -> str:
    return compose.Literal(value).as_string(None).strip()

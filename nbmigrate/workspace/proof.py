"""Proof of a migration before it is written: PostgreSQL runs all files and the new one, and is read.

The files run one after the other in a database of their own on the embedded server, which is dropped
afterwards; the user's database is not touched. The result must be the new snapshot.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Any, NamedTuple

import psycopg

from nbmigrate.dialect import COMMIT_BEFORE, Statement
from nbmigrate.errors import JournalError
from nbmigrate.executor.connections import connect
from nbmigrate.executor.segments import Step, is_transactional, segments
from nbmigrate.journal import Migration
from nbmigrate.journal.split import MARKER
from nbmigrate.model import Snapshot
from nbmigrate.plan import Plan, make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.asking import Scratch
from nbmigrate.postgresql.introspect import introspect

_DUPLICATE_OBJECT = "42710"


#: The new file speaks of what the embedded server does not have: an extension, a provider's table.
_UNKNOWN = frozenset({"42704", "42883", "42P01", "3F000", "58P01", "0A000", "42501"})


class Verdict(Enum):
    """What running the files has shown."""

    PROVED = "proved"
    UNPROVED = "not proved"
    REFUTED = "refuted"


class Proof(NamedTuple):
    """Whether the files lead to the snapshot, in one line; ``rest`` is what would be missing."""

    verdict: Verdict
    text: str
    rest: Plan | None = None


class Failed(NamedTuple):
    """What PostgreSQL said of a file."""

    text: str
    sqlstate: str


def prove(
    url: str, migrations: Sequence[Migration], statements: Sequence[Statement], new: Snapshot
) -> Proof:
    """Run the migrations and the new statements on an empty database, and compare."""
    started = time.perf_counter()
    with own_database(url) as connection:
        number = connection.info.server_version
        version = f"PostgreSQL {number // 10000}.{number % 10000}"
        for migration in migrations:
            texts = [chunk.sql for chunk in migration.statements()]
            if failed := run_texts(connection, texts):
                text = f"not proved: `{migration.tag}` fails on an empty database: {failed.text}"
                return Proof(Verdict.UNPROVED, text)
        if failed := run_texts(connection, [statement.sql for statement in statements]):
            if failed.sqlstate in _UNKNOWN:
                return Proof(Verdict.UNPROVED, f"not proved: on the embedded server {failed.text}")
            return Proof(Verdict.REFUTED, f"refuted on {version}: {failed.text}")
        rest = difference_to(connection, new)
    if not rest.is_empty:
        text = f"refuted on {version}: the result is not what is declared"
        return Proof(Verdict.REFUTED, text, rest)
    seconds = time.perf_counter() - started
    count = len(migrations) + 1
    files = "1 migration" if count == 1 else f"{count} migrations"
    text = f"proved on {version}: {files} → this schema, {seconds:.1f} s"
    return Proof(Verdict.PROVED, text)


class Replayed(NamedTuple):
    """The schema after SQL written by hand, in the words of the one before; what proved it."""

    snapshot: Snapshot
    text: str


def replay(url: str, migrations: Sequence[Migration], sql: str, before: Snapshot) -> Replayed:
    """Run the migrations and then the SQL on an empty database, and read what is there.

    Raises:
        JournalError: PostgreSQL refuses one of them.
    """
    started = time.perf_counter()
    with own_database(url) as connection:
        for migration in migrations:
            _require(connection, migration.tag, [chunk.sql for chunk in migration.statements()])
        _require(connection, "the new SQL", sql.split(MARKER))
        live = introspect(connection, roles=tuple(before.roles) or False)
        scratch = Scratch(connection, {})
        plan = make_plan(before, live, dialect=POSTGRESQL, canonical=scratch.pair)
        number = connection.info.server_version
    seconds = time.perf_counter() - started
    count = f"{len(migrations) + 1} migrations" if migrations else "1 migration"
    version = f"PostgreSQL {number // 10000}.{number % 10000}"
    return Replayed(plan.new, f"proved on {version}: {count} → this schema, {seconds:.1f} s")


def _require(connection: psycopg.Connection[Any], name: str, texts: Sequence[str]) -> None:
    if failed := run_texts(connection, texts):
        raise JournalError(
            f"{name} fails on an empty database with all earlier migrations: {failed.text}",
            hint="nothing was written; correct the SQL",
        )


def prove_down(
    url: str, migrations: Sequence[Migration], up: Plan, down: Sequence[Statement]
) -> str:
    """Run up, down and up again on an empty database; why that does not lead back, or nothing."""
    with own_database(url) as connection:
        for migration in migrations:
            if failed := run_texts(connection, [chunk.sql for chunk in migration.statements()]):
                return f"`{migration.tag}` fails on an empty database: {failed.text}"
        for statements, end in ((up.statements, up.new), (down, up.old), (up.statements, up.new)):
            if failed := run_texts(connection, [statement.sql for statement in statements]):
                return failed.text
            if not difference_to(connection, end).is_empty:
                return "the result is not the schema before"
    return ""


def difference_to(connection: psycopg.Connection[Any], new: Snapshot) -> Plan:
    """What leads from the database to the snapshot."""
    live = introspect(connection, roles=tuple(new.roles) or False)
    scratch = Scratch(connection, {})
    return make_plan(
        live,
        new,
        dialect=POSTGRESQL,
        canonical=lambda a, b: scratch.pair(a, b, old_is_live=True),
    )


def run_texts(connection: psycopg.Connection[Any], texts: Sequence[str]) -> Failed | None:
    """Run the texts as migrate does, transaction by transaction; what failed, if anything."""
    steps = [
        Step(number, text, 1, is_transactional(text), COMMIT_BEFORE in text)
        for number, text in enumerate(texts, 1)
    ]
    try:
        for segment in segments(steps):
            if not segment.is_transactional:
                connection.execute(segment.steps[0].sql.encode())
                continue
            with connection.transaction():
                for step in segment.steps:
                    _execute(connection, step.sql)
    except psycopg.Error as error:
        text = f"{error.diag.message_primary or error} (SQLSTATE {error.sqlstate})"
        return Failed(text, error.sqlstate or "")
    return None


def _execute(connection: psycopg.Connection[Any], text: str) -> None:
    try:
        with connection.transaction():
            connection.execute(text.encode())
    except psycopg.Error as error:
        # Roles are the server's: one that is there already is as good as one made now.
        is_role = text.lstrip().upper().startswith("CREATE ROLE")
        if not (is_role and error.sqlstate == _DUPLICATE_OBJECT):
            raise


@contextmanager
def own_database(url: str) -> Iterator[psycopg.Connection[Any]]:
    """An empty database that is dropped afterwards, with the roles that were made in it."""
    name = f"nbmigrate_proof_{secrets.token_hex(6)}"
    with connect(url) as server:
        roles = _roles(server)
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        try:
            info = psycopg.conninfo.make_conninfo(url, dbname=name)
            with connect(info) as connection:
                yield connection
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
            for role in sorted(_roles(server) - roles):
                server.execute(psycopg.sql.SQL("DROP ROLE {}").format(psycopg.sql.Identifier(role)))


def _roles(server: psycopg.Connection[Any]) -> set[str]:
    return {str(name) for (name,) in server.execute("SELECT rolname FROM pg_catalog.pg_roles")}

"""The database where proofs of a folder are run: kept, so that only what is new runs there.

Making and dropping a database takes PostgreSQL longer than most proofs, and the migrations of
the folder would run again for each new one. So the embedded server keeps one database a folder
that stands behind its migrations. Its comment says behind which; without that, or when the
folder went another way, it is made anew. Nothing in it is of use to anybody else.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg.conninfo import make_conninfo

from nbmigrate.errors import ConnectFailedError
from nbmigrate.executor.connections import connect
from nbmigrate.journal import Migration
from nbmigrate.postgresql.asking import Cache
from nbmigrate.postgresql.identifiers import literal
from nbmigrate.workspace.arena import Arena, drop_roles, in_own_database, own_arena, roles_of

#: An empty database is 8 MB; of so many folders it is kept.
KEPT = 4
_PREFIX = "nbmigrate_kept_"
#: Advisory locks are a database's own; nobody else takes one in this.
_LOCK = "SELECT pg_catalog.pg_try_advisory_lock(1)"
_MARKS = """
    SELECT datname, pg_catalog.shobj_description(oid, 'pg_database')
    FROM pg_catalog.pg_database
    WHERE datname LIKE %s
"""


class Standing(NamedTuple):
    """What a kept database has run: so many migrations, and then perhaps statements of a plan."""

    number: int
    chain: str
    plan: str = ""

    @classmethod
    def of(cls, migrations: Sequence[Migration], plan: Sequence[str] = ()) -> Standing:
        """Behind these migrations and this plan."""
        return cls(len(migrations), _chain(migrations), _digest(plan) if plan else "")

    def of_these(self, migrations: Sequence[Migration]) -> int | None:
        """How many of the migrations it has run; ``None`` when it ran something else."""
        if self.number > len(migrations) or self.chain != _chain(migrations[: self.number]):
            return None
        if not self.plan:
            return self.number
        following = migrations[self.number : self.number + 1]
        if [_digest([chunk.sql for chunk in m.statements()]) for m in following] != [self.plan]:
            return None
        return self.number + 1


def _digest(texts: Sequence[str]) -> str:
    return sha256("\0".join(text.strip() for text in texts).encode()).hexdigest()


def _chain(migrations: Sequence[Migration]) -> str:
    found = sha256()
    for migration in migrations:
        found.update(sha256(migration.raw).digest())
    return found.hexdigest()


class Kept(NamedTuple):
    """The mark of a kept database. Without it the database is made anew the next time."""

    server: psycopg.Connection[Any]
    name: str
    done: int

    def mark(self, migrations: Sequence[Migration], plan: Sequence[str] = ()) -> None:
        """Say what the database has run."""
        standing = Standing.of(migrations, plan)
        self._comment(literal(json.dumps({"used": time.time(), **standing._asdict()})))

    def unmark(self) -> None:
        """Before anything is run: should it end here, nobody knows how far it came."""
        self._comment("NULL")

    def _comment(self, value: str) -> None:
        self.server.execute(f"COMMENT ON DATABASE {self.name} IS {value}".encode())


@contextmanager
def in_kept_database(
    url: str, folder: Path, migrations: Sequence[Migration], answers: Cache
) -> Iterator[Arena]:
    """The database of the folder; ``Arena.kept.done`` says how many of the migrations it has run.

    One that another process uses is left alone: a database for this once takes its place.
    """
    name = f"{_PREFIX}{sha256(str(folder).encode()).hexdigest()[:16]}"
    with connect(url) as server:
        found = _taken(server, url, name, migrations)
        if found is None:
            with in_own_database(url, answers) as arena:
                yield arena
            return
        connection, done = found
        roles = roles_of(server)
        try:
            with connection:
                yield own_arena(connection, answers, Kept(server, name, done))
        finally:
            if made := roles_of(server) - roles:
                # a role is the server's: it would be in the way of everybody else's proofs
                _drop(server, name)
                drop_roles(server, made)


def _taken(
    server: psycopg.Connection[Any], url: str, name: str, migrations: Sequence[Migration]
) -> tuple[psycopg.Connection[Any], int] | None:
    """A connection that has the database for itself, and how far that is; else nothing."""
    marks = dict(server.execute(_MARKS, [f"{_PREFIX}%"]).fetchall())
    done = _done(marks[name], migrations) if name in marks else None
    try:
        if done is None:
            _make_room(server, marks.keys() - {name}, marks)
            _drop(server, name)
            server.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        connection = connect(make_conninfo(url, dbname=name))
    except (psycopg.Error, ConnectFailedError):  # somebody is in it, makes it, or drops it
        return None
    if connection.execute(_LOCK).fetchone() == (True,):
        return connection, done or 0
    connection.close()
    return None


def _done(mark: str | None, migrations: Sequence[Migration]) -> int | None:
    try:
        document = json.loads(mark or "")
        standing = Standing(*(document[field] for field in Standing._fields))
    except (ValueError, TypeError, KeyError):
        return None
    return standing.of_these(migrations)


def _make_room(
    server: psycopg.Connection[Any], names: Iterable[str], marks: Mapping[str, str | None]
) -> None:
    """Drop those not used for longest; one without a mark says nothing and goes first."""
    by_use = sorted(names, key=lambda name: _used(marks[name]), reverse=True)
    for name in by_use[KEPT - 1 :]:
        with suppress(psycopg.errors.ObjectInUse):
            _drop(server, name)


def _used(mark: str | None) -> float:
    try:
        return float(json.loads(mark or "")["used"])
    except (ValueError, TypeError, KeyError):
        return 0.0


def _drop(server: psycopg.Connection[Any], name: str) -> None:
    server.execute(f"DROP DATABASE IF EXISTS {name}".encode())

"""Where migrations are run to see what they lead to; nothing of it stays.

On the embedded server that is a database of its own. Where there is none, it is the database in
use: its schemas are renamed out of the way in a transaction that is rolled back (see
:mod:`nbmigrate.postgresql.scratch`), so that the migrations find it empty.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import groupby
from typing import Any, NamedTuple, Protocol

import msgspec
import psycopg
from psycopg.pq import TransactionStatus

from nbmigrate.dialect import COMMIT_BEFORE
from nbmigrate.errors import JournalError
from nbmigrate.executor.connections import connect
from nbmigrate.executor.segments import Step, is_transactional, segments
from nbmigrate.journal import Migration
from nbmigrate.model import Snapshot
from nbmigrate.postgresql.asking import Cache
from nbmigrate.postgresql.identifiers import quote
from nbmigrate.postgresql.introspect import Reading, introspect, introspect_again
from nbmigrate.postgresql.scratch import emptied
from nbmigrate.postgresql.sending import Query, exchanged

_DUPLICATE_OBJECT = "42710"
_MAY_BE_THERE = re.compile(r"\s*CREATE (ROLE|EXTENSION)", re.IGNORECASE)
#: PostgreSQL docs, Appendix A: active_sql_transaction.
_NEEDS_NO_TRANSACTION = "25001"
#: Nobody is to wait for a proof: an object of others is left alone, and long work is given up.
_LIMITS = "SET LOCAL lock_timeout = '200ms'; SET LOCAL statement_timeout = '60s'"


class Failed(NamedTuple):
    """What PostgreSQL said of a file."""

    text: str
    sqlstate: str


class Mark(Protocol):
    """What a database that is kept for the next proof has run."""

    @property
    def done(self) -> int:
        """So many of the migrations of the folder."""
        ...

    def mark(self, migrations: Sequence[Migration], plan: Sequence[str] = ()) -> None:
        """It has run these migrations and then the statements of a plan."""
        ...

    def unmark(self) -> None:
        """Something is about to be run: should it end half way, nobody knows how far it came."""
        ...


class Arena(NamedTuple):
    """A database that seems empty: ``run`` says what failed, ``read`` what is there.

    ``read`` is told what should be there, and what was read before, if anything was.

    ``answers`` is what PostgreSQL has said before, by content. One that is ``kept`` is not
    empty but stands behind some migrations.
    """

    connection: psycopg.Connection[Any]
    run: Callable[[Sequence[str]], Failed | None]
    read: Callable[[Snapshot, Reading | None], Reading]
    where: str
    answers: Cache
    kept: Mark | None = None

    @property
    def version(self) -> str:
        """The server and, unless it is the embedded one, how it was used."""
        number = self.connection.info.server_version
        return f"PostgreSQL {number // 10000}.{number % 10000}{self.where}"


Opened = AbstractContextManager[Arena]


@contextmanager
def in_own_database(url: str, answers: Cache) -> Iterator[Arena]:
    """A new database of the server, dropped afterwards with the roles that were made."""
    name = f"nbmigrate_proof_{secrets.token_hex(6)}"
    with connect(url) as server:
        roles = roles_of(server)
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        try:
            info = psycopg.conninfo.make_conninfo(url, dbname=name)
            with connect(info) as connection:
                yield own_arena(connection, answers)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
            drop_roles(server, roles_of(server) - roles)


def own_arena(
    connection: psycopg.Connection[Any], answers: Cache, kept: Mark | None = None
) -> Arena:
    """A database that nobody else uses."""

    def read(like: Snapshot, before: Reading | None) -> Reading:
        if like.roles:
            return Reading(introspect(connection, roles=tuple(like.roles)))
        return introspect_again(connection, before)

    return Arena(connection, lambda texts: _run(connection, texts), read, "", answers, kept)


@contextmanager
def in_transaction(connection: psycopg.Connection[Any], answers: Cache) -> Iterator[Arena]:
    """The database in use, as if it were empty, until the transaction is rolled back.

    Raises:
        psycopg.Error: the session may not rename the schemas.
    """
    with emptied(connection) as empty:
        connection.execute(_LIMITS)

        def read(like: Snapshot, _: Reading | None) -> Reading:
            live = introspect(connection, schemas=empty.schemas(), roles=tuple(like.roles) or False)
            wanted = empty.new_extensions() | like.extensions.keys()
            extensions = {n: x for n, x in live.extensions.items() if n in wanted}
            return Reading(msgspec.structs.replace(empty.spelled(live), extensions=extensions))

        where = ", in a transaction that was rolled back"
        yield Arena(connection, lambda texts: _run_inside(connection, texts), read, where, answers)


def _run_inside(connection: psycopg.Connection[Any], texts: Sequence[str]) -> Failed | None:
    """Run the texts, one statement each, in the open transaction; what failed, if anything.

    The extended protocol takes one statement only (PostgreSQL docs, "Extended Query"), so that no
    COMMIT can stand in the shadow of another one.
    """
    for text in texts:
        if not is_transactional(text):
            return Failed("a statement cannot run in a transaction", _NEEDS_NO_TRANSACTION)
        try:
            _execute(connection, text, is_single=True)
        except psycopg.Error as error:
            return _failed(error)
        if connection.info.transaction_status != TransactionStatus.INTRANS:
            raise JournalError("a statement ended the transaction it was tried in")
    return None


def _run(connection: psycopg.Connection[Any], texts: Sequence[str]) -> Failed | None:
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
                _execute_all(connection, [step.sql for step in segment.steps])
    except psycopg.Error as error:
        return _failed(error)
    return None


def _failed(error: psycopg.Error) -> Failed:
    text = f"{error.diag.message_primary or error} (SQLSTATE {error.sqlstate})"
    return Failed(text, error.sqlstate or "")


def _execute_all(connection: psycopg.Connection[Any], texts: Sequence[str]) -> None:
    """Run the texts in the open transaction, in few round trips."""
    for may_be_there, group in groupby(texts, key=_may_be_there):
        if may_be_there:
            for text in group:
                _execute(connection, text)
        else:
            exchanged(connection, [*map(Query, group)])


def _execute(connection: psycopg.Connection[Any], text: str, *, is_single: bool = False) -> None:
    try:
        with connection.transaction():
            connection.execute(text.encode(), binary=is_single)
    except psycopg.Error as error:
        if not (_may_be_there(text) and error.sqlstate == _DUPLICATE_OBJECT):
            raise


def _may_be_there(text: str) -> bool:
    """Roles are the server's, extensions the database's: one that is there is as good as new."""
    return _MAY_BE_THERE.match(text) is not None


def roles_of(server: psycopg.Connection[Any]) -> set[str]:
    """The names of all roles."""
    return {str(name) for (name,) in server.execute("SELECT rolname FROM pg_catalog.pg_roles")}


def drop_roles(server: psycopg.Connection[Any], names: Iterable[str]) -> None:
    """Drop what a proof has made; the database where they own something is gone already."""
    for name in sorted(names):
        server.execute(f"DROP ROLE {quote(name)}".encode())

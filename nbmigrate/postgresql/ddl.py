"""DDL as a declaration: what it creates, what it adds to others' objects, what it cannot say.

The text runs in a transaction that is rolled back, with every schema of the user out of the way
(:mod:`nbmigrate.postgresql.scratch`): in one exchange with the server, and where that fails once
more statement by statement. Each goes by the extended protocol, which takes one only (PostgreSQL
docs, "Extended Query"), and none may end the transaction: nothing in a text ever reaches the
database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
import psycopg

from nbmigrate.diff.match import mentions
from nbmigrate.errors import StatementFailedError
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.postgresql.amending import FAMILIES, Amendment, Change, compared
from nbmigrate.postgresql.concurrent import built_at_once, with_concurrent
from nbmigrate.postgresql.identifiers import quote
from nbmigrate.postgresql.introspect import in_words, introspect, unmanaged_counts
from nbmigrate.postgresql.scratch import Emptied, rebuilt, refused
from nbmigrate.postgresql.scripts import (
    as_altered_role,
    made_roles,
    made_schemas,
    notes,
    statements,
)
from nbmigrate.postgresql.sending import Query, exchanged
from nbmigrate.postgresql.statements import Piece

_replace = msgspec.structs.replace

#: PostgreSQL docs, Appendix A.
_DUPLICATE_TABLE = "42P07"
_DUPLICATE_COLUMN = "42701"


@dataclass(frozen=True)
class Ddl:
    """What DDL declares.

    ``changes`` are what it does to objects that somebody else declares, and that cannot be taken
    in; ``notes`` what of the text is no part of a schema.
    """

    created: Snapshot = EMPTY
    amendments: tuple[Amendment, ...] = ()
    changes: tuple[Refused, ...] = ()
    notes: tuple[str, ...] = ()


class Refused(NamedTuple):
    """A change, and the line of the statement that makes it; 0 where that is not known."""

    change: Change
    line: int


class _State(NamedTuple):
    """What is there at one moment."""

    snapshot: Snapshot
    unmanaged: dict[str, int]


def read_ddl(connection: psycopg.Connection[Any], text: str, base: Snapshot) -> Ddl:
    """What DDL declares, as PostgreSQL reads it; ``base`` is what it may refer to.

    Raises:
        StatementFailedError: PostgreSQL refuses the text.
    """
    pieces = tuple(statements(text))
    at_once = [built_at_once(piece) for piece in pieces]
    with rebuilt(connection, base) as place:
        _make_roles(connection, base)
        before = _state(place, ())
        _run(connection, [run for run, _ in at_once], before.snapshot, place.left)
        after = _state(place, made_roles(pieces))
        spelled = place.spelled(before.snapshot), place.spelled(after.snapshot)
    concurrent = frozenset(name for _, name in at_once if name)
    spelled = spelled[0], with_concurrent(spelled[1], concurrent) if concurrent else spelled[1]
    found = compared(*spelled)
    created = _with_schemas(_created(*spelled), place.left & made_schemas(pieces))
    spoken = (n for n in created.extensions if n not in place.installed or mentions(text, n))
    created = _with_extensions(created, [name for name in spoken if name not in base.extensions])
    return Ddl(
        created,
        found.amendments,
        tuple(Refused(change, _line(pieces, change)) for change in found.changes),
        (*notes(pieces, _names(created)), *_not_managed(before, after)),
    )


def _state(place: Emptied, roles: Sequence[str]) -> _State:
    schemas = place.schemas()
    snapshot = introspect(place.connection, schemas=schemas, roles=roles or False)
    return _State(snapshot, unmanaged_counts(place.connection, schemas=schemas))


def _created(before: Snapshot, after: Snapshot) -> Snapshot:
    """What is there now and was not; extensions, which may be there always, are all told."""
    new = {
        family: {
            n: v for n, v in getattr(after, family).items() if n not in getattr(before, family)
        }
        for family in (*FAMILIES, "schemas", "schema_comments", "schema_privileges")
    }
    return _replace(after, **{**new, "extensions": after.extensions})


def _with_schemas(created: Snapshot, said: Iterable[str]) -> Snapshot:
    """With schemas that the text makes, and that were left because an extension is in them."""
    return _replace(created, schemas={**created.schemas, **{name: name for name in said}})


def _with_extensions(created: Snapshot, names: Iterable[str]) -> Snapshot:
    kept = {name: created.extensions[name] for name in names if name in created.extensions}
    return _replace(created, extensions=kept)


def _names(created: Snapshot) -> frozenset[str]:
    families = (getattr(created, family) for family in FAMILIES)
    names = {getattr(item, "name", "") for items in families for item in items.values()}
    inside = {n for t in created.tables.values() for n in (*t.indexes, *t.triggers, *t.policies)}
    return frozenset(names | inside | {*created.schemas, *created.extensions, *created.roles})


def _not_managed(before: _State, after: _State) -> Iterator[str]:
    """What the text makes that no snapshot holds."""
    more = {k: n - before.unmanaged.get(k, 0) for k, n in after.unmanaged.items()}
    for words in in_words({kind: number for kind, number in more.items() if number > 0}):
        yield f"not declared: {words}, which nbmigrate does not manage"


def _make_roles(connection: psycopg.Connection[Any], base: Snapshot) -> None:
    """The roles that others declare, as far as they are not there and the session may make them."""
    for name in base.roles:
        with suppress(psycopg.Error), connection.transaction():
            connection.execute(f"CREATE ROLE {quote(name)}".encode())


def _run(
    connection: psycopg.Connection[Any],
    pieces: Sequence[Piece],
    before: Snapshot,
    left: AbstractSet[str],
) -> None:
    wanted = [piece for piece in pieces if not made_schemas([piece]) & left]  # those are there
    if not _run_together(connection, wanted):
        _run_each(connection, wanted, before)


def _run_together(connection: psycopg.Connection[Any], pieces: Sequence[Piece]) -> bool:
    """Run all in one exchange with the server; nothing of it where there is something to be said."""
    try:
        with _left_out(connection) as said, connection.transaction():
            exchanged(connection, [Query(piece.sql) for piece in pieces])
            if said:
                raise psycopg.Rollback
    except psycopg.Error:
        return False
    return not said


def _run_each(
    connection: psycopg.Connection[Any], pieces: Sequence[Piece], before: Snapshot
) -> None:
    for piece in pieces:
        with _left_out(connection) as said:
            _run_one(connection, piece)
        for text in said:
            if any(mentions(piece.sql, name) for name in _relations(before)):
                raise StatementFailedError(
                    f"IF NOT EXISTS would leave this out: {text}",
                    sql=piece.sql,
                    sqlstate=_DUPLICATE_TABLE,
                    line=piece.line,
                    hint="another cell declares it: change it there",
                )


def _relations(snapshot: Snapshot) -> Iterator[str]:
    for family in (snapshot.tables, snapshot.views, snapshot.sequences):
        yield from (item.name for item in family.values())
    for table in snapshot.tables.values():
        yield from table.indexes


@contextmanager
def _left_out(connection: psycopg.Connection[Any]) -> Iterator[list[str]]:
    """What PostgreSQL skips because a relation or column is there already."""
    said: list[str] = []

    def heard(diagnostic: psycopg.errors.Diagnostic) -> None:
        if diagnostic.sqlstate in {_DUPLICATE_TABLE, _DUPLICATE_COLUMN}:
            said.append(diagnostic.message_primary or "")

    connection.add_notice_handler(heard)
    try:
        yield said
    finally:
        connection.remove_notice_handler(heard)


def _run_one(connection: psycopg.Connection[Any], piece: Piece) -> None:
    """One statement; a role that the server has takes on what CREATE ROLE says of it."""
    try:
        with connection.transaction():
            connection.execute(piece.sql.encode(), binary=True)
    except psycopg.errors.DuplicateObject as error:
        if not (altered := as_altered_role(piece.sql)):
            raise refused(error, piece.sql, first_line=piece.line) from error
        for sql in altered:
            _run_one(connection, Piece(sql, piece.line))
    except psycopg.Error as error:
        raise refused(error, piece.sql, first_line=piece.line) from error


def _line(pieces: Sequence[Piece], change: Change) -> int:
    """Where the statement stands that makes the change; 0 when several may."""
    names = [name for name in (*change.identity[-1:], *change.leaf.steps[1:2]) if name]
    for wanted in (names, names[:1]):
        found = [p.line for p in pieces if all(mentions(p.sql, name) for name in wanted)]
        if len(found) == 1:
            return found[0]
    return 0

"""Catalogs -> Snapshot.

The rows are read in :mod:`~nbmigrate.postgresql.introspect.catalog`; the other
modules make values of them, one per kind. The value is canonical in types,
defaults and names; expressions are PostgreSQL's own text without outer parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import psycopg

from nbmigrate.garbage import uncollected
from nbmigrate.model import Snapshot
from nbmigrate.model.names import format_path
from nbmigrate.postgresql.introspect.again import Reading, introspect_again
from nbmigrate.postgresql.introspect.catalog import query_of, reading_catalog
from nbmigrate.postgresql.introspect.snapshots import snapshot_of
from nbmigrate.postgresql.introspect.steady import steady
from nbmigrate.postgresql.moments import ReadTransaction, asked
from nbmigrate.postgresql.sending import Query, Row, exchanged

_RELATION = re.compile(r"( (?:of|on|in|with) )")
_ENDINGS = {"y": "ies", "x": "xes", "s": "ses"}

__all__ = [
    "Marked",
    "Moment",
    "Reading",
    "fingerprint",
    "in_words",
    "introspect",
    "introspect_again",
    "introspect_marked",
    "moment",
    "moment_and_fingerprint",
    "unmanaged",
    "unmanaged_counts",
]


def introspect(
    connection: psycopg.Connection[Any],
    *,
    schemas: Sequence[str] | None = None,
    roles: bool | Sequence[str] = False,
    is_last: bool = False,
) -> Snapshot:
    """The schema of a live database.

    Args:
        connection: idle, or in a transaction, whose own changes are then seen.
        schemas: those to read; ``None`` for all but the system's and nbmigrate's own.
        roles: the names to read, or True for all but superusers and the system's.
        is_last: nothing else is asked in the transaction, which is rolled back.

    Raises:
        DriftError: an object was dropped while the schema was read.
    """
    rows = reading_catalog(connection, schemas, roles, is_last=is_last)
    with uncollected(), steady(), rows as catalog:
        return snapshot_of(catalog)


class Marked(NamedTuple):
    """A schema, the moment that it was read at, and the fingerprint of its catalogs."""

    snapshot: Snapshot
    fingerprint: str
    moment: Moment | None


def introspect_marked(
    connection: psycopg.Connection[Any],
    *,
    schemas: Sequence[str] | None = None,
    roles: bool | Sequence[str] = False,
) -> Marked:
    """The schema and its fingerprint, which the server makes while the schema is put together."""
    rows = reading_catalog(connection, schemas, roles, marked=True)
    with uncollected(), steady(), rows as catalog:
        found = snapshot_of(catalog)
        [(mark,)] = catalog.fingerprint
        return Marked(found, str(mark), Moment.of(catalog.moment))


def unmanaged(
    connection: psycopg.Connection[Any], *, schemas: Sequence[str] | None = None
) -> tuple[str, ...]:
    """What the database has and a snapshot does not hold: ``("2 publications", "1 language")``.

    An invalid index is named: somebody has to drop it or build it again.
    """
    counts = unmanaged_counts(connection, schemas=schemas)
    told = dict(zip(counts, in_words(counts), strict=True))
    if _INVALID in told:
        told[_INVALID] += f" ({', '.join(_invalid_indexes(connection, schemas))})"
    return tuple(told.values())


#: A kind of ``unmanaged.sql``.
_INVALID = "invalid index"


def _invalid_indexes(
    connection: psycopg.Connection[Any], schemas: Sequence[str] | None
) -> tuple[str, ...]:
    return tuple(format_path(*row) for row in _rows_in(connection, schemas, "invalid_indexes"))


def unmanaged_counts(
    connection: psycopg.Connection[Any], *, schemas: Sequence[str] | None = None
) -> dict[str, int]:
    """How many there are of each kind that a snapshot does not hold."""
    return dict(_rows_in(connection, schemas, "unmanaged"))


def _rows_in(
    connection: psycopg.Connection[Any], schemas: Sequence[str] | None, name: str
) -> Sequence[Row]:
    """The rows of a query about the schemas."""
    names = None if schemas is None else [*schemas]
    reading = ReadTransaction.around(connection)
    with reading.closing(connection):
        *_, found = exchanged(connection, (*reading.begin, query_of("schemas", names)))
        [rows] = exchanged(connection, [query_of(name, [oid for oid, _ in found])])
    return rows


def in_words(counts: Mapping[str, int]) -> tuple[str, ...]:
    """The counts as a person says them."""
    return tuple(
        f"{count} {kind if count == 1 else _plural(kind)}" for kind, count in counts.items()
    )


def _plural(kind: str) -> str:
    """The words with their noun, which stands in front of ``of``, ``on``, ``in`` or ``with``, in the plural."""
    noun, *rest = _RELATION.split(kind, maxsplit=1)
    last = noun[-1]
    return "".join([noun[:-1], _ENDINGS.get(last, f"{last}s"), *rest])


def fingerprint(connection: psycopg.Connection[Any], schemas: Sequence[str] | None = None) -> str:
    """A text that changes whenever a catalog row of the schemas does; one query.

    It may change without a difference in the snapshot (VACUUM FULL), never the reverse.
    """
    [[(text,)]] = asked(connection, [_fingerprint(schemas)])
    return str(text)


def _fingerprint(schemas: Sequence[str] | None) -> Query:
    return query_of("fingerprint", None if schemas is None else [*schemas])


class Moment(NamedTuple):
    """Where the server's log stands, and which transactions are under way.

    Two equal moments mean that nothing at all was written in between: a change to a catalog
    is always logged, and one whose end is logged but not yet visible is still under way
    (PostgreSQL docs, "Transaction ID and Snapshot Information Functions").
    """

    position: str
    transactions: str

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Moment | None:
        """From the answer; ``None`` on a standby, whose log is written by another server."""
        [(position, transactions)] = rows
        return None if position is None else cls(position, transactions)


def moment(connection: psycopg.Connection[Any]) -> Moment | None:
    """This moment; ``None`` on a standby."""
    [rows] = exchanged(connection, [query_of("moment")])
    return Moment.of(rows)


def moment_and_fingerprint(
    connection: psycopg.Connection[Any], schemas: Sequence[str] | None = None
) -> tuple[Moment | None, str]:
    """Both as of this moment, in one exchange."""
    rows, [(text,)] = asked(connection, [query_of("moment"), _fingerprint(schemas)])
    return Moment.of(rows), str(text)

"""Rows of the catalogs: a fixed number of queries, whatever the size of the database.

They are sent together, and the rows of each are fetched when they are asked for: while values are
made of them, the server is at the next query.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from nbmigrate.postgresql.introspect.sending import Query, Row, sent_together

Cursor = psycopg.Cursor[Row]

# With an empty search_path every name comes back with its schema; the others are what pg_dump
# sets, so that constants are written the same whoever asks. JIT costs more than it saves here.
_SETTINGS = {
    "search_path": "",
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "jit": "off",
}


class Catalog(NamedTuple):
    """The rows of every query, named as the files in ``queries``, in the order of their sending."""

    schemas: Sequence[Row]
    roles: Sequence[Row]
    types: Sequence[Row]
    sequences: Sequence[Row]
    collations: Sequence[Row]
    comments: Sequence[Row]
    constraints: Sequence[Row]
    columns: Sequence[Row]
    opclasses: Sequence[Row]
    indexes: Sequence[Row]
    tables: Sequence[Row]
    parts: Sequence[Row]
    enums: Sequence[Row]
    views: Sequence[Row]
    policies: Sequence[Row]
    extensions: Sequence[Row]
    domains: Sequence[Row]
    composites: Sequence[Row]
    ranges: Sequence[Row]
    functions: Sequence[Row]
    definitions: Sequence[Row]
    triggers: Sequence[Row]
    rules: Sequence[Row]
    statistics: Sequence[Row]
    privileges: Sequence[Row]
    fingerprint: Sequence[Row] = ()


#: The queries that ask for the namespaces found by the first one.
_BY_NAMESPACE = Catalog._fields[2:-1]


@contextmanager
def reading_catalog(
    connection: psycopg.Connection[Any],
    schemas: Sequence[str] | None,
    roles: bool | Sequence[str],
    *,
    marked: bool = False,
) -> Iterator[Catalog]:
    """All rows, as of one moment; they can be read inside only. ``marked``: with the fingerprint."""
    with reading(connection) as cursor:
        found = run(cursor, "schemas", schemas=_texts(schemas))
        role_rows: Sequence[Row] = ()
        if roles:
            named = None if roles is True else _texts(roles)
            role_rows = run(cursor, "roles", roles=named)
        namespaces = [oid for oid, _ in found]
        queries: dict[str, dict[str, object]] = {
            name: {"namespaces": namespaces} for name in _BY_NAMESPACE
        }
        if marked:
            queries["fingerprint"] = {"schemas": _texts(schemas)}
        with _sent(connection, queries) as rest:
            yield Catalog(found, role_rows, *rest)


@contextmanager
def reading(connection: psycopg.Connection[Any]) -> Iterator[Cursor]:
    """A transaction that sees one moment and leaves no setting behind.

    In a transaction that is open already it is a savepoint, which sees what the
    transaction has done so far. Either is rolled back.
    """
    idle = connection.info.transaction_status == TransactionStatus.IDLE
    with connection.transaction(force_rollback=True):
        cursor = _cursor(connection)
        if idle:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        calls = (f"pg_catalog.set_config('{name}', '{to}', true)" for name, to in _SETTINGS.items())
        cursor.execute(f"SELECT {', '.join(calls)}".encode())
        yield cursor


@contextmanager
def one_moment(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """A transaction in which several readings see the same; the connection must be idle."""
    with connection.transaction(force_rollback=True):
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def run(cursor: Cursor, query: str, **parameters: object) -> list[Row]:
    """The rows of one query."""
    return cursor.execute(_text(query), parameters, prepare=False).fetchall()


@contextmanager
def _sent(
    connection: psycopg.Connection[Any], queries: Mapping[str, Mapping[str, object]]
) -> Iterator[Sequence[Sequence[Row]]]:
    """The queries are sent together where libpq can: one wait instead of one for each."""
    if psycopg.Pipeline.is_supported():
        given = [_query(connection, name, values) for name, values in queries.items()]
        with sent_together(connection, given) as rows:
            yield rows
    else:
        cursor = _cursor(connection)
        yield [run(cursor, name, **values) for name, values in queries.items()]


def _query(connection: psycopg.Connection[Any], name: str, values: Mapping[str, object]) -> Query:
    """As the server takes it: no query here has more than one parameter."""
    [(parameter, value)] = values.items()
    dumped = Transformer(connection).dump_sequence([value], [PyFormat.TEXT])
    text = _text(name).replace(f"%({parameter})s".encode(), b"$1").replace(b"%%", b"%")
    return Query(text, dumped[0])


def _cursor(connection: psycopg.Connection[Any]) -> Cursor:
    return psycopg.Cursor(connection, row_factory=tuple_row)


def _texts(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else [*names]


@cache
def _text(query: str) -> bytes:
    return files(__package__).joinpath("queries", f"{query}.sql").read_bytes()

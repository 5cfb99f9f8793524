"""Rows of the catalogs: a fixed number of queries, whatever the size of the database.

One says which of the rarer kinds there are, and only those are asked for. The queries are sent
together, and the rows of each are fetched when they are asked for: while values are made of them,
the server is at the next query.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any, NamedTuple

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from nbmigrate.postgresql.sending import Query, Row, exchanged, sent_together

Cursor = psycopg.Cursor[Row]
#: The names of queries, and the parameter of each.
_Queries = dict[str, dict[str, object]]

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
    defined: Iterable[Row]
    triggers: Sequence[Row]
    rules: Sequence[Row]
    statistics: Sequence[Row]
    privileges: Sequence[Row]
    fingerprint: Sequence[Row] = ()


#: The kinds that are known by their definition alone have one field together, and a query each.
_DEFINED = tuple(
    f"defined/{kind}"
    for kind in (
        "collation",
        "text_search_dictionary",
        "text_search_configuration",
        "cast",
        "operator",
        "operator_class",
        "event_trigger",
        "conversion",
        "foreign_data",
        "publication",
    )
)
_AT = Catalog._fields.index("defined")
#: The queries that ask for the namespaces found by the first one.
_BY_NAMESPACE = (*Catalog._fields[2:_AT], *_DEFINED, *Catalog._fields[_AT + 1 : -1])
#: Those that the database may have nothing for; ``present.sql`` says so.
_RARE = frozenset(
    {"comments", "parts", "enums", "views", "policies", "domains", "composites", "ranges"}
    | {"functions", "triggers", "rules", "statistics", *_DEFINED}
)


@contextmanager
def reading_catalog(
    connection: psycopg.Connection[Any],
    schemas: Sequence[str] | None,
    roles: bool | Sequence[str],
    *,
    marked: bool = False,
) -> Iterator[Catalog]:
    """All rows, as of one moment; they can be read inside only. ``marked``: with the fingerprint."""
    frame = _Frame.around(connection)
    with frame.closing(connection):
        there = _what_is_there(connection, frame, schemas, roles)
        namespaces = [oid for oid, _ in there.schemas]
        queries: _Queries = {name: {"namespaces": namespaces} for name in there.asked}
        if marked:
            queries["fingerprint"] = {"schemas": _texts(schemas)}
        with _sent(connection, queries) as rows:
            by_name = dict(zip(queries, rows, strict=True))
            fields: dict[str, Any] = {name: by_name.get(name, ()) for name in Catalog._fields[2:]}
            fields["defined"] = chain.from_iterable(by_name.get(name, ()) for name in _DEFINED)
            yield Catalog(there.schemas, there.roles, **fields)


class _There(NamedTuple):
    """The first answers: the rows of schemas and roles, and what else is to be asked."""

    schemas: list[Row]
    roles: list[Row]
    asked: list[str]


def _what_is_there(
    connection: psycopg.Connection[Any],
    frame: _Frame,
    schemas: Sequence[str] | None,
    roles: bool | Sequence[str],
) -> _There:
    queries: _Queries = {"schemas": {"schemas": _texts(schemas)}, "present": {}}
    if roles:
        queries["roles"] = {"roles": None if roles is True else _texts(roles)}
    asked = [_query(*pair) for pair in queries.items()]
    found, present, *rest = exchanged(connection, (*frame.begin, *asked))[len(frame.begin) :]
    absent = _RARE - {name for (name,) in present}
    names = [name for name in _BY_NAMESPACE if name not in absent]
    return _There([*found], [row for rows in rest for row in rows], names)


class _Frame(NamedTuple):
    """A transaction that sees one moment and leaves no setting behind.

    In a transaction that is open already it is a savepoint, which sees what the
    transaction has done so far. Either is rolled back.
    """

    begin: tuple[Query, ...]
    end: tuple[Query, ...]

    @classmethod
    def around(cls, connection: psycopg.Connection[Any]) -> _Frame:
        """What begins and ends it on the connection as it is now."""
        calls = (f"pg_catalog.set_config('{name}', '{to}', true)" for name, to in _SETTINGS.items())
        settings = Query(f"SELECT {', '.join(calls)}")
        if connection.info.transaction_status == TransactionStatus.IDLE:
            return cls((_BEGIN, settings), (Query("ROLLBACK"),))
        back = (Query(f"ROLLBACK TO SAVEPOINT {_NAME}"), Query(f"RELEASE SAVEPOINT {_NAME}"))
        return cls((Query(f"SAVEPOINT {_NAME}"), settings), back)

    @contextmanager
    def closing(self, connection: psycopg.Connection[Any]) -> Iterator[None]:
        """End it in any case."""
        try:
            yield
        except BaseException:
            with suppress(psycopg.Error):  # what stopped it is the error to be told
                exchanged(connection, self.end)
            raise
        exchanged(connection, self.end)


_NAME = "nbmigrate_reading"
_BEGIN = Query("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")


@contextmanager
def reading(connection: psycopg.Connection[Any]) -> Iterator[Cursor]:
    """A transaction that sees one moment and leaves nothing behind; in another one, a savepoint."""
    frame = _Frame.around(connection)
    exchanged(connection, frame.begin)
    with frame.closing(connection):
        yield _cursor(connection)


def asked(connection: psycopg.Connection[Any], queries: Sequence[Query]) -> Sequence[Sequence[Row]]:
    """The rows of each query as of one moment, all in one exchange; nothing is left behind."""
    frame = _Frame.around(connection)
    try:
        found = exchanged(connection, (*frame.begin, *queries, *frame.end))
    except BaseException:
        with suppress(psycopg.Error):  # what stopped it is the error to be told
            exchanged(connection, frame.end)
        raise
    return found[len(frame.begin) : -len(frame.end)]


@contextmanager
def beginning(connection: psycopg.Connection[Any], query: Query) -> Iterator[Sequence[Row]]:
    """A transaction in which several readings see the same, and the rows of the query as it begins.

    The connection must be idle.
    """
    try:
        _, rows = exchanged(connection, (_BEGIN, query))
        yield rows
    finally:
        if not connection.closed:
            connection.rollback()


def run(cursor: Cursor, query: str, **parameters: object) -> list[Row]:
    """The rows of one query."""
    return cursor.execute(_text(query), parameters, prepare=False).fetchall()


@contextmanager
def _sent(
    connection: psycopg.Connection[Any], queries: Mapping[str, Mapping[str, object]]
) -> Iterator[Sequence[Sequence[Row]]]:
    """The queries are sent together where libpq can: one wait instead of one for each."""
    if psycopg.Pipeline.is_supported():
        with sent_together(connection, [_query(*pair) for pair in queries.items()]) as rows:
            yield rows
    else:
        cursor = _cursor(connection)
        yield [run(cursor, name, **values) for name, values in queries.items()]


def query_of(name: str, **values: object) -> Query:
    """The query of a file."""
    return _query(name, values)


def _query(name: str, values: Mapping[str, object]) -> Query:
    """Its parameters are numbered; no query here has more than one."""
    text = _text(name).decode()
    used = [parameter for parameter in values if f"%({parameter})s" in text]
    for number, parameter in enumerate(used, 1):
        text = text.replace(f"%({parameter})s", f"${number}")
    return Query(text.replace("%%", "%"), [values[parameter] for parameter in used])


def _cursor(connection: psycopg.Connection[Any]) -> Cursor:
    return psycopg.Cursor(connection, row_factory=tuple_row)


def _texts(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else [*names]


@cache
def _text(query: str) -> bytes:
    return files(__package__).joinpath("queries", f"{query}.sql").read_bytes()

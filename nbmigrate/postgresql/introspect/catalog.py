"""Rows of the catalogs: a fixed number of queries, whatever the size of the database.

One says which of the rarer kinds there are, and only those are asked for. The queries are sent
together, and the rows of each are fetched when they are asked for: while values are made of them,
the server is at the next query.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any, NamedTuple

import psycopg

from nbmigrate.postgresql.moments import ReadTransaction
from nbmigrate.postgresql.sending import Query, Row, exchanged, sent_together


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
    reading = ReadTransaction.around(connection)
    with reading.closing(connection):
        there = _what_is_there(connection, reading, schemas, roles)
        namespaces = [oid for oid, _ in there.schemas]
        queries = {name: query_of(name, namespaces) for name in there.asked}
        if marked:
            queries["fingerprint"] = query_of("fingerprint", _texts(schemas))
        with sent_together(connection, [*queries.values()]) as rows:
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
    reading: ReadTransaction,
    schemas: Sequence[str] | None,
    roles: bool | Sequence[str],
) -> _There:
    queries = [query_of("schemas", _texts(schemas)), query_of("present")]
    if roles:
        queries.append(query_of("roles", None if roles is True else _texts(roles)))
    found, present, *rest = exchanged(connection, (*reading.begin, *queries))[len(reading.begin) :]
    absent = _RARE - {name for (name,) in present}
    names = [name for name in _BY_NAMESPACE if name not in absent]
    return _There([*found], [row for rows in rest for row in rows], names)


def query_of(name: str, value: object = None) -> Query:
    """The query of a file; none has more than one parameter."""
    text = _text(name)
    return Query(text, [value] if "$1" in text else [])


def _texts(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else [*names]


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath("queries", f"{name}.sql").read_text("utf-8")

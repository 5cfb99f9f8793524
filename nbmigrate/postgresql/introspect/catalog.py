"""Rows of the catalogs: a fixed number of queries, whatever the size of the database.

One says which of the rarer kinds there are, and only those are asked for. The queries are sent
together, and the rows of each are fetched when they are asked for: while values are made of them,
the server is at the next query.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from itertools import chain
from types import MappingProxyType
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
    marks: Sequence[Row] = ()
    moment: Sequence[Row] = ()


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
_BY_NAMESPACE = tuple(
    name
    for name in (*Catalog._fields[2:_AT], *_DEFINED, *Catalog._fields[_AT + 1 :])
    if name not in Catalog._field_defaults
)
#: Those that the database may have nothing for; ``present.sql`` says so.
_RARE = frozenset(
    {"comments", "parts", "enums", "views", "policies", "domains", "composites", "ranges"}
    | {"functions", "triggers", "rules", "statistics", *_DEFINED}
)
#: Of more tables than these, to read a few again by their marks takes less than to read them all.
MANY = 200
#: Those that tell of tables what is not another one's.
_OF_RELATIONS = frozenset(
    {"types", "sequences", "collations", "comments", "constraints", "columns", "opclasses"}
    | {"indexes", "tables", "policies", "triggers", "rules", "statistics", "privileges"}
)


@contextmanager
def reading_catalog(
    connection: psycopg.Connection[Any],
    schemas: Sequence[str] | None,
    roles: bool | Sequence[str],
    *,
    marked: bool = False,
    is_last: bool = False,
) -> Iterator[Catalog]:
    """All rows, as of one moment; they can be read inside only.

    ``marked``: with the moment and the fingerprint. ``is_last``: nothing else is asked in a
    transaction that is open, which is rolled back.
    """
    reading = ReadTransaction.around(connection, is_last=is_last)
    # a savepoint has to be there still when the reader fails: the transaction around it goes on
    end = reading.end if reading.is_own else ()
    with reading.closing(connection):
        there = what_is_there(connection, reading, schemas, roles)
        also = {"fingerprint": query_of("fingerprint", _texts(schemas))} if marked else {}
        with rows_of(connection, there, also=also, end=end) as rows:
            yield rows


class There(NamedTuple):
    """The first answers: the moment, schemas and roles, what else is to be asked, and the marks.

    ``is_large``: whether reading a few tables again takes less than to read them all.
    """

    schemas: Sequence[Row]
    roles: Sequence[Row]
    asked: Sequence[str]
    is_large: bool
    moment: Sequence[Row]
    marks: Sequence[Row] = ()


def what_is_there(
    connection: psycopg.Connection[Any],
    reading: ReadTransaction,
    schemas: Sequence[str] | None,
    roles: bool | Sequence[str],
    *,
    marked: bool = False,
) -> There:
    """Begin the reading, and ask what there is to be asked for. ``marked``: with ``marks.sql``."""
    queries = [query_of("moment"), query_of("schemas", _texts(schemas)), query_of("present", MANY)]
    if roles:
        queries.append(query_of("roles", None if roles is True else _texts(roles)))
    if marked:
        queries.append(query_of("marks"))
    answers = exchanged(connection, (*reading.begin, *queries))[len(reading.begin) :]
    moment, found, present, *rest = answers
    known = {name for (name,) in present}
    names = [name for name in _BY_NAMESPACE if name not in _RARE - known]
    marks = rest.pop() if marked else ()
    roles_found = rest.pop() if rest else ()
    return There(found, roles_found, names, "many tables" in known, moment, marks)


@contextmanager
def rows_of(
    connection: psycopg.Connection[Any],
    there: There,
    *,
    relations: Sequence[int] | None = None,
    also: Mapping[str, Query] = MappingProxyType({}),
    end: Sequence[Query] = (),
) -> Iterator[Catalog]:
    """The rows of what is there; of ``relations`` only, where these are named, or of all.

    They can be taken inside only. ``also`` are further queries, by the field of their rows; ``end``
    is sent behind all.
    """
    namespaces = [oid for oid, _ in there.schemas]
    names = there.asked
    if relations is not None:
        names = [name for name in names if name in _OF_RELATIONS]
    queries = {name: query_of(name, namespaces, relations) for name in names} | {**also}
    with sent_together(connection, [*queries.values(), *end]) as rows:
        by_name = dict(zip(queries, rows, strict=False))  # the end has no rows
        fields: dict[str, Any] = {name: by_name.get(name, ()) for name in Catalog._fields[2:]}
        fields["defined"] = chain.from_iterable(by_name.get(name, ()) for name in _DEFINED)
        yield Catalog(there.schemas, there.roles, **fields | {"moment": there.moment})


def query_of(name: str, *values: object) -> Query:
    """The query of a file, with as many of the values as it has parameters."""
    text = _text(name)
    return Query(text, [value for at, value in enumerate(values, 1) if f"${at}" in text])


def _texts(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else [*names]


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath("queries", f"{name}.sql").read_text("utf-8")

"""Rows as a value: names, types and Python objects, before anything is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from psycopg.types.array import ArrayLoader

from nbmigrate.data.loaders import register

_TYPES = """
    SELECT t.oid, pg_catalog.format_type(t.oid, NULL) AS name,
           CASE WHEN t.typcategory = 'A' AND t.typelem <> 0
                THEN (SELECT e.typdelim::text FROM pg_catalog.pg_type AS e WHERE e.oid = t.typelem)
           END AS delimiter,
           (SELECT pg_catalog.array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
              FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid) AS labels
      FROM pg_catalog.pg_type AS t WHERE t.oid = ANY (%s)
"""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What a statement returned. ``labels``: the values of enum columns, by column number.

    ``rowcount`` counts what was read or changed, -1 where PostgreSQL counts nothing;
    ``status`` is PostgreSQL's own word, such as ``INSERT 0 1``.
    """

    columns: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    labels: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    rowcount: int = -1
    status: str = ""
    ms: float = 0.0

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, kw_only=True)
class Result:
    """A fetched result whose types have no names yet."""

    columns: tuple[str, ...]
    oids: tuple[int, ...]
    rows: tuple[tuple[Any, ...], ...]
    rowcount: int
    status: str


def open_cursor(
    connection: psycopg.Connection[Any], *, is_raw: bool
) -> psycopg.Cursor[tuple[Any, ...]]:
    """A cursor that loses no value; ``is_raw`` for SQL with ``$n`` parameters."""
    kind = psycopg.RawCursor if is_raw else psycopg.Cursor
    cursor = kind(connection, row_factory=tuple_row)
    register(cursor)
    return cursor


def fetch(cursor: psycopg.Cursor[tuple[Any, ...]]) -> Result:
    """The last result that has columns; without one, the last."""
    found = _fetch_one(cursor)
    while cursor.nextset():
        one = _fetch_one(cursor)
        if one.columns or not found.columns:
            found = one
    return found


def _fetch_one(cursor: psycopg.Cursor[tuple[Any, ...]]) -> Result:
    described = cursor.description or ()
    return Result(
        columns=tuple(column.name for column in described),
        oids=tuple(column.type_code for column in described),
        rows=tuple(cursor.fetchall()) if cursor.description is not None else (),
        rowcount=cursor.rowcount,
        status=cursor.statusmessage or "",
    )


def name_types(connection: psycopg.Connection[Any], result: Result, ms: float) -> Rows:
    """The rows with the names of their types; the server is asked for those of users only."""
    known = {oid: info.regtype for oid in result.oids if (info := psycopg.adapters.types.get(oid))}
    labels: dict[int, tuple[str, ...]] = {}
    delimiters: dict[int, str] = {}
    unknown = [oid for oid in result.oids if oid not in known]
    if unknown:
        for oid, name, delimiter, values in connection.execute(_TYPES, [unknown]):
            known[oid] = name
            delimiters |= {oid: delimiter} if delimiter else {}
            labels |= {oid: tuple(values)} if values else {}
    return Rows(
        columns=result.columns,
        types=tuple(_type_name(known.get(oid, "unknown"), oid) for oid in result.oids),
        rows=_with_lists(connection, result, delimiters) if delimiters else result.rows,
        labels={at: labels[oid] for at, oid in enumerate(result.oids) if oid in labels},
        rowcount=result.rowcount,
        status=result.status,
        ms=ms,
    )


def text_array(connection: psycopg.Connection[Any], parted_by: str) -> ArrayLoader:
    """Loads an array of a type that psycopg does not know, such as an enum: its elements are texts."""

    class TextArray(ArrayLoader):
        base_oid = psycopg.adapters.types["text"].oid
        delimiter = parted_by.encode()

    return TextArray(0, connection)


def _with_lists(
    connection: psycopg.Connection[Any], result: Result, delimiters: Mapping[int, str]
) -> tuple[tuple[Any, ...], ...]:
    loaders = {
        at: text_array(connection, delimiters[oid])
        for at, oid in enumerate(result.oids)
        if oid in delimiters
    }
    return tuple(
        tuple(
            loaders[at].load(value.encode()) if at in loaders and isinstance(value, str) else value
            for at, value in enumerate(row)
        )
        for row in result.rows
    )


def _type_name(name: str, oid: int) -> str:
    info = psycopg.adapters.types.get(oid)
    return f"{name}[]" if info is not None and oid == info.array_oid else name

"""A query as a DataFrame by binary transfer: the same values and dtypes as ``frames`` gives.

The columns are described first, so that what cannot go this way is known before anything
runs: ``plan_transfer`` is None then, and the caller reads the rows as text.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import psycopg

from nbmigrate.data import kinds
from nbmigrate.data.exact import LOADABLE, Exact
from nbmigrate.data.fetching import Bound, fetch_out
from nbmigrate.data.fields import split
from nbmigrate.data.wire import Chunk, Described, copy_out, describe
from nbmigrate.garbage import uncollected

Connection = psycopg.Connection[Any]

_types = psycopg.adapters.types
_KINDS: dict[str, Callable[[], kinds.Kind]] = {
    "bool": lambda: kinds.Numbers("u1", "boolean"),
    "int2": lambda: kinds.Numbers(">i2", "Int16"),
    "int4": lambda: kinds.Numbers(">i4", "Int32"),
    "int8": lambda: kinds.Numbers(">i8", "Int64"),
    "oid": lambda: kinds.Numbers(">u4", "Int64"),
    "float4": lambda: kinds.Numbers(">f4", "Float32"),
    "float8": lambda: kinds.Numbers(">f8", "Float64"),
    "timestamp": lambda: kinds.Stamps(is_aware=False),
    "timestamptz": lambda: kinds.Stamps(is_aware=True),
    "date": kinds.Days,
    "interval": kinds.Durations,
    "text": kinds.Texts,
    "varchar": kinds.Texts,
    "bpchar": kinds.Texts,
    "name": kinds.Texts,
    "json": lambda: kinds.Values(kinds.json_values(0)),
    "jsonb": lambda: kinds.Values(kinds.json_values(1)),
    "bytea": lambda: kinds.Values(kinds.raw_values),
    "uuid": lambda: kinds.Values(kinds.uuid_values),
    "numeric": lambda: kinds.Values(kinds.numeric_values),
}
_BY_OID = {_types[name].oid: make for name, make in _KINDS.items()}
_WIDTHS = {
    _types[name].oid: width
    for width, names in {
        1: ("bool",),
        2: ("int2",),
        4: ("int4", "oid", "float4", "date"),
        8: ("int8", "float8", "timestamp", "timestamptz"),
        16: ("interval", "uuid"),
    }.items()
    for name in names
}
#: So much makes one frame of a stream.
STREAM_BYTES = 16 << 20

# Whether values can be sent back and forth in binary form. A row without a type cannot, and some
# that PostgreSQL sends it does not take back: an empty tsquery, and what only it may make
# (src/backend/utils/adt/pseudotypes.c, tsquery.c).
_TYPES = """
    SELECT t.oid, pg_catalog.format_type(t.oid, NULL) AS name,
           CASE WHEN t.typcategory = 'A' THEN e.typdelim::text END AS delimiter,
           t.typsend <> 0 AND t.typreceive <> 0 AND t.typtype IN ('b', 'e', 'r', 'm', 'd')
           AND (t.typelem = 0 OR e.typtype IN ('b', 'e', 'r', 'm')
                AND e.typsend <> 0 AND e.typreceive <> 0)
           AND COALESCE(e.oid, t.oid) <> ALL (ARRAY(
               SELECT o.oid FROM pg_catalog.pg_type AS o
                WHERE o.typnamespace = 'pg_catalog'::pg_catalog.regnamespace
                  AND (o.typname IN ('tsquery', 'pg_node_tree', 'pg_ndistinct', 'pg_dependencies',
                                     'pg_mcv_list') OR o.typname LIKE 'pg\\_brin\\_%%'))) AS is_binary,
           (SELECT pg_catalog.array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
              FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid) AS labels
      FROM pg_catalog.pg_type AS t LEFT JOIN pg_catalog.pg_type AS e ON e.oid = t.typelem
     WHERE t.oid = ANY (%s)
"""


@dataclass(frozen=True)
class Column:
    """A column that can be transferred."""

    described: Described
    kind: kinds.Kind
    exact: Exact
    type_name: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Transfer:
    """A query that can go this way."""

    sql: str
    columns: tuple[Column, ...]
    bound: Bound | None = None

    @property
    def widths(self) -> list[int]:
        """The bytes of each column's values, 0 where they differ from each other."""
        return [_WIDTHS.get(column.described.oid, 0) for column in self.columns]


def plan_transfer(
    connection: Connection,
    sql: str,
    ask: Callable[[], Connection] | None = None,
    given: Bound | None = None,
) -> Transfer | None:
    """How to read the query, or None where its values have no binary form.

    ``given`` are the values of its ``$n``; it is then read by ``read_frames`` alone.

    Raises:
        psycopg.Error: it is not one statement, or not SQL.
    """
    if not _is_unicode(connection):
        return None
    described = describe(connection, sql, given.oids if given else ())
    found = _foreign(connection, described)
    if not described or any(_is_textual(d, found) for d in described):
        return None
    ask = ask or (lambda: connection)
    columns = tuple(_column(connection, d, found.get(d.oid), ask) for d in described)
    return Transfer(sql, columns, given)


def textual_columns(
    connection: Connection, sql: str, given: Bound | None = None
) -> tuple[str, ...]:
    """The names of the query's columns whose values have no binary form, only their text."""
    described = describe(connection, sql, given.oids if given else ())
    found = _foreign(connection, described)
    return tuple(d.name for d in described if _is_textual(d, found))


def _foreign(connection: Connection, described: Sequence[Described]) -> dict[int, tuple[Any, ...]]:
    """What PostgreSQL says of the types that are not known here."""
    oids = {d.oid for d in described} - _BY_OID.keys() - LOADABLE
    rows = connection.execute(_TYPES, [list(oids)]) if oids else ()
    return {row[0]: row[1:] for row in rows}


def _is_textual(described: Described, foreign: Mapping[int, tuple[Any, ...]]) -> bool:
    oid = described.oid
    return oid not in _BY_OID and oid not in LOADABLE and not foreign.get(oid, (0, 0, False))[2]


def _is_unicode(connection: Connection) -> bool:
    status = connection.info.parameter_status
    return status("client_encoding") == "UTF8" and status("server_encoding") != "SQL_ASCII"


def _column(
    connection: Connection,
    described: Described,
    found: tuple[Any, ...] | None,
    ask: Callable[[], Connection],
) -> Column:
    name, delimiter, _, labels = found or (_name(described.oid), None, True, None)
    is_known = _types.get(described.oid) is not None
    exact = Exact(connection, described.oid, ask, delimiter="" if is_known else delimiter or "")
    kind: kinds.Kind
    if labels:
        kind = kinds.Labels(tuple(labels))
    elif name == "citext":
        kind = kinds.Texts()
    elif name == '"char"':
        kind = kinds.SpelledTexts(exact)
    else:
        make = _BY_OID.get(described.oid)
        kind = make() if make else kinds.Others(exact)
    return Column(described, kind, exact, name, tuple(labels or ()))


def _name(oid: int) -> str:
    info = _types.get(oid)
    assert info
    return f"{info.regtype}[]" if oid == info.array_oid else info.regtype


def read_frame(connection: Connection, transfer: Transfer) -> pd.DataFrame:
    """All rows as one DataFrame."""
    columns = transfer.columns
    parts: list[list[Any]] = [[] for _ in columns]
    total = 0
    with uncollected():
        for chunk in copy_out(connection, transfer.sql):
            total += len(chunk)
            for at, field in enumerate(split(chunk, transfer.widths)):
                parts[at].append(columns[at].kind.take(field))
        return _frame(columns, parts, total)


def read_frames(
    connection: Connection, transfer: Transfer, chunk_bytes: int = STREAM_BYTES
) -> Iterator[pd.DataFrame]:
    """The rows as DataFrames, each made while the server waits for the next to be asked for."""
    columns, widths = transfer.columns, transfer.widths
    with closing(_pieces(connection, transfer, chunk_bytes)) as chunks:
        while True:
            with uncollected():
                chunk = next(chunks, None)
                if chunk is None:
                    return
                fields = enumerate(split(chunk, widths))
                parts = [[columns[at].kind.take(field)] for at, field in fields]
                frame = _frame(columns, parts, len(chunk))
            yield frame


def _pieces(
    connection: Connection, transfer: Transfer, chunk_bytes: int
) -> Generator[Chunk, None, None]:
    if transfer.bound is None:
        return copy_out(connection, transfer.sql, chunk_bytes)
    return fetch_out(connection, transfer.sql, transfer.bound, chunk_bytes)


def _frame(columns: Sequence[Column], parts: list[list[Any]], rows: int) -> pd.DataFrame:
    index = pd.RangeIndex(rows)
    series: dict[int, pd.Series[Any]] = {}
    for at, column in enumerate(columns):
        found = column.kind.finish(parts[at], column.exact)
        # What a column was made of goes before the next is made: it would be memory twice.
        parts[at] = []
        dtype = object if isinstance(found, np.ndarray) else found.dtype
        series[at] = pd.Series(found, index=index, dtype=dtype, copy=False)
    frame = pd.DataFrame(series, index=index, copy=False)
    frame.columns = pd.Index([column.described.name for column in columns], dtype=object)
    return frame

"""A query into pandas and a DataFrame into a table, by nbmigrate and by its peers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.databases import with_driver

Frame = Any
TABLE = "facts"


def _raw(url: str, sql: str) -> None:
    with (
        psycopg.connect(url) as connection,
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT binary)".encode()) as copy,
    ):
        for _ in copy:
            pass


def _nbmigrate(url: str, sql: str) -> Frame:
    from nbmigrate.data.framing import query_frame
    from nbmigrate.executor import connect

    with connect(url) as connection:
        return query_frame(connection, sql)


def _pandas(url: str, sql: str) -> Frame:
    import pandas as pd
    import sqlalchemy as sa

    return pd.read_sql(sql, sa.create_engine(with_driver(url)))


def _connectorx(url: str, sql: str) -> Frame:
    import connectorx as cx

    return cx.read_sql(url, sql)


def _adbc(url: str, sql: str) -> Frame:
    return _adbc_arrow(url, sql).to_pandas()


def _adbc_same(url: str, sql: str) -> Frame:
    return _same_dtypes(_adbc_arrow(url, sql))


def _adbc_arrow(url: str, sql: str) -> Any:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetch_arrow_table()


def _same_dtypes(table: Any) -> Frame:
    """What ADBC gave, with the dtypes of docs/how-to/data.md."""
    import uuid
    from decimal import Decimal

    import pandas as pd
    import pyarrow as pa

    nullable = {pa.int16(): "Int16", pa.int32(): "Int32", pa.int64(): "Int64"}
    nullable |= {pa.bool_(): "boolean", pa.float64(): "Float64"}
    found = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        values = None
        if name == "price":
            values = [None if x is None else Decimal(x) for x in _storage(column).to_pylist()]
        elif name == "key":
            values = [
                None if x is None else uuid.UUID(bytes=x) for x in _storage(column).to_pylist()
            ]
        if values is not None:
            found[name] = pd.Series(values, dtype=object)
        elif column.type in nullable:
            found[name] = pd.Series(
                pd.array([], dtype=nullable[column.type]).dtype.__from_arrow__(column)
            )
        elif pa.types.is_string(column.type):
            found[name] = pd.Series(pd.StringDtype().__from_arrow__(column))
        else:
            found[name] = column.to_pandas(date_as_object=True)
    return pd.DataFrame(found)


def _storage(column: Any) -> Any:
    import pyarrow as pa

    is_extension = isinstance(column.type, pa.BaseExtensionType)
    return pa.chunked_array([c.storage for c in column.chunks]) if is_extension else column


READERS: dict[str, Callable[[str, str], Frame]] = {
    "raw": _raw,
    "nbmigrate": _nbmigrate,
    "pandas.read_sql": _pandas,
    "connectorx": _connectorx,
    "ADBC, as it comes": _adbc,
    "ADBC, same dtypes": _adbc_same,
}


def _load(url: str, frame: Frame, table: str) -> None:
    from nbmigrate import Workspace

    with tempfile.TemporaryDirectory() as folder, Workspace(url, root=Path(folder)) as workspace:
        workspace.load(frame, table)


def _to_sql(url: str, frame: Frame, table: str) -> None:
    import sqlalchemy as sa

    # Left to itself to_sql makes text of these and PostgreSQL refuses a uuid for it.
    types = {"key": sa.Uuid(), "price": sa.Numeric(), "day": sa.Date()}
    with sa.create_engine(with_driver(url)).begin() as connection:
        frame.to_sql(table, connection, index=False, dtype=types)


WRITERS: dict[str, Callable[[str, Frame, str], None]] = {
    "nbmigrate load": _load,
    "pandas.to_sql": _to_sql,
}

"""Queries whose SQL holds quoted names: ``%`` means nothing, parameters are ``$1``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]


def rows(connection: psycopg.Connection[Any], sql: str, values: Sequence[object] = ()) -> list[Row]:
    """The rows of a query, as dictionaries."""
    with psycopg.RawCursor(connection, row_factory=dict_row) as cursor:
        return cursor.execute(sql, list(values)).fetchall()


def run(connection: psycopg.Connection[Any], sql: str, values: Sequence[object] = ()) -> None:
    """Run a statement that returns nothing."""
    with psycopg.RawCursor(connection) as cursor:
        cursor.execute(sql, list(values))


def exists(connection: psycopg.Connection[Any], sql: str, values: Sequence[object] = ()) -> bool:
    """Whether the query has a row."""
    return bool(rows(connection, sql, values))

"""Rendered statements, run and looked at."""

from __future__ import annotations

from nbmigrate import operations as o
from nbmigrate.postgresql.render import render


def run(connection, *operations: o.Operation) -> None:
    for statement in render(operations):
        connection.execute(statement.sql.encode())


def rows(connection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(query.encode()).fetchall()


def one(connection, query: str) -> object:
    ((value,),) = rows(connection, query)
    return value

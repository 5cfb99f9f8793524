"""Databases with a schema in them, on an embedded server of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from nbmigrate.server import EmbeddedServer


def make(server: EmbeddedServer, name: str, ddl: str = "") -> str:
    """The URL of a new database that the DDL was run in."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
    url = server.url_for(name)
    with psycopg.connect(url, autocommit=True) as connection:
        for part in ddl.split("\n\n") if ddl else ():
            connection.execute(part.encode())
        if ddl:
            connection.execute("VACUUM ANALYZE")
    return url


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """An autocommit connection."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def with_driver(url: str) -> str:
    """The URL as SQLAlchemy reads it, for psycopg 3."""
    return url.replace("postgresql:", "postgresql+psycopg:", 1)


def empty_folder(path: Path) -> Path:
    """The folder, made."""
    path.mkdir(parents=True, exist_ok=True)
    return path

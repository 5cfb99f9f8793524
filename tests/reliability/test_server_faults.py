"""Faults of the server itself and of the way to it: a restart, a full disk, a lost line.

Each test that stops or fills a server has one of its own.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nbmigrate.errors import StatementFailedError
from nbmigrate.executor import migrate
from nbmigrate.server.account import run, server_account
from tests.fixtures.postgres import Server, start_server, stop_server

TWO = ("CREATE TABLE kept ()", "CREATE TABLE a (); SELECT pg_sleep(60)")
SLEEPING = (
    "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'"
)


@pytest.fixture
def own_server() -> Iterator[tuple[Server, Path]]:
    """A server that a test may stop, and its folder."""
    directory = Path(tempfile.mkdtemp(prefix="nbmt-", dir="/tmp"))
    server = start_server(directory)
    yield server, directory
    stop_server(server, directory)


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 4 MB in memory."""
    place = Path(tempfile.mkdtemp(prefix="nbmt-", dir="/tmp"))
    command = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=0755", "tmpfs", str(place)]
    if not shutil.which("mount") or subprocess.run(command, check=False).returncode:
        place.rmdir()
        pytest.skip("NO SMALL DISK: this machine does not let the tests mount a tmpfs; R10 unshown")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)
    place.rmdir()


def _value(url: str, query: str) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_restarted_in_the_middle(own_server, make, start, wait, mode: str) -> None:
    server, directory = own_server
    child = start(server.url(), make(*TWO))
    wait(lambda: _value(server.url(), SLEEPING) == 1)
    _restart(server, directory, mode)
    output, _ = child.communicate(timeout=30)
    assert child.returncode == 1, output
    assert _value(server.url(), "SELECT to_regclass('a') IS NULL")
    again = make(TWO[0], TWO[1].replace("60", "0"))
    assert [applied.tag for applied in migrate(server.url(), again)] == ["0001_m"]
    assert _value(server.url(), "SELECT count(*) FROM drizzle.__drizzle_migrations") == 2


def _restart(server: Server, directory: Path, mode: str) -> None:
    data = directory / "data"
    command = [str(server.bin("pg_ctl")), "-D", str(data), "-m", mode, "-w"]
    result = run([*command, "-l", str(data / "server.log"), "restart"], server_account(data))
    assert result.returncode == 0, result.output


def test_full_disk(own_server, small_disk: Path, make) -> None:
    server, directory = own_server
    server_account(directory / "data").own(small_disk)
    url = server.url()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
    fill = "INSERT INTO big SELECT repeat('x', 1000) FROM generate_series(1, {rows})"
    texts = "CREATE TABLE kept ()", f"CREATE TABLE big (t text) TABLESPACE small; {fill}"
    with pytest.raises(StatementFailedError) as caught:
        migrate(url, make(texts[0], texts[1].format(rows=20_000)))
    assert caught.value.sqlstate == "53100"
    assert (caught.value.tag, caught.value.index) == ("0001_m", 2)
    assert _value(url, "SELECT to_regclass('big') IS NULL AND to_regclass('kept') IS NOT NULL")
    again = make(texts[0], texts[1].format(rows=100))
    assert [applied.tag for applied in migrate(url, again)] == ["0001_m"]
    assert _value(url, "SELECT count(*) FROM big") == 100
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE big")
        connection.execute("DROP TABLESPACE small")


class Proxy:
    """A TCP port before a server's socket; ``drop`` closes every line that goes through it."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._lines: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._pumps: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._serve, daemon=True)
        self._acceptor.start()

    def drop(self) -> None:
        """End all lines, in both directions; `close` closes them."""
        for line in self._lines:
            with suppress(OSError):  # it ended by itself
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no more lines, and end all."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        self.drop()
        for pump in self._pumps:
            pump.join()
        for line in self._lines:
            line.close()

    def _serve(self) -> None:
        with suppress(OSError):  # the listener is closed
            while True:
                near, _ = self._listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(str(self._target))
                self._lines += [near, far]
                self._pump(near, far)
                self._pump(far, near)

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        self._pumps.append(threading.Thread(target=_copy, args=(source, target), daemon=True))
        self._pumps[-1].start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):  # dropped
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy(own_server) -> Iterator[Proxy]:
    """A proxy before the test's own server."""
    found = Proxy(own_server[1] / "data" / ".s.PGSQL.5432")
    yield found
    found.close()


def test_line_is_lost(own_server, proxy: Proxy, make, start, wait: Callable[..., float]) -> None:
    server, _ = own_server
    through = f"postgresql://postgres@127.0.0.1:{proxy.port}/postgres"
    child = start(through, make(*TWO))
    wait(lambda: _value(server.url(), SLEEPING) == 1)
    proxy.drop()
    output, _ = child.communicate(timeout=30)
    assert child.returncode == 1, output
    wait(lambda: _value(server.url(), SLEEPING) == 0)
    assert _value(server.url(), "SELECT to_regclass('a') IS NULL")
    again = make(TWO[0], TWO[1].replace("60", "0"))
    assert [applied.tag for applied in migrate(server.url(), again)] == ["0001_m"]

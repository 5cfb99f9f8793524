"""Processes that die, are interrupted, or lose their connection, for real."""

import json
import signal
import socket
import threading
import time
from contextlib import suppress

import psycopg
import pytest

from nbmigrate.errors import StatementFailedError
from nbmigrate.executor import migrate


def _sessions(ask) -> int:
    return ask(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'nbmigrate%'"
        " AND datname = current_database()"
    )


def test_killed_between_statements(database, make, start, ask, wait) -> None:
    migrations = make("CREATE TABLE kept ()", "CREATE TABLE a (); CREATE TABLE b (); SELECT 1")
    migrate(database.url, migrations[:1])
    child = start(database.url, migrations, failpoint="after_statement:2=kill")
    child.wait(timeout=20)
    assert child.returncode == -signal.SIGKILL
    assert wait(lambda: _sessions(ask) == 0) < 2
    assert ask("SELECT to_regclass('a')") is None
    assert [a.tag for a in migrate(database.url, migrations)] == ["0001_m"]
    assert ask("SELECT count(*) FROM drizzle.__drizzle_migrations") == 2


def test_killed_inside_a_long_statement(database, make, start, ask, wait) -> None:
    migrations = make("CREATE TABLE a (); SELECT pg_sleep(60)")
    child = start(database.url, migrations)
    wait(lambda: _sleeping(ask))
    child.kill()
    assert wait(lambda: _sessions(ask) == 0) < 2
    assert ask("SELECT to_regclass('a')") is None


def _sleeping(ask) -> bool:
    return (
        ask(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
            " AND query LIKE 'SELECT pg_sleep%' AND datname = current_database()"
        )
        == 1
    )


def test_killed_after_commit(database, make, start, ask) -> None:
    migrations = make("CREATE TABLE a (n int); INSERT INTO a VALUES (1)")
    child = start(database.url, migrations, failpoint="after_commit=kill")
    child.wait(timeout=20)
    assert migrate(database.url, migrations) == ()
    assert ask("SELECT count(*) FROM a") == 1


def test_next_migrator_gets_the_lock_of_a_dead_one(database, make, start, ask, wait) -> None:
    migrations = make("CREATE TABLE a (); SELECT pg_sleep(60)")
    holder = start(database.url, migrations)
    wait(lambda: _sleeping(ask))
    heir = start(database.url, make("CREATE TABLE b ()"))
    assert heir.stderr.readline().strip() == "LockWaited"
    holder.kill()
    begun = time.monotonic()
    output, _ = heir.communicate(timeout=10)
    assert time.monotonic() - begun < 3
    assert json.loads(output) == ["0000_m"]


def test_interrupt_cancels_on_the_server(database, make, start, ask, wait) -> None:
    child = start(database.url, make("CREATE TABLE a (); SELECT pg_sleep(60)"))
    wait(lambda: _sleeping(ask))
    child.send_signal(signal.SIGINT)
    begun = time.monotonic()
    _, complaint = child.communicate(timeout=10)
    assert time.monotonic() - begun < 3
    assert "KeyboardInterrupt" in complaint
    assert wait(lambda: _sessions(ask) == 0) < 2
    assert ask("SELECT to_regclass('a')") is None


@pytest.mark.parametrize("killed_at", [2, 3])
def test_killed_between_concurrent_indexes(database, make, start, ask, killed_at, wait) -> None:
    migrations = make(
        "CREATE TABLE t (a int, b int);\nCREATE INDEX CONCURRENTLY i ON t (a);\n"
        "CREATE INDEX CONCURRENTLY j ON t (b);\nINSERT INTO t VALUES (1, 2);"
    )
    child = start(database.url, migrations, failpoint=f"after_statement:{killed_at}=kill")
    child.wait(timeout=20)
    wait(lambda: _sessions(ask) == 0)
    finished = ask("SELECT count(*) FROM nbmigrate.progress WHERE finished_at IS NOT NULL")
    assert finished == killed_at - 1
    events = []
    assert len(migrate(database.url, migrations, on_event=events.append)) == 1
    assert next(e.done for e in events if type(e).__name__ == "MigrationStarted") == killed_at - 1
    assert ask("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass AND indisvalid") == 2
    assert ask("SELECT count(*) FROM t") == 1
    assert ask("SELECT count(*) FROM nbmigrate.progress") == 0


def test_killed_inside_a_concurrent_index(database, make, start, ask, wait) -> None:
    database.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    writer = database.connect(autocommit=False)
    writer.execute("INSERT INTO t VALUES (2)")
    migrations = make("CREATE INDEX CONCURRENTLY i ON t (a)")
    child = start(database.url, migrations)
    wait(lambda: ask("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 1)
    child.kill()
    wait(lambda: _sessions(ask) == 0)
    assert ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") is False
    writer.commit()
    events = []
    migrate(database.url, migrations, on_event=events.append)
    assert "LeftoverDropped" in {type(e).__name__ for e in events}
    assert ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") is True


class Proxy:
    """A proxy on TCP that breaks a connection after a COMMIT passed, before its answer."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.cut = threading.Event()
        self.cut_count = 0
        self._ends: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._target)
            self._ends += [client, server]
            lost = threading.Event()
            threading.Thread(target=self._forward, args=(client, server, lost), daemon=True).start()
            threading.Thread(target=self._answer, args=(server, client, lost), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
        while data := self._receive(client):
            if self.cut.is_set() and b"COMMIT" in data:
                self.cut.clear()
                self.cut_count += 1
                lost.set()
            with suppress(OSError):  # it may have gone before the client says goodbye
                server.sendall(data)
        _end(server)

    def _answer(self, server: socket.socket, client: socket.socket, lost: threading.Event) -> None:
        while data := self._receive(server):
            if lost.is_set():
                _end(client)
                return
            with suppress(OSError):
                client.sendall(data)
        _end(client)

    @staticmethod
    def _receive(end: socket.socket) -> bytes:
        try:
            return end.recv(65536)
        except OSError:
            return b""

    def close(self) -> None:
        for end in self._ends:
            _end(end)
            end.close()


def _end(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def proxy(server):
    parameters = psycopg.conninfo.conninfo_to_dict(server.dsn)
    directory = str(parameters.get("host", ""))
    if not directory.startswith("/"):
        pytest.skip("the server has no unix socket to stand in front of")
    made = Proxy(f"{directory}/.s.PGSQL.{parameters.get('port', 5432)}")
    yield made
    made.close()


def test_answer_to_commit_is_lost(database, make, proxy, ask) -> None:
    url = f"postgresql://postgres@127.0.0.1:{proxy.port}/{database.name}?sslmode=disable"
    migrations = make("CREATE TABLE a (n int)", "INSERT INTO a VALUES (1)", "CREATE TABLE b ()")
    migrate(url, migrations[:1])

    def cut_second(event: object) -> None:
        if type(event).__name__ == "AppliedStatement" and event.tag == "0001_m":
            proxy.cut.set()

    done = migrate(url, migrations, on_event=cut_second)
    assert proxy.cut_count == 1
    assert [a.tag for a in done] == ["0001_m", "0002_m"]
    assert ask("SELECT count(*) FROM a") == 1
    assert migrate(url, migrations) == ()


def test_connection_lost_before_commit(database, make, ask) -> None:
    killer = database.connect()

    def kill(event: object) -> None:
        if type(event).__name__ == "AppliedStatement":
            killer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'nbmigrate' AND datname = current_database()"
            )
            time.sleep(0.1)

    with pytest.raises(StatementFailedError) as caught:
        migrate(database.url, make("CREATE TABLE a ()"), on_event=kill)
    assert caught.value.sqlstate in {"57P01", "08006", "08003"}
    assert ask("SELECT to_regclass('a')") is None

"""Behind a connection pooler: refused in transaction mode, welcome in session mode."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from nbmigrate.dialect import Statement
from nbmigrate.errors import ConnectFailedError
from nbmigrate.executor import apply, migrate

CONFIGURATION = """
[databases]
* = host={host} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
auth_file = {directory}/users
pool_mode = {mode}
"""


@pytest.fixture
def pooled(server, database):
    """A function: the URL of the database behind pgbouncer in a mode."""
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    host = str(psycopg.conninfo.conninfo_to_dict(server.dsn).get("host", ""))
    if program is None or not host.startswith("/"):
        pytest.skip("pgbouncer is not installed, or the server has no unix socket")
    directory = Path(tempfile.mkdtemp(prefix="nbmp-", dir="/tmp"))
    directory.chmod(0o755)
    processes = []

    def start(mode: str) -> str:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        (directory / "users").write_text('"postgres" ""\n')
        text = CONFIGURATION.format(host=host, port=port, directory=directory, mode=mode)
        (directory / "ini").write_text(text)
        # Its directory is private; and pgbouncer, like PostgreSQL, refuses to run as root.
        account = {"user": Path(host).stat().st_uid} if os.geteuid() == 0 else {}
        command = [program, "-q", str(directory / "ini")]
        processes.append(subprocess.Popen(command, stderr=subprocess.DEVNULL, **account))
        url = f"postgresql://postgres@127.0.0.1:{port}/{database.name}?sslmode=disable"
        _wait_for_answer(url)
        return url

    yield start
    for process in processes:
        process.kill()
        process.wait()
    shutil.rmtree(directory)


def _wait_for_answer(url: str) -> None:
    error = None
    for _ in range(100):
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError as caught:
            error = caught
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"pgbouncer does not answer: {error}")


def test_transaction_mode_is_refused(pooled, make, ask) -> None:
    url = pooled("transaction")
    with pytest.raises(ConnectFailedError) as caught:
        migrate(url, make("CREATE TABLE a ()"))
    assert "transaction mode" in caught.value.message
    assert "direct address" in caught.value.hint
    assert ask("SELECT to_regclass('a')") is None
    with (
        psycopg.connect(url, autocommit=True) as connection,
        pytest.raises(ConnectFailedError) as pushed,
    ):
        apply(connection, [Statement(sql="CREATE TABLE a ()")])
    host, _, rest = url.removeprefix("postgresql://postgres@").partition(":")
    assert pushed.value.message.startswith(f"`{host}:{rest.partition('?')[0]}` goes through")
    assert ask("SELECT to_regclass('a')") is None


def test_session_mode_works(pooled, make) -> None:
    url = pooled("session")
    assert len(migrate(url, make("CREATE TABLE a ()"))) == 1
    assert migrate(url, make("CREATE TABLE a ()")) == ()

"""A server that is restarted, cut off or full, in the middle of a migration."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import time

import pytest

from nbmigrate.errors import StatementFailedError
from nbmigrate.executor import connect, migrate
from tests.fixtures.faults import IS_DEEP
from tests.reliability.network import Network

LOG = logging.getLogger(__name__)
GATED = (
    "CREATE TABLE a (n int);\nINSERT INTO a VALUES (1);\n"
    "SELECT pg_sleep(600) WHERE to_regclass('gate') IS NOT NULL;"
)
#: What the connection asks for by itself takes 25 s; a test of every day cannot wait so long.
QUICKLY = {
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "tcp_user_timeout": 4_000,
}


def _applied(victim) -> int:
    return victim.ask("SELECT count(*) FROM drizzle.__drizzle_migrations")


def test_server_is_restarted(victim, make, start, wait, sleeping) -> None:
    migrations = make("CREATE TABLE kept ()", GATED)
    migrate(victim.url, migrations[:1])
    victim.do("CREATE TABLE gate ()")
    child = start(victim.url, migrations)
    wait(sleeping, seconds=30)
    assert victim.control("restart", "-m", "immediate").returncode == 0
    said, _ = child.communicate(timeout=60)
    assert child.returncode == 1
    assert said.startswith("StatementFailedError: `0001_m`"), said
    assert "nothing of `0001_m` was kept" in said
    assert victim.ask("SELECT to_regclass('a')") is None
    assert _applied(victim) == 1
    victim.do("DROP TABLE gate")
    assert [done.tag for done in migrate(victim.url, migrations)] == ["0001_m"]
    assert victim.ask("SELECT count(*) FROM a") == 1
    assert migrate(victim.url, migrations) == ()


@pytest.fixture
def network(victim):
    made = Network(("127.0.0.1", victim.port))
    yield made
    made.close()


def _sessions(victim) -> int:
    return victim.ask(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'nbmigrate%'"
    )


def test_network_goes_silent(victim, network, make, start, wait, sleeping) -> None:
    """Both sides notice by themselves: the client ends, and the server gives its locks back."""
    _require_limits(victim)
    migrations = make(GATED)
    victim.do("CREATE TABLE gate ()")
    limits = {} if IS_DEEP else QUICKLY
    child = start(victim.url_at(network.port, **limits), migrations)
    wait(sleeping, seconds=30)
    network.stall()
    begun = time.monotonic()
    said, _ = child.communicate(timeout=60)
    assert child.returncode == 1
    assert "(SQLSTATE 08006)" in said
    assert "nothing of `0000_m` was kept" in said
    client = time.monotonic() - begun
    wait(lambda: _sessions(victim) == 0, seconds=60)
    server = time.monotonic() - begun
    LOG.info("noticed by the client after %.1f s, by the server after %.1f s", client, server)
    victim.do("DROP TABLE gate")
    assert [done.tag for done in migrate(victim.url, migrations)] == ["0000_m"]
    assert max(client, server) < 30


def _require_limits(victim) -> None:
    """What a connection asks for by itself: noticed by both sides within 30 s."""
    names = ("idle", "interval", "count")
    with connect(victim.url) as connection:
        ours = connection.info.get_parameters()
        query = ", ".join(f"current_setting('tcp_keepalives_{name}')::int" for name in names)
        theirs = connection.execute(f"SELECT {query}").fetchone()
    idle, interval, count = (int(ours[f"keepalives_{name}"]) for name in names)
    assert idle + interval * count < 30
    assert theirs == (idle, interval, count)


@pytest.fixture
def small_disk(victim):
    """A tablespace ``small`` on a file system of 12 MB of its own."""
    folder = victim.directory / "small"
    folder.mkdir()
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if root and shutil.which("sudo") is None:
        pytest.skip("NO DISK TO FILL: mounting a tmpfs needs root or sudo")
    mount = [*root, "mount", "-t", "tmpfs", "-o", "size=12m,mode=0777", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"NO DISK TO FILL: a tmpfs cannot be mounted here: {mounted.stderr}")
    try:
        space = folder / "space"
        space.mkdir()
        victim.account.own(space)
        victim.do(f"CREATE TABLESPACE small LOCATION '{space}'")
        yield folder
        victim.do("DROP TABLE IF EXISTS big", "DROP TABLESPACE small")
    finally:
        # Lazily: the server may keep a file of it open for a while.
        subprocess.run([*root, "umount", "--lazy", str(folder)], check=True)


def test_disk_is_full(victim, small_disk, make) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(9 * 1024 * 1024))
    migrations = make(
        "CREATE TABLE before (n int)",
        "CREATE TABLE first (n int);\n"
        "CREATE TABLE big TABLESPACE small AS SELECT n FROM generate_series(1, 120000) AS s (n);",
        "CREATE TABLE later (n int)",
    )
    with pytest.raises(StatementFailedError) as caught:
        migrate(victim.url, migrations)
    assert (caught.value.sqlstate, caught.value.tag, caught.value.line) == ("53100", "0001_m", 2)
    assert "nothing of `0001_m` was kept" in caught.value.message
    assert caught.value.hint
    assert _applied(victim) == 1
    gone = "SELECT coalesce(to_regclass('first'), to_regclass('big'), to_regclass('later'))"
    assert victim.ask(gone) is None
    ballast.unlink()
    assert [done.tag for done in migrate(victim.url, migrations)] == ["0001_m", "0002_m"]
    assert victim.ask("SELECT count(*) FROM big") == 120_000

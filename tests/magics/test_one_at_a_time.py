"""What a click started in another thread and what a cell does never share a transaction."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import psycopg
import pytest

from nbmigrate.errors import NbmigrateError

SLOW = ("INSERT INTO seen SELECT 1", "SELECT pg_sleep(1.5)", "INSERT INTO seen SELECT 2")
CELLS = {
    "query": "%%db_query\nSELECT count(*) AS n FROM seen",
    "sql schema": "%%schema more --sql\nCREATE TABLE more (id int);",
    "pull": "%db_pull",
    "connect": "%db_connect",
    "backfill": '%db_backfill seen --set "n = n" --where "n < 0"',
}


@pytest.fixture
def slow_click(shell, database):
    """A transaction of 1.5 seconds on the shell's connection, as a clicked Apply runs one."""
    with _clicked(shell, database, SLOW) as found:
        yield found


@contextmanager
def _clicked(shell, database, statements):
    database.execute("CREATE TABLE seen (n int PRIMARY KEY)")
    workspace = shell.ip.magics_manager.registry["NbmigrateMagics"].workspace
    target, started, failed = workspace.target, threading.Event(), []

    def work():
        try:
            with target.lock:
                connection = target.connection
                with connection.transaction():
                    started.set()
                    for statement in statements:
                        connection.execute(statement)
        except (psycopg.Error, NbmigrateError) as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert started.wait(10)
    time.sleep(0.2)
    yield thread, failed
    thread.join(20)


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_a_cell_waits_for_what_was_clicked(shell, database, slow_click, cell):
    thread, failed = slow_click
    done = shell.attempt(cell)
    assert not thread.is_alive()
    assert failed == []
    assert database.connect().execute("SELECT n FROM seen ORDER BY n").fetchall() == [(1,), (2,)]
    assert done.error is None, done.shown


def test_tab_does_not_wait(shell, database):
    """The click ends when the gate opens, which is after Tab has answered."""
    gate = database.connect()
    gate.execute("SELECT pg_advisory_lock(7)")
    held = ("SET LOCAL lock_timeout = 0", "SELECT pg_advisory_xact_lock(7)")
    with _clicked(shell, database, held) as (thread, failed):
        assert not [text for text in shell.complete("%db_table s") if "seen" in text]
        assert thread.is_alive()
        gate.execute("SELECT pg_advisory_unlock(7)")
        thread.join(60)
        assert not thread.is_alive()
    assert failed == []


def test_the_connection_is_not_taken_from_who_works_on_it(shell, database, slow_click):
    _thread, failed = slow_click
    workspace = shell.ip.magics_manager.registry["NbmigrateMagics"].workspace
    assert workspace.query("SELECT max(n) AS n FROM seen").rows == ((2,),)
    assert failed == []

"""That our own tables are there is asked once for a connection; somebody may drop them all the same."""

from __future__ import annotations

import psycopg
import pytest

from nbmigrate.errors import ExecutionError
from nbmigrate.executor import bookkeeping, read_ledger
from nbmigrate.executor.undo import records
from nbmigrate.postgresql.sending import Query
from nbmigrate.workspace import Workspace


@pytest.fixture
def connection(database):
    with database.connect() as found:
        yield found


def test_tables_that_were_dropped_are_made_again(connection, database):
    bookkeeping.ensure(connection)
    records.prepare(connection)
    assert records.next_id(connection) == 1
    database.execute("DROP SCHEMA nbmigrate CASCADE")
    assert not bookkeeping.is_prepared(connection)
    assert read_ledger(connection) == set()
    assert records.next_id(connection) == 1
    records.prepare(connection)
    assert bookkeeping.is_prepared(connection)
    assert records.is_prepared(connection)


def test_tables_whose_making_was_rolled_back_are_not_there(connection):
    with connection.transaction(force_rollback=True):
        records.prepare(connection)
        assert records.is_prepared(connection)
        assert records.next_id(connection) == 1
    assert not records.is_prepared(connection)
    with connection.transaction():
        assert not bookkeeping.is_prepared(connection)
        assert connection.execute("SELECT 1").fetchone() == (1,)  # the transaction goes on


def test_one_of_them_may_be_missing(connection, database):
    records.prepare(connection)
    database.execute("DROP TABLE nbmigrate.undo")
    assert records.next_id(connection) == 1
    assert bookkeeping.is_prepared(connection)
    records.prepare(connection)
    assert records.is_prepared(connection)


def test_a_newer_version_is_refused_each_time(connection, database):
    bookkeeping.ensure(connection)
    database.execute("UPDATE nbmigrate.meta SET version = 99")
    for _ in range(2):
        with pytest.raises(ExecutionError, match="version 99"):
            bookkeeping.ask(connection, Query("SELECT 1"))


def test_nothing_is_left_behind_by_a_question(connection):
    bookkeeping.ensure(connection)
    connection.execute("SET search_path = public, pg_temp")
    with pytest.raises(psycopg.errors.DivisionByZero):
        bookkeeping.ask(connection, Query("SELECT 1/0"))
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert connection.execute("SHOW search_path").fetchone() == ("public, pg_temp",)


def test_a_push_goes_on_after_somebody_dropped_all(tmp_path, database):
    with Workspace(database.url, root=tmp_path) as workspace:
        (tmp_path / "s.sql").write_text("CREATE TABLE a (id int);")
        assert workspace.push("s.sql").applied
        database.execute("DROP SCHEMA nbmigrate CASCADE")
        (tmp_path / "s.sql").write_text("CREATE TABLE a (id int); CREATE TABLE b (id int);")
        assert workspace.push("s.sql").applied
        assert "public.b" in repr(workspace.undo())

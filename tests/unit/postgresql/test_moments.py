"""Readings of a schema: how often they wait for the server, and that nothing of them is left behind."""

from __future__ import annotations

import msgspec
import pytest
from psycopg.pq import TransactionStatus

from nbmigrate.errors import StatementFailedError
from nbmigrate.postgresql import sending
from nbmigrate.postgresql.introspect import catalog, introspect, introspect_marked
from nbmigrate.postgresql.scratch import canonical_on_server

TABLES = "CREATE TABLE a (id int PRIMARY KEY, b text DEFAULT 'x' || 'y' CHECK (b <> ''))"


@pytest.fixture
def connection(database):
    database.execute(TABLES)
    with database.connect() as connection:
        connection.execute("SET search_path = pg_temp")
        yield connection


@pytest.fixture
def exchanges(monkeypatch):
    """The numbers of queries that went to the server together."""
    numbers = []
    sent = sending._sent

    def counting(connection, queries, *more, **named):
        numbers.append(len(queries))
        return sent(connection, queries, *more, **named)

    monkeypatch.setattr(sending, "_sent", counting)
    return numbers


def path_of(connection):
    return connection.execute("SHOW search_path").fetchone()[0]


@pytest.mark.parametrize("reading", [introspect, introspect_marked])
def test_a_schema_is_read_in_two_exchanges(connection, exchanges, reading):
    reading(connection)
    assert len(exchanges) == 2
    assert connection.info.transaction_status == TransactionStatus.IDLE
    assert path_of(connection) == "pg_temp"


def test_in_a_transaction_which_goes_on(connection, exchanges):
    connection.execute("BEGIN; SET LOCAL search_path = public; CREATE TABLE c (id int)")
    assert "public.c" in introspect(connection).tables
    assert len(exchanges) == 3  # the savepoint is given up by itself
    assert path_of(connection) == "public"
    connection.execute("COMMIT")
    assert "public.c" in introspect(connection).tables


def test_the_last_of_a_transaction_leaves_its_settings_to_the_rollback(connection):
    connection.execute("BEGIN")
    introspect(connection, is_last=True)
    assert path_of(connection) == ""
    connection.execute("ROLLBACK")
    assert path_of(connection) == "pg_temp"


def read_and_fail(connection, *, taken):
    with catalog.reading_catalog(connection, None, roles=False) as rows:
        if taken:
            list(rows.tables)
        raise KeyError


@pytest.mark.parametrize("begin", ["SELECT 1", "BEGIN; SET LOCAL search_path = public"])
@pytest.mark.parametrize("taken", [False, True])
def test_an_error_of_the_reader_leaves_nothing_behind(connection, begin, taken):
    connection.execute(begin)
    before = path_of(connection), connection.info.transaction_status
    with pytest.raises(KeyError):
        read_and_fail(connection, taken=taken)
    assert (path_of(connection), connection.info.transaction_status) == before
    connection.rollback()
    assert path_of(connection) == "pg_temp"


def test_what_cannot_be_built_is_told_by_its_statement(connection):
    found = introspect(connection)
    table = found.tables["public.a"]
    [(name, check)] = table.check_constraints.items()
    wrong = {name: msgspec.structs.replace(check, value="nobody_made_this(b)")}
    table = msgspec.structs.replace(table, check_constraints=wrong)
    with pytest.raises(StatementFailedError, match="nobody_made_this") as caught:
        canonical_on_server(connection, msgspec.structs.replace(found, tables={"public.a": table}))
    assert caught.value.sql.startswith('CREATE TABLE "a"')
    assert connection.info.transaction_status == TransactionStatus.IDLE
    assert canonical_on_server(connection, found).tables.keys() == found.tables.keys()

"""Queries sent together: rows in their order, errors, interruption; the connection serves afterwards."""

from __future__ import annotations

import os
import signal
import threading
import time

import psycopg
import pytest

from nbmigrate.postgresql.introspect import introspect, introspect_marked
from nbmigrate.postgresql.moments import asked
from nbmigrate.postgresql.sending import Prepared, Query, exchanged, sent_together

IDLE, INTRANS = psycopg.pq.TransactionStatus.IDLE, psycopg.pq.TransactionStatus.INTRANS
NUMBERS = Query("SELECT n, 'x' || n, NULL FROM generate_series(1, $1::int) n ORDER BY n", [3])
NOTHING = Query("SELECT 1 WHERE false")


@pytest.fixture
def connection(database):
    with database.connect() as found:
        yield found


def test_rows_come_by_query_in_any_order_of_asking(connection):
    many = Query(NUMBERS.sql, [20000])
    with sent_together(connection, [NUMBERS, NOTHING, many, NUMBERS]) as (a, b, c, d):
        assert list(d) == [(1, "x1", None), (2, "x2", None), (3, "x3", None)]
        assert (list(a), list(b), len(c)) == (list(d), [], 20_000)
        assert [row[0] for row in c] == list(range(1, 20_001))
        assert c[-1] == (20_000, "x20000", None)
        assert c[1:3] == [(2, "x2", None), (3, "x3", None)]
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_what_nobody_asks_for_is_taken_off_the_wire(connection):
    with sent_together(connection, [NUMBERS, Query(NUMBERS.sql, [50000])]) as (first, _):
        assert len(first) == 3
    assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("asked", [0, 1])
def test_an_error_is_psycopgs_and_the_connection_stays(connection, asked):
    def read():
        with sent_together(connection, [NUMBERS, broken, NUMBERS]) as rows:
            list(rows[asked])

    broken = Query("SELECT 1 / ($1::int - 3)", [3])
    with pytest.raises(psycopg.errors.DivisionByZero, match="division by zero"):
        read()
    connection.rollback()
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_interrupt_stops_the_server_and_the_connection_stays(connection):
    slow = Query("SELECT pg_sleep(60)")
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), sent_together(connection, [NUMBERS, slow]) as (_, rows):
        list(rows)
    assert time.monotonic() - began < 10
    connection.rollback()
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_an_error_of_the_caller_leaves_the_connection_usable(connection):
    with pytest.raises(KeyError), sent_together(connection, [Query(NUMBERS.sql, [100000])]):
        raise KeyError
    connection.rollback()
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_server_that_is_gone_is_an_error(connection, database):
    slow = Query("SELECT pg_sleep(60)")
    pid = connection.info.backend_pid
    threading.Timer(0.5, lambda: database.execute(f"SELECT pg_terminate_backend({pid})")).start()
    with pytest.raises(psycopg.OperationalError), sent_together(connection, [slow]) as (rows,):
        list(rows)
    assert connection.closed


def test_the_fingerprint_is_of_the_same_moment(database):
    database.execute("CREATE TABLE a (id int PRIMARY KEY)")
    with database.connect() as connection:
        found, mark, _ = introspect_marked(connection, schemas=["public"])
        assert found == introspect(connection, schemas=["public"])
        again, same, _ = introspect_marked(connection, schemas=["public"])
        assert (again, same) == (found, mark)
    database.execute("ALTER TABLE a ADD b int")
    with database.connect() as connection:
        assert introspect_marked(connection, schemas=["public"]).fingerprint != mark


NAMES = "SELECT name FROM pg_prepared_statements ORDER BY prepare_time"


def test_an_exchange_gives_the_rows_of_each(connection):
    found = exchanged(
        connection,
        [
            Query("CREATE TEMP TABLE t (i int, x bytea)"),
            Query("INSERT INTO t VALUES ($1, $2), (2, NULL)", [1, b"\0x"]),
            Query("SELECT i, x FROM t ORDER BY i"),
            Query("SELECT '100%', $1::text[]", [["a", "%s"]]),
        ],
    )
    assert found == [[], [], [(1, b"\0x"), (2, None)], [("100%", ["a", "%s"])]]
    assert exchanged(connection, []) == []


def test_what_stands_behind_an_error_is_not_run(connection):
    connection.execute("CREATE TEMP TABLE t (i int)")
    wrong = [Query("INSERT INTO t VALUES (1)"), Query("SELECT 1/0"), Query("COMMIT")]
    with pytest.raises(psycopg.errors.DivisionByZero):
        exchanged(connection, [Query("BEGIN"), *wrong])
    connection.rollback()
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_one_by_one_where_libpq_has_no_pipelines(connection, monkeypatch):
    monkeypatch.setattr(psycopg.Pipeline, "is_supported", lambda: False)
    found = exchanged(connection, [Query("CREATE TEMP TABLE t (i int)"), Query("SELECT $1", [7])])
    assert found == [[], [(7,)]]


def test_a_prepared_statement_is_parsed_once_for_its_types(connection):
    prepared = Prepared()
    for value in (1, 2, 100_000, "x", 3):
        found = exchanged(connection, [Query("SELECT $1", [value]), Query("SELECT 1")], prepared)
        assert found == [[(value,)], [(1,)]]
    assert len(connection.execute(NAMES).fetchall()) == 4  # int2, int4, text, and the other one


def test_after_an_error_another_one_has_other_names(connection):
    with pytest.raises(psycopg.errors.DivisionByZero):
        exchanged(connection, [Query("SELECT 1/0"), Query("SELECT 1")], Prepared())
    assert exchanged(connection, [Query("SELECT 1")], Prepared()) == [[(1,)]]
    assert exchanged(connection, [Query("SELECT 1")], Prepared()) == [[(1,)]]


def test_a_large_exchange_does_not_stand_still(connection):
    much = "x" * 5_000_000
    found = exchanged(connection, [Query("SELECT $1::text", [much])] * 4)
    assert found == [[(much,)]] * 4


@pytest.mark.parametrize("is_inside", [False, True])
@pytest.mark.parametrize("query", ["SELECT 1/0", "SELECT pg_sleep(60)"])
def test_a_question_that_ends_early_leaves_no_transaction(connection, query, is_inside):
    if is_inside:
        connection.execute("BEGIN; CREATE TABLE mine (i int)")
    if "sleep" in query:
        threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises((KeyboardInterrupt, psycopg.errors.DivisionByZero)):
        asked(connection, [Query("SELECT 1"), Query(query)])
    assert connection.info.transaction_status == (INTRANS if is_inside else IDLE)
    assert asked(connection, [Query("SELECT $1::int", [7])]) == [[(7,)]]
    if is_inside:
        assert connection.execute("SELECT count(*) FROM mine").fetchone() == (0,)


def test_two_threads_take_turns(connection):
    found: list[object] = []

    def ask() -> None:
        one = [Query("SELECT $1::int", [1])]
        found.extend(exchanged(connection, one) for _ in range(200))

    thread = threading.Thread(target=ask)
    thread.start()
    for _ in range(200):
        assert connection.execute("SELECT 2").fetchone() == (2,)
    thread.join()
    assert found == [[[(1,)]]] * 200

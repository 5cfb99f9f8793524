"""The online form of every case: the same schema and rows in the end, and nobody kept waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from nbmigrate import executor
from nbmigrate.errors import StatementFailedError
from nbmigrate.executor.settings import Settings
from nbmigrate.model import Snapshot
from nbmigrate.plan import Answers, Plan, make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.asking import Scratch
from nbmigrate.postgresql.introspect import introspect
from tests.casefile import Case, declared, operation_lines
from tests.fixtures.postgres import Database, Server
from tests.test_cases import (
    ON_SERVER,
    Built,
    build_new,
    build_old,
    check_rows,
    emptied,
    ids,
    look,
    skip_old_server,
)


def plan_of(
    connection: psycopg.Connection[Any],
    old: Snapshot,
    new: Snapshot,
    answers: Answers,
    *,
    online: bool = True,
) -> Plan:
    scratch = Scratch(connection, {})
    return make_plan(
        old,
        new,
        dialect=POSTGRESQL,
        answers=replace(answers, online=online),
        canonical=lambda a, b: scratch.pair(a, b, old_is_live=True),
        server_version=connection.info.server_version,
    )


@ids(ON_SERVER)
def test_online_form_reaches_the_same_schema(case: Case, arena: Database, server: Server) -> None:
    skip_old_server(case, server)
    target = None if case.is_sql else declared(case, "new")
    with emptied(arena, case) as database:
        connection = database.connect()
        build_old(case, connection)
        old = look(case, connection)
        if target and not differs_online(
            connection, old, target.snapshot, case.answers(target.renames)
        ):
            return  # the very statements that test_cases runs
    with emptied(arena, case) as database:
        expected = build_new(case, database)
    with emptied(arena, case) as database:
        connection = database.connect()
        build_old(case, connection)
        old = look(case, connection)
        wanted = target.snapshot if target else expected.snapshot
        answers = case.answers(target.renames if target else ())
        plan = plan_of(connection, old, wanted, answers)
        executor.apply(connection, plan.statements, settings=Settings(lock_timeout_ms=300))
        check_rows(case, connection)
        drop_books(connection)
        result = look(case, connection)
        assert operation_lines(plan_of(connection, result, wanted, answers).operations) == ""
        assert Built(case, database, result) == expected


def differs_online(
    connection: psycopg.Connection[Any], old: Snapshot, new: Snapshot, answers: Answers
) -> bool:
    """Whether the online form has statements of its own."""
    online, plain = (
        plan_of(connection, old, new, answers, online=is_it) for is_it in (True, False)
    )
    return online.statements != plain.statements


def drop_books(connection: psycopg.Connection[Any]) -> None:
    """What the executor notes down is no part of the case."""
    connection.execute("DROP SCHEMA IF EXISTS nbmigrate CASCADE")


BEFORE = """
CREATE TABLE p (id integer NOT NULL);
CREATE TABLE t (id integer, n integer, m integer, w integer DEFAULT 0);
CREATE TABLE whole (id integer, n integer) PARTITION BY RANGE (id);
CREATE TABLE low PARTITION OF whole FOR VALUES FROM (0) TO (50000);
CREATE TABLE high PARTITION OF whole FOR VALUES FROM (50000) TO (1000000);
INSERT INTO p SELECT generate_series(1, 1000);
INSERT INTO t (id, n, m) SELECT g, 1 + g % 1000, g FROM generate_series(1, 300000) AS g;
INSERT INTO whole SELECT g, g FROM generate_series(1, 100000) AS g;
"""
AFTER = """
ALTER TABLE p ADD PRIMARY KEY (id);
ALTER TABLE t ADD PRIMARY KEY (id);
ALTER TABLE t ALTER COLUMN n SET NOT NULL;
ALTER TABLE t ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE t ADD CONSTRAINT positive CHECK (n > 0);
ALTER TABLE t ADD CONSTRAINT once UNIQUE (m);
ALTER TABLE t ADD CONSTRAINT to_p FOREIGN KEY (n) REFERENCES p (id);
CREATE INDEX by_n ON t (n);
CREATE INDEX whole_n ON whole (n);
"""


@pytest.fixture
def plan_and_database(databases: Callable[[], Database]) -> tuple[Plan, Database]:
    """A big enough database with all that --online knows still to be done."""
    target, database = databases(), databases()
    target.execute(BEFORE, AFTER)
    new = introspect(target.connect())
    database.execute(BEFORE)
    connection = database.connect()
    plan = plan_of(connection, introspect(connection), new, Answers())
    return plan, database


class Visitors:
    """A reader and a writer who are at it all the time, and how long they had to wait."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.slowest = 0.0
        self.visits = 0
        self.failed: list[str] = []

    @contextmanager
    def busy(self) -> Iterator[None]:
        done = threading.Event()
        works = (
            "SELECT n FROM t WHERE id = 5 LIMIT 1",
            "UPDATE t SET w = w + 1 WHERE ctid = '(3,1)'",
            "INSERT INTO t (id, n, m) SELECT x, 7, x FROM (SELECT (1e6 + random() * 1e9)::int) AS r (x)",
            "SELECT n FROM whole LIMIT 1",
        )
        threads = [threading.Thread(target=self._visit, args=(work, done)) for work in works]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            done.set()
            for thread in threads:
                thread.join()

    def _visit(self, work: str, done: threading.Event) -> None:
        with psycopg.connect(self._database.url, autocommit=True) as connection:
            while not done.is_set():
                started = time.perf_counter()
                try:
                    connection.execute(work.encode())
                except psycopg.Error as error:
                    self.failed.append(str(error))
                self.slowest = max(self.slowest, time.perf_counter() - started)
                self.visits += 1
                time.sleep(0.01)


def test_readers_and_writers_are_not_kept_waiting(
    plan_and_database: tuple[Plan, Database],
) -> None:
    plan, database = plan_and_database
    visitors = Visitors(database)
    with visitors.busy():
        connection = database.connect()
        executor.apply(connection, plan.statements, settings=Settings(lock_timeout_ms=300))
    assert visitors.failed == []
    assert visitors.visits > 50
    assert visitors.slowest < 0.3 + 0.2
    connection.execute("DROP SCHEMA IF EXISTS nbmigrate CASCADE")
    again = plan_of(connection, introspect(connection), plan.new, Answers())
    assert operation_lines(again.operations) == ""
    (nulls,) = connection.execute("SELECT count(*) FROM t WHERE token IS NULL").fetchone() or ()
    assert nulls == 0


def test_nothing_of_it_takes_long_under_a_heavy_lock(
    plan_and_database: tuple[Plan, Database],
) -> None:
    plan, _ = plan_and_database
    heavy = [h for h in plan.hazards if h.blocks_others and h.work != "instant"]
    assert heavy == []
    assert plan.is_harmless


def test_broken_off_online_push_is_finished_by_the_next(
    plan_and_database: tuple[Plan, Database],
) -> None:
    plan, database = plan_and_database
    database.execute("INSERT INTO t (id, n, m) VALUES (-1, NULL, -1)")
    connection = database.connect()
    with pytest.raises(StatementFailedError) as caught:
        executor.apply(connection, plan.statements)
    assert caught.value.sqlstate == "23514"
    assert "committed before it" in str(caught.value)
    connection.execute("UPDATE t SET n = 3 WHERE n IS NULL")
    again = plan_of(connection, introspect(connection), plan.new, Answers())
    executor.apply(connection, again.statements)
    connection.execute("DROP SCHEMA IF EXISTS nbmigrate CASCADE")
    rest = plan_of(connection, introspect(connection), plan.new, Answers())
    assert operation_lines(rest.operations) == ""

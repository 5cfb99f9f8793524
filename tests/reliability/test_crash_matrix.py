"""One migration of twelve statements, killed at every place; the next run always ends the same."""

from __future__ import annotations

import signal
import time

from nbmigrate.executor import migrate

SQL = """
CREATE TABLE t (id int PRIMARY KEY, a int, b int);
INSERT INTO t VALUES (1, 1, 1);
CREATE INDEX CONCURRENTLY i ON t (a);
INSERT INTO t VALUES (2, 2, 2);
CREATE TYPE mood AS ENUM ('good');
ALTER TYPE mood ADD VALUE 'bad';
CREATE TABLE m (mood mood DEFAULT 'bad');
CREATE INDEX CONCURRENTLY j ON t (b);
CREATE UNIQUE INDEX CONCURRENTLY k ON t (a, b);
UPDATE t SET a = a + 10;
DROP INDEX CONCURRENTLY i;
INSERT INTO m DEFAULT VALUES;
"""
STATEMENTS = 12


def _wait_for_the_dead(ask) -> None:
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'nbmigrate%'"
        " AND datname = current_database()"
    )
    deadline = time.monotonic() + 5
    while ask(query):
        assert time.monotonic() < deadline, "a backend outlived its client"
        time.sleep(0.02)


def _finish(database, migrations) -> str:
    migrate(database.url, migrations)
    assert migrate(database.url, migrations) == ()
    return database.dump(schema_only=False)


def _undisturbed(databases, migrations) -> str:
    return _finish(databases(), migrations)


def test_killed_after_every_statement(databases, make, start) -> None:
    migrations = make(SQL)
    expected = _undisturbed(databases, migrations)
    for number in range(1, STATEMENTS + 1):
        database = databases()
        child = start(database.url, migrations, failpoint=f"after_statement:{number}=kill")
        child.communicate(timeout=30)
        assert child.returncode == -signal.SIGKILL, number
        with database.connect() as connection:
            _wait_for_the_dead(lambda query, c=connection: c.execute(query).fetchone()[0])
        assert _finish(database, migrations) == expected, number

"""One migration of twelve statements, killed at every place; the next run always ends the same.

With ``NBMIGRATE_FAULT_RUNS`` above 1, also at every 10 ms of its run, otherwise at a few.
"""

from __future__ import annotations

import logging
import signal
import time

import pytest

from nbmigrate.executor import migrate
from tests.fixtures.faults import IS_DEEP

LOG = logging.getLogger(__name__)
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
STEP_S = 0.010
#: The parts of its run at which a migrator is killed every day.
SAMPLE = (0.1, 0.5, 0.9)


def _wait_for_the_dead(ask) -> None:
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'nbmigrate%'"
        " AND datname = current_database()"
    )
    deadline = time.monotonic() + 30
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


def _begun(child) -> float:
    """When the migrator has begun with the migration, as it says."""
    for line in child.stderr:
        if line.strip() == "MigrationStarted":
            return time.monotonic()
    raise AssertionError("the migrator did not begin")


def _moments(seconds: float) -> list[float]:
    if IS_DEEP:
        # Somewhat longer than it took: a run may be slower than the one that was measured.
        return [STEP_S * number for number in range(1 + round(1.25 * seconds / STEP_S))]
    return [seconds * part for part in SAMPLE]


@pytest.mark.timeout(3_600)  # at every 10 ms these are hundreds of processes
def test_killed_at_any_moment(databases, make, start) -> None:
    migrations = make(SQL)
    expected = _undisturbed(databases, migrations)
    measured = start(databases().url, migrations)
    begun = _begun(measured)
    measured.communicate(timeout=60)
    killed, moments = 0, _moments(time.monotonic() - begun)
    for moment in moments:
        database = databases()
        child = start(database.url, migrations)
        # The moment itself is what is tried; nothing is awaited by it.
        time.sleep(max(0.0, _begun(child) + moment - time.monotonic()))
        child.kill()
        child.communicate(timeout=60)
        killed += child.returncode == -signal.SIGKILL
        with database.connect() as connection:
            _wait_for_the_dead(lambda query, c=connection: c.execute(query).fetchone()[0])
        assert _finish(database, migrations) == expected, moment
    LOG.info("killed in %s of %s moments", killed, len(moments))
    assert killed

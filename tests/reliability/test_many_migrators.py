"""Eight migrators at once: one works, the others wait, each thing is done exactly once."""

from __future__ import annotations

import json

import pytest

from nbmigrate.executor import migrate

pytestmark = pytest.mark.fault
COUNT = 8


def _finish(children) -> list[str]:
    """The tags that they applied; all of them must have ended well."""
    outputs = [(child.communicate(timeout=120), child.returncode) for child in children]
    assert [code for _, code in outputs] == [0] * COUNT, outputs
    return sorted(tag for (said, _), _ in outputs for tag in json.loads(said))


def _history(ask) -> int:
    return ask("SELECT count(*) FROM drizzle.__drizzle_migrations")


def test_on_an_empty_database(database, make, start, ask) -> None:
    migrations = make(
        "CREATE TABLE a (n int); INSERT INTO a VALUES (1)",
        "CREATE TABLE b (n int); INSERT INTO b SELECT n FROM a",
    )
    children = [start(database.url, migrations) for _ in range(COUNT)]
    assert _finish(children) == ["0000_m", "0001_m"]
    assert _history(ask) == 2
    assert ask("SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM b)") == 2


def test_on_a_data_migration(database, make, start, ask, wait) -> None:
    migrations = make(
        "CREATE TABLE a (n int)",
        "LOCK TABLE gate IN SHARE MODE; INSERT INTO a SELECT generate_series(1, 1000);"
        " UPDATE a SET n = n + 1",
    )
    migrate(database.url, migrations[:1])
    # Inside the migration, one waits at the gate until the other seven have met its lock.
    database.execute("CREATE TABLE gate ()")
    gate = database.connect(autocommit=False)
    gate.execute("LOCK TABLE gate")
    children = [start(database.url, migrations, lock_timeout_ms=60_000) for _ in range(COUNT)]
    wait(lambda: _at_the_gate(ask) == 1 and _waiting(ask) == COUNT - 1, seconds=60)
    gate.rollback()
    assert _finish(children) == ["0001_m"]
    assert _history(ask) == 2
    assert ask("SELECT count(*) FROM a") == 1000
    assert ask("SELECT sum(n) FROM a") == 1000 * 1001 // 2 + 1000


def _at_the_gate(ask) -> int:
    return ask("SELECT count(*) FROM pg_locks WHERE relation = 'gate'::regclass AND NOT granted")


def _waiting(ask) -> int:
    """How many ask for the migrator lock and have not got it."""
    return ask(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nbmigrate (lock)'"
        " AND datname = current_database() AND pid NOT IN (SELECT pid FROM pg_locks"
        " WHERE locktype = 'advisory')"
    )


def test_during_a_concurrent_index(database, make, start, ask, wait) -> None:
    database.execute("CREATE TABLE a (n int)", "INSERT INTO a VALUES (1)")
    writer = database.connect(autocommit=False)
    writer.execute("INSERT INTO a VALUES (2)")
    migrations = make(
        "CREATE INDEX CONCURRENTLY i ON a (n);\nINSERT INTO a VALUES (3);",
        "CREATE UNIQUE INDEX CONCURRENTLY j ON a (n);",
    )
    children = [start(database.url, migrations) for _ in range(COUNT)]
    building = "SELECT count(*) FROM pg_stat_progress_create_index"
    wait(lambda: ask(building) == 1 and _waiting(ask) == COUNT - 1, seconds=60)
    writer.commit()
    assert _finish(children) == ["0000_m", "0001_m"]
    assert _history(ask) == 2
    assert ask("SELECT count(*) FROM pg_index WHERE indrelid = 'a'::regclass AND indisvalid") == 2
    assert ask("SELECT array_agg(n ORDER BY n) FROM a") == [1, 2, 3]
    assert ask("SELECT count(*) FROM nbmigrate.progress") == 0

"""The log of statements: one row for each that ran, kept; older tables are brought up to date."""

from __future__ import annotations

import pytest

from nbmigrate.errors import StatementFailedError
from nbmigrate.executor import Settings, connect, migrate, read_statements
from nbmigrate.executor.history import normalized_hash, sha256

TEXT = """CREATE TABLE t (id int);
INSERT INTO t VALUES (1), (2);
CREATE INDEX CONCURRENTLY i ON t (id);
SELECT 1;
"""


def test_every_statement_is_kept(database, make) -> None:
    migrate(database.url, make(TEXT))
    with connect(database.url) as connection:
        found = read_statements(connection, Settings())
        user = connection.info.user
    assert [(s.tag, s.statement, s.rows) for s in found] == [
        ("0000_m", 1, -1),
        ("0000_m", 2, 2),
        ("0000_m", 3, -1),
        ("0000_m", 4, 1),
    ]
    assert found[1].sql.rstrip(";") == "INSERT INTO t VALUES (1), (2)"
    assert {len(s.hash) for s in found} == {64}
    assert {s.user for s in found} == {user}
    assert {s.application for s in found} == {"nbmigrate"}
    assert all(s.backend_pid > 0 and s.ms >= 0 and s.started_at.endswith("Z") for s in found)
    assert sorted(s.started_at for s in found) == [s.started_at for s in found]


def test_passwords_are_hashed_and_not_kept(database, make) -> None:
    name = f"{database.name}_log"
    statement = f"CREATE ROLE {name} PASSWORD 'hidden'"
    try:
        migrate(database.url, make(statement))
        with connect(database.url) as connection:
            (found,) = read_statements(connection, Settings())
    finally:
        database.execute(f"DROP ROLE IF EXISTS {name}")
    assert "hidden" not in found.sql
    assert (found.hash, found.normalized_hash) == (sha256(statement), normalized_hash(statement))


def test_a_failed_migration_leaves_no_rows(database, make, quick) -> None:
    with pytest.raises(StatementFailedError):
        migrate(database.url, make("SELECT 1; SELECT 1/0;"), settings=quick)
    with connect(database.url) as connection:
        assert read_statements(connection, Settings()) == ()


def test_tables_of_version_1_are_brought_up_to_date(database, make) -> None:
    first, second = make("CREATE TABLE t (id int);", "INSERT INTO t VALUES (1);")
    migrate(database.url, [first])
    database.execute("DROP TABLE nbmigrate.statements; UPDATE nbmigrate.meta SET version = 1")
    with connect(database.url) as connection:
        assert read_statements(connection, Settings()) == ()
    assert [a.tag for a in migrate(database.url, [first, second])] == ["0001_m"]
    with connect(database.url) as connection:
        assert [s.tag for s in read_statements(connection, Settings())] == ["0001_m"]
        assert connection.execute("SELECT version FROM nbmigrate.meta").fetchall() == [(2,)]

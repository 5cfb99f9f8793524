"""Migrations tried in the database in use, where there is no embedded server: nothing of it stays."""

from __future__ import annotations

import pytest

from nbmigrate.errors import JournalError, MigrationFileError
from nbmigrate.workspace import Workspace

OLD = """
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('a', 'b');
CREATE TABLE users (id integer PRIMARY KEY, h hstore);
CREATE TABLE app.post (id serial PRIMARY KEY, m app.mood DEFAULT 'a', u integer REFERENCES users);
CREATE VIEW named AS SELECT id FROM users;
"""


@pytest.fixture
def workspace(tmp_path, database, monkeypatch):
    monkeypatch.setattr("nbmigrate.workspace.project.is_installed", lambda: False)
    database.execute(
        "CREATE EXTENSION hstore", "CREATE SCHEMA other", "CREATE TABLE other.x (i int)"
    )
    database.execute(*OLD.strip().split("\n"), "INSERT INTO users VALUES (1, 'a=>1')")
    (tmp_path / "old.sql").write_text("CREATE EXTENSION IF NOT EXISTS hstore;" + OLD)
    with Workspace(database.url, root=tmp_path) as found:
        yield found


@pytest.fixture(autouse=True)
def _nothing_stays(workspace, database):
    before = database.dump()
    yield
    assert database.dump() == before
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (1,)
        query = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'nbm%'"
        assert connection.execute(query).fetchone() == (0,)


def test_a_new_migration_is_proved(workspace):
    result = workspace.generate("first", "old.sql")
    assert "in a transaction that was rolled back: 1 migration" in result.proof
    assert result.proof.startswith("proved on PostgreSQL")


def test_sql_by_hand_gets_its_snapshot(workspace):
    workspace.generate("first", "old.sql")
    sql = "ALTER TABLE users ADD COLUMN n integer;\nALTER TYPE app.mood ADD VALUE 'c';"
    result = workspace.generate("mine", sql=sql)
    assert "rolled back: 2 migrations" in result.proof
    found = workspace.journal.read_snapshot().snapshot
    assert "n" in found.tables["public.users"].columns
    assert found.enums["app.mood"].values == ("a", "b", "c")
    assert "other.x" not in found.tables


@pytest.mark.parametrize("sql", ["COMMIT;", "SELECT 1; COMMIT;", "/* x */ ROLLBACK"])
def test_a_transaction_is_not_ended(workspace, sql):
    with pytest.raises(MigrationFileError, match="open or end a transaction"):
        workspace.generate("mine", sql=sql)


@pytest.mark.parametrize(
    "sql",
    [
        "DO $$ BEGIN COMMIT; END $$;",
        "DROP TABLE users;",
        "DELETE FROM users;",
        "DELETE FROM other.x;",
        "CREATE TABLE a (i int); CREATE INDEX CONCURRENTLY ON a (i);",
    ],
)
def test_what_is_the_users_is_not_reached(workspace, sql):
    with pytest.raises(JournalError, match="fails on an empty database"):
        workspace.generate("mine", sql=sql)

"""A view that is dropped and created again for another change keeps what others may do with it."""

from __future__ import annotations

import pytest

from nbmigrate.workspace import Workspace

OLD = """
CREATE TABLE t (id integer PRIMARY KEY, x integer);
CREATE VIEW v AS SELECT id, x FROM t;
CREATE MATERIALIZED VIEW m AS SELECT x FROM v;
"""
GIVEN = (
    "GRANT SELECT, UPDATE ON v TO PUBLIC",
    "GRANT SELECT ON m TO pg_monitor WITH GRANT OPTION",
    "INSERT INTO t VALUES (1, 2)",
)
ACL = "SELECT relname, relacl::text FROM pg_class WHERE relname IN ('v', 'm') ORDER BY 1"


@pytest.fixture
def workspace(tmp_path, database):
    (tmp_path / "old.sql").write_text(OLD)
    (tmp_path / "new.sql").write_text(OLD.replace("x integer", "x bigint"))
    with Workspace(database.url, root=tmp_path) as found:
        found.push("old.sql")
        database.execute(*GIVEN)
        yield found


def _acl(database):
    with database.connect() as connection:
        return connection.execute(ACL).fetchall()


def test_after_a_push(workspace, database):
    before = _acl(database)
    assert all(acl for _, acl in before)
    result = workspace.push("new.sql")
    assert "DROP VIEW" in result.plan.sql
    assert _acl(database) == before
    assert workspace.push("new.sql").plan.is_empty


def test_also_of_a_view_that_no_cell_declares(workspace, database):
    database.execute("CREATE VIEW other AS SELECT x FROM t", "GRANT SELECT ON other TO PUBLIC")
    workspace.declare(
        "CREATE TABLE t (id integer PRIMARY KEY, x bigint);", cell="t", namespace={}, sql=True
    )
    before = _acl(database)
    assert workspace.push().applied
    assert _acl(database) == before
    with database.connect() as connection:
        (acl,) = connection.execute(
            "SELECT relacl FROM pg_class WHERE relname = 'other'"
        ).fetchone()
    assert "=r/" in str(acl)


def test_a_baseline_holds_them(workspace, database, databases):
    workspace.pull(baseline=True)
    other = databases()
    workspace.connect(other.url)
    for migration in workspace.journal.migrations():
        other.execute(*(statement.sql for statement in migration.statements()))
    assert _acl(other) == _acl(database)
    assert workspace.status().drift is None or workspace.status().drift.is_empty

"""A constraint or index that says the same under another name is renamed, whatever its spelling."""

from __future__ import annotations

import pytest

from nbmigrate.operations import RenameConstraint, RenameIndex
from nbmigrate.workspace import Workspace

TABLE = "CREATE TABLE t (id integer PRIMARY KEY, a integer, b varchar(9) UNIQUE, {check});"
OLD = TABLE.format(check="CONSTRAINT one CHECK (a BETWEEN 0 AND 9)") + (
    "CREATE INDEX i ON t (lower(b)) WHERE a IN (1, 2);"
)
NEW = TABLE.format(check="CONSTRAINT two CHECK (a >= 0 AND a <= 9)") + (
    "CREATE INDEX j ON t (lower(b::text)) WHERE a = ANY (ARRAY[1, 2]);"
)


@pytest.fixture
def workspace(tmp_path, database):
    database.execute(OLD, "INSERT INTO t VALUES (1, 2, 'x')")
    with Workspace(database.url, root=tmp_path) as found:
        yield found


def test_nothing_is_asked_or_built_again(workspace, tmp_path):
    (tmp_path / "new.sql").write_text(NEW)
    result = workspace.push("new.sql")
    assert not result.plan.questions
    assert [type(op) for op in result.plan.operations] == [RenameConstraint, RenameIndex]
    assert workspace.push("new.sql").plan.is_empty


def test_another_check_is_no_rename(workspace, tmp_path):
    (tmp_path / "new.sql").write_text(NEW.replace("a <= 9", "a <= 10"))
    result = workspace.push("new.sql", dry_run=True)
    assert [type(op) for op in result.plan.operations if "ename" in type(op).__name__] == [
        RenameIndex
    ]

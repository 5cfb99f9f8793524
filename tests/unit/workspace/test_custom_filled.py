"""A ``--custom`` file that is filled in later: its snapshot follows, and nothing is decided on a stale one."""

from __future__ import annotations

import pytest

from nbmigrate.errors import JournalError
from nbmigrate.workspace import Workspace

OLD = "CREATE TABLE a (id integer PRIMARY KEY, x text);"
NEW = "CREATE TABLE a (id integer PRIMARY KEY, x text, y integer);"
FUNCTION = "CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';"


@pytest.fixture
def workspace(tmp_path, database):
    (tmp_path / "old.sql").write_text(OLD)
    (tmp_path / "new.sql").write_text(NEW)
    with Workspace(database.url, root=tmp_path) as found:
        found.generate("first", "old.sql")
        found.generate("filled", custom=True)
        yield found


def _fill(workspace, sql):
    journal = workspace.journal
    journal.layout.sql(journal.entries[-1]).write_text(sql)


def _codes(workspace):
    return [problem.code for problem in workspace.check().problems]


def test_generate_goes_on_from_what_the_sql_does(workspace):
    _fill(workspace, "ALTER TABLE a ADD COLUMN y integer;")
    result = workspace.generate("next", "new.sql")
    assert result.tag is None
    assert "`0001_filled` was written by hand" in repr(result)
    assert "(1 change)" in result.note
    assert "y" in workspace.journal.read_snapshot().snapshot.tables["public.a"].columns
    assert not workspace.check("new.sql").is_different
    assert workspace.generate("next", "new.sql").note == ""


def test_check_says_it_and_names_the_command_that_mends_it(workspace):
    assert _codes(workspace) == []
    _fill(workspace, "ALTER TABLE a ADD COLUMN y integer;")
    (problem,) = workspace.check().problems
    assert problem.code == "stale-snapshot"
    assert problem.hint == "nbmigrate generate --refresh 0001_filled"
    before = workspace.journal.read_snapshot()
    result = workspace.generate(refresh="0001_filled")
    assert "2 migrations" in result.proof
    after = workspace.journal.read_snapshot()
    assert (after.prev_id, after.id == before.id) == (before.prev_id, False)
    assert _codes(workspace) == []


def test_what_the_snapshot_cannot_hold_goes_to_the_sidecar(workspace):
    _fill(workspace, FUNCTION)
    assert _codes(workspace) == ["stale-snapshot"]
    workspace.generate(refresh="filled")
    assert "public.f()" in workspace.journal.read_snapshot().snapshot.functions
    assert _codes(workspace) == []


@pytest.mark.parametrize(
    "sql", ["INSERT INTO a VALUES (1, 'x');", "DO $$ BEGIN DELETE FROM a; END $$;"]
)
def test_sql_for_rows_leaves_the_snapshot_as_it_is(workspace, sql):
    _fill(workspace, sql)
    before = workspace.journal.read_snapshot().id
    assert _codes(workspace) == []
    assert workspace.generate("next", "old.sql").note == ""
    assert workspace.journal.read_snapshot().id == before


def test_only_the_last_one_can_be_written_anew(workspace):
    with pytest.raises(JournalError, match="not the last") as caught:
        workspace.generate(refresh="first")
    assert caught.value.hint == "nbmigrate generate --refresh 0001_filled"


def test_sql_that_cannot_be_run_is_told(workspace):
    _fill(workspace, "ALTER TABLE nowhere ADD COLUMN y integer;")
    result = workspace.generate("next", "old.sql")
    assert "could not be run" in result.note
    assert "nowhere" in result.note
    with pytest.raises(JournalError, match="nowhere"):
        workspace.generate(refresh="filled")

"""A migration written by hand gets the snapshot that PostgreSQL gives it."""

from __future__ import annotations

import pytest

from nbmigrate.errors import JournalError
from nbmigrate.plan import Answers
from nbmigrate.workspace import Workspace

OLD = "CREATE TABLE a (id integer PRIMARY KEY, x text DEFAULT 'q');"
BY_HAND = "ALTER TABLE a ADD COLUMN y integer;\nINSERT INTO a VALUES (1, 'r', 2);"


@pytest.fixture
def workspace(tmp_path, database):
    (tmp_path / "old.sql").write_text(OLD)
    (tmp_path / "new.sql").write_text(OLD.replace("'q')", "'q', y integer)"))
    (tmp_path / "named.sql").write_text(OLD.replace("x text", "z text"))
    with Workspace(database.url, root=tmp_path) as found:
        found.generate("first", "old.sql")
        yield found


def test_its_snapshot_is_true(workspace, database):
    result = workspace.generate("seed", sql=BY_HAND)
    assert result.tag == "0001_seed"
    assert "2 migrations" in result.proof
    assert workspace.diff("recorded", "new.sql").plan.is_empty
    assert not workspace.journal.check()
    assert len(workspace.migrate().applied) == 2
    assert database.connect().execute("SELECT y FROM a").fetchall() == [(2,)]


def test_sql_that_fails_is_not_written(workspace):
    with pytest.raises(JournalError, match="does not exist"):
        workspace.generate("seed", sql="ALTER TABLE b ADD COLUMN y integer")
    assert len(workspace.journal.migrations()) == 1


def test_answers_are_kept_and_shown_on_top_of_the_file(workspace, database):
    rename = "public.a.x->public.a.z"
    result = workspace.generate("named", "named.sql", answers=Answers(renames=(rename,)))
    entry = workspace.journal.entry(result.tag)
    assert entry.renames == (rename,)
    text = workspace.journal.layout.sql(entry).read_text()
    assert text.startswith(f"-- answer: renamed: {rename}\n")
    assert not workspace.journal.check()
    assert len(workspace.migrate().applied) == 2

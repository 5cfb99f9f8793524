"""Renames that a schema file declares beside what it renames, pushed and left where they are."""

from __future__ import annotations

import pytest

from nbmigrate.plan import Answers
from nbmigrate.workspace import Workspace

HEAD = """
from sqlalchemy import *
from nbmigrate.schema import *
metadata = MetaData()
"""
OLD = """
Table("t", metadata, Column("m", Enum("sad", "happy", name="feeling", schema="app")))
Sequence("s", metadata=metadata, schema="app")
"""
NEW = """
Table("t", metadata, Column("m", Enum("sad", "glad", name="mood", schema="core")))
Sequence("z", metadata=metadata, schema="core")
for change in {}:
    Renamed(change).on(metadata)
"""


@pytest.mark.parametrize(
    "changes",
    [
        (
            "app->core",
            "app.feeling->core.mood",
            "app.feeling.happy->core.mood.glad",
            "app.s->core.z",
        ),
        (
            "core.mood.happy->core.mood.glad",
            "core.feeling->core.mood",
            "core.s->core.z",
            "app->core",
        ),
    ],
    ids=["old containers", "new containers"],
)
def test_all_at_once_and_ever_after(tmp_path, database, changes):
    new = HEAD + NEW.format(changes)
    (tmp_path / "old.py").write_text(HEAD + OLD)
    (tmp_path / "new.py").write_text(new)
    with Workspace(database.url, root=tmp_path) as workspace:
        assert workspace.push("old.py").applied
        database.execute("INSERT INTO t VALUES ('happy')", "SELECT nextval('app.s')")
        before = workspace.pull().code
        assert workspace.push("new.py").applied
        rows = database.connect().execute("SELECT m::text, nextval('core.z') FROM t").fetchall()
        assert rows == [("glad", 2)]
        again = workspace.push("new.py")
        assert (again.plan.operations, again.plan.questions) == ((), ())
        assert "Renamed" not in workspace.pull().code
        workspace.undo()
        assert workspace.pull().code == before
        generated = workspace.generate("first", "old.py")
        assert not generated.plan.questions
        generated = workspace.generate("second", "new.py")
        assert not generated.plan.questions
        assert "RENAME VALUE 'happy' TO 'glad'" in generated.plan.sql


def test_a_database_without_the_old_name_passes_it_over(tmp_path, database):
    (tmp_path / "new.py").write_text(HEAD + NEW.format(("app->core", "core.feeling->core.mood")))
    with Workspace(database.url, root=tmp_path) as workspace:
        assert workspace.push("new.py", answers=Answers()).applied
        assert workspace.push("new.py").plan.is_empty


def test_one_name_in_a_cell(tmp_path, database):
    with Workspace(database.url, root=tmp_path) as workspace:
        workspace.declare('Sequence("s", metadata=metadata)', cell="1", namespace={})
        assert workspace.push().applied
        cell = 'Sequence("z", metadata=metadata); Renamed("public.s->public.z")'
        workspace.declare(cell, cell="1", namespace={})
        plan = workspace.push().plan
        assert plan.sql == 'ALTER SEQUENCE "public"."s" RENAME TO "z";'

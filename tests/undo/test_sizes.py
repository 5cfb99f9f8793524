"""What is copied for an undo is told before it is: rows, bytes, seconds. And nothing is thrown away by an estimate."""

from __future__ import annotations

import pytest

from nbmigrate import executor
from nbmigrate.executor.undo import keep
from nbmigrate.plan import Answers
from nbmigrate.postgresql import facts
from nbmigrate.workspace import Workspace, live
from tests.fixtures.postgres import Database
from tests.undo.images import adopt, image

ALL = Answers(allow_drop=True)
ROWS = 8_000


@pytest.fixture
def workspace(tmp_path, database):
    with Workspace(database.url, root=tmp_path) as opened:
        yield opened


@pytest.fixture
def slow(monkeypatch) -> None:
    """A disk so slow that a few pages take seconds."""
    monkeypatch.setattr(keep, "_COPIED_PER_SECOND", 1_000)


def write(workspace: Workspace, ddl: str) -> None:
    (workspace.root / "new.sql").write_text(ddl)


TABLE = "CREATE TABLE t (id integer PRIMARY KEY, a text, b numeric(9, 3))"
NARROW = "CREATE TABLE t (id integer PRIMARY KEY, b numeric(9, 1));"
VALUES = "INSERT INTO t SELECT g, 'a' || g, g / 2.0 FROM generate_series(1, 20) AS g"


def test_a_push_says_it_before_anything_is_answered(
    workspace: Workspace, database: Database, slow: None
) -> None:
    database.execute(TABLE, VALUES)
    adopt(workspace)
    write(workspace, NARROW)
    asked = workspace.push("new.sql")
    (question,) = asked.questions
    assert "It is kept for an undo first: 20 rows, " in question.text
    # b is changed in place: it is copied before and behind that, so that is three copies of t
    assert asked.keeps[0].seconds * 2 == pytest.approx(asked.keeps[1].seconds, abs=0.2)
    assert f"Kept for an undo first: 20 rows, {asked.keeps[0].bytes // 1024} kB" in str(asked)


def test_whoever_waits_for_a_push_is_told_first(
    workspace: Workspace, database: Database, slow: None
) -> None:
    database.execute(TABLE, VALUES)
    adopt(workspace)
    write(workspace, NARROW)
    events: list[executor.Event] = []
    workspace.push("new.sql", answers=ALL, on_event=events.append)
    assert isinstance(events[0], executor.KeepingBegun)
    assert (events[0].rows, sum(isinstance(e, executor.KeepingBegun) for e in events)) == (20, 1)


def test_whoever_waits_for_a_migration_is_told_first(
    workspace: Workspace, database: Database, slow: None
) -> None:
    for number, ddl in enumerate((TABLE + ";", NARROW)):
        write(workspace, ddl)
        workspace.generate(f"step_{number}", "new.sql", answers=ALL)
    workspace.migrate(to="0000_step_0")
    database.execute(VALUES)
    events: list[executor.Event] = []
    workspace.migrate(on_event=events.append)
    kinds = [type(event).__name__ for event in events]
    assert kinds.index("KeepingBegun") < kinds.index("AppliedStatement")


def test_little_is_copied_without_a_word(workspace: Workspace, database: Database) -> None:
    database.execute(TABLE, VALUES)
    adopt(workspace)
    write(workspace, NARROW)
    (question,) = workspace.push("new.sql").questions
    assert "kept for an undo" not in question.text
    events: list[executor.Event] = []
    workspace.push("new.sql", answers=ALL, on_event=events.append)
    assert not any(isinstance(event, executor.KeepingBegun) for event in events)


@pytest.mark.parametrize("analyzed", [False, True])
def test_a_large_table_is_estimated_however_it_was_filled(
    workspace: Workspace, database: Database, monkeypatch, analyzed: bool
) -> None:
    monkeypatch.setattr(keep, "_COUNTED_BYTES", 1_000_000)
    monkeypatch.setattr(facts, "_SAMPLED_PAGES", 500)
    database.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, a text, b text)",
        "ALTER TABLE t SET (autovacuum_enabled = false)",
        *(["INSERT INTO t VALUES (0, '', '')", "ANALYZE t"] if analyzed else []),
        f"INSERT INTO t SELECT g, repeat('x', 1900), 'b' FROM generate_series(1, {ROWS}) AS g",
    )
    adopt(workspace)
    write(workspace, "CREATE TABLE t (id integer PRIMARY KEY, a text)")
    (kept,) = workspace.push("new.sql", answers=ALL, dry_run=True).keeps
    assert kept.rows == pytest.approx(ROWS, rel=0.25)


def test_no_estimate_decides_what_is_thrown_away(
    workspace: Workspace, database: Database, monkeypatch
) -> None:
    monkeypatch.setattr(live, "COUNT_LIMIT", 10)
    database.execute(TABLE, VALUES)
    adopt(workspace)
    write(workspace, "CREATE TABLE t (id integer PRIMARY KEY, b numeric(9, 3));")
    before = image(database)
    workspace.push("new.sql", answers=ALL)
    database.execute("DELETE FROM t WHERE id > 15")
    workspace.undo()
    assert image(database) != before
    found = database.connect().execute('SELECT count(*) FROM nbmigrate_trash."1_1_t"').fetchone()
    assert found == (20,)

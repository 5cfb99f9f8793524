"""A migrate that died: what the next one goes on with is undone whole, as if nothing had happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nbmigrate.errors import UndoConflictError, UndoUnfinishedError
from nbmigrate.executor.undo import records
from nbmigrate.model import EMPTY
from nbmigrate.plan import Answers
from nbmigrate.workspace import Workspace
from tests.fixtures.postgres import Database
from tests.undo.images import image

ALL = Answers(allow_drop=True)


@pytest.fixture
def workspace(tmp_path, database):
    with Workspace(database.url, root=tmp_path) as opened:
        yield opened


def kill_migrate(database: Database, root: Path, place: str) -> None:
    """Run migrate in a process of its own that dies at the place."""
    environ = {
        **os.environ,
        "DATABASE_URL": database.url,
        "NBMIGRATE_FAILPOINT": f"{place}=kill",
    }
    line = [sys.executable, "-m", "nbmigrate", "migrate"]
    done = subprocess.run(line, cwd=root, env=environ, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def generate(workspace: Workspace, *texts: str) -> None:
    """A migration for each of the schemas."""
    source = workspace.root / "new.sql"
    for text in texts:
        source.write_text(text)
        number = len(workspace.journal.entries)
        workspace.generate(f"step_{number}", "new.sql", answers=ALL)


STEPS = (
    "CREATE TABLE t (id integer PRIMARY KEY, a text);",
    "CREATE TABLE t (id integer PRIMARY KEY, a text); CREATE TABLE u (x int);",
)


@pytest.mark.parametrize(
    "last",
    [
        STEPS[1] + "CREATE INDEX u_x ON u (x);",
        STEPS[0],
        "CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE u (x int);",
    ],
    ids=["which adds too", "which drops", "which drops a column"],
)
def test_the_next_run_completes_the_records(
    workspace: Workspace, database: Database, tmp_path: Path, last: str
) -> None:
    generate(workspace, *STEPS)
    images = [image(database)]
    for _ in STEPS:
        kill_migrate(database, tmp_path, "after_commit")
        images.append(image(database))
    generate(workspace, last)
    connection = workspace.target.connection
    assert all(record.after == EMPTY for record in records.read(connection))
    workspace.migrate()
    found = records.read(connection)
    assert [record.tag for record in found] == ["0002_step_2", "0001_step_1", "0000_step_0"]
    assert [sorted(record.before.tables) for record in found[1:]] == [[], []]
    assert [sorted(record.after.tables) for record in found[1:]] == [["public.u"], ["public.t"]]
    for before in reversed(images):
        workspace.undo()
        assert image(database) == before


SPLIT = """\
ALTER TABLE t DROP COLUMN a;
--> statement-breakpoint
CREATE INDEX CONCURRENTLY t_b ON t (b);
--> statement-breakpoint
CREATE INDEX t_b2 ON t (b, id);
"""


@pytest.mark.parametrize("place", ["after_statement:1", "after_statement:2", "after_statement:3"])
def test_a_migration_in_parts_is_undone_whole(
    workspace: Workspace, database: Database, tmp_path: Path, place: str
) -> None:
    generate(workspace, "CREATE TABLE t (id integer PRIMARY KEY, a text, b text);")
    workspace.migrate()
    database.execute("INSERT INTO t VALUES (1, 'a', 'b'), (2, NULL, 'c')")
    before = image(database)
    generate(
        workspace,
        "CREATE TABLE t (id integer PRIMARY KEY, b text);"
        "CREATE INDEX t_b ON t (b); CREATE INDEX t_b2 ON t (b, id);",
    )
    (tmp_path / "migrations" / "0001_step_1.sql").write_text(SPLIT)
    kill_migrate(database, tmp_path, place)
    workspace.migrate()
    undone = workspace.undo()
    assert [entry.tag for entry in workspace.undo_list().entries] == ["0001_step_1", "0000_step_0"]
    assert undone.number == 2
    assert image(database) == before


def test_a_migration_that_begins_outside_of_a_transaction_is_undone(
    workspace: Workspace, database: Database, tmp_path: Path
) -> None:
    table = "CREATE TABLE t (id integer PRIMARY KEY, a text);"
    generate(workspace, table)
    workspace.migrate()
    before = image(database)
    generate(workspace, table + "CREATE INDEX t_a ON t (a);")
    text = "CREATE INDEX CONCURRENTLY t_a ON t (a);\n"
    (tmp_path / "migrations" / "0001_step_1.sql").write_text(text)
    kill_migrate(database, tmp_path, "after_statement:1")
    workspace.migrate()
    assert workspace.undo().number == 2
    assert image(database) == before


def test_what_has_run_in_part_is_finished_first(
    workspace: Workspace, database: Database, tmp_path: Path
) -> None:
    generate(workspace, "CREATE TABLE t (id integer PRIMARY KEY, a text, b text);")
    workspace.migrate()
    database.execute("INSERT INTO t VALUES (1, 'a', 'b')")
    generate(
        workspace,
        "CREATE TABLE t (id integer PRIMARY KEY, b text);"
        "CREATE INDEX t_b ON t (b); CREATE INDEX t_b2 ON t (b, id);",
    )
    (tmp_path / "migrations" / "0001_step_1.sql").write_text(SPLIT)
    kill_migrate(database, tmp_path, "after_statement:2")
    before = database.dump(schema_only=False, exclude=())
    with pytest.raises(UndoUnfinishedError):
        workspace.undo()
    assert workspace.undo_purge(agreed=True).entries == ()
    assert database.dump(schema_only=False, exclude=()) == before
    (entry, _) = workspace.undo_list().entries
    assert (entry.state, entry.rows) == ("begun", 1)


@pytest.mark.parametrize("completed", [False, True], ids=["undone at once", "after another run"])
def test_a_column_made_by_hand_after_a_killed_run_is_not_dropped(
    workspace: Workspace, database: Database, tmp_path: Path, completed: bool
) -> None:
    generate(workspace, STEPS[0])
    kill_migrate(database, tmp_path, "after_commit")
    database.execute("ALTER TABLE t ADD COLUMN mine text")
    if completed:
        generate(workspace, STEPS[1])
        workspace.migrate()
        workspace.undo()
    before = image(database)
    with pytest.raises(UndoConflictError, match=r"table public\.t"):
        workspace.undo()
    assert image(database) == before

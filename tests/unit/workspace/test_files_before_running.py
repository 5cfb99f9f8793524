"""Files of the folder that are cut off, gone, or not there at all: told before anything runs."""

from __future__ import annotations

import pytest

from nbmigrate.errors import MigrationFileError, UsageConflictError
from nbmigrate.workspace import Workspace

ONE = "CREATE TABLE a (id integer PRIMARY KEY, n text);\n"
TWO = "CREATE TABLE b (id integer PRIMARY KEY, n numeric(10, 2));\n"


@pytest.fixture
def workspace(tmp_path, database):
    with Workspace(database.url, root=tmp_path) as found:
        (tmp_path / "s.sql").write_text(ONE)
        found.generate("one", "s.sql")
        (tmp_path / "s.sql").write_text(ONE + TWO)
        found.generate("two", "s.sql")
        yield found


def _file(workspace, tag):
    return workspace.journal.folder / f"{tag}.sql"


def _tables(database):
    with database.connect() as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace ORDER BY 1"
        ).fetchall()
    return [name for (name,) in rows]


@pytest.mark.parametrize(
    ("kept", "message"),
    [(0, "was it cut off?"), (40, ":1: a parenthesis that is not closed")],
)
@pytest.mark.parametrize("offline", [False, True])
def test_a_file_that_was_cut_off(workspace, database, kept, message, offline):
    path = _file(workspace, "0001_two")
    path.write_text(path.read_text()[:kept])
    with pytest.raises(MigrationFileError) as caught:
        workspace.migrate(offline=offline)
    assert message in caught.value.message
    assert _tables(database) == [], "the migration before it was not run either"
    problems = [p for p in workspace.journal.check() if p.code == "bad-sql"]
    assert [message.removeprefix(":1: ") in p.text for p in problems] == [True]


def test_an_empty_file_of_the_same_schema_is_fine(workspace):
    workspace.generate("by_hand", None, custom=True)
    assert [m.tag for m in workspace.migrate().applied][-1] == "0002_by_hand"


def test_status_shows_what_is_missing(workspace):
    workspace.migrate(to="0000_one")
    for tag in ("0000_one", "0001_two"):
        _file(workspace, tag).unlink()
    found = {m.tag: m.state for m in workspace.status().migrations}
    assert found == {"0000_one": "missing", "0001_two": "missing"}
    assert "missing" in repr(workspace.status())


def test_to_takes_the_number_too(workspace, database):
    assert [m.tag for m in workspace.migrate(to="0000").applied] == ["0000_one"]
    with pytest.raises(UsageConflictError) as caught:
        workspace.migrate(to="0007")
    assert caught.value.exit_code == 2
    assert "0001_two" in caught.value.hint
    assert _tables(database) == ["a"]


def test_a_folder_without_migrations_is_told(tmp_path, database):
    with Workspace(database.url, root=tmp_path) as workspace:
        result = workspace.migrate()
    assert "no migration is in `" in repr(result)
    assert result.applied == ()

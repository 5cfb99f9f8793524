"""A database that is not what its migrations say: accept, revert, ignore, adopt."""

from __future__ import annotations

import json

import pytest

from nbmigrate.errors import DriftError, JournalError, MigrationFileError, SourceError
from nbmigrate.plan import Answers
from nbmigrate.workspace import Workspace

USERS = """
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
"""


@pytest.fixture
def workspace(tmp_path, database):
    with Workspace(database.url, root=tmp_path) as workspace:
        workspace.declare(USERS, cell="users", namespace={})
        yield workspace


@pytest.fixture
def migrated(workspace):
    workspace.generate("first")
    workspace.migrate()
    return workspace


def test_no_drift_is_said(migrated):
    found = migrated.drift()
    assert not found.is_different
    assert "No drift" in repr(found)


def test_without_migrations_there_is_none(workspace):
    assert not workspace.drift().is_different


def test_what_differs_is_named_with_three_answers(migrated, database):
    database.execute("ALTER TABLE users ADD COLUMN added integer")
    found = migrated.drift()
    assert found.is_different
    assert found.paths == ("public.users",)
    for answer in ("--accept", "--revert", "--ignore"):
        assert answer in repr(found)


def test_accepted_drift_is_a_migration_that_is_applied_here(migrated, database):
    database.execute("ALTER TABLE users ADD COLUMN added integer")
    found = migrated.accept_drift(name="as_it_is")
    assert found.accepted == "0001_as_it_is"
    assert not found.is_different
    text = (migrated.journal.folder / "0001_as_it_is.sql").read_text()
    assert 'ADD COLUMN "added" integer' in text
    assert migrated.migrate().applied == ()
    assert [m.state for m in migrated.status().migrations] == ["applied", "applied"]


def test_the_accepted_migration_builds_the_same_elsewhere(migrated, database, databases, tmp_path):
    database.execute("ALTER TABLE users ADD COLUMN added integer DEFAULT 3")
    migrated.accept_drift()
    other = databases()
    with Workspace(other.url, root=tmp_path) as elsewhere:
        elsewhere.migrate()
    assert other.dump() == database.dump()


def test_reverted_drift_is_gone_and_can_be_undone(migrated, database):
    before = database.dump()
    database.execute(
        "ALTER TABLE users ADD COLUMN added integer", "INSERT INTO users VALUES (1, 'a', 7)"
    )
    asked = migrated.revert_drift()
    assert asked.questions
    migrated.revert_drift(answers=Answers(drops=("public.users.added",)))
    assert database.dump() == before
    migrated.undo()
    assert database.connect().execute("SELECT added FROM users").fetchall() == [(7,)]


def test_ignored_drift_is_silent_and_listed(migrated, database):
    database.execute("ALTER TABLE users ADD COLUMN added integer")
    found = migrated.ignore_drift(["public.users"])
    assert not found.is_different
    assert found.ignored == ("public.users",)
    stored = json.loads((migrated.journal.layout.meta / "_nbmigrate_ignored.json").read_text())
    assert stored == {"ignored": ["public.users"]}
    assert not migrated.status().is_different


def test_an_object_that_does_not_differ_is_no_answer(migrated):
    with pytest.raises(SourceError, match="does not differ"):
        migrated.ignore_drift(["public.nothing"])


def test_an_unreadable_list_of_ignored_objects_is_told(migrated):
    path = migrated.journal.layout.meta / "_nbmigrate_ignored.json"
    path.write_text('{"ignored": 7}')
    with pytest.raises(JournalError, match="ignored"):
        migrated.drift()


def test_drift_is_not_accepted_before_pending_migrations(migrated, database):
    migrated.declare(USERS + "    age: Mapped[int | None]\n", cell="users", namespace={})
    migrated.generate("second")
    database.execute("ALTER TABLE users ADD COLUMN added integer")
    with pytest.raises(JournalError, match="0001_second"):
        migrated.accept_drift()


@pytest.fixture
def overtaken(workspace):
    """The last of three migrations is applied, the one before it not: it was merged later."""
    path = workspace.journal.layout.journal
    for number, text in enumerate(("age: Mapped[int | None]", "city: Mapped[str | None]")):
        workspace.generate("base" if not number else "age")
        more = USERS if not number else f"{USERS}    age: Mapped[int | None]\n"
        workspace.declare(f"{more}    {text}\n", cell="users", namespace={})
    workspace.generate("city")
    whole = path.read_text()
    document = json.loads(whole)
    del document["entries"][1]
    path.write_text(json.dumps(document))
    workspace.migrate()
    path.write_text(whole)
    return workspace


def test_what_a_late_migration_has_not_made_yet_is_no_drift(overtaken, database):
    assert [m.state for m in overtaken.status().migrations] == ["applied", "pending", "applied"]
    assert not overtaken.drift().is_different
    database.execute("ALTER TABLE users ADD COLUMN added integer")
    with pytest.raises(JournalError, match="0001_age"):
        overtaken.accept_drift()
    overtaken.revert_drift(answers=Answers(drops=("public.users.added",)))
    assert [m.tag for m in overtaken.migrate().applied] == ["0001_age"]
    assert not overtaken.drift().is_different


def test_an_edited_or_missing_file_is_told_with_what_to_type(migrated):
    path = migrated.journal.folder / "0000_first.sql"
    path.write_text(path.read_text() + "SELECT 1;\n")
    assert "0000_first was changed after it was applied: %db_migrate" in repr(migrated.status())
    path.unlink()
    assert "0000_first has no file: %db_restore 0000_first" in repr(migrated.status())


def test_a_folder_in_place_of_a_file_is_an_error_of_ours(migrated):
    path = migrated.journal.folder / "0000_first.sql"
    path.unlink()
    path.mkdir()
    for command in (migrated.migrate, migrated.status):
        with pytest.raises(MigrationFileError, match="cannot be read: Is a directory"):
            command()
    assert "its file is missing" in repr(migrated.check())


def test_a_pushed_database_is_adopted(workspace, database):
    workspace.push()
    workspace.generate("first")
    result = workspace.adopt()
    assert result.adopted == ("0000_first",)
    assert workspace.migrate().applied == ()
    assert workspace.adopt().adopted == ()


def test_a_database_is_adopted_up_to_what_it_equals(workspace):
    workspace.push()
    workspace.generate("first")
    workspace.declare(USERS + "    age: Mapped[int | None]\n", cell="users", namespace={})
    workspace.generate("second")
    assert workspace.adopt().adopted == ("0000_first",)
    assert [m.tag for m in workspace.migrate().applied] == ["0001_second"]


def test_another_database_is_not_adopted(workspace, database):
    workspace.generate("first")
    database.execute("CREATE TABLE users (id integer PRIMARY KEY)")
    with pytest.raises(DriftError, match='ADD COLUMN "name"'):
        workspace.adopt()
    assert [m.state for m in workspace.status().migrations] == ["pending"]


def test_the_failing_migration_of_a_pushed_database_names_adoption(workspace):
    workspace.push()
    workspace.generate("first")
    with pytest.raises(Exception, match="42P07") as caught:
        workspace.migrate()
    assert "nbmigrate adopt" in caught.value.hint

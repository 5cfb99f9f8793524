"""What a push has read inside its transaction is not read again, unless something changed since."""

from __future__ import annotations

import pytest

from nbmigrate.errors import StatementFailedError
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.workspace import Workspace, live

ONE = "CREATE TABLE a (id int PRIMARY KEY, t text CHECK (t > 'a'));\n"


@pytest.fixture
def workspace(tmp_path, database):
    with Workspace(database.url, root=tmp_path) as found:
        yield found


@pytest.fixture
def readings(monkeypatch) -> list[int]:
    counts: list[int] = []

    def counting(*given, **named):
        found = introspect_marked(*given, **named)
        counts.append(len(found[0].tables))
        return found

    introspect_marked = live.introspect_marked
    monkeypatch.setattr(live, "introspect_marked", counting)
    return counts


def declare(workspace, text: str) -> str:
    (workspace.root / "schema.sql").write_text(text)
    return "schema.sql"


def test_after_a_push_nothing_is_read_again(workspace, readings, database):
    assert workspace.push(declare(workspace, ONE)).applied
    assert readings == [0, 1]  # before it, and in it
    assert not workspace.push("schema.sql").applied
    more = ONE + "CREATE TABLE b (id int);"
    assert workspace.push(declare(workspace, more)).applied
    assert readings == [0, 1, 2]
    with database.connect() as connection:
        found = introspect(connection, schemas=workspace.settings.schemas)
        assert workspace.live.read(found).snapshot == found
    assert readings == [0, 1, 2]


def test_what_somebody_else_changed_is_read(workspace, readings, database):
    workspace.push(declare(workspace, ONE))
    database.execute("ALTER TABLE a ADD COLUMN theirs int")
    assert (
        "theirs" in workspace.push("schema.sql", dry_run=True).plan.old.tables["public.a"].columns
    )
    assert readings == [0, 1, 1]


def test_what_was_rolled_back_was_never_there(workspace, readings, database, monkeypatch):
    workspace.push(declare(workspace, ONE))

    def fail(*_):
        workspace.target.connection.execute("SELECT 1/0")

    monkeypatch.setattr("nbmigrate.workspace.keeping.record_push", fail)
    with pytest.raises(StatementFailedError):
        workspace.push(declare(workspace, ONE + "CREATE TABLE b (id int);"))
    assert readings == [0, 1, 2]
    monkeypatch.undo()
    with database.connect() as connection:
        found = introspect(connection, schemas=workspace.settings.schemas)
    assert workspace.live.read(found).snapshot == found
    assert found.tables.keys() == {"public.a"}

"""Looking at schemas: cards and diagrams of any source, and the history of a folder."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from nbmigrate.errors import JournalError, SourceError
from nbmigrate.plan import Answers
from nbmigrate.workspace import Workspace

ONE = """
CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE);
COMMENT ON TABLE users IS 'Who <b>logs</b> in';
CREATE SCHEMA sales;
CREATE TABLE sales.orders (id int PRIMARY KEY, user_id int REFERENCES users, note text);
"""
TWO = """
CREATE TABLE people (id int PRIMARY KEY, email text UNIQUE, age int);
CREATE SCHEMA sales;
CREATE TABLE sales.orders (id int PRIMARY KEY, user_id int NOT NULL REFERENCES people);
"""


@pytest.fixture
def workspace(tmp_path, database):
    with Workspace(database.url, root=tmp_path) as workspace:
        yield workspace


def test_the_database_is_shown_when_nothing_is_declared(workspace, database):
    database.execute(ONE, "INSERT INTO users SELECT n FROM generate_series(1, 7) AS n", "ANALYZE")
    found = workspace.schema()
    text = repr(found)
    assert found.source == "live"
    assert "about 7 rows" in text
    assert "Who <b>logs</b> in" in text
    html = found._repr_html_()
    assert "data:image/svg+xml;base64," in html
    assert "<b>logs" not in html


def test_what_is_declared_comes_first(workspace):
    workspace.declare("CREATE TABLE a (id int);", cell="a", namespace={}, sql=True)
    assert workspace.schema().source == "declared"
    assert workspace.schema(source="live").snapshot.tables == {}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["users"], {"public.users"}),
        (["public.users"], {"public.users"}),
        (["orders"], {"sales.orders"}),
        (["sales.*"], {"sales.orders"}),
        (["*"], {"public.users", "sales.orders"}),
    ],
)
def test_tables_are_named(workspace, database, names, expected):
    database.execute(ONE)
    assert set(workspace.schema(names).snapshot.tables) == expected


def test_a_table_that_is_not_there(workspace, database):
    database.execute(ONE)
    with pytest.raises(SourceError, match="no table `user`") as caught:
        workspace.schema(["user"])
    assert "users" in caught.value.hint


def test_the_diagram_is_written(workspace, database, tmp_path):
    database.execute(ONE)
    found = workspace.schema(svg="er.svg")
    assert found.file.bytes == (tmp_path / "er.svg").stat().st_size
    assert ET.parse(tmp_path / "er.svg").getroot().tag.endswith("svg")
    with pytest.raises(SourceError, match="cannot be written"):
        workspace.schema(svg="nowhere/er.svg")


def test_mermaid(workspace, database):
    database.execute(ONE)
    found = workspace.schema(mermaid=True)
    assert '"public.users" |o--o{ "sales.orders"' in found.mermaid
    assert "about" not in repr(found)


def test_a_migration_by_its_number(generated):
    assert set(generated.schema(source="0000").snapshot.tables) == {"public.users", "sales.orders"}


@pytest.fixture
def generated(workspace):
    workspace.declare(ONE, cell="a", namespace={}, sql=True)
    workspace.generate("one")
    workspace.declare(TWO, cell="a", namespace={}, sql=True)
    answers = Answers(renames=("public.users->public.people",), allow_drop=True)
    workspace.generate("two", answers=answers)
    return workspace


def test_history(generated):
    found = generated.history()
    assert [step.tag for step in found.steps] == ["0001_two", "0000_one"]
    text = repr(found)
    assert "2 migrations" in text
    assert "2 renamed" in text
    assert "- note" in text
    assert list(found.frame["tag"]) == ["0001_two", "0000_one"]


def test_only_the_last_are_listed(generated):
    found = generated.history(last=1)
    assert [step.tag for step in found.steps] == ["0001_two"]
    assert "1 older migration not shown" in repr(found)


def test_the_difference_between_any_two(generated):
    there = generated.difference("0000", "two")
    assert {step.tag for step in generated.history().steps} == {there.old_name, there.new_name}
    assert "renamed" in repr(there)
    assert there.questions == ()
    assert generated.difference("two", "two").plan.is_empty
    assert "removed" in repr(generated.difference("two", "empty"))
    assert "added" in repr(generated.difference("empty", "0001_two"))


def test_history_needs_no_database(generated, tmp_path):
    with Workspace("postgresql://nobody@127.0.0.1:1/none", root=tmp_path) as elsewhere:
        assert len(elsewhere.history().steps) == 2
        assert elsewhere.difference("0000", "0001").is_different


def test_a_migration_that_is_not_there(generated):
    with pytest.raises(JournalError, match="no migration is called `0007`"):
        generated.difference("0000", "0007")


def test_a_folder_without_migrations(workspace):
    assert "no migrations yet" in repr(workspace.history())
    assert workspace.history().frame.empty


def test_a_snapshot_that_is_gone(generated, tmp_path):
    (tmp_path / "migrations" / "meta" / "0000_snapshot.json").unlink()
    assert "0000_one" in repr(generated.history())

"""What the rows say about a rename or a drop that is asked about."""

from __future__ import annotations

import pytest

from nbmigrate.plan import Answers
from nbmigrate.workspace import Workspace

OLD = """
CREATE TABLE users (id integer PRIMARY KEY, name text, age integer);
CREATE INDEX by_name ON users (lower(name));
CREATE VIEW names AS SELECT name FROM users;
"""
ROWS = "INSERT INTO users VALUES (1, 'ann', 3), (2, 'bob', NULL), (3, NULL, NULL), (4, 'ann', 9)"


@pytest.fixture
def workspace(tmp_path, database):
    (tmp_path / "old.sql").write_text(OLD)
    with Workspace(database.url, root=tmp_path) as found:
        found.push("old.sql")
        database.execute(ROWS)
        yield found


def write(workspace, old, new):
    assert old in OLD
    text = OLD.replace(old, new)
    if new == "full_name":
        text = OLD.replace("name text", "full_name text").replace("(name)", "(full_name)")
        text = text.replace("SELECT name", "SELECT full_name AS name")
    (workspace.root / "new.sql").write_text(text)
    return "new.sql"


def test_of_a_column_that_may_be_renamed(workspace):
    (question,) = workspace.push(write(workspace, "name", "full_name")).questions
    assert question.kind == "rename"
    said = "\n".join(question.evidence)
    assert "`public.users.name`: 3 values in 4 rows, 25 % NULL" in said
    assert "index `by_name`" in said
    assert "view `names`" in said
    (sample,) = question.samples
    assert sorted(sample.rows) == [("ann",), ("bob",)]
    assert "ann" in repr(workspace.push("new.sql"))


def test_generate_asks_the_same_with_the_same_evidence(workspace):
    workspace.generate("first", "old.sql")
    result = workspace.generate("second", write(workspace, "name", "full_name"))
    assert result.tag is None
    assert "3 values in 4 rows" in "\n".join(result.questions[0].evidence)


def test_of_a_column_and_a_table_that_may_go(workspace):
    source = write(workspace, ", age integer", "")
    drop = Answers(drops=("public.users.age",))
    assert not workspace.push(source).applied
    (question,) = workspace.push(source).questions
    assert question.flags == ('--drop "public.users.age"',)
    assert "2 values in 4 rows, 50 % NULL" in "\n".join(question.evidence)
    assert {row[0] for row in question.samples[0].rows} == {"3", "9"}
    assert workspace.push(source, answers=drop).applied


def test_of_a_whole_table(workspace):
    (workspace.root / "none.sql").write_text("CREATE TABLE other_thing (x date);")
    questions = workspace.push("none.sql").questions
    (question,) = [q for q in questions if q.path == "public.users"]
    assert "`public.users`: 4 rows" in question.evidence
    assert question.samples[0].columns == ("id", "name", "age")
    assert len(question.samples[0].rows) == 4


def _pushed(workspace, old, new):
    """What a push to ``new`` asks when ``old`` is there."""
    for name, text in (("old.sql", old), ("new.sql", new)):
        (workspace.root / name).write_text(text)
    assert workspace.push("old.sql").applied
    return workspace.push("new.sql")


STARS = OLD + "CREATE MATERIALIZED VIEW stars AS SELECT name FROM users;"


def test_of_a_materialized_view(workspace):
    (question,) = _pushed(workspace, STARS, OLD).questions
    assert (question.kind, question.path) == ("drop", "public.stars")
    assert "`public.stars`: 4 rows" in question.evidence
    drop = Answers(drops=("public.stars",))
    assert workspace.push("new.sql", answers=drop).applied


def test_a_materialized_view_that_comes_again_is_not_asked_about(workspace):
    changed = STARS.replace("SELECT name FROM", "SELECT lower(name) AS name FROM")
    assert _pushed(workspace, STARS, changed).applied


def test_of_a_schema_and_an_enum(workspace):
    old = (
        OLD + "CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('a', 'b');"
        " CREATE TABLE app.t (m app.mood, n app.mood[]); CREATE VIEW app.v AS SELECT m FROM app.t;"
    )
    questions = _pushed(workspace, old, old.replace("app", "apq")).questions
    (question,) = [q for q in questions if q.kind == "rename" and q.path == "apq"]
    assert "`app`: tables: 1, views: 1" in question.evidence
    renamed = old.replace("app.mood", "app.moot")
    (workspace.root / "new.sql").write_text(renamed)
    (question,) = [q for q in workspace.push("new.sql").questions if q.kind == "rename"]
    assert "`app.mood` is the type of `app.t.m`, `app.t.n`" in question.evidence


def test_of_an_extension(workspace):
    old = OLD + "CREATE EXTENSION hstore; CREATE TABLE bag (h hstore, k hstore);"
    questions = _pushed(workspace, old, OLD + "CREATE TABLE bag (i integer);").questions
    (question,) = [q for q in questions if q.path == "hstore"]
    assert "columns of its types: 2" in question.evidence[0]

"""A path that begins with a table means the one in public, as a bare name does in SQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbmigrate.plan import Answers
from nbmigrate.workspace import Workspace
from tests.fixtures.postgres import Database

OLD = """
class Mood(enum.Enum):
    sad = "sad"
    ok = "ok"

class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[str]
    mood: Mapped[Mood]
    nickname: Mapped[str | None]
"""
NEW = """
class Mood(enum.Enum):
    ok = "ok"

class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    full_name: Mapped[str]
    age: Mapped[int]
    mood: Mapped[Mood]
    born: Mapped[date]
"""
ANSWERS = Answers(
    renames=("person->people", "person.name=people.full_name"),
    drops=("people.nickname",),
    casts={"people.age": "length(age)"},
    labels={"mood.sad": "ok"},
    backfills={"people.born": "'2000-01-01'"},
)


@pytest.fixture
def filled(database: Database, tmp_path: Path) -> Database:
    """A database with a table of one row."""
    with Workspace(database.url, root=tmp_path) as workspace:
        workspace.declare(OLD, cell="c", namespace={})
        workspace.push()
    database.execute("INSERT INTO person (name, age, mood) VALUES ('Ada', 'xyz', 'sad')")
    return database


def test_every_answer_may_leave_public_out(filled: Database, tmp_path: Path) -> None:
    with Workspace(filled.url, root=tmp_path / "again") as workspace:
        workspace.declare(NEW, cell="c", namespace={})
        assert workspace.push(answers=ANSWERS).applied
        assert workspace.push(answers=ANSWERS).plan.is_empty, "what is done is no error"
    with filled.connect() as connection:
        found = connection.execute("SELECT full_name, age, mood, born::text FROM people")
        assert found.fetchall() == [("Ada", 3, "ok", "2000-01-01")]


def test_a_schema_of_that_name_is_meant_first(filled: Database, tmp_path: Path) -> None:
    filled.execute("CREATE SCHEMA person", "CREATE TABLE person.nickname (a integer)")
    with Workspace(filled.url, root=tmp_path / "again") as workspace:
        workspace.declare(
            OLD.replace("    nickname: Mapped[str | None]\n", ""), cell="c", namespace={}
        )
        found = workspace.push(answers=Answers(drops=("person.nickname",)))
        assert [question.path for question in found.plan.questions] == ["public.person.nickname"]
        assert not found.applied


def test_a_declared_rename_may_too(filled: Database, tmp_path: Path) -> None:
    with Workspace(filled.url, root=tmp_path / "again") as workspace:
        text = OLD.replace("Mood", "Feeling") + '\nRenamed("mood->feeling")\n'
        workspace.declare(text, cell="c", namespace={})
        assert [type(op).__name__ for op in workspace.push().plan.operations] == ["RenameEnum"]
        assert workspace.push().plan.is_empty

"""``nbmigrate export``, ``check`` of a notebook and ``generate --git-add`` as a project uses them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nbmigrate.cli import main
from nbmigrate.workspace.exporting import MARK

USERS = """\
%%schema users
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    posts: Mapped[list["Post"]] = relationship(back_populates="user")
"""
POSTS = """\
%%schema posts
class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200), server_default="untitled")
    user: Mapped["User"] = relationship(back_populates="posts")
"""
MOOD = """\
%%schema --sql
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE VIEW titles AS SELECT title FROM posts;
CREATE TABLE tags (id int PRIMARY KEY, name text NOT NULL);
CREATE INDEX lower_name ON tags (lower(name));
"""


class Project:
    """A folder with a notebook, and the command line in it."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capture, self.errors = folder, capture, ""

    def write(self, *cells: str) -> None:
        made = [
            {"cell_type": "code", "id": f"c{n}", "metadata": {}, "outputs": [], "source": text}
            | {"execution_count": None}
            for n, text in enumerate(("%load_ext nbmigrate", *cells))
        ]
        book = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (self.folder / "schema.ipynb").write_text(json.dumps(book), encoding="utf-8")

    def run(self, *words: str, code: int = 0) -> str:
        self.capture.readouterr()
        found = main(words)
        out, self.errors = self.capture.readouterr()
        assert found == code, f"{words}: {found}\n{out}\n{self.errors}"
        return out

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.folder, capture_output=True, text=True, check=True
        )
        return done.stdout


@pytest.fixture
def project(tmp_path, database, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database.url)
    made = Project(tmp_path, capsys)
    made.write(USERS, POSTS)
    return made


def test_a_module_declares_what_the_notebook_does(project):
    out = project.run("export", "schema.ipynb", "-o", "app/schema.py")
    assert "app/schema.py" in out
    assert "Proved" in out
    assert "No differences" in project.run("diff", "schema.ipynb", "app/schema.py")
    assert "No differences" in project.run("diff", "app/schema.py", "schema.ipynb")
    # A program of its own imports it, without nbmigrate's base or a notebook.
    program = (
        "from app.schema import Base, User; from sqlalchemy.orm import configure_mappers;"
        "configure_mappers(); print(sorted(Base.metadata.tables), User.__tablename__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "['posts', 'users'] users\n"


def test_sql_builds_what_the_notebook_declares(project, databases):
    project.write(USERS, POSTS, MOOD)
    assert "Proved" in project.run("export", "schema.ipynb", "--sql", "-o", "schema.sql")
    built = databases()
    built.execute((project.folder / "schema.sql").read_text(encoding="utf-8"))
    assert "No differences" in project.run("diff", "schema.ipynb", built.url)
    assert "lower_name" in built.dump()


def test_without_a_file_the_code_is_printed(project):
    assert f"Exported from schema.ipynb {MARK}" in project.run("export", "schema.ipynb")
    assert project.run("export", "schema.ipynb", "--sql").startswith("-- Exported")
    shown = json.loads(project.run("export", "schema.ipynb", "--json"))
    assert shown["not_expressed"] == []
    assert sorted(shown["tables"]) == ["public.posts", "public.users"]


def test_only_an_exported_file_is_written_over(project):
    project.run("export", "schema.ipynb", "-o", "schema.py")
    project.write(USERS)
    project.run("export", "schema.ipynb", "-o", "schema.py")
    assert "posts" not in (project.folder / "schema.py").read_text(encoding="utf-8")
    (project.folder / "mine.py").write_text("mine = 1\n", encoding="utf-8")
    project.run("export", "schema.ipynb", "-o", "mine.py", code=1)
    assert "mine.py is there already and was not exported" in project.errors
    assert (project.folder / "mine.py").read_text(encoding="utf-8") == "mine = 1\n"
    assert sorted(p.name for p in project.folder.iterdir() if p.is_file()) == [
        "mine.py",
        "schema.ipynb",
        "schema.py",
    ]


def test_nothing_declared_is_said(project):
    project.run("export", code=1)
    assert "declares nothing" in project.errors
    assert "nbmigrate export schema.ipynb -o schema.py" in project.errors


def test_check_fails_when_the_notebook_declares_what_no_migration_holds(project):
    project.write(USERS.replace("    posts:", "    # posts:"))
    project.run("generate", "schema.ipynb", "users")
    assert "sound" in project.run("check", "schema.ipynb")
    project.write(USERS, POSTS)
    assert "public.posts" in project.run("check", "schema.ipynb", code=3)


def test_git_add_stages_the_written_files(project):
    project.git("init", "--quiet")
    out = project.run("generate", "schema.ipynb", "users", "--git-add")
    assert "Staged in git" in out
    assert project.git("diff", "--cached", "--name-only").split() == [
        "migrations/0000_users.sql",
        "migrations/meta/0000_snapshot.json",
        "migrations/meta/_0000_extra.json",
        "migrations/meta/_journal.json",
    ]
    assert "Nothing to generate" in project.run("generate", "schema.ipynb", "again", "--git-add")


def test_git_add_outside_of_a_repository_writes_nothing(project, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.folder.parent))
    project.run("generate", "schema.ipynb", "users", "--git-add", code=1)
    assert "nothing was written" in project.errors
    assert "git init" in project.errors
    assert not (project.folder / "migrations").exists()


def test_git_add_of_an_ignored_folder_says_that_it_is_written(project):
    project.git("init", "--quiet")
    (project.folder / ".gitignore").write_text("migrations\n", encoding="utf-8")
    project.run("generate", "schema.ipynb", "users", "--git-add", code=1)
    assert "0000_users is written but not staged" in project.errors
    assert "hint: git add migrations/0000_users.sql" in project.errors

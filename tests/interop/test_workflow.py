"""Drizzle's documented workflow, to the letter: two migrations, three databases, one schema."""

from __future__ import annotations

import pytest

from nbmigrate.workspace import Workspace

USER = """
class User(Base):
    __tablename__ = "user"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
"""
POST = """
class Post(Base):
    __tablename__ = "post"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    content: Mapped[str | None] = mapped_column(Text)
    user_id: Mapped[str] = mapped_column(Text, ForeignKey("user.id", ondelete="cascade"))
    created_at: Mapped[datetime]
"""
FILES = {
    "0000_initial_schema.sql",
    "0001_add_post_table.sql",
    "meta/_journal.json",
    "meta/0000_snapshot.json",
    "meta/0001_snapshot.json",
}
# The way back of each migration; drizzle-kit passes over what begins with `_` in meta/.
SIDECARS = {"meta/_0000_extra.json", "meta/_0001_extra.json"}


@pytest.fixture
def project(tmp_path, database):
    """A workspace whose folder holds the two migrations, on an empty database."""
    with Workspace(database.url, root=tmp_path) as workspace:
        workspace.declare(USER, cell="user", namespace={})
        workspace.generate("initial_schema")
        workspace.declare(POST, cell="post", namespace={})
        workspace.generate("add_post_table")
        yield workspace


def test_the_folder_is_as_documented(project, tmp_path):
    folder = tmp_path / "migrations"
    assert {
        str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()
    } == FILES | SIDECARS
    first, second = (
        folder / f"{tag}.sql" for tag in ("0000_initial_schema", "0001_add_post_table")
    )
    assert first.read_text().startswith('CREATE TABLE "user" (')
    created, added = second.read_text().split("--> statement-breakpoint\n")
    assert created.startswith('CREATE TABLE "post" (')
    assert added == (
        'ALTER TABLE "post" ADD CONSTRAINT "post_user_id_user_id_fk" FOREIGN KEY ("user_id")'
        ' REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;'
    )


def test_migrate_applies_both_once_and_push_makes_the_same(project, database, databases):
    assert [m.tag for m in project.migrate().applied] == [
        "0000_initial_schema",
        "0001_add_post_table",
    ]
    assert project.migrate().applied == ()
    pushed = databases()
    project.connect(pushed.url)
    assert project.push().applied
    assert project.push().plan.is_empty
    assert pushed.dump() == database.dump()


def test_drizzle_kit_accepts_and_drizzle_orm_applies_the_folder(
    project, drizzle, database, databases
):
    done = drizzle.kit("check", "--dialect", "postgresql", "--out", "./migrations")
    assert done.returncode == 0, done.stdout + done.stderr
    theirs = databases()
    assert drizzle.migrate(theirs.url, project.settings.folder).returncode == 0
    project.migrate()
    assert theirs.dump() == database.dump()
    project.connect(theirs.url)
    result = project.migrate()
    assert (result.applied, result.pending) == ((), ())
    assert project.status().drift.is_empty

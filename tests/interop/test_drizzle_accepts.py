"""What nbmigrate writes, given to the real drizzle-kit and drizzle-orm."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from nbmigrate.dialect import Statement
from nbmigrate.journal import Journal
from nbmigrate.model import (
    Check,
    Column,
    Enum,
    ForeignKey,
    Generated,
    Identity,
    Index,
    IndexColumn,
    Snapshot,
    Table,
    Unique,
    View,
)
from nbmigrate.model.upgrade import upgrade
from nbmigrate.plan import NO_ANSWERS, Answers

SAMPLES = Path(__file__).parents[1] / "compat" / "drizzle"

SCHEMA = """
import { pgTable, text, timestamp } from "drizzle-orm/pg-core";
export const user = pgTable("user", { id: text("id").primaryKey(), name: text("name").notNull() });
export const post = pgTable("post", {
  id: text("id").primaryKey(),
  userId: text("user_id").notNull().references(() => user.id, { onDelete: "cascade" }),
  createdAt: timestamp("created_at").notNull(),
});
"""


def _text(name, **options):
    return Column(name=name, type="text", **options)


USER = Table(
    name="user",
    columns={
        "id": _text("id", primary_key=True, not_null=True),
        "name": _text("name", not_null=True),
    },
)
POST = Table(
    name="post",
    columns={
        "id": _text("id", primary_key=True, not_null=True),
        "user_id": _text("user_id", not_null=True),
        "created_at": Column(name="created_at", type="timestamp", not_null=True),
    },
    foreign_keys={
        "post_user_id_user_id_fk": ForeignKey(
            name="post_user_id_user_id_fk",
            table_from="post",
            table_to="user",
            columns_from=("user_id",),
            columns_to=("id",),
            on_delete="cascade",
        )
    },
)
CREATE_USER = (
    'CREATE TABLE "user" (\n\t"id" text PRIMARY KEY NOT NULL,\n\t"name" text NOT NULL\n);\n'
)
CREATE_POST = (
    'CREATE TABLE "post" (\n\t"id" text PRIMARY KEY NOT NULL,\n\t"user_id" text NOT NULL,\n'
    '\t"created_at" timestamp NOT NULL\n);\n'
)
ADD_KEY = (
    'ALTER TABLE "post" ADD CONSTRAINT "post_user_id_user_id_fk" FOREIGN KEY ("user_id")'
    ' REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;'
)

# One object of every kind, with everything that version 7 cannot hold.
RICH = Snapshot(
    tables={
        "public.user": Table(
            name="user",
            comment="people",
            unlogged=True,
            is_rls_enabled=True,
            columns={
                "id": Column(
                    name="id",
                    type="integer",
                    primary_key=True,
                    not_null=True,
                    identity=Identity(type="always", name="user_id_seq", increment="1", cycle=False),
                ),
                "name": _text("name", collation="C", default="'x'"),
                "upper": _text("upper", generated=Generated(expression="name", type="virtual")),
            },
            indexes={
                "i": Index(
                    name="i",
                    columns=(IndexColumn(expression="name", collation="C"),),
                    include=("id",),
                    options={"fillfactor": 80},
                )
            },
            unique_constraints={
                "u": Unique(name="u", columns=("name",), deferrable=True, comment="one")
            },
            check_constraints={"c": Check(name="c", value="true", not_valid=True)},
        )
    },
    enums={"app.mood": Enum(name="mood", schema="app", values=("a", "b"), comment="how")},
    schemas={"app": "app"},
    views={"public.v": View(name="v", definition="select 1", comment="one")},
)  # fmt: skip


# Every kind of answer: each is a key of the journal's entry and a comment on top of the file.
ANSWERS = Answers(
    renames=("public.a->public.post",),
    drops=("public.gone",),
    backfills={"public.post.user_id": "'it''s'; --> statement-breakpoint"},
    casts={"public.post.created_at": 'now() /* "x" */\n-- y'},
    labels={"public.mood.sad": "calm"},
)


def _plan(*tables, sql, answers=NO_ANSWERS):
    snapshot = Snapshot(tables={f"public.{table.name}": table for table in tables})
    return _recordable(snapshot, sql, answers)


def _recordable(snapshot, sql, answers=NO_ANSWERS):
    statements = tuple(Statement(sql=one) for one in sql)
    return SimpleNamespace(new=snapshot, statements=statements, answers=answers)


def _append(journal, plan, name):
    return journal.append(plan, name=name, now_ms=1_700_000_000_000, words=lambda: "unused")


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "migrations")
    _append(journal, _plan(USER, sql=[CREATE_USER]), "initial_schema")
    plan = _plan(USER, POST, sql=[CREATE_POST, ADD_KEY], answers=ANSWERS)
    _append(journal, plan, "add_post_table")
    return journal


def _check(drizzle):
    return drizzle.kit("check", "--dialect", "postgresql", "--out", "./migrations")


def _files(folder):
    return {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_check_passes(drizzle, journal):
    done = _check(drizzle)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything's fine" in done.stdout


def test_the_answers_stand_in_the_folder_that_drizzle_is_given(journal):
    entry = json.loads(journal.layout.journal.read_text())["entries"][-1]
    assert entry["nbmigrate"].keys() == {"renames", "drops", "backfills", "casts", "labels"}
    head, *_ = journal.migrations()[-1].sql.partition("CREATE TABLE")
    assert head.count("-- answer: ") == 5
    assert len(journal.migrations()[-1].statements()) == 2


def test_check_would_see_a_malformed_snapshot(drizzle, journal):
    path = journal.layout.snapshots()[-1]
    path.write_text(path.read_text().replace('"notNull"', '"comment": "x", "notNull"', 1))
    done = _check(drizzle)
    assert done.returncode == 1
    assert "malformed" in done.stdout


def test_what_goes_to_the_sidecar_does_not_disturb_check(drizzle, journal):
    _append(journal, _recordable(RICH, ["SELECT 1;"]), "rich")
    assert journal.layout.sidecar(journal.entries[-1]).is_file()
    assert journal.read_snapshot().snapshot == RICH
    done = _check(drizzle)
    assert done.returncode == 0, done.stdout + done.stderr


def test_generate_finds_no_changes(drizzle, journal, tmp_path):
    (tmp_path / "schema.ts").write_text(SCHEMA)
    before = _files(journal.folder)
    done = drizzle.kit(
        "generate", "--dialect", "postgresql", "--schema", "./schema.ts", "--out", "./migrations"
    )
    assert "No schema changes" in done.stdout, done.stdout + done.stderr
    assert _files(journal.folder) == before


def test_generate_goes_on_from_our_folder(drizzle, journal, tmp_path):
    more = SCHEMA.replace('name: text("name")', 'age: text("age"), name: text("name")')
    (tmp_path / "schema.ts").write_text(more)
    done = drizzle.kit(
        "generate",
        "--dialect=postgresql",
        "--schema=./schema.ts",
        "--out=./migrations",
        "--name=theirs",
    )
    *_, ours, theirs = journal.entries
    assert theirs.tag == "0002_theirs", done.stdout + done.stderr
    assert journal.migrations()[-1].sql == 'ALTER TABLE "user" ADD COLUMN "age" text;'
    assert ours.renames == ("public.a->public.post",)
    assert journal.check() == ()
    file = journal.read_snapshot()
    assert file.prev_id == journal.read_snapshot("0001").id
    assert "age" in file.snapshot.tables["public.user"].columns


def test_the_migrator_applies_the_folder(drizzle, journal, database):
    for _ in range(2):  # the second run has nothing to do
        done = drizzle.migrate(database.url, journal.folder)
        assert done.returncode == 0, done.stderr
    with database.connect() as connection:
        rows = connection.execute(
            "SELECT hash, created_at FROM drizzle.__drizzle_migrations ORDER BY id"
        ).fetchall()
    assert rows == [(migration.hash, migration.when) for migration in journal.migrations()]


def test_the_migrator_and_we_run_the_same_statements(drizzle, journal, databases):
    theirs, ours = databases(), databases()
    assert drizzle.migrate(theirs.url, journal.folder).returncode == 0
    for migration in journal.migrations():
        ours.execute(*(statement.sql for statement in migration.statements()))
    assert ours.dump() == theirs.dump()
    assert "post_user_id_user_id_fk" in ours.dump()


@pytest.mark.parametrize("name", ["70-legacy-v5-kit-0.20", "71-legacy-v6-kit-0.21"])
def test_our_upgrade_is_that_of_drizzle(drizzle, tmp_path, name):
    shutil.copytree(SAMPLES / name / "drizzle", tmp_path / "migrations")
    path = tmp_path / "migrations/meta/0000_snapshot.json"
    before = json.loads(path.read_text())
    done = drizzle.kit("up", "--dialect", "postgresql", "--out", "./migrations")
    after = json.loads(path.read_text())
    assert after["version"] == "7", done.stdout + done.stderr
    assert upgrade(before) == after

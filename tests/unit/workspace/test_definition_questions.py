"""Domains, types and functions that may have another name, and types that would go."""

from __future__ import annotations

import pytest

from nbmigrate.plan import Answers
from nbmigrate.workspace import Workspace

OLD = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN mail AS text CHECK (VALUE LIKE '%@%');
CREATE TYPE pair AS (a integer, b integer);
CREATE TYPE span AS RANGE (SUBTYPE = float8);
CREATE FUNCTION plus(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT a + 1 $$;
CREATE TABLE t (id integer PRIMARY KEY DEFAULT plus(0), m mail, p pair, s span);
CREATE VIEW v AS SELECT plus(id) AS x FROM t;
"""
#: Each with the names of the new schema, and what speaks for the rename.
RENAMES = {
    "mail": ("email", "domain", "same type and conditions"),
    "pair": ("two_numbers", "type", "2 of 2 attributes are the same"),
    "span": ("interval_of_floats", "type", "both ranges of double precision"),
    "plus": ("add_one", "function", "same definition"),
}


@pytest.fixture
def workspace(tmp_path, database):
    (tmp_path / "old.sql").write_text(OLD)
    with Workspace(database.url, root=tmp_path) as found:
        assert found.push("old.sql").applied
        database.execute("INSERT INTO t VALUES (1, 'a@b', '(1,2)', '[1,2)')")
        yield found


def _changed(workspace, **names):
    text = OLD
    for old, new in names.items():
        text = text.replace(f"CREATE DOMAIN {old} ", f"CREATE DOMAIN {new} ")
        text = text.replace(f"CREATE TYPE {old} ", f"CREATE TYPE {new} ")
        text = text.replace(f"{old}(", f"{new}(").replace(f" {old},", f" {new},")
        text = text.replace(f" {old})", f" {new})")
    (workspace.root / "new.sql").write_text(text)
    return "new.sql"


@pytest.mark.parametrize("old", RENAMES)
def test_a_likely_rename_is_asked_about(workspace, database, old):
    new, kind, evidence = RENAMES[old]
    source = _changed(workspace, **{old: new})
    result = workspace.push(source)
    assert not result.applied
    (question,) = [q for q in result.questions if q.kind == "rename"]
    assert question.text.startswith(f"is {kind} `public.{new}")
    assert evidence in question.evidence[0]
    with database.connect() as connection:
        number = connection.execute("SELECT relfilenode FROM pg_class WHERE oid = 't'::regclass")
        before = number.fetchone()
        assert workspace.push(source, answers=question.choices[0].answers).applied
        number = connection.execute("SELECT relfilenode FROM pg_class WHERE oid = 't'::regclass")
        assert number.fetchone() == before, "a rename rewrites nothing"
        rows = connection.execute("SELECT t::text, x FROM t, v").fetchall()
        assert rows == [('(1,a@b,"(1,2)","[1,2)")', 2)]
    assert workspace.push(source).plan.is_empty
    assert not workspace.undo().questions
    assert workspace.push("old.sql").plan.is_empty


def test_a_drop_of_the_old_one_is_an_answer_too(workspace):
    source = _changed(workspace, plus="add_one")
    drop = Answers(drops=("public.plus(integer)",))
    result = workspace.push(source, answers=drop)
    assert result.applied
    assert any("DROP FUNCTION" in s.sql for s in result.plan.statements)


def test_the_answer_stands_in_the_header_of_a_migration(workspace):
    workspace.generate("first", "old.sql")
    source = _changed(workspace, mail="email", plus="add_one")
    asked = workspace.generate("second", source)
    assert sorted(q.path for q in asked.questions) == [
        "public.add_one(integer)",
        "public.email",
    ]
    renames = ("public.mail->public.email", "public.plus->public.add_one")
    done = workspace.generate("second", source, answers=Answers(renames=renames))
    text = next(workspace.root.glob(f"**/{done.tag}.sql")).read_text("utf-8")
    assert "-- answer: renamed: public.mail->public.email" in text
    assert "-- answer: renamed: public.plus->public.add_one" in text
    assert 'ALTER FUNCTION "public"."plus"(integer) RENAME TO "add_one";' in text
    assert "DROP" not in text


def test_a_declaration_may_say_it(tmp_path, database):
    (tmp_path / "old.py").write_text(
        "from sqlalchemy import *\nfrom nbmigrate.schema import *\nmetadata = MetaData()\n"
        "Domain('mail', 'text').on(metadata)\n"
        "Function('plus', 'a integer', returns='integer', body='SELECT a').on(metadata)\n"
    )
    (tmp_path / "new.py").write_text(
        "from sqlalchemy import *\nfrom nbmigrate.schema import *\nmetadata = MetaData()\n"
        "Domain('email', 'text', renamed_from='mail').on(metadata)\n"
        "Function('add', 'a integer', returns='integer', body='SELECT a',"
        " renamed_from='plus').on(metadata)\n"
    )
    with Workspace(database.url, root=tmp_path) as workspace:
        assert workspace.push("old.py").applied
        result = workspace.push("new.py")
        assert result.applied
        assert [type(op).__name__ for op in result.plan.operations] == [
            "RenameDomain",
            "RenameFunction",
        ]
        assert workspace.push("new.py").plan.is_empty


def test_a_type_that_would_go_is_asked_about(workspace):
    (workspace.root / "none.sql").write_text("CREATE TABLE t (id integer PRIMARY KEY, m text);")
    result = workspace.push("none.sql")
    assert not result.applied
    asked = {q.path: q.flags for q in result.questions if q.kind == "drop"}
    for path in ("public.mood", "public.mail", "public.pair", "public.span"):
        assert asked[path] == (f'--drop "{path}"',)
    assert "drops the enum and its 2 labels" in repr(result)
    assert "function public.plus(integer)" in repr(result), "it is said, if not asked"
    assert "view public.v" in repr(result)

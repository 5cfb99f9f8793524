"""Collations and whatever else is known by its definition, through every command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from nbmigrate.plan import Answers
from nbmigrate.workspace import Workspace
from tests.fixtures.postgres import Database

#: DDL of each kind, with a table that needs it.
MADE = {
    "collation": """
        CREATE SCHEMA "My app";
        CREATE COLLATION german (locale = 'C');
        COMMENT ON COLLATION german IS 'it''s "C"';
        CREATE COLLATION "My app"."a;b""c" (lc_collate = 'C', lc_ctype = 'POSIX');
        CREATE TABLE people (
          name text COLLATE german,
          alias text COLLATE "My app"."a;b""c",
          CHECK (name COLLATE "My app"."a;b""c" > alias)
        );
        CREATE INDEX ON people (alias COLLATE german);
    """,
    "text search": """
        CREATE TEXT SEARCH DICTIONARY "it's; %" (template = simple, stopwords = english, accept = 'false');
        CREATE TEXT SEARCH CONFIGURATION words (copy = simple);
        ALTER TEXT SEARCH CONFIGURATION words
          ALTER MAPPING FOR word, asciiword WITH "it's; %", english_stem;
        COMMENT ON TEXT SEARCH DICTIONARY "it's; %" IS 'plain';
        COMMENT ON TEXT SEARCH CONFIGURATION words IS 'all of them';
        CREATE TABLE people (
          name text,
          found tsvector GENERATED ALWAYS AS (to_tsvector('words', name)) STORED
        );
        CREATE INDEX ON people (to_tsvector('words', name));
    """,
}
EVERYTHING = pytest.mark.parametrize("sql", MADE.values(), ids=MADE)
TABLE = "CREATE TABLE people (name text);"
ALL = Answers(allow_drop=True)


@pytest.fixture
def workspace(tmp_path: Path, database: Database):
    with Workspace(database.url, root=tmp_path) as found:
        yield found


def declare(workspace: Workspace, sql: str) -> None:
    """Declare the DDL as a cell, all of it."""
    declared = workspace.declare(sql, cell="one", namespace={}, sql=True)
    assert declared.notes == ()


@EVERYTHING
def test_pushed_once_and_taken_back(
    workspace: Workspace, database: Database, databases: Callable[[], Database], sql: str
) -> None:
    declare(workspace, sql)
    assert workspace.push().applied
    assert workspace.push().plan.is_empty
    by_hand = databases()
    by_hand.execute(sql)
    made = database.dump()
    assert made == by_hand.dump()
    declare(workspace, TABLE)
    assert workspace.push(answers=ALL).applied
    assert workspace.diff().plan.is_empty
    assert workspace.pull().unmanaged == ()
    workspace.undo()
    assert database.dump() == made


@EVERYTHING
def test_pulled_code_builds_the_same(
    workspace: Workspace, database: Database, databases: Callable[[], Database], sql: str
) -> None:
    database.execute(sql)
    assert workspace.pull().unmanaged == ()
    for as_sql in (True, False):
        code = workspace.pull(sql=as_sql).code
        workspace.declare(code, cell="pulled", namespace={}, sql=as_sql)
        assert workspace.diff().plan.is_empty
    blank = databases()
    with Workspace(blank.url, root=workspace.root) as other:
        other.declare(code, cell="pulled", namespace={})
        assert other.push().applied
        assert other.push().plan.is_empty
    assert blank.dump() == database.dump()


@EVERYTHING
def test_generated_once_up_and_down(workspace: Workspace, database: Database, sql: str) -> None:
    empty = database.dump()
    declare(workspace, sql)
    tag = workspace.generate("one").tag
    assert workspace.generate("two").tag is None
    workspace.migrate()
    assert workspace.diff("live", "recorded").plan.is_empty
    undone = workspace.undo()
    assert tag
    assert undone
    assert database.dump() == empty


@EVERYTHING
def test_what_others_made_stays(workspace: Workspace, database: Database, sql: str) -> None:
    database.execute(sql)
    made = database.dump()
    workspace.declare("CREATE TABLE other (a integer)", cell="one", namespace={}, sql=True)
    assert workspace.push(answers=ALL).applied
    database.execute("DROP TABLE other")
    assert database.dump() == made


def test_a_collation_of_icu(workspace: Workspace, database: Database) -> None:
    sql = "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
    try:
        database.execute(sql)
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("this build of PostgreSQL has no ICU")
    sql += "CREATE TABLE t (a text COLLATE ci UNIQUE);"
    database.execute("DROP COLLATION ci")
    declare(workspace, sql)
    assert workspace.push().applied
    assert workspace.push().plan.is_empty
    with pytest.raises(psycopg.errors.UniqueViolation):
        database.execute("INSERT INTO t VALUES ('a'), ('A')")

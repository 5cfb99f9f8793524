"""Collations and whatever else is known by its definition, through every command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from nbmigrate.model import EMPTY
from nbmigrate.plan import Answers
from nbmigrate.workspace import Workspace
from nbmigrate.workspace.arena import in_transaction
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
    "casts": """
        CREATE SCHEMA "My app";
        CREATE TYPE "My app"."Mood" AS ENUM ('glad', 'sad');
        CREATE FUNCTION "My app"."to ""text"(m "My app"."Mood") RETURNS integer
          LANGUAGE sql IMMUTABLE AS $$ SELECT CASE m WHEN 'glad' THEN 1 ELSE 0 END $$;
        CREATE CAST ("My app"."Mood" AS integer)
          WITH FUNCTION "My app"."to ""text"("My app"."Mood") AS ASSIGNMENT;
        CREATE CAST (text AS "My app"."Mood") WITH INOUT AS IMPLICIT;
        CREATE CAST (integer AS point) WITH INOUT;
        COMMENT ON CAST (integer AS point) IS 'by its text';
        CREATE TABLE people (
          name text,
          mood "My app"."Mood" DEFAULT 'sad'::text,
          CHECK (mood::integer >= 0 AND (mood::integer)::point IS NOT NULL)
        );
    """,
    "operators": """
        CREATE TYPE pair AS (a integer, b integer);
        CREATE FUNCTION lt(pair, pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT
          AS $$ SELECT $1.a OPERATOR(pg_catalog.<) $2.a $$;
        CREATE FUNCTION eq(pair, pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT
          AS $$ SELECT $1.a OPERATOR(pg_catalog.=) $2.a $$;
        CREATE FUNCTION gt(pair, pair) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT
          AS $$ SELECT $1.a OPERATOR(pg_catalog.>) $2.a $$;
        CREATE FUNCTION compared(pair, pair) RETURNS integer LANGUAGE sql IMMUTABLE STRICT
          AS $$ SELECT pg_catalog.btint4cmp($1.a, $2.a) $$;
        CREATE FUNCTION hashed(pair) RETURNS integer LANGUAGE sql IMMUTABLE STRICT
          AS $$ SELECT pg_catalog.hashint4($1.a) $$;
        CREATE OPERATOR <<< (
          FUNCTION = lt, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = >>>, RESTRICT = scalarltsel
        );
        CREATE OPERATOR >>> (
          FUNCTION = gt, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = <<<, JOIN = scalargtjoinsel
        );
        CREATE OPERATOR === (
          FUNCTION = eq, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = ===, HASHES, MERGES
        );
        CREATE OPERATOR !## (FUNCTION = hashed, RIGHTARG = pair);
        COMMENT ON OPERATOR !## (NONE, pair) IS 'prefix';
        CREATE OPERATOR FAMILY pairs USING btree;
        CREATE OPERATOR CLASS by_a FOR TYPE pair USING btree FAMILY pairs AS
          OPERATOR 1 <<<, OPERATOR 3 ===, OPERATOR 5 >>>, FUNCTION 1 compared(pair, pair);
        CREATE OPERATOR CLASS "by hash" DEFAULT FOR TYPE pair USING hash AS
          OPERATOR 1 ===, FUNCTION 1 hashed(pair);
        COMMENT ON OPERATOR CLASS "by hash" USING hash IS 'of a';
        CREATE OPERATOR CLASS tags FOR TYPE integer[] USING gin AS
          OPERATOR 3 && (anyarray, anyarray), FUNCTION 2 ginarrayextract(anyarray, internal, internal),
          FUNCTION 3 ginqueryarrayextract
            (anyarray, internal, smallint, internal, internal, internal, internal),
          FUNCTION 4 ginarrayconsistent
            (internal, smallint, anyarray, integer, internal, internal, internal, internal),
          FUNCTION 1 btint4cmp(integer, integer), STORAGE integer;
        CREATE TABLE people (
          name text, p pair, q pair, t integer[], CHECK (p === q), EXCLUDE USING hash (p WITH ===)
        );
        CREATE INDEX ON people USING btree (p by_a);
        CREATE INDEX ON people USING gin (t tags);
    """,
    "event triggers": """
        CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
        CREATE EVENT TRIGGER "On ""drop" ON sql_drop EXECUTE PROCEDURE seen();
        CREATE EVENT TRIGGER made ON ddl_command_end
          WHEN tag IN ('CREATE TABLE', 'alter table') EXECUTE FUNCTION public.seen();
        ALTER EVENT TRIGGER made DISABLE;
        COMMENT ON EVENT TRIGGER made IS 'off';
        CREATE TABLE people (name text);
    """,
    "foreign data": """
        CREATE EXTENSION file_fdw;
        CREATE SCHEMA "My app";
        CREATE FOREIGN DATA WRAPPER nothing OPTIONS (debug 'true');
        COMMENT ON FOREIGN DATA WRAPPER nothing IS 'none';
        CREATE SERVER "a;b""c" TYPE 'x' VERSION '1' FOREIGN DATA WRAPPER nothing OPTIONS (host 'it''s', "Port" '1');
        CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
        COMMENT ON SERVER files IS 'own';
        CREATE TYPE "My app"."Mood" AS ENUM ('glad', 'sad');
        CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
        CREATE FOREIGN TABLE "My app"."Lines; (" (
          id integer OPTIONS (force_not_null 'false') NOT NULL DEFAULT 1,
          "two, words" text COLLATE "C" DEFAULT ';--> (',
          mood "My app"."Mood",
          double integer GENERATED ALWAYS AS (id * 2) STORED,
          CONSTRAINT "posi;tive" CHECK (id > 0)
        ) SERVER files OPTIONS (filename '/nowhere', format 'csv');
        COMMENT ON COLUMN "My app"."Lines; (".id IS 'it''s; one';
        COMMENT ON FOREIGN TABLE "My app"."Lines; (" IS 'all';
        CREATE TRIGGER first AFTER INSERT ON "My app"."Lines; (" FOR EACH ROW EXECUTE FUNCTION noted();
        CREATE TRIGGER second BEFORE UPDATE ON "My app"."Lines; (" FOR EACH ROW EXECUTE FUNCTION noted('a');
        ALTER FOREIGN TABLE "My app"."Lines; (" DISABLE TRIGGER second;
        CREATE TABLE events (id integer, at date, CHECK (id > 0)) PARTITION BY RANGE (at);
        CREATE TABLE new_events PARTITION OF events FOR VALUES FROM ('2020-01-01') TO (MAXVALUE);
        CREATE FOREIGN TABLE old_events PARTITION OF events
          FOR VALUES FROM (MINVALUE) TO ('2020-01-01') SERVER "a;b""c" OPTIONS (t 'e');
        CREATE TABLE people (name text);
        CREATE FOREIGN TABLE heirs (more text) INHERITS (people) SERVER "a;b""c";
        CREATE VIEW moods AS SELECT mood, "two, words" FROM "My app"."Lines; (";
    """,
    "publications": """
        CREATE SCHEMA "My app";
        CREATE TABLE people (name text);
        CREATE TABLE "My app"."a;b" ("c,d" integer PRIMARY KEY, e text, f date);
        CREATE PUBLICATION "Some; of" FOR TABLE people WHERE (name <> ';'), TABLE "My app"."a;b" ("c,d", f)
          WITH (publish = 'insert, delete', publish_via_partition_root = true);
        COMMENT ON PUBLICATION "Some; of" IS 'it''s';
        CREATE PUBLICATION of_app FOR TABLES IN SCHEMA "My app";
        CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = '');
        CREATE PUBLICATION nothing;
    """,
    "conversions": """
        CREATE DEFAULT CONVERSION "my latin" FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
        COMMENT ON CONVERSION "my latin" IS 'own';
        CREATE TABLE people (name text);
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


def test_migrations_are_tried_beside_what_belongs_to_the_database(database: Database) -> None:
    """What is in no schema is not hidden with one."""
    statements = [
        "CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;",
        "CREATE CAST (integer AS point) WITH INOUT;",
        "CREATE FOREIGN DATA WRAPPER nothing;",
        "CREATE SERVER away FOREIGN DATA WRAPPER nothing;",
        "CREATE FOREIGN TABLE there (a integer) SERVER away;",
        "CREATE PUBLICATION everything FOR ALL TABLES;",
        "CREATE EVENT TRIGGER guard ON sql_drop EXECUTE FUNCTION no();",
    ]
    database.execute(*statements)
    before = database.dump()
    with in_transaction(database.connect(), {}) as arena:
        assert arena.run(statements) is None
        found = arena.read(EMPTY, None).snapshot.definitions
        names = {item.name for item in found.values()}
        assert names == {"integer AS point", "nothing", "away", "there", "everything", "guard"}
    assert database.dump() == before


def test_a_publication_of_all_tables_stops_no_undo(
    workspace: Workspace, database: Database
) -> None:
    """nbmigrate's own tables are published, too: each needs a replica identity to be updated."""
    sql = "CREATE TABLE t (id integer PRIMARY KEY, a text);"
    declare(workspace, f"{sql} CREATE PUBLICATION everything FOR ALL TABLES;")
    assert workspace.push().applied
    database.execute("INSERT INTO t VALUES (1, '012'), (2, '3')")
    declare(
        workspace, f"{sql} CREATE PUBLICATION everything FOR ALL TABLES;".replace("text", "integer")
    )
    assert workspace.push(answers=ALL).applied
    database.execute("UPDATE t SET a = 7 WHERE id = 2")
    workspace.undo()
    with database.connect() as connection:
        found = connection.execute("SELECT id, a FROM t ORDER BY id").fetchall()
    assert found == [(1, "012"), (2, "7")]


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

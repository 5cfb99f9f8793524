"""What a declaration needs and the server does not have: both are named, and what to type next."""

from __future__ import annotations

import pytest

from nbmigrate.errors import StatementFailedError
from nbmigrate.workspace import Workspace


@pytest.fixture
def workspace(tmp_path, database):
    with Workspace(database.url, root=tmp_path) as found:
        yield found


def _push(workspace, sql):
    (workspace.root / "s.sql").write_text(sql)
    return workspace.push("s.sql")


@pytest.mark.parametrize(
    ("sql", "line", "missing", "hint"),
    [
        (
            "CREATE TABLE a (n int);\n\nCREATE FUNCTION f() RETURNS int\n LANGUAGE plwhat AS 'x';",
            3,
            'language "plwhat" does not exist',
            "CREATE EXTENSION plwhat",
        ),
        ("CREATE TABLE t (a citext)", 1, 'type "citext" does not exist', 'Extension("citext")'),
        (
            "CREATE TABLE t (a text);\nCREATE INDEX i ON t USING gin (a gin_trgm_ops)",
            2,
            'operator class "gin_trgm_ops"',
            "CREATE EXTENSION pg_trgm",
        ),
        (
            "CREATE TABLE t (a uuid DEFAULT uuid_generate_v4())",
            1,
            "function uuid_generate_v4()",
            'CREATE EXTENSION "uuid-ossp"',
        ),
        (
            "CREATE TABLE t (a int, CHECK (a === 3))",
            1,
            "integer === integer",
            'Definition("CREATE OPERATOR ...")',
        ),
        (
            "CREATE TABLE t (a int, EXCLUDE USING gist (a WITH =))",
            1,
            "no default operator class",
            "CREATE EXTENSION btree_gist",
        ),
        (
            "CREATE TABLE t (a text COLLATE mine)",
            1,
            'collation "mine"',
            'Definition("CREATE COLLATION ...")',
        ),
        (
            "CREATE TABLE t (v tsvector DEFAULT to_tsvector('mine', 'x'))",
            1,
            'text search configuration "mine"',
            'Definition("CREATE TEXT SEARCH CONFIGURATION ...")',
        ),
        (
            "CREATE TABLE t (a int, b point DEFAULT 1::point)",
            1,
            "cannot cast type integer to point",
            'Definition("CREATE CAST ...")',
        ),
        ("CREATE TABLE ops.t (a int)", 1, 'schema "ops"', 'Schema("ops")'),
    ],
)
def test_both_are_named_and_what_to_do(workspace, sql, line, missing, hint):
    with pytest.raises(StatementFailedError) as caught:
        _push(workspace, sql)
    error = caught.value
    assert f"s.sql, line {line}: " in error.message
    assert missing in error.message
    assert sql.splitlines()[line - 1].strip() in error.message
    assert hint in error.hint
    assert error.line == line
    assert error.sqlstate in error.message


def test_a_mistake_in_types_is_told_as_postgresql_tells_it(workspace):
    with pytest.raises(StatementFailedError) as caught:
        _push(workspace, "CREATE TABLE t (a int, b text, CHECK (a = b))")
    assert "add explicit type casts" in caught.value.hint


def test_an_operator_that_is_there_is_used(workspace, database):
    database.execute("CREATE OPERATOR === (LEFTARG=int, RIGHTARG=int, FUNCTION=int4eq)")
    assert _push(workspace, "CREATE TABLE t (a int, CHECK (a === 3))").applied
    assert _push(workspace, "CREATE TABLE t (a int, CHECK (a === 3))").plan.is_empty


@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        ("VACUUM", "this is work to be done: %%db_generate NAME --custom"),
        ("CREATE DATABASE other", "nbmigrate generate NAME --sql-file FILE"),
        ("CREATE TABLE t (a int); DROP INDEX CONCURRENTLY i", "leave CONCURRENTLY out"),
        (
            (
                "CREATE TYPE m AS ENUM ('a'); ALTER TYPE m ADD VALUE 'b';"
                " CREATE TABLE t (a m DEFAULT 'b')"
            ),
            "write the label into CREATE TYPE",
        ),
        ("CREATE TABLE t (a int); CREATE INDEX CONCURRENTLY ON t (a)", "give the index a name"),
    ],
)
def test_what_cannot_run_in_a_transaction_says_where_it_belongs(workspace, sql, hint):
    with pytest.raises(StatementFailedError) as caught:
        _push(workspace, sql)
    assert hint in caught.value.hint


CONCURRENT = """
CREATE TABLE t (a int, b int);
CREATE INDEX /* as pg_dump says */ CONCURRENTLY IF NOT EXISTS "I x" ON t (a);
CREATE UNIQUE INDEX CONCURRENTLY j ON public.t (b);
CREATE INDEX k ON t (a, b);
"""


def test_an_index_that_is_built_concurrently(workspace, database):
    result = _push(workspace, CONCURRENT)
    assert result.applied
    built = [s for s in result.plan.statements if "INDEX" in s.sql]
    assert {s.sql.split('"')[1]: s.transactional for s in built} == {
        "I x": False,
        "j": False,
        "k": True,
    }
    assert all(("CONCURRENTLY" in s.sql) is not s.transactional for s in built)
    assert _push(workspace, CONCURRENT).plan.is_empty
    with database.connect() as connection:
        names = connection.execute(
            "SELECT indexrelid::regclass::text FROM pg_index"
            " WHERE indrelid = 't'::regclass AND indisvalid ORDER BY 1"
        ).fetchall()
    assert [name for (name,) in names] == ['"I x"', "j", "k"]


def test_it_is_so_in_the_migration_too(workspace):
    (workspace.root / "s.sql").write_text(CONCURRENT)
    result = workspace.generate("first", "s.sql")
    text = next(workspace.root.glob(f"**/{result.tag}.sql")).read_text("utf-8")
    assert 'CREATE UNIQUE INDEX CONCURRENTLY "j"' in text
    assert workspace.generate("second", "s.sql").tag is None
    assert [run.tag for run in workspace.migrate().applied] == [result.tag]

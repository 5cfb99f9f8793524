"""The studio on a real server: what it answers, what it refuses, and that it rests."""

from __future__ import annotations

import csv
import threading
import time
from pathlib import Path

import psycopg
import pytest

from nbmigrate.errors import (
    ExecutionError,
    NbmigrateError,
    StatementFailedError,
    UsageConflictError,
)
from nbmigrate.workspace import Workspace
from nbmigrate.workspace.browsing import SchemaChangedError
from nbmigrate.workspace.studio import Studio

MAKE = """
CREATE SEQUENCE counter;
CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE posts (id int PRIMARY KEY, author int REFERENCES users, title text, n numeric(6, 2));
INSERT INTO users VALUES (1, 'a'), (2, 'b');
INSERT INTO posts SELECT i, 1 + i % 2, 'post ' || i, i FROM generate_series(1, 42) AS i;
CREATE FUNCTION sneaky() RETURNS int LANGUAGE plpgsql AS
  'BEGIN INSERT INTO users VALUES (9, ''x''); RETURN 1; END';
CREATE FUNCTION reaching() RETURNS int LANGUAGE plpgsql AS
  'BEGIN PERFORM pg_advisory_lock(1); RETURN 1; END';
CREATE FUNCTION reaching(users) RETURNS int LANGUAGE plpgsql AS
  'BEGIN PERFORM pg_advisory_lock(1); RETURN 1; END';
CREATE PROCEDURE careful() LANGUAGE plpgsql AS 'BEGIN NULL; END';
"""
POSTS = ["public", "posts"]


@pytest.fixture
def workspace(database, tmp_path):
    database.connect().execute(MAKE.encode())
    with Workspace(database.url, root=tmp_path) as found:
        yield found


@pytest.fixture
def studio(workspace):
    found = Studio(workspace)
    yield found
    found.close()


def sessions(database):
    with database.connect() as connection:
        return connection.execute(
            "SELECT state, backend_xmin FROM pg_stat_activity WHERE application_name = 'nbmigrate studio'"
        ).fetchall()


def edit_of(studio, key, **changes):
    page = studio.answer("page", {"relation": POSTS})
    row = next(r for r in page["rows"] if tuple(r["key"]) == (key,))
    names = ["id", "author", "title", "n"]
    made = {n: {"from": row["values"][names.index(n)], "to": to} for n, to in changes.items()}
    return {"kind": "update", "key": row["key"], "version": row["version"], "changes": made}


def test_looking_around(studio):
    found = {tuple(r["relation"]): r for r in studio.answer("relations", {})}
    assert set(found) == {("public", "users"), ("public", "posts")}
    described = studio.answer("describe", {"relation": POSTS})
    assert described["columns"][1]["references"]["relation"] == ("public", "users")
    assert described["is_editable"]
    (back,) = studio.answer("references", {"relation": ["public", "users"], "key": ["1"]})
    assert (back["rows"], back["is_exact"], tuple(back["relation"])) == (
        21,
        True,
        ("public", "posts"),
    )
    page = studio.answer("page", {"relation": back["relation"], "filters": back["filters"]})
    assert len(page["rows"]) == 21
    assert page["ms"]["server"] <= page["ms"]["total"]
    parts = studio.answer("structure", {"relation": POSTS})
    assert [c["name"] for c in parts["constraints"]] == ["posts_pkey", "posts_author_fkey"]
    assert 'CREATE TABLE "posts"' in parts["ddl"]


def test_what_it_rests_on_is_nothing(studio, database):
    """R50: no transaction, no snapshot, no cursor while nobody asks."""
    studio.answer("page", {"relation": POSTS})
    studio.answer("query", {"sql": "SELECT * FROM generate_series(1, 100000)"})
    assert sessions(database) == [("idle", None)]
    with pytest.raises(StatementFailedError):
        studio.answer("query", {"sql": "SELECT 1/0"})
    with pytest.raises(StatementFailedError):
        studio.answer(
            "page", {"relation": POSTS, "filters": [{"column": "id", "op": "=", "value": "x"}]}
        )
    assert sessions(database) == [("idle", None)]


def test_it_closes_its_connection_after_a_while_and_comes_back(workspace, database):
    """R50."""
    studio = Studio(workspace, idle_s=0.2)
    studio.answer("relations", {})
    deadline = time.monotonic() + 10
    while sessions(database) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sessions(database) == []
    assert studio.answer("page", {"relation": POSTS})["rows"]
    with database.connect() as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'nbmigrate studio'"
        )
    with pytest.raises(NbmigrateError):
        studio.answer("relations", {})
    assert studio.answer("relations", {})
    studio.close()


def test_it_rests_only_after_the_last_request_and_has_one_timer(workspace, database):
    """As many threads as before, however much was asked; what was asked last counts."""
    studio = Studio(workspace, idle_s=1.5)
    studio.answer("relations", {})
    threads = threading.active_count()
    began = time.monotonic()
    pids = set()
    while time.monotonic() < began + 4:
        studio.answer("page", {"relation": POSTS})
        with studio.connection.working() as connection:
            pids.add(connection.info.backend_pid)
        assert threading.active_count() == threads
    assert len(pids) == 1
    studio.close()
    assert sessions(database) == []


def test_a_statement_can_be_cancelled(studio):
    caught = []

    def ask():
        try:
            studio.answer("query", {"sql": "SELECT pg_sleep(60)"})
        except StatementFailedError as error:
            caught.append(error.sqlstate)

    thread = threading.Thread(target=ask)
    thread.start()
    while thread.is_alive():
        time.sleep(0.1)
        studio.cancel()
    assert caught == ["57014"]
    assert studio.answer("relations", {})


def test_what_takes_too_long_says_what_to_do(workspace, database, monkeypatch):
    monkeypatch.setattr("nbmigrate.workspace.browsing.PATIENCE_MS", 300)
    database.execute("CREATE VIEW slow AS SELECT pg_sleep(60)::text AS a, 1 AS b")
    studio = Studio(workspace)
    with pytest.raises(StatementFailedError) as caught:
        studio.answer("page", {"relation": ["public", "slow"]})
    assert (caught.value.sqlstate, "index" in caught.value.hint) == ("57014", True)
    studio.close()


def test_a_column_that_a_migration_changed_is_refused(studio, database):
    """R48."""
    studio.answer("describe", {"relation": POSTS})
    edit = edit_of(studio, "3", title="mine")
    database.execute("ALTER TABLE posts ALTER title TYPE varchar(99)")
    with pytest.raises(SchemaChangedError, match="was changed meanwhile"):
        studio.answer("save", {"relation": POSTS, "edits": [edit]})
    assert studio.answer("describe", {"relation": POSTS})["columns"][2]["type"].endswith("(99)")
    assert studio.answer("save", {"relation": POSTS, "edits": [edit]})["conflicts"]
    with database.connect() as connection:
        title = connection.execute("SELECT title FROM posts WHERE id = 3").fetchone()
        assert title == ("post 3",)


def test_saving_undoing_and_a_migration_of_it(studio, workspace):
    edit = edit_of(studio, "3", title="it's", n="7.125")
    assert "7.125" in studio.answer("preview", {"relation": POSTS, "edits": [edit]})["sql"]
    saved = studio.answer("save", {"relation": POSTS, "edits": [edit]})
    assert saved["rows"][0]["values"] == ("3", "2", "it's", "7.13")
    assert studio.answer("save", {"relation": POSTS, "edits": [edit]})["conflicts"]
    assert studio.answer("undo_save", {})["rows"][0]["values"] == ("3", "2", "post 3", "3.00")
    (workspace.root / "a.sql").write_text(
        "CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL);"
        "CREATE TABLE posts (id int PRIMARY KEY, author int REFERENCES users, title text, n numeric(6, 2));"
    )
    workspace.generate("all", "a.sql")
    found = studio.answer("as_migration", {"relation": POSTS, "edits": [edit], "name": "fix"})
    assert found["tag"] == "0001_fix"
    assert "'it''s'" in workspace.journal.migrations()[-1].sql


def test_frames(studio):
    studio.answer(
        "page", {"relation": POSTS, "sort": [{"column": "id", "descending": True}], "size": 5}
    )
    assert list(studio.frame["id"]) == list(range(42, 0, -1))
    studio.answer("select", {"relation": POSTS, "keys": [["3"], ["5"]]})
    assert list(studio.selection["title"]) == ["post 3", "post 5"]


def test_an_export_is_whole_or_not_there(studio, workspace, database):
    """R52, R44: streamed; formulas in texts are made harmless when asked for."""
    database.execute(
        "UPDATE posts SET title = '=cmd()' WHERE id = 1",
        "UPDATE posts SET title = NULL WHERE id = 2",
        "UPDATE posts SET title = U&'\\FF1Dcmd()' WHERE id = 3",
        "UPDATE posts SET title = E'\\n=cmd()' WHERE id = 4",
    )
    done = studio.answer("export", {"relation": POSTS, "path": "out.csv", "guard": True})
    with (workspace.root / "out.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert done["rows"] == len(rows) - 1 == 42
    assert rows[0] == ["id", "author", "title", "n"]
    titles = {row[0]: row[2] for row in rows}
    assert [titles[key] for key in "1234"] == ["'=cmd()", "", "'\uff1dcmd()", "'\n=cmd()"]
    database.execute("""CREATE TABLE h ("=head" int PRIMARY KEY, "-t" text)""")
    studio.answer("export", {"relation": ["public", "h"], "path": "out.csv", "guard": True})
    assert (workspace.root / "out.csv").read_text().splitlines() == ["'=head,'-t"]
    with pytest.raises(NbmigrateError):
        studio.answer("export", {"relation": POSTS, "path": "no/such/folder.csv"})
    database.execute(
        "ALTER TABLE posts ADD CHECK (title <> 'x')",
        "CREATE VIEW bad AS SELECT 1 / (id - 40) AS x FROM posts",
    )
    with pytest.raises(StatementFailedError, match="division by zero"):
        studio.answer("export", {"relation": ["public", "bad"], "path": "bad.csv"})
    assert sorted(p.name for p in workspace.root.glob("*.csv*")) == ["out.csv"]
    assert not list(workspace.root.glob(".*.part"))


def test_an_export_to_parquet(studio, workspace, database):
    parquet = pytest.importorskip("pyarrow.parquet", reason="PARQUET NEEDS nbmigrate[arrow]")
    asked = {"relation": POSTS, "path": "out.parquet", "format": "parquet"}
    chosen = {"filters": [{"column": "id", "op": ">", "value": "40"}]}
    order = {"sort": [{"column": "id", "descending": True}]}
    done = studio.answer("export", asked | chosen | order)
    table = parquet.read_table(workspace.root / "out.parquet")
    assert done["rows"] == table.num_rows == 2
    assert table["id"].to_pylist() == [42, 41]
    assert [str(n) for n in table["n"].to_pylist()] == ["42.00", "41.00"]
    assert sorted(p.name for p in workspace.root.glob("*out*")) == ["out.parquet"]
    with pytest.raises(UsageConflictError, match="is no format"):
        studio.answer("export", asked | {"format": "xlsx"})


def test_parquet_takes_every_type(studio, workspace, database):
    """What has no binary form, or a value without a place in Arrow, goes as its text; no rows are a file too."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="PARQUET NEEDS nbmigrate[arrow]")
    database.execute(
        "CREATE TYPE pair AS (a int, b text)",
        "CREATE DOMAIN posint AS int CHECK (VALUE > 0)",
        'CREATE TABLE odd (id int PRIMARY KEY, p pair, ps pair[], n posint[], "q""%" tsquery, d date)',
        """INSERT INTO odd VALUES (1, '(1,"a,b")', '{"(2,c)"}', '{1,2}', 'a & !b', '2024-01-01')""",
        "INSERT INTO odd VALUES (2)",
    )
    asked = {"relation": ["public", "odd"], "path": "odd.parquet", "format": "parquet"}
    assert studio.answer("export", asked)["texts"] == ("p", "ps", "n", 'q"%')
    table = parquet.read_table(workspace.root / "odd.parquet")
    assert [column.to_pylist() for column in table.columns[1:5]] == [
        ['(1,"a,b")', None],
        ['{"(2,c)"}', None],
        ["{1,2}", None],
        ["'a' & !'b'", None],
    ]
    none = {"filters": [{"column": "id", "op": ">", "value": "9"}]}
    assert studio.answer("export", asked | none)["rows"] == 0
    assert parquet.read_table(workspace.root / "odd.parquet").schema == table.schema
    database.execute("UPDATE odd SET d = 'infinity'")
    assert studio.answer("export", asked)["texts"] == ("p", "ps", "n", 'q"%', "d")
    table = parquet.read_table(workspace.root / "odd.parquet")
    assert table["d"].to_pylist() == ["infinity", "infinity"]


ESCAPES = [
    "SET TRANSACTION READ WRITE",
    "SET default_transaction_read_only = off",
    "SELECT 1; COMMIT; CREATE TABLE escaped ()",
    "COMMIT",
    "COPY users TO PROGRAM 'cat > /tmp/nbmigrate_escaped'",
    "COPY (SELECT 1) TO '/tmp/nbmigrate_escaped'",
    "DO $$ BEGIN INSERT INTO users VALUES (9, 'x'); END $$",
    "CALL careful()",
    "SELECT nextval('counter')",
    "SELECT setval('counter', 99)",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "SELECT pg_catalog.set_config('default_transaction_read_only', 'off', false)",
    """SELECT "set_config"('x.y', 'z', false)""",
    "SELECT lo_import('/etc/hostname')",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_try_advisory_xact_lock(1)",
    "SELECT pg_notify('a', 'b')",
    "SELECT pg_terminate_backend(pg_backend_pid())",
    "SELECT sneaky()",
    "INSERT INTO users VALUES (9, 'x')",
    "WITH x AS (DELETE FROM posts RETURNING 1) SELECT * FROM x",
    "EXPLAIN ANALYZE DELETE FROM posts",
    "SELECT * INTO escaped FROM users",
    "SELECT * FROM users FOR UPDATE",
    "CREATE TABLE escaped ()",
    "LISTEN a",
    "PREPARE a AS DELETE FROM posts",
    "VACUUM users",
    "",
    "/* only a comment */",
    r"""SELECT U&"pg_advisory\005flock"(1)""",
    r"""SELECT U&"set\005fconfig"('a.b', 'c', false)""",
    "SELECT * FROM ts_stat('SELECT to_tsvector(set_config(''a.b'', ''c'', false))')",
    "SELECT query_to_xml('SELECT pg_advisory_lock(1)', true, true, '')",
    "SELECT reaching()",
    "SELECT users.reaching FROM users",
    "SELECT pg_stat_reset()",
    "SELECT pg_sleep(0)",
]


def test_read_only_means_it(workspace, database):
    """R51: each is refused, and nothing is other than before."""
    studio = Studio(workspace, read_only=True)
    before = database.dump(schema_only=False)
    for sql in ESCAPES:
        with pytest.raises(NbmigrateError):
            studio.answer("query", {"sql": sql})
        answer = studio.answer("query", {"sql": "SHOW transaction_read_only"})
        assert answer["rows"] == (("on",),), sql
    with database.connect() as other:
        locks = other.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert locks.fetchone() == (0,)
    assert database.dump(schema_only=False) == before
    assert not Path("/tmp/nbmigrate_escaped").exists()
    studio.close()


def test_read_only_refuses_edits(workspace):
    studio = Studio(workspace, read_only=True)
    described = studio.answer("describe", {"relation": POSTS})
    assert (described["is_editable"], described["why_not"]) == (False, "this studio is read-only")
    edit = edit_of(studio, "3", title="mine")
    with pytest.raises(UsageConflictError, match="read-only"):
        studio.answer("save", {"relation": POSTS, "edits": [edit]})
    studio.close()


def test_a_production_database_is_only_read(database, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.nbmigrate]\nproduction = true\n")
    with Workspace(database.url, root=tmp_path) as workspace:
        assert Studio(workspace).is_read_only
        assert not Studio(workspace, read_only=False).is_read_only


def test_sql_of_many_kinds(studio, database):
    ask = lambda sql: studio.answer("query", {"sql": sql})  # noqa: E731
    assert ask("UPDATE posts SET n = 1 WHERE id < 4")["command"] == "UPDATE 3"
    many = ask("SELECT i, NULL, '' FROM generate_series(1, 9999) AS i")
    assert (len(many["rows"]), many["has_more"]) == (500, True)
    assert many["rows"][0] == ("1", None, "")
    assert [c["type"] for c in ask("SELECT 1.50 AS a, now() AS b")["columns"]] == [
        "numeric",
        "timestamp with time zone",
    ]
    assert ask("SELECT '{1,NULL}'::int[], 'infinity'::date")["rows"] == (("{1,NULL}", "infinity"),)
    assert (
        len(
            ask(
                "WITH d AS (DELETE FROM posts RETURNING *) SELECT * FROM d, generate_series(1, 99)"
            )["rows"]
        )
        == 500
    )
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM posts").fetchone() == (0,)


@pytest.mark.parametrize("read_only", [False, True])
def test_an_error_in_sql_has_its_place(workspace, read_only):
    """However it is run: read by a cursor, sent as it is, or by one who may only read."""
    studio = Studio(workspace, read_only=read_only)
    for sql in ("SELECT 'ä😀',\n  nope", "EXPLAIN SELECT 'ä😀',\n  nope", "VALUES (1),\n (nope)"):
        with pytest.raises(StatementFailedError, match="line 2, column 3") as caught:
            studio.answer("query", {"sql": sql})
        assert (caught.value.line, caught.value.column, caught.value.sqlstate) == (2, 3, "42703")
    with pytest.raises(StatementFailedError) as caught:
        studio.answer("query", {"sql": "SELECT 1 / 0"})
    assert caught.value.line is None
    assert studio.answer("query", {"sql": "SELECT 1;  -- end"})["rows"] == (("1",),)
    studio.close()


def test_big_values_do_not_come_whole(studio, database):
    """R52: a page with 20 MB of bytes and of JSON is small and quick."""
    with database.connect() as connection:
        connection.execute("CREATE TABLE big (id int PRIMARY KEY, b bytea, j jsonb)")
        connection.execute("ALTER TABLE big ALTER b SET STORAGE EXTERNAL")
        connection.execute(
            "INSERT INTO big SELECT 1, decode(repeat('ab', 20000000), 'hex'),"
            " (SELECT jsonb_object_agg(i, md5(i::text)) FROM generate_series(1, 200000) AS i)"
        )
    started = time.perf_counter()
    (row,) = studio.answer("page", {"relation": ["public", "big"]})["rows"]
    assert time.perf_counter() - started < 1
    assert len(row["values"][1]) == 200
    assert row["lengths"][1] == 20_000_000
    assert row["values"][2] == ""
    piece = studio.answer(
        "value", {"relation": ["public", "big"], "key": ["1"], "column": "j", "size": 50}
    )
    assert len(piece["text"]) == 50


def test_a_transaction_is_not_left_open(studio, database):
    """R50: it would hold its locks while nobody looks."""
    with pytest.raises(ExecutionError, match="left a transaction open"):
        studio.answer("query", {"sql": "BEGIN; UPDATE users SET name = 'z'"})
    assert sessions(database) == [("idle", None)]
    assert studio.answer("query", {"sql": "SELECT name FROM users WHERE id = 1"})["rows"] == (
        ("a",),
    )


def test_harmless_functions_may_be_called_in_reading(workspace):
    studio = Studio(workspace, read_only=True)
    for sql in (
        "SELECT random() < 2, clock_timestamp() IS NOT NULL, gen_random_uuid() IS NOT NULL",
        "SELECT pg_relation_size('users') >= 0, now(), upper('a'), count(*) FROM users",
        "EXPLAIN SELECT * FROM users",
        "(SELECT 1) UNION (SELECT 2)",
    ):
        assert studio.answer("query", {"sql": sql})["rows"]
    studio.close()


def test_unknown_requests(studio):
    with pytest.raises(UsageConflictError, match="knows no `drop`"):
        studio.answer("drop", {})
    with pytest.raises(UsageConflictError):
        studio.answer("page", {"relation": POSTS, "sort": [{"col": 1}]})
    with pytest.raises(UsageConflictError):
        studio.answer("page", {"relation": POSTS, "nonsense": 1})
    with pytest.raises(UsageConflictError):
        studio.answer("page", {})


def test_a_lost_server_is_told(workspace, studio, database):
    studio.answer("relations", {})
    with pytest.raises(psycopg.Error):
        database.connect().execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert studio.answer("relations", {})

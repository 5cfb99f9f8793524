"""Many rows come back by one rewrite of their table, which nobody can tell from an UPDATE."""

from __future__ import annotations

import pytest

from nbmigrate.executor.undo import rewrite
from nbmigrate.plan import Answers
from nbmigrate.workspace import Workspace
from tests.fixtures.postgres import Database
from tests.undo.images import adopt, image

ALL = Answers(allow_drop=True)
TYPES = """
CREATE TYPE kind AS ENUM ('a', 'b');
CREATE DOMAIN code AS varchar(9) CHECK (VALUE <> '');
"""
FILL = """
INSERT INTO t SELECT CASE WHEN g % 2 = 0 THEN 'a' ELSE 'b' END::kind, 'k' || g, g, 'c' || g,
       CASE WHEN g % 3 > 0 THEN 'text ' || g END, g / 7.0, ARRAY['x' || g] FROM generate_series(1, 40) AS g
"""
OLD = """
CREATE TABLE t (a kind, b text COLLATE "C", n integer, c code DEFAULT 'none', "it's" text COLLATE "POSIX" DEFAULT 'd',
                m numeric(9, 4) NOT NULL, l varchar(9)[], PRIMARY KEY (a, b)){more};
CREATE INDEX t_m ON t (m);
CREATE UNIQUE INDEX t_c ON t (c, a, b);
COMMENT ON COLUMN t."it's" IS 'told';
"""
NEW = """
CREATE TABLE t (a kind, b text COLLATE "C", n integer, m numeric(9, 1) NOT NULL, PRIMARY KEY (a, b)){more};
CREATE INDEX t_m ON t (m);
"""


@pytest.fixture
def workspace(tmp_path, database, monkeypatch):
    monkeypatch.setattr(rewrite, "REWRITTEN_ROWS", 0)
    with Workspace(database.url, root=tmp_path) as opened:
        yield opened


def pushed(workspace: Workspace, database: Database, new: str, *old: str) -> str:
    """Fill the old schema, push the new one, and give the image of what was there before."""
    database.execute(*old)
    adopt(workspace)
    before = image(database)
    (workspace.root / "new.sql").write_text(new)
    casts = {"public.t.m": "m::numeric(9, 1)"} if "m numeric" in new else {}
    answers = ALL.merged(Answers(casts=casts))
    assert workspace.push("new.sql", answers=answers).applied
    assert image(database) != before
    return before


def rewrites(result) -> int:
    return sum("USING nbmigrate_trash." in sql for sql in result.sql)


@pytest.mark.parametrize("more", ["", " PARTITION BY LIST (a)"])
def test_dropped_and_narrowed_columns_in_one_rewrite(
    workspace: Workspace, database: Database, more: str
) -> None:
    parts = "CREATE TABLE t_a PARTITION OF t FOR VALUES IN ('a');"
    parts += "CREATE TABLE t_b PARTITION OF t FOR VALUES IN ('b');"
    parts = parts if more else ""
    old = (TYPES, OLD.format(more=more) + parts, FILL)
    new = TYPES + NEW.format(more=more) + parts
    before = pushed(workspace, database, new, *old)
    result = workspace.undo()
    assert rewrites(result) == 1
    assert [(r.columns, r.rows) for r in result.restored] == [
        (("c", "it's", "l"), 40),
        (("m",), 40),
    ]
    assert image(database) == before
    left = database.connect().execute("SELECT to_regnamespace('nbmigrate_trash')").fetchone()
    assert left == (None,)


def test_what_came_and_changed_and_went_meanwhile(workspace: Workspace, database: Database) -> None:
    pushed(workspace, database, TYPES + NEW.format(more=""), TYPES, OLD.format(more=""), FILL)
    database.execute(
        "INSERT INTO t VALUES ('a', 'new', 0, 0.5)",
        "UPDATE t SET m = 99.9 WHERE b = 'k7'",
        "DELETE FROM t WHERE b = 'k9'",
    )
    result = workspace.undo()
    assert rewrites(result) == 1
    assert [r.rows for r in result.restored] == [39, 38]
    found = database.connect().execute(
        "SELECT b, m::text, c, \"it's\" FROM t WHERE b IN ('new', 'k7', 'k8', 'k9') ORDER BY b"
    )
    assert found.fetchall() == [
        ("k7", "99.9000", "c7", "text 7"),
        ("k8", "1.1429", "c8", "text 8"),
        ("new", "0.5000", "none", "d"),
    ]
    rest = database.connect().execute('SELECT count(*) FROM nbmigrate_trash."1_1_t"').fetchone()
    assert rest == (40,)


@pytest.mark.parametrize(
    "hanging",
    [
        "ALTER TABLE t ALTER d SET STORAGE EXTERNAL",
        "ALTER TABLE t ALTER d SET COMPRESSION pglz",
        "ALTER TABLE t ADD g integer GENERATED ALWAYS AS (length(d)) STORED",
        "CREATE POLICY p ON t USING (d <> '')",
        "CREATE FUNCTION f() RETURNS text STABLE BEGIN ATOMIC SELECT min(d) FROM t; END",
        "CREATE TABLE heir (e text) INHERITS (t)",
    ],
)
def test_what_a_rewrite_would_lose_or_refuse_is_updated(
    workspace: Workspace, database: Database, hanging: str
) -> None:
    table = "CREATE TABLE t (id integer PRIMARY KEY, d text)"
    fill = "INSERT INTO t SELECT g, 'd' || g FROM generate_series(1, 30) AS g"
    new = "CREATE TABLE t (id integer PRIMARY KEY);"
    new += "CREATE TABLE heir (e text) INHERITS (t);" if "heir" in hanging else ""
    before = pushed(workspace, database, new, table, hanging, fill)
    assert rewrites(workspace.undo()) == 0
    assert image(database) == before


def test_few_rows_of_a_large_table_are_updated(
    workspace: Workspace, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrite, "REWRITTEN_ROWS", 30)
    table = "CREATE TABLE t (id integer PRIMARY KEY, d text)"
    fill = "INSERT INTO t SELECT g, 'd' || g FROM generate_series(1, 30) AS g"
    new = "CREATE TABLE t (id integer PRIMARY KEY);"
    pushed(workspace, database, new, table, fill)
    assert rewrites(workspace.undo(dry_run=True)) == 1
    database.execute("INSERT INTO t SELECT g FROM generate_series(31, 151) AS g")
    result = workspace.undo()
    assert (rewrites(result), result.restored[0].rows) == (0, 30)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [("", 1), (" PARTITION BY LIST (n)", 0)],
    ids=["table", "partitioned"],
)
def test_rows_without_a_key_come_back_to_their_places(
    workspace: Workspace, database: Database, shape: str, expected: int
) -> None:
    parts = ";CREATE TABLE t_1 PARTITION OF t FOR VALUES IN (1); CREATE TABLE t_0 PARTITION OF t DEFAULT"
    rest = f"{shape}{parts if shape else ''}; CREATE INDEX t_n ON t (n);"
    # Every row but those of 1 is there twice, with two values.
    fill = "INSERT INTO t SELECT g % 15, 'd' || g, g / 4.0 FROM generate_series(1, 29) AS g"
    old = f"CREATE TABLE t (n integer, d text NOT NULL, m numeric){rest}"
    before = pushed(workspace, database, f"CREATE TABLE t (n integer, m numeric){rest}", old, fill)
    result = workspace.undo()
    assert rewrites(result) == expected
    assert [r.rows for r in result.restored] == [29]
    assert image(database) == before
    left = database.connect().execute("SELECT to_regnamespace('nbmigrate_trash')").fetchone()
    assert left == (None,)


def test_rows_without_a_key_that_changed_meanwhile(
    workspace: Workspace, database: Database
) -> None:
    index = "CREATE INDEX t_n ON t (n);"
    fill = "INSERT INTO t SELECT g, 'd' || g FROM generate_series(1, 9) AS g"
    old = f"CREATE TABLE t (n integer, d text);{index}"
    pushed(workspace, database, f"CREATE TABLE t (n integer);{index}", old, fill)
    database.execute("UPDATE t SET n = 90 WHERE n = 9", "DELETE FROM t WHERE n = 8")
    result = workspace.undo()
    assert (rewrites(result), result.restored[0].rows) == (1, 7)
    connection = database.connect()
    assert connection.execute("SELECT d FROM t WHERE n IN (1, 90) ORDER BY n").fetchall() == [
        ("d1",),
        (None,),
    ]
    assert connection.execute('SELECT count(*) FROM nbmigrate_trash."1_1_t"').fetchone() == (9,)

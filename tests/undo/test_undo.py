"""What undo promises, case by case: data of every kind, later changes, the stack, the trash."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from nbmigrate.errors import (
    IrreversibleError,
    LockTimeoutError,
    NothingToUndoError,
    UndoConflictError,
    UndoPurgedError,
)
from nbmigrate.executor.lock import MigratorLock
from nbmigrate.plan import Answers
from nbmigrate.workspace import Workspace
from tests.fixtures.postgres import Database
from tests.undo.images import adopt, image, rows

ALL = Answers(allow_drop=True)


@pytest.fixture
def workspace(tmp_path, database):
    with Workspace(database.url, root=tmp_path) as opened:
        yield opened


def push(workspace: Workspace, ddl: str, **answers: object):
    (workspace.root / "new.sql").write_text(ddl)
    if not workspace.undo_list().entries:
        adopt(workspace)
    return workspace.push("new.sql", answers=ALL.merged(Answers(**answers)))  # type: ignore[arg-type]  # fields


#: name: (old DDL with rows, new DDL, answers)
HARD = {
    "a table without key": (
        (
            "CREATE TABLE t (a integer, b text);"
            "INSERT INTO t VALUES (1, 'x'), (1, 'y'), (1, 'y'), (NULL, NULL), (2, NULL)"
        ),
        "CREATE TABLE t (a integer);",
        {},
    ),
    "narrowed without key": (
        (
            "CREATE TABLE t (a integer, b numeric(9, 4));"
            "INSERT INTO t VALUES (1, 1.2345), (1, 1.2111), (1, 1.2111), (2, NULL)"
        ),
        "CREATE TABLE t (a integer, b numeric(9, 1));",
        {"casts": {"public.t.b": "round(b, 1)"}},
    ),
    "every column goes": (
        "CREATE TABLE t (a integer, b text); INSERT INTO t VALUES (1, 'x'), (2, 'y')",
        "CREATE TABLE t ();",
        {},
    ),
    "a cycle of foreign keys": (
        (
            "CREATE TABLE a (id integer PRIMARY KEY, b integer);"
            "CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a);"
            "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b DEFERRABLE INITIALLY DEFERRED;"
            "BEGIN; INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1, 1); COMMIT"
        ),
        "CREATE VIEW other AS SELECT 1 AS x;",
        {},
    ),
    "a key that others refer to": (
        (
            "CREATE TABLE a (id varchar(20) PRIMARY KEY, x text NOT NULL);"
            "CREATE TABLE b (id integer PRIMARY KEY, a varchar(20) REFERENCES a ON UPDATE CASCADE);"
            "INSERT INTO a VALUES ('one', 'x'), ('two', 'y'); INSERT INTO b VALUES (1, 'one')"
        ),
        "CREATE TABLE a (id varchar(20) PRIMARY KEY); CREATE TABLE b (id integer PRIMARY KEY);",
        {},
    ),
    "partitions": (
        (
            "CREATE TABLE p (id integer, at date, x text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
            "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
            "CREATE TABLE p2 PARTITION OF p DEFAULT;"
            "INSERT INTO p VALUES (1, '2020-02-02', 'a'), (2, '2025-02-02', 'b')"
        ),
        "CREATE VIEW other AS SELECT 1 AS x;",
        {},
    ),
    "a column of partitions": (
        (
            "CREATE TABLE p (id integer, at date, x text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
            "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
            "CREATE TABLE p2 PARTITION OF p DEFAULT;"
            "INSERT INTO p VALUES (1, '2020-02-02', 'a'), (2, '2025-02-02', 'b')"
        ),
        (
            "CREATE TABLE p (id integer, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
            "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
            "CREATE TABLE p2 PARTITION OF p DEFAULT;"
        ),
        {},
    ),
    "a column of heirs": (
        (
            "CREATE TABLE p (id integer PRIMARY KEY, x text); CREATE TABLE c (y text) INHERITS (p);"
            "INSERT INTO p VALUES (1, 'a'), (2, 'b'); INSERT INTO c VALUES (1, 'c', 'd')"
        ),
        "CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE c (y text) INHERITS (p);",
        {},
    ),
    "positions": (
        (
            "CREATE TABLE s (id serial PRIMARY KEY, i integer GENERATED ALWAYS AS IDENTITY, x text);"
            "CREATE SEQUENCE q START 5; SELECT nextval('q'), nextval('q');"
            "INSERT INTO s (x) VALUES ('a'), ('b'), ('c'); DELETE FROM s WHERE x = 'c'"
        ),
        "CREATE TABLE s (x text);",
        {},
    ),
    "a label removed": (
        (
            "CREATE TYPE mood AS ENUM ('sad', 'ok', 'gone');"
            "CREATE TABLE t (id integer PRIMARY KEY, m mood NOT NULL DEFAULT 'ok', h text);"
            "INSERT INTO t VALUES (1, 'sad', 'x'), (2, 'ok', 'y')"
        ),
        (
            "CREATE TYPE mood AS ENUM ('sad', 'ok');"
            "CREATE TABLE t (id integer PRIMARY KEY, m mood NOT NULL DEFAULT 'ok');"
        ),
        {},
    ),
    "an enum and its table": (
        (
            "CREATE TYPE mood AS ENUM ('sad', 'ok');"
            "CREATE TABLE t (id integer PRIMARY KEY, m mood[] NOT NULL);"
            "INSERT INTO t VALUES (1, '{sad,ok}'), (2, '{}')"
        ),
        "CREATE VIEW other AS SELECT 1 AS x;",
        {},
    ),
    "scale and length": (
        (
            "CREATE TABLE t (id integer PRIMARY KEY, n numeric(10, 4), v varchar(20), at timestamptz(6));"
            "INSERT INTO t VALUES (1, 1.2345, 'abc', '2020-01-01 10:00:00.123456Z'), (2, NULL, NULL, NULL)"
        ),
        "CREATE TABLE t (id integer PRIMARY KEY, n numeric(10, 1), v varchar(3), at timestamptz(0));",
        {"casts": {"public.t.n": "round(n, 1)", "public.t.at": "at::timestamptz(0)"}},
    ),
    "nulls filled": (
        (
            "CREATE TABLE t (id integer PRIMARY KEY, v text);"
            "INSERT INTO t VALUES (1, NULL), (2, 'x'), (3, NULL)"
        ),
        "CREATE TABLE t (id integer PRIMARY KEY, v text NOT NULL);",
        {"backfills": {"public.t.v": "'none'"}},
    ),
    "generated": (
        (
            "CREATE TABLE t (id integer PRIMARY KEY, a text, g text GENERATED ALWAYS AS (upper(a)) STORED);"
            "INSERT INTO t VALUES (1, 'x'), (2, 'y')"
        ),
        "CREATE TABLE t (id integer PRIMARY KEY);",
        {},
    ),
    "hostile names": (
        (
            'CREATE SCHEMA "S ""x"; CREATE TABLE "S ""x"."t; --" ("i d" integer PRIMARY KEY,'
            ' "c""%s" text, "nbmigrate_skip" text); CREATE INDEX "i \'x" ON "S ""x"."t; --" ("c""%s");'
            'INSERT INTO "S ""x"."t; --" VALUES (1, \'%s $1\', \'z\');'
            'CREATE TABLE "T ""%s" ("a\'b" text); INSERT INTO "T ""%s" VALUES (\'q\')'
        ),
        'CREATE SCHEMA "S ""x"; CREATE TABLE "S ""x"."t; --" ("i d" integer PRIMARY KEY);',
        {},
    ),
    "toasted and odd values": (
        (
            "CREATE TABLE t (id integer PRIMARY KEY, j json, b bytea, f double precision, x text);"
            "INSERT INTO t SELECT 1, '{\"a\":  1}', '\\x00ff', 'NaN', string_agg(md5(i::text), '')"
            " FROM generate_series(1, 10000) AS i"
        ),
        "CREATE TABLE t (id integer PRIMARY KEY);",
        {},
    ),
    "views and what is read from them": (
        (
            "CREATE TABLE t (id integer PRIMARY KEY, x integer); INSERT INTO t VALUES (1, 5);"
            "CREATE VIEW v AS SELECT id, x FROM t; CREATE MATERIALIZED VIEW m AS SELECT sum(x) AS s FROM v"
        ),
        "CREATE TABLE t (id integer PRIMARY KEY);",
        {},
    ),
    "triggers stay silent": (
        (
            "CREATE TABLE t (id integer PRIMARY KEY, x text, changed integer DEFAULT 0);"
            "CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN NEW.changed = 99; RETURN NEW; END';"
            "INSERT INTO t VALUES (1, 'a'); "
            "CREATE TRIGGER bump BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION bump()"
        ),
        (
            "CREATE TABLE t (id integer PRIMARY KEY, changed integer DEFAULT 0);"
            "CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN NEW.changed = 99; RETURN NEW; END';"
            "CREATE TRIGGER bump BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION bump();"
        ),
        {},
    ),
    "a rename and a drop": (
        "CREATE TABLE t (id integer PRIMARY KEY, a text, b text); INSERT INTO t VALUES (1, 'a', 'b')",
        "CREATE TABLE u (id integer PRIMARY KEY, aa text);",
        {"renames": ("public.t->public.u", "public.u.a->public.u.aa")},
    ),
}


def test_a_function_renamed_without_its_arguments_is_renamed_back(workspace, database) -> None:
    text = "CREATE FUNCTION {}(n integer) RETURNS integer LANGUAGE sql AS 'SELECT n';"
    push(workspace, text.format("f"))
    push(workspace, text.format("g"), renames=("public.f->public.g",))
    assert workspace.undo(dry_run=True).sql == (
        'ALTER FUNCTION "public"."g"(integer) RENAME TO "f";',
    )


@pytest.mark.parametrize("name", HARD)
def test_push_undo_push_undo(workspace, database: Database, name: str) -> None:
    old, new, answers = HARD[name]
    database.connect().execute(old.encode())
    before = image(database)
    for _ in range(2):
        assert push(workspace, new, **answers).applied
        assert image(database) != before
        workspace.undo()
        assert image(database) == before


def test_a_dropped_table_is_moved_not_copied(workspace, database: Database) -> None:
    database.execute("CREATE TABLE t (id serial PRIMARY KEY)", "INSERT INTO t DEFAULT VALUES")
    with database.connect() as connection:
        [(node,)] = connection.execute("SELECT pg_relation_filenode('t')").fetchall()
        push(workspace, "CREATE VIEW other AS SELECT 1 AS x;")
        query = "SELECT count(*) FROM pg_class WHERE relfilenode = %s AND relnamespace = %s::regnamespace"
        assert connection.execute(query, [node, "nbmigrate_trash"]).fetchone() == (1,)
        workspace.undo()
        [(again,)] = connection.execute("SELECT pg_relation_filenode('t')").fetchall()
    assert again == node


def test_the_stack_is_walked_back(workspace, database: Database) -> None:
    database.execute("CREATE TABLE t (a text, b text)", "INSERT INTO t VALUES ('a', 'b')")
    images = [image(database)]
    for ddl in (
        "CREATE TABLE t (a text);",
        "CREATE VIEW s AS SELECT 1 AS x;",
        "CREATE VIEW z AS SELECT 2 AS y;",
    ):
        push(workspace, ddl)
        images.append(image(database))
    for expected in reversed(images[:-1]):
        workspace.undo()
        assert image(database) == expected
    with pytest.raises(NothingToUndoError):
        workspace.undo()


def test_rows_of_later_stay(workspace, database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, a text, v numeric(9, 4))",
        "INSERT INTO t VALUES (1, 'a', 1.2345), (2, 'b', 1.2345), (3, 'c', 1.2345)",
    )
    ddl = "CREATE TABLE t (id integer PRIMARY KEY, v numeric(9, 1));"
    push(workspace, ddl, casts={"public.t.v": "round(v, 1)"})
    database.execute(
        "INSERT INTO t VALUES (4, 7)",
        "DELETE FROM t WHERE id = 1",
        "UPDATE t SET v = 9 WHERE id = 2",
    )
    result = workspace.undo()
    found = database.connect().execute("SELECT id, a, v FROM t ORDER BY id").fetchall()
    assert found == [
        (2, "b", Decimal("9.0000")),
        (3, "c", Decimal("1.2345")),
        (4, None, Decimal("7.0000")),
    ]
    assert result.restored[0].kept == 3


def test_a_later_change_elsewhere_stays(workspace, database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, a text)", "INSERT INTO t VALUES (1, 'a')"
    )
    push(workspace, "CREATE TABLE t (id integer PRIMARY KEY);")
    database.execute("ALTER TABLE t ADD COLUMN later integer", "CREATE TABLE more (id integer)")
    workspace.undo()
    found = database.connect().execute("SELECT id, a, later FROM t").fetchall()
    assert found == [(1, "a", None)]
    assert "TABLE public.more" in database.dump()


def test_a_conflict_is_refused_with_its_name(workspace, database: Database) -> None:
    database.execute("CREATE TABLE t (id integer PRIMARY KEY, a text)")
    push(workspace, "CREATE TABLE t (id integer PRIMARY KEY);")
    database.execute("ALTER TABLE t ADD COLUMN a integer")
    before = image(database)
    with pytest.raises(UndoConflictError) as caught:
        workspace.undo()
    assert caught.value.paths == ["public.t: column a"]
    assert image(database) == before


def test_a_dry_run_changes_nothing(workspace, database: Database) -> None:
    database.execute("CREATE TABLE t (id integer PRIMARY KEY)", "INSERT INTO t VALUES (7)")
    push(workspace, "CREATE TABLE s (x text);")
    before = database.dump(schema_only=False, exclude=())
    result = workspace.undo(dry_run=True)
    assert "public.t" in repr(result)
    assert database.dump(schema_only=False, exclude=()) == before


def test_what_came_into_a_new_table_is_kept_too(workspace, database: Database) -> None:
    push(workspace, "CREATE TABLE s (x text);")
    database.execute("INSERT INTO s VALUES ('precious')")
    workspace.undo()
    assert "precious" in database.dump(schema_only=False, exclude=())


def test_a_name_that_a_new_table_has_now_goes_back(workspace, database: Database) -> None:
    database.execute(
        "CREATE TABLE users (id integer PRIMARY KEY, a text)", "INSERT INTO users VALUES (1, 'a')"
    )
    before = image(database)
    push(
        workspace,
        "CREATE TABLE people (id integer PRIMARY KEY);"
        "CREATE TABLE users (id integer PRIMARY KEY, x text);"
        "CREATE TABLE log (id integer REFERENCES users); CREATE VIEW v AS SELECT x FROM users;",
        renames=("public.users->public.people",),
    )
    database.execute("INSERT INTO users VALUES (7, 'precious')", "INSERT INTO log VALUES (7)")
    workspace.undo()
    assert image(database) == before
    assert "precious" in database.dump(schema_only=False, exclude=())


def test_a_name_taken_by_somebody_since_is_refused(workspace, database: Database) -> None:
    database.execute("CREATE TABLE users (id integer PRIMARY KEY)")
    renamed = ("public.users->public.people",)
    push(workspace, "CREATE TABLE people (id integer PRIMARY KEY);", renames=renamed)
    database.execute("CREATE TABLE users (x text)")
    before = image(database)
    with pytest.raises(UndoConflictError) as caught:
        workspace.undo()
    assert caught.value.paths == ["table public.users"]
    assert image(database) == before


def test_status_shows_the_trash_and_purge_asks(workspace, database: Database) -> None:
    database.execute("CREATE TABLE t (id integer PRIMARY KEY)", "INSERT INTO t VALUES (7), (8)")
    push(workspace, "CREATE TABLE s (x text);")
    assert workspace.status().trash[0].rows == 2
    asked = workspace.undo_purge()
    assert "2 rows" in asked.questions[0].text
    assert workspace.undo_list().entries[0].rows == 2
    assert workspace.undo_purge(agreed=True).purged
    assert "nbmigrate_trash" not in database.dump(exclude=())
    with pytest.raises(UndoPurgedError):
        workspace.undo()
    workspace.undo(with_data=False)
    assert rows(database) == ""
    assert "TABLE public.t " in database.dump()


def test_purge_waits_for_a_migrator(workspace, database: Database, monkeypatch) -> None:
    database.execute("CREATE TABLE t (id integer PRIMARY KEY)", "INSERT INTO t VALUES (7)")
    push(workspace, "CREATE TABLE s (x text);")
    monkeypatch.setattr("nbmigrate.workspace.trash.LOCK_WAIT_MS", 200)
    settings = workspace.executor_settings()
    with (
        MigratorLock(database.url, settings=settings, worker=database.connect()),
        pytest.raises(LockTimeoutError),
    ):
        workspace.undo_purge(agreed=True)
    assert workspace.undo_list().entries[0].rows == 1


def test_own_schemas_are_no_part_of_a_schema(workspace, database: Database) -> None:
    database.execute("CREATE TABLE t (id integer PRIMARY KEY)")
    push(workspace, "CREATE TABLE s (x text);")
    assert push(workspace, "CREATE TABLE s (x text);").plan.is_empty
    assert "nbmigrate" not in workspace.pull(sql=True).code


def test_nothing_is_kept_when_that_is_asked(workspace, database: Database) -> None:
    database.execute("CREATE TABLE t (id integer PRIMARY KEY)", "INSERT INTO t VALUES (7), (8)")
    (workspace.root / "new.sql").write_text("CREATE TABLE s (x text);")
    adopt(workspace)
    asked = workspace.push("new.sql", keep=False)
    assert any("2 rows" in q.text and "--no-keep" in q.text for q in asked.questions)
    workspace.push("new.sql", keep=False, answers=ALL)
    assert "nbmigrate_trash" not in database.dump(exclude=())


def test_push_and_undo_are_in_the_log_of_statements(workspace, database: Database) -> None:
    push(workspace, "CREATE TABLE s (x text);")
    for _ in range(2):
        push(workspace, "CREATE TABLE s (x text); CREATE INDEX i ON s (x);")
        workspace.undo()
    found = workspace.status().statements
    assert [(s.tag, s.sql.split(" ")[:2]) for s in found] == [
        ("push 1", ["CREATE", "TABLE"]),
        ("push 2", ["CREATE", "INDEX"]),
        ("undo 2", ["DROP", "INDEX"]),
        ("push 3", ["CREATE", "INDEX"]),
        ("undo 3", ["DROP", "INDEX"]),
    ]
    assert {s.user for s in found} == {database.connect().info.user}


def test_values_that_change_for_good_are_counted(workspace, database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, v numeric(9, 4), a text)",
        "INSERT INTO t VALUES (1, 1.2345, NULL), (2, 1.5, 'x'), (3, NULL, NULL)",
    )
    source = workspace.root / "new.sql"
    source.write_text("CREATE TABLE t (id integer PRIMARY KEY, v integer, a text NOT NULL);")
    adopt(workspace)
    given = Answers(casts={"public.t.v": "round(v)"}, backfills={"public.t.a": "'none'"})
    asked = workspace.push("new.sql", keep=False, answers=given)
    assert [(q.path, q.text.split(": ")[1].split(" have")[0]) for q in asked.questions] == [
        ("public.t.v", "2 rows"),
        ("public.t.a", "2 rows"),
    ]
    named = Answers(drops=("public.t.v", "public.t.a"))
    assert workspace.push("new.sql", keep=False, answers=given.merged(named)).applied


def test_a_hundred_thousand_rows(workspace, database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, a text, b numeric(9, 4))",
        "INSERT INTO t SELECT i, md5(i::text), i / 10000.0 FROM generate_series(1, 100000) AS i",
    )
    before = image(database)
    ddl = "CREATE TABLE t (id integer PRIMARY KEY, b numeric(9, 1));"
    push(workspace, ddl, casts={"public.t.b": "round(b, 1)"})
    workspace.undo()
    assert image(database) == before


@pytest.mark.parametrize("place", ["after_statement:2", "after_statement:4", "before_commit"])
@pytest.mark.parametrize("command", ["push", "undo"])
def test_killed_in_the_middle(
    workspace, database: Database, tmp_path: Path, command: str, place: str
) -> None:
    database.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL, b text)",
        "CREATE TABLE gone (id serial PRIMARY KEY)",
        "INSERT INTO t VALUES (1, 'a', 'b')",
        "INSERT INTO gone DEFAULT VALUES",
    )
    ddl = "CREATE TABLE t (id integer PRIMARY KEY, b varchar(1));"
    (tmp_path / "new.sql").write_text(ddl)
    first = image(database)
    if command == "undo":
        push(workspace, ddl)
    workspace.close()
    before = database.dump(schema_only=False, exclude=())
    words = ["push", "new.sql", "--allow-drop"] if command == "push" else ["undo"]
    environ = {
        **os.environ,
        "DATABASE_URL": database.url,
        "NBMIGRATE_FAILPOINT": f"{place}=kill",
    }
    line = [sys.executable, "-m", "nbmigrate", *words]
    killed = subprocess.run(line, cwd=tmp_path, env=environ, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    environ.pop("NBMIGRATE_FAILPOINT")
    assert image(database) == (first if command == "push" else image_of(before, database))
    again = subprocess.run(line, cwd=tmp_path, env=environ, capture_output=True, check=False)
    assert again.returncode == 0, again.stderr.decode()
    if command == "undo":
        assert image(database) == first


def image_of(dump: str, database: Database) -> str:
    """The image now, when the whole dump is still what it was."""
    assert database.dump(schema_only=False, exclude=()) == dump
    return image(database)


def test_a_migration_is_undone_with_its_data(workspace, database: Database) -> None:
    source = workspace.root / "new.sql"
    source.write_text("CREATE TABLE t (id integer PRIMARY KEY, a text); CREATE TABLE s (x text);")
    workspace.generate("first", "new.sql")
    workspace.migrate()
    database.execute("INSERT INTO t VALUES (1, 'a'), (2, 'b')", "INSERT INTO s VALUES ('x')")
    before = image(database)
    source.write_text("CREATE TABLE t (id integer PRIMARY KEY);")
    workspace.generate("second", "new.sql", answers=ALL)
    for _ in range(2):
        assert [m.tag for m in workspace.migrate().applied] == ["0001_second"]
        workspace.undo()
        assert image(database) == before
        assert workspace.migrate(dry_run=True).pending == ("0001_second",)
        query = "SELECT count(*) FROM drizzle.__drizzle_migrations"
        assert database.connect().execute(query).fetchone() == (1,)


def test_a_migration_by_hand_is_undone_by_its_section(workspace, database: Database) -> None:
    database.execute("CREATE TABLE t (x text)", "INSERT INTO t VALUES ('a')")
    tag = workspace.generate("fill", custom=True).tag
    path = workspace.root / "migrations" / f"{tag}.sql"
    path.write_text("UPDATE t SET x = 'b';\n-- down:\n-- UPDATE t\n--   SET x = 'a';\n")
    before = image(database)
    workspace.migrate()
    workspace.undo()
    assert image(database) == before
    path.write_text("UPDATE t SET x = 'b';\n")
    workspace.migrate()
    with pytest.raises(IrreversibleError):
        workspace.undo()


def test_generate_says_what_can_be_undone(workspace) -> None:
    source = workspace.root / "new.sql"
    source.write_text("CREATE TABLE t (id integer PRIMARY KEY, a text);")
    assert workspace.generate("one", "new.sql").undo == "reversible"
    source.write_text("CREATE TABLE t (id integer PRIMARY KEY);")
    assert workspace.generate("two", "new.sql", answers=ALL).undo.startswith(
        "structure only: the values of `public.t.a`"
    )
    assert workspace.generate("three", custom=True).undo.startswith("not reversible")
    sidecar = json.loads((workspace.root / "migrations/meta/_0001_extra.json").read_text())
    assert sidecar["down"]["statements"] == ['ALTER TABLE "t" ADD COLUMN "a" text;']
    assert workspace.check().problems == ()


@pytest.mark.parametrize("killed", [False, True], ids=["whole run", "killed behind the commit"])
def test_migrations_that_only_add_are_undone_one_by_one(
    workspace, database: Database, tmp_path: Path, killed: bool
) -> None:
    database.execute("CREATE TABLE other (x text)")
    source = tmp_path / "new.sql"
    texts = (
        "t (id integer PRIMARY KEY)",
        "t (id integer PRIMARY KEY, a text); CREATE TABLE u (x int)",
    )
    for number, text in enumerate(texts):
        source.write_text(f"CREATE TABLE {text};")
        workspace.generate(f"step_{number}", "new.sql")
    images = [image(database)]
    if killed:
        images += _killed_after_each(workspace, database, tmp_path)
    else:
        workspace.migrate(to="0000_step_0")
        images.append(image(database))
        workspace.migrate()
    database.execute("ALTER TABLE other ADD COLUMN later text")
    with database.connect() as connection:
        names = connection.execute("SELECT holding::text FROM nbmigrate.undo")
        assert all('"made": [["tables"' in text for (text,) in names)
    for before in reversed(images):
        workspace.undo()
        database.execute("ALTER TABLE other DROP COLUMN later")
        assert image(database) == before
        database.execute("ALTER TABLE other ADD COLUMN later text")


def _killed_after_each(workspace, database: Database, tmp_path: Path) -> list:
    workspace.close()
    environ = {
        **os.environ,
        "DATABASE_URL": database.url,
        "NBMIGRATE_FAILPOINT": "after_commit=kill",
    }
    line = [sys.executable, "-m", "nbmigrate", "migrate"]
    images = []
    for _ in range(2):
        done = subprocess.run(line, cwd=tmp_path, env=environ, capture_output=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        images.append(image(database))
    return images[:1]


def test_what_was_changed_after_an_addition_is_not_undone_unasked(
    workspace, database: Database
) -> None:
    (workspace.root / "new.sql").write_text("CREATE TABLE t (id integer PRIMARY KEY);")
    workspace.generate("first", "new.sql")
    workspace.migrate()
    database.execute("ALTER TABLE t ADD COLUMN mine text")
    with pytest.raises(UndoConflictError):
        workspace.undo()


def test_what_is_not_quite_as_it_was_is_said_before(workspace, database) -> None:
    database.execute("CREATE TABLE p (a integer); CREATE TABLE c (b integer) INHERITS (p)")
    apart = "CREATE TABLE p (a integer); CREATE TABLE c (a integer, b integer);"
    (workspace.root / "apart.sql").write_text(apart)
    adopt(workspace)
    for done in (workspace.push("apart.sql", dry_run=True), workspace.push("apart.sql")):
        assert "public.c leaves its parent: an undo puts it back under it" in repr(done)
    (workspace.root / "as_it_was.sql").write_text(
        "CREATE TABLE p (a integer); CREATE TABLE c (b integer) INHERITS (p);"
    )
    workspace.generate("together", "as_it_was.sql")
    made = workspace.generate("apart", "apart.sql")
    assert made.undo == "reversible: the columns of `public.c` stay its own"

"""Rows that would stop a push, found before anything runs, on a real server."""

from __future__ import annotations

import pytest

from nbmigrate.plan import Answers
from nbmigrate.workspace import Workspace

OLD = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'glad');
CREATE TABLE teams (id integer PRIMARY KEY);
CREATE TABLE t (id integer PRIMARY KEY, a text, n numeric, m mood, ms mood[], team integer);
"""
ROWS = """
INSERT INTO teams VALUES (1);
INSERT INTO t VALUES
  (1, '10', 1.5, 'sad', '{sad,ok}', 1), (2, 'x', 2, 'ok', '{glad}', 7), (3, '10', 3, 'glad', NULL, NULL),
  (4, NULL, NULL, NULL, NULL, NULL);
"""


@pytest.fixture
def push(tmp_path, database):
    database.execute(OLD, ROWS)
    (tmp_path / "old.sql").write_text(OLD)

    def run(*changes: tuple[str, str], **answers) -> object:
        text = OLD
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "new.sql").write_text(text)
        with Workspace(database.url, root=tmp_path) as workspace:
            return workspace.push("new.sql", answers=Answers(**answers))

    return run


def rows_of(database, query):
    return database.connect().execute(query).fetchall()


def only(result):
    """The one question of a push that changed nothing."""
    assert not result.applied
    (question,) = result.plan.questions
    return question


def test_nothing_is_asked_of_rows_that_fit(push):
    result = push(("a text", "a varchar(5)"), ("team integer", "team bigint UNIQUE"))
    assert result.applied
    assert not result.plan.questions


def test_set_not_null(push, database):
    before = database.dump()
    question = only(push(("a text", "a text NOT NULL")))
    assert (question.kind, question.path) == ("backfill", "public.t.a")
    assert "1 row has NULL" in question.text
    assert question.samples[0].rows[0][:2] == ("4", None)
    assert question.flags == ('--backfill "public.t.a=SQL"',)
    assert database.dump() == before
    assert push(("a text", "a text NOT NULL"), backfills={"public.t.a": "''"}).applied


def test_values_that_do_not_cast(push, database):
    question = only(push(("a text", "a integer")))
    assert question.kind == "cast"
    assert "1 row has a value that does not go into integer" in question.text
    assert question.samples[0].columns == ("id", "a")
    assert question.samples[0].rows == (("2", "x"),)
    assert 'invalid input syntax for type integer: "x"' in question.evidence[0]
    assert question.flags == ('--using "public.t.a=SQL"',)
    using = "CASE WHEN a ~ '^[0-9]+$' THEN a::integer END"
    assert push(("a text", "a integer"), casts={"public.t.a": using}).applied
    assert rows_of(database, "SELECT a FROM t ORDER BY id") == [(10,), (None,), (10,), (None,)]


@pytest.mark.parametrize(
    ("made", "type_", "reason"),
    [
        ("CREATE DOMAIN ten AS text CHECK (VALUE LIKE '1%');", "ten", "violates check constraint"),
        ("CREATE TYPE ten AS ENUM ('10');", "ten", 'invalid input value for enum ten: "x"'),
        ("CREATE SCHEMA s; CREATE TYPE s.ten AS ENUM ('10');", "s.ten", "invalid input value"),
    ],
)
def test_the_type_of_a_cast_may_be_still_to_come(push, database, made, type_, reason):
    before = database.dump()
    question = only(
        push(("a text", f"a {type_}"), ("CREATE TABLE teams", f"{made}\nCREATE TABLE teams"))
    )
    assert question.kind == "cast"
    assert question.samples[0].rows == (("2", "x"),)
    assert reason in question.evidence[0]
    assert database.dump() == before


def test_a_key_over_a_type_that_is_still_to_come(push):
    made = "CREATE DOMAIN word AS text;"
    question = only(
        push(("a text", "a word UNIQUE"), ("CREATE TABLE teams", f"{made}\nCREATE TABLE teams"))
    )
    assert "1 value is the same" in question.text
    assert question.samples[0].rows == (("10", "2"),)


def test_a_using_that_fails_is_found_too(push):
    question = only(push(("a text", "a integer"), casts={"public.t.a": "(a || 'y')::integer"}))
    assert "3 rows have" in question.text


def test_values_that_would_be_rounded_or_cut(push, database):
    question = only(push(("n numeric", "n integer")))
    assert question.samples[0].rows == (("1", "1.5"),)
    assert question.flags[0] == """--using 'public.t.n="n"::integer'"""
    assert push(("n numeric", "n integer"), casts=question.choices[0].answers.casts).applied
    question = only(push(("n numeric", "n integer"), ("a text", "a varchar(1)")))
    assert "2 rows have" in question.text
    assert question.choices[0].answers.casts == {"public.t.a": 'left("a"::text, 1)'}


def test_a_label_that_rows_use(push, database):
    gone = ("'sad', 'ok'", "'ok'")
    question = only(push(gone))
    assert (question.kind, question.path) == ("label", "public.mood.sad")
    assert "1 row has `sad` in `public.t.m`" in question.text
    assert "`public.t.ms`" in question.evidence[-1]
    assert question.flags == ('--map "public.mood.sad=ok"', '--map "public.mood.sad=glad"')
    assert push(gone, labels={"public.mood.sad": "ok"}).applied
    assert rows_of(database, "SELECT m::text, ms::text FROM t WHERE id = 1") == [("ok", "{ok,ok}")]


def test_duplicates(push):
    for change in ("a text UNIQUE", "a text, UNIQUE NULLS NOT DISTINCT (a)"):
        question = only(push(("a text", change)))
        assert question.kind == "rows"
        assert question.samples[0].rows == (("10", "2"),)
        assert "`t_a_key` must be unique" in question.text


def test_duplicates_in_a_unique_index_with_a_predicate(push, database):
    text = ("team integer);", "team integer); CREATE UNIQUE INDEX u ON t (lower(a)) WHERE {};")
    question = only(push((text[0], text[1].format("id < 9"))))
    assert question.path == "public.t.u"
    assert push((text[0], text[1].format("id < 3"))).applied


def test_a_new_primary_key(push):
    moved = ("id integer PRIMARY KEY, a text", "id integer, a text PRIMARY KEY")
    result = push(moved)
    assert not result.applied
    texts = " ".join(question.text for question in result.plan.questions)
    assert "NULL in the primary key (a)" in texts
    assert "must be unique" in texts


def test_orphans_and_a_check(push):
    question = only(push(("team integer", "team integer REFERENCES teams")))
    assert question.path == "public.t.t_team_fkey"
    assert question.samples[0].rows[0][0] == "2"
    question = only(push(("team integer", "team integer CHECK (team < 7)")))
    assert "1 row has values against" in question.text


def test_names_are_those_after_a_rename(push):
    changed = (("a text", "b integer"), ("TABLE t (", "TABLE u ("))
    renames = ("public.t->public.u", "public.t.a->public.u.b")
    question = only(push(*changed, renames=renames))
    assert question.path == "public.u.b"
    assert question.samples[0].columns == ("id", "b")
    checked = (("a text", "b text, CHECK (b <> 'x')"), ("TABLE t (", "TABLE u ("))
    assert "values against b <> 'x'" in only(push(*checked, renames=renames)).text


def test_a_check_over_a_new_column_and_a_backfill(push):
    changed = ("a text", "a text, k integer NOT NULL, CHECK (k > 0)")
    assert only(push(changed, backfills={"public.t.k": "id - 1"})).kind == "rows"
    assert push(changed, backfills={"public.t.k": "id"}).applied


def test_hostile_names(push, database):
    hostile = """CREATE TABLE "a'b" ("c""d" text, "e\\f" integer);"""
    database.execute(hostile, """INSERT INTO "a'b" VALUES ('x', 1), ('x', NULL)""")
    retyped = hostile.replace('d" text', 'd" integer').replace('f" integer', 'f" integer NOT NULL')
    result = push(("CREATE TABLE teams", f"{retyped}CREATE TABLE teams"))
    assert not result.applied
    assert {question.kind for question in result.plan.questions} == {"cast", "backfill"}


def test_what_takes_too_long_is_said(push, monkeypatch):
    monkeypatch.setattr("nbmigrate.workspace.prechecks.CHECK_MS", 1)
    slow = ("team integer", "team integer CHECK (team < 8 AND pg_sleep(0.05) IS NOT NULL)")
    result = push(slow)
    assert "not checked: no answer" in " ".join(hazard.text for hazard in result.plan.hazards)


TEMPORAL = """
CREATE TABLE room (id integer, during daterange);
CREATE TABLE booking (room integer, during daterange);
"""


@pytest.fixture
def push_temporal(tmp_path, database):
    if database.connect().info.server_version < 180_000:
        pytest.skip("WITHOUT OVERLAPS needs PostgreSQL 18")
    database.execute("CREATE EXTENSION btree_gist", TEMPORAL)

    def run(rows: str, *constraints: str) -> object:
        database.execute(rows)
        (tmp_path / "new.sql").write_text(TEMPORAL + "".join(constraints))
        with Workspace(database.url, root=tmp_path) as workspace:
            return workspace.push("new.sql")

    return run


KEY = "ALTER TABLE room ADD CONSTRAINT k {} (id, during WITHOUT OVERLAPS);"


@pytest.mark.parametrize("kind", ["PRIMARY KEY", "UNIQUE", "UNIQUE NULLS NOT DISTINCT"])
def test_rows_that_overlap(push_temporal, database, kind):
    rows = (
        "INSERT INTO room VALUES (1, '[2024-01-01,2024-03-01)'), (2, '[2024-01-01,2024-02-01)'), "
    )
    question = only(push_temporal(f"{rows} (1, '[2024-02-01,2024-04-01)')", KEY.format(kind)))
    assert "2 rows have the same (id) as another, in a (during) that overlaps its" in question.text
    assert ("1", "[2024-02-01,2024-04-01)") in question.samples[0].rows
    apart = "UPDATE room SET during = '[2024-03-01,2024-04-01)' WHERE during @> date '2024-03-15'"
    assert push_temporal(apart, KEY.format(kind)).applied


def test_nulls_that_are_like_each_other_overlap(push_temporal):
    rows = "INSERT INTO room VALUES (NULL, '[2024-01-01,2024-03-01)'), (NULL, '[2024-02-01,)')"
    question = only(push_temporal(rows, KEY.format("UNIQUE NULLS NOT DISTINCT")))
    assert "2 rows have the same (id)" in question.text
    assert push_temporal("", KEY.format("UNIQUE")).applied


def test_an_empty_range_in_a_key_without_overlaps(push_temporal):
    rows = "INSERT INTO room VALUES (1, 'empty'), (1, '[2024-01-01,)')"
    question = only(push_temporal(rows, KEY.format("PRIMARY KEY")))
    assert "1 row has an empty (during)" in question.text


def test_a_period_that_is_not_covered(push_temporal):
    key = KEY.format("PRIMARY KEY")
    foreign = (
        "ALTER TABLE booking ADD CONSTRAINT f "
        "FOREIGN KEY (room, PERIOD during) REFERENCES room (id, PERIOD during);"
    )
    rows = "INSERT INTO room VALUES (1, '[2024-01-01,2024-02-01)'), (1, '[2024-02-01,2024-03-01)');"
    booked = "INSERT INTO booking VALUES (1, '[2024-01-15,2024-02-15)'), (1, '[2024-02-15,2024-03-15)'), (NULL, NULL);"
    question = only(push_temporal(rows + booked, key, foreign))
    assert "1 row has no row in `public.room` to refer to" in question.text
    assert question.samples[0].rows[0][:2] == ("1", "[2024-02-15,2024-03-15)")
    longer = "INSERT INTO room VALUES (1, '[2024-03-01,)')"
    assert push_temporal(longer, key, foreign).applied

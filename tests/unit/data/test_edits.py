"""Rows changed by hand: all of the changes or none, never over somebody else's."""

from __future__ import annotations

import msgspec
import pytest

from nbmigrate.data.edit_texts import statements
from nbmigrate.data.edits import Change, Delete, Insert, Update, save
from nbmigrate.data.page import Request, read_page
from nbmigrate.data.relations import describe
from nbmigrate.errors import UsageConflictError

MAKE = """
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE posts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "ti%tle" varchar(10) NOT NULL,
    stars int DEFAULT 3 CHECK (stars <= 5), m mood, at timestamptz DEFAULT '2024-01-01', tags text[],
    twice int GENERATED ALWAYS AS (stars * 2) STORED, code text UNIQUE
);
INSERT INTO posts ("ti%tle", stars, m, code) SELECT 'p' || i, i % 5, 'sad', 'c' || i FROM generate_series(1, 9) AS i;
CREATE TABLE comments (id int PRIMARY KEY, post bigint REFERENCES posts DEFERRABLE INITIALLY DEFERRED);
INSERT INTO comments VALUES (1, 7);
"""


@pytest.fixture
def connection(database):
    found = database.connect()
    found.execute(MAKE.encode())
    return found


@pytest.fixture
def posts(connection):
    return describe(connection, ("public", "posts"))


def row(connection, relation, key):
    return next(r for r in read_page(connection, relation, Request()).rows if r.key == (key,))


def update(connection, relation, key, **changes):
    found = row(connection, relation, key)
    names = [column.name for column in relation.columns]
    made = {
        name.replace("title", "ti%tle"): Change(
            before=found.values[names.index(name.replace("title", "ti%tle"))], after=after
        )
        for name, after in changes.items()
    }
    return Update(key=found.key, version=found.version, changes=made)


def contents(connection):
    return connection.execute("SELECT * FROM posts ORDER BY id").fetchall()


def test_everything_at_once_and_back_again(connection, posts):
    before = contents(connection)
    gone = row(connection, posts, "9")
    edits = [
        update(connection, posts, "1", title="it's", stars=None, m="happy", tags='{a,"b c"}'),
        update(connection, posts, "2", at="2025-02-03 04:05:06+00"),
        Insert(values={"ti%tle": "new", "stars": None, "code": "x"}),
        Insert(values={"ti%tle": "newer"}),
        Delete(key=gone.key, version=gone.version),
    ]
    done = save(connection, posts, edits)
    assert done.failure is None
    assert not done.conflicts
    assert [r.values[1] for r in done.rows] == ["it's", "p2", "new", "newer"]
    assert [r.values[2] for r in done.rows] == [None, "2", None, "3"]
    after = contents(connection)
    assert after[0][1:6] == ("it's", None, "happy", before[0][4], ["a", "b c"])
    assert len(after) == len(before) + 1
    back = save(connection, posts, done.undo, is_undo=True)
    assert back.failure is None
    assert not back.conflicts
    assert contents(connection) == before
    again = save(connection, posts, back.undo, is_undo=True)
    assert not again.conflicts
    assert [r[1:] for r in contents(connection)] == [r[1:] for r in after]


def test_a_lost_update_is_refused_with_three_values(connection, posts, database):
    mine = update(connection, posts, "3", title="mine")
    other = update(connection, posts, "4", title="other")
    database.execute("""UPDATE posts SET "ti%tle" = 'theirs' WHERE id = 3""")
    before = contents(connection)
    done = save(connection, posts, [other, mine])
    (conflict,) = done.conflicts
    assert (conflict.edit, conflict.column) == (1, "ti%tle")
    assert (conflict.mine, conflict.theirs, conflict.original) == ("mine", "theirs", "p3")
    assert contents(connection) == before


def test_a_change_elsewhere_in_the_row_is_a_conflict_too(connection, posts, database):
    mine = update(connection, posts, "3", title="mine")
    database.execute("UPDATE posts SET stars = 1 WHERE id = 3")
    (conflict,) = save(connection, posts, [mine]).conflicts
    assert (conflict.column, conflict.theirs, conflict.original) == ("ti%tle", "p3", "p3")
    # Decided for what was shown: who came after it is a conflict again.
    database.execute("UPDATE posts SET \"ti%tle\" = 'a third' WHERE id = 3")
    decided = msgspec.structs.replace(mine, version=conflict.version)
    (again,) = save(connection, posts, [decided]).conflicts
    assert again.theirs == "a third"
    kept = msgspec.structs.replace(mine, version=again.version)
    assert not save(connection, posts, [kept]).conflicts


def test_a_row_that_is_gone_or_has_another_key(connection, posts, database):
    gone = update(connection, posts, "5", title="mine")
    deleted = row(connection, posts, "6")
    database.execute("DELETE FROM posts WHERE id = 5")
    database.execute("UPDATE posts SET id = DEFAULT WHERE id = 6")
    edits = [gone, Delete(key=deleted.key, version=deleted.version)]
    assert [c.is_gone for c in save(connection, posts, edits).conflicts] == [True, True]


@pytest.mark.parametrize(
    ("changes", "column", "sqlstate"),
    [
        ({"stars": "9"}, "stars", "23514"),
        ({"stars": "many"}, "stars", "22P02"),
        ({"stars": "4", "m": "angry"}, "m", "22P02"),
        ({"title": None}, "ti%tle", "23502"),
        ({"title": "much too long for it"}, "ti%tle", "22001"),
        ({"code": "c1"}, "code", "23505"),
        ({"at": "yesterdayish"}, "at", "22007"),
    ],
    ids=str,
)
def test_one_that_fails_is_named_and_none_is_saved(connection, posts, changes, column, sqlstate):
    before = contents(connection)
    edits = [
        update(connection, posts, "1", title="a"),
        update(connection, posts, "2", title="b"),
        update(connection, posts, "3", **changes),
        update(connection, posts, "4", title="d"),
        Insert(values={"ti%tle": "e"}),
    ]
    failure = save(connection, posts, edits).failure
    assert (failure.edit, failure.column, failure.sqlstate) == (2, column, sqlstate)
    assert failure.text
    assert contents(connection) == before


def test_a_deferred_constraint_speaks_before_anything_is_saved(connection, posts):
    before = contents(connection)
    found = row(connection, posts, "7")
    with pytest.raises(Exception, match="violates foreign key constraint"):
        save(connection, posts, [Delete(key=found.key, version=found.version)])
    assert contents(connection) == before


def test_a_trigger_with_a_mind_of_its_own(connection, posts):
    connection.execute(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
    )
    connection.execute(
        "CREATE TRIGGER no BEFORE UPDATE ON posts FOR EACH ROW EXECUTE FUNCTION no()"
    )
    failure = save(connection, posts, [update(connection, posts, "1", title="a")]).failure
    assert "0 rows instead of one" in failure.text


def test_what_cannot_be_edited_says_why(connection, posts):
    with pytest.raises(UsageConflictError, match="a generated column"):
        save(connection, posts, [update(connection, posts, "1", twice="4")])
    with pytest.raises(UsageConflictError, match="PostgreSQL always makes itself"):
        save(connection, posts, [Insert(values={"id": "77"})])
    connection.execute("CREATE VIEW v AS SELECT * FROM posts")
    connection.execute("CREATE TABLE loose (a int, b int UNIQUE)")
    for name, why in (("v", "a view is only read"), ("loose", "without a primary key")):
        found = describe(connection, ("public", name))
        assert why in found.why_not
        with pytest.raises(UsageConflictError, match="cannot be edited"):
            save(connection, found, [Insert(values={})])


def test_edits_as_sql_do_the_same(connection, posts, databases):
    edits = [
        update(connection, posts, "1", title="it's", m=None),
        Insert(values={"ti%tle": "n"}),
        Delete(key=("9",), version="0"),
    ]
    other = databases().connect()
    other.execute(MAKE.encode())
    for text in statements(posts, edits):
        other.execute(text.encode())
    gone = row(connection, posts, "9")
    assert save(connection, posts, [*edits[:2], Delete(key=("9",), version=gone.version)]).rows
    assert contents(other) == contents(connection)


def test_every_value_is_shown_as_it_is_written(connection):
    """What the grid shows, put in again, is the same value: of bytes too, whose digits alone are others."""
    shown = {
        "bytea": "\\x00ff27",
        "text": "it's\\",
        "jsonb": '{"a": [1]}',
        "text[]": '{a,NULL,"b,c"}',
        "interval": "1 mon -01:00:00",
        "bit(3)": "101",
        "money": "-$1.50",
        "point": "(1,2.5)",
        "tsvector": "'a':1",
        "int4range": "[1,5)",
        "timestamptz": "infinity",
    }
    names = [f"c{at}" for at in range(len(shown))]
    columns = ", ".join(f"{n} {t}" for n, t in zip(names, shown, strict=True))
    connection.execute(f"CREATE TABLE every (id int PRIMARY KEY, {columns})")
    connection.execute(
        f"INSERT INTO every VALUES (1, {', '.join(['%s'] * len(shown))})", list(shown.values())
    )
    connection.execute("INSERT INTO every VALUES (2)")
    every = describe(connection, ("public", "every"))
    (one, two) = read_page(connection, every, Request()).rows
    assert dict(zip(shown, one.values[1:], strict=True)) == shown
    changes = {n: Change(before=None, after=v) for n, v in zip(names, one.values[1:], strict=True)}
    done = save(connection, every, [Update(key=two.key, version=two.version, changes=changes)])
    assert done.failure is None
    same = " AND ".join(f"a.{n}::text = b.{n}::text" for n in names)
    found = connection.execute(f"SELECT {same} FROM every AS a, every AS b WHERE a.id < b.id")
    assert found.fetchone() == (True,)

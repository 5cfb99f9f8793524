"""Pages are the rows of ORDER BY, cut where a page ends, in both directions and from any place."""

from __future__ import annotations

import random
from itertools import product

import psycopg
import pytest

from nbmigrate.data.filters import Filter
from nbmigrate.data.page import CUT, Request, Sort, count, read_page, read_value, read_whole
from nbmigrate.data.relations import describe, relations
from nbmigrate.errors import UsageConflictError

NAME = 'ra%ows"; --'
ROWS = 137
MAKE = f"""
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE "ra%ows""; --" (
    a integer, "b%s" text COLLATE "C", PRIMARY KEY ("b%s", a),
    n integer, t text, x double precision, at timestamptz, m mood, u uuid DEFAULT gen_random_uuid()
);
INSERT INTO "ra%ows""; --"
SELECT i, 'k' || i % 5, nullif(i * 7 % 11, 3), nullif(chr(97 + i % 4), 'b'),
       CASE i % 6 WHEN 0 THEN 'NaN' WHEN 1 THEN NULL WHEN 2 THEN '-Infinity' ELSE i / 3.0 END,
       CASE WHEN i % 9 > 0 THEN timestamptz '2024-01-01 00:00:00.000001+02' + i * interval '1 day' END,
       (ARRAY['sad', 'ok', 'happy', NULL])[1 + i % 4]::mood
  FROM generate_series(1, {ROWS}) AS i;
"""


@pytest.fixture
def connection(database):
    found = database.connect()
    found.execute(MAKE.encode())
    return found


@pytest.fixture
def relation(connection):
    return describe(connection, ("public", NAME))


def everything(connection, relation, sort, filters=()):
    """The rows as PostgreSQL sorts them, by one query without pages."""
    wanted = Request(sort=sort, filters=filters)
    columns = [column.name for column in relation.columns]
    found = read_whole(connection, relation, wanted)
    keys = [columns.index(name) for name in relation.key]
    return [tuple(str(row[at]) for at in keys) for row in found.rows]


SORTS = [
    (),
    (Sort(column="n"),),
    (Sort(column="n", descending=True),),
    (Sort(column="t"), Sort(column="x", descending=True)),
    (Sort(column="x"), Sort(column="a", descending=True)),
    (Sort(column="at", descending=True), Sort(column="m")),
    (Sort(column="m"), Sort(column="t", descending=True), Sort(column="n")),
    (Sort(column="u"),),
    (Sort(column="b%s", descending=True),),
]


@pytest.mark.parametrize("sort", SORTS, ids=str)
def test_pages_are_the_rows_in_their_order(connection, relation, sort):
    wanted = everything(connection, relation, sort)
    assert len(wanted) == ROWS
    ways = (("first", "next", "has_next", "last"), ("last", "previous", "has_previous", "first"))
    for size, (go, step, is_there, place) in product((3, 10, ROWS - 1, ROWS, ROWS + 1), ways):
        page = read_page(connection, relation, Request(sort=sort, go=go, size=size))
        pages = [page]
        while getattr(page, is_there):
            asked = Request(sort=sort, go=step, place=getattr(page, place), size=size)
            page = read_page(connection, relation, asked)
            pages.append(page)
        if go == "last":
            pages.reverse()
        found = [row.key for one in pages for row in one.rows]
        assert found == wanted
        assert [one.has_previous for one in pages] == [False] + [True] * (len(pages) - 1)
        assert [one.has_next for one in pages] == [True] * (len(pages) - 1) + [False]


def test_walking_at_random_stays_in_order(connection, relation):
    chance = random.Random(5)
    sort = (Sort(column="n", descending=True), Sort(column="at"))
    wanted = everything(connection, relation, sort)
    page = read_page(connection, relation, Request(sort=sort, size=7))
    for _ in range(60):
        go = chance.choice([g for g in ("next", "previous") if getattr(page, f"has_{g}")])
        place = page.last if go == "next" else page.first
        page = read_page(connection, relation, Request(sort=sort, go=go, place=place, size=7))
        keys = [row.key for row in page.rows]
        at = wanted.index(keys[0])
        assert keys == wanted[at : at + len(keys)]


def test_a_place_is_found_by_an_index_however_deep(database):
    """The last page reads some pages of the index, not the table."""
    with database.connect() as connection:
        connection.execute("CREATE TABLE deep (id int PRIMARY KEY, at int)")
        connection.execute("INSERT INTO deep SELECT i, i / 3 FROM generate_series(1, 100000) AS i")
        connection.execute("CREATE INDEX ON deep (at)")
        connection.execute("VACUUM ANALYZE deep")
        relation = describe(connection, ("public", "deep"))

        def reads(request):
            query = "SELECT coalesce(sum(idx_tup_fetch + seq_tup_read), 0) FROM pg_stat_xact_user_tables"
            with connection.transaction():
                (before,) = connection.execute(query).fetchone()
                read_page(connection, relation, request)
                (after,) = connection.execute(query).fetchone()
            return after - before

        for sort in ((), (Sort(column="at"),), (Sort(column="at", descending=True),)):
            last = read_page(connection, relation, Request(sort=sort, go="last"))
            back = Request(sort=sort, go="previous", place=last.first)
            assert reads(Request(sort=sort, go="last")) < 400
            assert reads(back) < 400


@pytest.mark.parametrize(
    ("given", "condition"),
    [
        (Filter(column="n", op="=", value="5"), "n = 5"),
        (Filter(column="n", op="!=", value="5"), "n IS DISTINCT FROM 5"),
        (Filter(column="n", op=">=", value="5"), "n >= 5"),
        (Filter(column="n", op="in", value=("1", "2")), "n IN (1, 2)"),
        (Filter(column="n", op="in", value=()), "false"),
        (Filter(column="t", op="is null"), "t IS NULL"),
        (Filter(column="m", op="=", value="happy"), "m = 'happy'"),
        (Filter(column="x", op="=", value="NaN"), "x = 'NaN'"),
        (Filter(column="b%s", op="contains", value="K1"), "\"b%s\" = 'k1'"),
        (Filter(column="b%s", op="contains", value="%"), "false"),
        (Filter(column="at", op="<", value="2024-02-01"), "at < '2024-02-01'"),
    ],
    ids=str,
)
def test_a_filter_is_a_condition(connection, relation, given, condition):
    query = f'SELECT count(*) FROM "ra%ows""; --" WHERE {condition}'
    (wanted,) = connection.execute(query.encode()).fetchone()
    assert count(connection, relation, [given]) == wanted
    assert len(read_page(connection, relation, Request(filters=[given], size=1000)).rows) == wanted


def test_what_makes_no_sense_is_refused(connection, relation):
    with pytest.raises(UsageConflictError, match="no column `z`"):
        read_page(connection, relation, Request(sort=[Sort(column="z")]))
    with pytest.raises(UsageConflictError, match="no operator"):
        count(connection, relation, [Filter(column="n", op="; DROP")])
    with pytest.raises(UsageConflictError, match="needs a value"):
        count(connection, relation, [Filter(column="n", op="=")])
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        count(connection, relation, [Filter(column="n", op="=", value="x")])
    first = read_page(connection, relation, Request(size=5))
    with pytest.raises(UsageConflictError, match="the order has changed"):
        read_page(
            connection, relation, Request(sort=[Sort(column="n")], go="next", place=first.last)
        )
    with pytest.raises(UsageConflictError, match=r"there is no table `public\.nothing`"):
        describe(connection, ("public", "nothing"))


def test_long_values_are_cut_and_fetched_in_pieces(database):
    with database.connect() as connection:
        connection.execute(
            "CREATE TABLE long (id int PRIMARY KEY, t text, b bytea, j jsonb, e text)"
        )
        connection.execute(
            "INSERT INTO long SELECT 1, repeat('äx', 5000), decode(repeat('00ff', 5000), 'hex'),"
            " jsonb_build_object('k', (SELECT array_agg(md5(i::text)) FROM generate_series(1, 9000) i)), ''"
        )
        relation = describe(connection, ("public", "long"))
        (row,) = read_page(connection, relation, Request()).rows
        assert row.values[1] == "äx" * (CUT // 2)
        assert row.values[2] == "\\x" + ("00ff" * CUT)[: CUT - 2]
        assert row.values[4] == ""
        assert row.lengths.keys() == {1, 2, 3}
        assert row.lengths[2] == 10000
        whole, at = "", 0
        while True:
            text, length = read_value(connection, relation, ["1"], "t", offset=at, size=3000)
            whole, at = whole + text, at + 3000
            if at >= length:
                break
        assert whole == "äx" * 5000
        assert read_value(connection, relation, ["1"], "b", offset=9999, size=9)[0] == "ff"
        pieces = [
            read_value(connection, relation, ["1"], "b", offset=at, size=4000)[0]
            for at in (0, 4000, 8000)
        ]
        assert "".join(pieces) == "\\x" + "00ff" * 5000
        assert read_value(connection, relation, ["2"], "t", offset=0, size=9) is None


def test_a_place_may_be_a_long_value(database):
    with database.connect() as connection:
        connection.execute("CREATE TABLE long (id int PRIMARY KEY, t text, b bytea)")
        connection.execute(
            "INSERT INTO long SELECT i, repeat('x', 300) || i % 7, decode(repeat('0a', 200) || '0' || i % 10, 'hex')"
            " FROM generate_series(1, 20) AS i"
        )
        relation = describe(connection, ("public", "long"))
        for name in ("t", "b"):
            sort = (Sort(column=name),)
            page = read_page(connection, relation, Request(sort=sort, size=3))
            found = [row.key for row in page.rows]
            while page.has_next:
                wanted = Request(sort=sort, go="next", place=page.last, size=3)
                page = read_page(connection, relation, wanted)
                found += [row.key for row in page.rows]
            assert found == everything(connection, relation, sort)


def test_rows_of_a_view_are_counted_off(database):
    with database.connect() as connection:
        connection.execute("CREATE TABLE loose (a int)")
        connection.execute("INSERT INTO loose SELECT * FROM generate_series(1, 25)")
        connection.execute("CREATE VIEW seen AS SELECT a FROM loose ORDER BY a")
        relation = describe(connection, ("public", "seen"))
        assert not relation.is_editable
        sort, seen = (Sort(column="a"),), []
        page = read_page(connection, relation, Request(sort=sort, size=10))
        while True:
            seen += [row.values[0] for row in page.rows]
            if not page.has_next:
                break
            wanted = Request(sort=sort, go="next", place=page.last, size=10)
            page = read_page(connection, relation, wanted)
        assert seen == [str(n) for n in range(1, 26)]
        with pytest.raises(UsageConflictError, match="without a key"):
            read_page(connection, relation, Request(sort=sort, go="last"))
        with pytest.raises(UsageConflictError, match="no key names a row of this view"):
            read_value(connection, relation, page.rows[0].key, "a", offset=0, size=9)


def test_the_list_knows_every_kind(database):
    with database.connect() as connection:
        connection.execute("CREATE TABLE p (a int, PRIMARY KEY (a)) PARTITION BY RANGE (a)")
        connection.execute("CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (1000)")
        connection.execute("INSERT INTO p SELECT * FROM generate_series(1, 500)")
        connection.execute("CREATE MATERIALIZED VIEW m AS SELECT * FROM p")
        connection.execute("CREATE VIEW v AS SELECT * FROM p")
        connection.execute("COMMENT ON TABLE p IS 'parts'")
        connection.execute("ANALYZE")
        found = {one.relation[1]: one for one in relations(connection)}
        assert {name: one.kind for name, one in found.items()} == {
            "p": "partitioned table",
            "m": "materialized view",
            "v": "view",
        }
        assert found["p"].rows == 500
        assert found["p"].comment == "parts"
        assert found["v"].rows is None
        assert (
            len(read_page(connection, describe(connection, ("public", "p")), Request()).rows) == 100
        )


def test_a_period_leads_to_no_one_row(database):
    connection = database.connect()
    if connection.info.server_version < 180_000:
        pytest.skip("PERIOD needs PostgreSQL 18")
    made = """
    CREATE EXTENSION btree_gist;
    CREATE TABLE hotel (id int PRIMARY KEY);
    CREATE TABLE room (id int, at int4range, PRIMARY KEY (id, at WITHOUT OVERLAPS));
    CREATE TABLE booking (id int REFERENCES hotel, room int, at int4range,
                          FOREIGN KEY (room, PERIOD at) REFERENCES room (id, PERIOD at));
    """
    connection.execute(made)
    columns = {c.name: c.references for c in describe(connection, ("public", "booking")).columns}
    assert columns["id"] is not None
    assert columns["room"] is columns["at"] is None
    assert describe(connection, ("public", "room")).referenced_by == ()
    assert describe(connection, ("public", "room")).key == ("id", "at")

"""Tables without a key: paged by where their rows lie, at the same cost at any depth."""

from __future__ import annotations

import random

import pytest

from nbmigrate.data.filters import Filter
from nbmigrate.data.page import Request, Sort, read_page, read_value
from nbmigrate.data.relations import describe

ROWS = 30_000


@pytest.fixture
def connection(database):
    with database.connect() as connection:
        connection.execute("CREATE TABLE loose (a int, b int, t text)")
        connection.execute(
            f"INSERT INTO loose SELECT n, n % 7, repeat('x', 300) || n FROM generate_series(1, {ROWS}) n"
        )
        # Holes of many blocks, such as a large DELETE leaves.
        connection.execute("DELETE FROM loose WHERE a BETWEEN 5000 AND 25000")
        yield connection


def walk(connection, relation, go, **wanted):
    """The first column of all rows, page by page."""
    page = read_page(
        connection, relation, Request(go="first" if go == "next" else "last", **wanted)
    )
    found = [row.values[0] for row in page.rows]
    while page.has_next if go == "next" else page.has_previous:
        place = page.last if go == "next" else page.first
        page = read_page(connection, relation, Request(go=go, place=place, **wanted))
        more = [row.values[0] for row in page.rows]
        found = found + more if go == "next" else more + found
    return found


@pytest.mark.parametrize("go", ["next", "previous"])
def test_every_row_is_met_once_in_its_place(connection, go):
    relation = describe(connection, ("public", "loose"))
    assert not relation.key
    wanted = [str(n) for n in range(1, ROWS + 1) if not 5000 <= n <= 25000]
    assert walk(connection, relation, go, size=997) == wanted
    chosen = [Filter(column="b", op="=", value="3")]
    assert walk(connection, relation, go, size=400, filters=chosen) == [
        n for n in wanted if int(n) % 7 == 3
    ]


@pytest.mark.parametrize("go", ["next", "previous"])
def test_a_sort_goes_on_by_place_where_values_are_equal(connection, go):
    relation = describe(connection, ("public", "loose"))
    found = walk(connection, relation, go, size=997, sort=[Sort(column="b", descending=True)])
    rows = [n for n in range(1, ROWS + 1) if not 5000 <= n <= 25000]
    assert [int(n) % 7 for n in found] == sorted((n % 7 for n in rows), reverse=True)
    assert sorted(map(int, found)) == rows


def test_a_page_reads_a_few_blocks_wherever_it_is(connection):
    relation = describe(connection, ("public", "loose"))
    places = [read_page(connection, relation, Request(go=go)) for go in ("first", "last")]

    def blocks(wanted):
        connection.execute("SELECT pg_stat_force_next_flush()")
        (before,) = connection.execute(READ).fetchone()
        page = read_page(connection, relation, wanted)
        connection.execute("SELECT pg_stat_force_next_flush()")
        (after,) = connection.execute(READ).fetchone()
        return after - before, len(page.rows)

    (all_blocks,) = connection.execute("SELECT pg_relation_size('loose') / 8192").fetchone()
    for wanted in (
        Request(go="first"),
        Request(go="last"),
        Request(go="next", place=places[0].last),
        Request(go="previous", place=places[1].first),
    ):
        read, rows = blocks(wanted)
        assert rows == 100
        assert 0 < read < 60 < all_blocks / 10


READ = "SELECT heap_blks_read + heap_blks_hit FROM pg_statio_user_tables WHERE relname = 'loose'"


def test_a_long_value_is_that_of_the_row_that_was_seen(connection):
    relation = describe(connection, ("public", "loose"))
    page = read_page(connection, relation, Request(size=50))
    row = random.choice(page.rows)
    assert 2 in row.lengths
    text, length = read_value(connection, relation, row.key, "t", offset=0, size=1000)
    assert text == "x" * 300 + row.values[0]
    assert length == len(text)
    connection.execute("UPDATE loose SET t = 'other' WHERE a = %s", (int(row.values[0]),))
    assert read_value(connection, relation, row.key, "t", offset=0, size=9) is None


def test_children_and_what_is_no_heap_are_counted_off(connection):
    connection.execute("CREATE TABLE child () INHERITS (loose)")
    connection.execute("INSERT INTO child SELECT -n, 0, '' FROM generate_series(1, 30) n")
    relation = describe(connection, ("public", "loose"))
    page = read_page(connection, relation, Request(sort=[Sort(column="a")], size=20))
    assert [row.values[0] for row in page.rows] == [str(n) for n in range(-30, -10)]
    assert page.last.skipped == 0
    assert page.rows[0].key == ()


def test_an_empty_table_has_no_pages(database):
    with database.connect() as connection:
        connection.execute("CREATE TABLE loose (a int)")
        relation = describe(connection, ("public", "loose"))
        for go in ("first", "last"):
            page = read_page(connection, relation, Request(go=go))
            assert (page.rows, page.has_next, page.has_previous) == ((), False, False)

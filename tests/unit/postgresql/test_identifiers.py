"""Quoting, tried on the server: what goes in comes out, whatever it is."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from nbmigrate.model.names import sequence_name
from nbmigrate.postgresql.identifiers import (
    BREAKPOINT,
    block,
    guard,
    literal,
    name_literal,
    qualified,
    quote,
    temporary_name,
)

HOSTILE = [
    'a"; drop table canary; --',
    "x'); drop table canary; --",
    "two\nlines",
    "100%",
    "%s %(name)s {} {0} :x $1 $$ \\",
    "😀 naïve",
    "n" * 63,
    BREAKPOINT,
    f"\\{BREAKPOINT}\"'",
    "--",
    "/*",
    "select",
    " ",
]
texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40
) | st.lists(st.sampled_from([*HOSTILE, "'", '"', "\\", "a"]), max_size=4).map("".join)
names = texts.filter(lambda name: 0 < len(name.encode()) <= 63)
examples = settings(max_examples=200, deadline=None)


@pytest.fixture(scope="module")
def connection(server):
    with psycopg.connect(server.url(), autocommit=True) as found:
        yield found


@examples
@given(name=names)
def test_a_quoted_name_is_that_name(connection, name):
    cursor = connection.execute(f"SELECT 1 AS {quote(name)}".encode())
    assert cursor.description[0].name == name
    assert BREAKPOINT not in quote(name)


@examples
@given(text=texts)
def test_a_literal_is_that_text(connection, text):
    assert connection.execute(f"SELECT {literal(text)}".encode()).fetchone() == (text,)
    assert BREAKPOINT not in literal(text)


@examples
@given(name=names.filter(lambda name: BREAKPOINT not in name))
def test_names_are_quoted_as_psycopg_does(connection, name):
    assert quote(name) == sql.Identifier(name).as_string(connection)


@examples
@given(body=texts)
def test_a_block_is_one_statement_whatever_is_in_it(connection, body):
    with connection.transaction():
        connection.execute(
            block(f"BEGIN PERFORM set_config('n.b', {literal(body)}, false); END").encode()
        )
        assert connection.execute("SELECT current_setting('n.b')").fetchone() == (body,)


@examples
@given(
    text=st.lists(
        st.sampled_from(["'", '"', "$$", "$a$", "--", "\n", "/*", "*/", "E'", "x", " ", BREAKPOINT])
    ).map("".join)
)
def test_guard_takes_the_breakpoint_out_of_any_sql(text):
    assert BREAKPOINT not in guard(text)


@pytest.mark.parametrize(
    "expression",
    [
        f"'a{BREAKPOINT}b'",
        f"E'it\\'s{BREAKPOINT}b'",
        f"U&'\\0061{BREAKPOINT}'",
        f"$$it's{BREAKPOINT}$$",
        f"$x$a{BREAKPOINT}b$$c$x$",
        f'(SELECT "{BREAKPOINT}" FROM (SELECT 5 AS "{BREAKPOINT}") s)',
        f"1 {BREAKPOINT} is a comment here\n + 1",
        f"1 /* {BREAKPOINT} */ + 1",
    ],
)
def test_guard_keeps_the_meaning(database, expression):
    connection = database.connect()
    before = connection.execute(f"SELECT {expression}".encode()).fetchone()
    after = connection.execute(f"SELECT {guard(expression)}".encode()).fetchone()
    assert before == after
    assert BREAKPOINT not in guard(expression)


@pytest.mark.parametrize(
    ("identifier", "short", "full"),
    [
        (("public", "t"), '"t"', '"public"."t"'),
        (("", "t"), '"t"', '"public"."t"'),
        (("app", 't"x'), '"app"."t""x"', '"app"."t""x"'),
    ],
)
def test_public_is_left_out_unless_asked_for(identifier, short, full):
    assert qualified(identifier) == short
    assert qualified(identifier, spell_public=True) == full


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_literal_is_found_by_regclass(database, name):
    connection = database.connect()
    connection.execute(f"CREATE TABLE {quote(name)} ({quote(name)} serial)".encode())
    arguments = f"{name_literal(('public', name))}, {literal(name)}"
    found = connection.execute(
        f"SELECT relname FROM pg_class WHERE oid = pg_get_serial_sequence({arguments})::regclass".encode()
    ).fetchone()
    assert found == (sequence_name(name, name),)


@examples
@given(table=names, column=names)
def test_serial_sequences_are_called_as_postgresql_calls_them(connection, table, column):
    with connection.transaction():
        connection.execute(
            f"CREATE TEMP TABLE {quote(table)} ({quote(column)} serial) ON COMMIT DROP".encode()
        )
        found = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'S' AND relpersistence = 't'"
            " AND relnamespace = pg_my_temp_schema()"
        ).fetchone()
    assert found == (sequence_name(table, column),)


def test_temporary_names_fit_and_differ():
    long = "é" * 31
    first, second = temporary_name(long + "a", "old"), temporary_name(long + "b", "old")
    assert first != second
    assert len(first.encode()) <= 63
    assert temporary_name("mood", "old") == temporary_name("mood", "old") != "mood"

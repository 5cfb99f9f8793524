"""Parameters and results, read from text."""

from __future__ import annotations

import pytest

from nbmigrate.model import Function
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.postgresql.signatures import read_signature
from nbmigrate.postgresql.spelling_definitions import canonical_function

HEADS = [
    "f()",
    "f(integer, text)",
    "f(a int, b varchar(20) DEFAULT 'x, y', c numeric(3,2) = 1.5)",
    "f(IN a int, OUT b text, INOUT c int8)",
    "f(a double precision, character varying, with_tz timestamp with time zone)",
    "f(timestamp(3) with time zone, time without time zone, bit varying(3), interval)",
    "f(VARIADIC xs text[])",
    'f("A b" int, "select" "char")',
    'f(a mood, b app."We (ird"""[], c mood[])',
    "f(a int /* one, two */, -- three )\n b int)",
]
RESULTS = ["integer", "SETOF mood", "TABLE(x int, y character varying)", 'app."We (ird"""[]']


@pytest.fixture
def connection(database):
    connection = database.connect()
    connection.execute("create type mood as enum ('a'); create schema app")
    connection.execute('create type app."We (ird""" as enum (\'a\')')
    connection.execute("set check_function_bodies = off")
    return connection


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("result", RESULTS)
def test_as_postgresql_reads_it(connection, head, result):
    if "OUT" in head:
        result = "record"
    definition = f"create function {head} returns {result} language sql immutable as ''"
    connection.execute(definition.encode())
    (found,) = introspect(connection).functions.values()
    parameters, returns = read_signature(definition)
    mine = Function(name="f", parameters=parameters, returns=returns, definition="")
    theirs = canonical_function(found)
    same = canonical_function(mine)
    assert same.id == theirs.id
    assert same.returns == theirs.returns
    assert [(p.name, p.mode, p.type) for p in same.parameters] == [
        (p.name, p.mode, p.type) for p in theirs.parameters
    ]


def test_a_procedure_has_no_result():
    found = read_signature("CREATE PROCEDURE p(INOUT a int) LANGUAGE sql AS ''")
    assert found.returns is None
    assert [p.mode for p in found.parameters] == ["inout"]


def test_what_is_no_function_has_no_parameters():
    assert read_signature("CREATE FUNCTION f") == ((), None)

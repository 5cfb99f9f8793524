"""Casts of ALTER COLUMN TYPE, every pair of types asked of the server."""

from __future__ import annotations

import functools

import psycopg
import pytest

from nbmigrate import operations as o
from nbmigrate.model import Column
from nbmigrate.postgresql import casts
from nbmigrate.postgresql.render import render_operation
from nbmigrate.postgresql.types import render_type

SCALARS = [
    *("smallint", "integer", "bigint", "real", "double precision", "numeric(10, 2)"),
    *("boolean", "text", "varchar(50)", "char(3)", "uuid", "json", "jsonb", "bytea"),
    *("date", "time", "time (2) with time zone", "timestamp", "timestamp (3) with time zone"),
    *("interval", "interval day to second(3)", "inet", "cidr", "macaddr", "macaddr8"),
    *("bit(3)", "bit varying(5)", "money", "xml", "point", "int4range", "int4multirange"),
]
ARRAYS = ["integer[]", "text[]", "varchar(5)[]", "boolean[]", "uuid[]", "numeric(8)[]", "jsonb[]"]
COLUMNS = [
    *(Column(name="c", type=name) for name in (*SCALARS, *ARRAYS)),
    *(
        Column(name="c", type=name, type_schema="public")
        for name in ("mood", "kind", "mood[]", "kind[]")
    ),
]


@pytest.fixture
def connection(database):
    database.execute(
        "CREATE TYPE mood AS ENUM ('a', 'b', '1')", "CREATE TYPE kind AS ENUM ('a', 'b', '1')"
    )
    return database.connect()


def changes(connection):
    """Every pair of types, and a function that tries a statement on a column of the first."""
    for old in COLUMNS:
        with connection.transaction(force_rollback=True):
            connection.execute(f"CREATE TABLE t (c {render_type(old)})")
            for new in COLUMNS:
                yield old, new, functools.partial(works, connection)


def works(connection, statement: str) -> bool:
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())
    except psycopg.errors.DatatypeMismatch:
        return False
    return True


def test_using_is_written_exactly_where_it_is_needed(connection):
    wrong = [
        (old.type, new.type, casts.using(old, new))
        for old, new, accepted in changes(connection)
        if accepted(f"ALTER TABLE t ALTER c TYPE {render_type(new)}")
        != (casts.using(old, new) is None)
    ]
    assert wrong == []


def test_every_written_cast_is_accepted(connection):
    for old, new, accepted in changes(connection):
        if old.type.endswith("]") and not new.type.endswith("]"):
            continue
        (statement,) = render_operation(o.AlterColumnType(table=("public", "t"), old=old, new=new))
        assert accepted(statement.sql)


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("text", "integer", "'12'", 12),
        ("text", "boolean", "'yes'", True),
        ("text", "text[]", "'{a,b}'", ["a", "b"]),
        ("text", "jsonb", """'{"a": 1}'""", {"a": 1}),
        ("text", "timestamp", "'2024-01-02'", "2024-01-02 00:00:00"),
        ("integer", "boolean", "7", True),
        ("smallint", "boolean", "0", False),
        ("bigint", "boolean", "NULL", None),
        ("real", "boolean", "0.5", True),
        ("boolean", "bigint", "true", 1),
        ("boolean", "numeric", "false", 0),
        ("integer", "integer[]", "4", [4]),
        ("integer", "bigint[]", "NULL", None),
        ("integer[]", "text[]", "'{1,2}'", ["1", "2"]),
        ("integer[]", "boolean[]", "'{1,0}'", [True, False]),
        ("text[]", "integer[]", "'{1,2}'", [1, 2]),
        ("text[]", "jsonb", "'{a,NULL}'", ["a", None]),
        ("integer", "jsonb", "5", 5),
        ("jsonb", "integer", "'5'", 5),
        ("json", "uuid", """'"6d2b7a5e-0000-4000-8000-000000000000"'""", "6d2b7a5e-"),
        ("jsonb", "text", """'"a"'""", '"a"'),
        ("mood", "kind", "'b'", "b"),
        ("kind", "text", "'b'", "b"),
        ("text", "mood", "'b'", "b"),
        ("integer", "mood", "1", "1"),
        ("mood", "integer", "'1'", 1),
        ("mood[]", "kind[]", "'{a,b}'", "{a,b}"),
        ("text[]", "mood[]", "'{a,b}'", "{a,b}"),
        ("timestamp", "timestamp with time zone", "'2024-01-02'", "2024-01-02 00:00:00+00:00"),
    ],
)
def test_values_are_kept(connection, old, new, before, after):
    schemas = {"mood": "public", "kind": "public"}
    columns = [
        Column(name="c", type=name, type_schema=schemas.get(name.rstrip("[]")))
        for name in (old, new)
    ]
    connection.execute("SET timezone TO 'UTC'")
    connection.execute(f"CREATE TABLE t (c {render_type(columns[0])})")
    connection.execute(f"INSERT INTO t VALUES ({before})")
    operation = o.AlterColumnType(table=("public", "t"), old=columns[0], new=columns[1])
    for statement in render_operation(operation):
        connection.execute(statement.sql)
    (found,) = connection.execute("SELECT c FROM t").fetchone()
    if isinstance(after, str):
        assert str(found).startswith(after)
    else:
        assert found == after


@pytest.mark.parametrize(
    ("old", "new", "before"),
    [
        ("text", "integer", "'twelve'"),
        ("varchar(9)", "varchar(3)", "'too long'"),
        ("integer", "smallint", "70000"),
        ("text", "text[]", "'plain'"),
        ("integer", "uuid", "1"),
    ],
)
def test_a_value_that_does_not_fit_stops_the_statement(connection, old, new, before):
    connection.execute(f"CREATE TABLE t (c {old})")
    connection.execute(f"INSERT INTO t VALUES ({before})")
    operation = o.AlterColumnType(
        table=("public", "t"), old=Column(name="c", type=old), new=Column(name="c", type=new)
    )
    with pytest.raises(psycopg.DataError):
        connection.execute(render_operation(operation)[0].sql)

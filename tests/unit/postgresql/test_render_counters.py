"""Identity and serial columns on the server: no number comes twice."""

from __future__ import annotations

import pytest

from nbmigrate import operations as o
from nbmigrate.model import (
    Column,
    Identity,
    Table,
)
from tests.unit.postgresql.rendered import one, rows, run

T = ("public", "t")


@pytest.fixture
def connection(database):
    return database.connect()


def identity(**options: str) -> Identity:
    return Identity(type="byDefault", name="t_a_seq", **options)


@pytest.mark.parametrize(
    ("values", "options", "following"),
    [
        ((), {}, 1),
        ((), {"start_with": "10", "increment": "5"}, 10),
        ((3, 41), {}, 42),
        ((3,), {"start_with": "10"}, 10),
        ((3, 12), {"start_with": "10", "increment": "5"}, 17),
        ((-7,), {}, 1),
        ((), {"increment": "-1", "start_with": "-1"}, -1),
        ((-9, -4), {"increment": "-2", "start_with": "-1"}, -11),
        ((5,), {"increment": "-1", "start_with": "-1"}, -1),
    ],
)
def test_an_identity_goes_on_behind_the_rows(connection, values, options, following):
    connection.execute("CREATE TABLE t (a integer)")
    connection.execute("INSERT INTO t SELECT unnest(%s::integer[])", [list(values)])
    column = Column(name="a", type="integer", not_null=True, identity=identity(**options))
    run(connection, o.AddIdentity(table=T, column=column))
    assert one(connection, "INSERT INTO t DEFAULT VALUES RETURNING a") == following


def test_a_serial_goes_on_behind_the_rows_and_is_one(connection):
    connection.execute("CREATE TABLE t (a bigint NOT NULL)")
    connection.execute("INSERT INTO t VALUES (41)")
    run(connection, o.AddSerial(table=T, column=Column(name="a", type="bigserial")))
    assert one(connection, "INSERT INTO t DEFAULT VALUES RETURNING a") == 42
    assert one(connection, "SELECT pg_get_serial_sequence('t', 'a')") == "public.t_a_seq"
    run(connection, o.DropSerial(table=T, column=Column(name="a", type="bigserial")))
    assert rows(connection, "SELECT 1 FROM pg_class WHERE relkind = 'S'") == []
    assert rows(connection, "SELECT a FROM t ORDER BY a") == [(41,), (42,)]


def test_drop_serial_finds_a_sequence_by_any_name(connection):
    connection.execute("CREATE TABLE old (id serial)")
    connection.execute("ALTER TABLE old RENAME TO t")
    run(connection, o.DropSerial(table=T, column=Column(name="id", type="serial")))
    assert rows(connection, "SELECT 1 FROM pg_class WHERE relkind = 'S'") == []


def test_alter_serial_finds_a_sequence_by_any_name(connection):
    connection.execute("CREATE TABLE old (id serial)")
    connection.execute("ALTER TABLE old RENAME TO t")
    connection.execute("SELECT nextval('old_id_seq')")
    run(connection, o.AlterSerial(table=T, column=Column(name="id", type="bigserial")))
    found = rows(connection, "SELECT data_type::text, max_value, last_value FROM pg_sequences")
    assert found == [("bigint", 2**63 - 1, 1)]


def test_drop_serial_leaves_a_sequence_that_is_not_owned(connection):
    connection.execute("CREATE SEQUENCE s")
    connection.execute("CREATE TABLE t (id integer DEFAULT nextval('s'))")
    run(connection, o.DropSerial(table=T, column=Column(name="id", type="serial")))
    assert one(connection, "SELECT relname FROM pg_class WHERE relkind = 'S'") == "s"


def test_serial_to_identity_to_bigserial(connection):
    serial = Column(name="a", type="serial", not_null=True)
    run(connection, o.CreateTable(table=Table(name="t", columns={"a": serial})))
    connection.execute("INSERT INTO t SELECT FROM generate_series(1, 5)")
    plain, wide = Column(name="a", type="integer"), Column(name="a", type="bigint")
    run(
        connection,
        o.DropSerial(table=T, column=serial),
        o.AddIdentity(table=T, column=Column(name="a", type="integer", identity=identity())),
        o.DropIdentity(table=T, column="a"),
        o.AlterColumnType(table=T, old=plain, new=wide),
        o.AddSerial(table=T, column=Column(name="a", type="bigserial")),
    )
    assert one(connection, "INSERT INTO t DEFAULT VALUES RETURNING a") == 6
    assert one(connection, "SELECT data_type::text FROM pg_sequences") == "bigint"


def test_identity_options_change_together(connection):
    old = identity(increment="1", min_value="1", max_value="100", start_with="1", cache="1")
    new = Identity(
        type="always",
        name="renamed",
        increment="2",
        min_value="200",
        max_value="300",
        start_with="200",
        cache="3",
        cycle=True,
    )
    connection.execute("CREATE TABLE t (a integer NOT NULL)")
    connection.execute("INSERT INTO t VALUES (1)")
    run(connection, o.AddIdentity(table=T, column=Column(name="a", type="integer", identity=old)))
    connection.execute("SELECT setval('t_a_seq', 50)")
    # 50 is no number of the new bounds: it starts anew, and cannot meet an old number there
    run(connection, o.AlterIdentity(table=T, column="a", old=old, new=new))
    assert rows(connection, "SELECT nextval('renamed')") == [(200,)]
    assert rows(
        connection,
        "SELECT sequencename, start_value, min_value, max_value, increment_by, cycle, cache_size"
        " FROM pg_sequences",
    ) == [("renamed", 200, 200, 300, 2, True, 3)]

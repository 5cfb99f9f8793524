"""What the hazards say of locks and work, held against a server.

A rewrite is a new file (``pg_relation_filenode``), a lock is a row of ``pg_locks`` of the
transaction, a scan is counted in ``pg_stat_xact_all_tables``. Run with ``--pg-dsn`` these hold on
15, 16 and 18 alike.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg
import pytest

from nbmigrate import operations as o
from nbmigrate.hazards import Context, Cost, costs
from nbmigrate.model import (
    Check,
    Column,
    Domain,
    Exclusion,
    ForeignKey,
    Function,
    Generated,
    Identity,
    Index,
    IndexColumn,
    Partition,
    Policy,
    Snapshot,
    Statistics,
    Table,
    Unique,
)
from nbmigrate.model.tables import Trigger
from nbmigrate.postgresql.render import render
from tests.fixtures.postgres import Database

T, P, DEFAULTS = ("public", "t"), ("public", "p"), ("public", "part")
SETUP = """
CREATE TABLE p (id integer PRIMARY KEY);
CREATE DOMAIN free AS integer;
CREATE DOMAIN bound AS integer CHECK (VALUE > 0);
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE FUNCTION steady() RETURNS integer LANGUAGE sql STABLE RETURN 1;
CREATE FUNCTION unsteady() RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE t (
    id integer, n integer, b bigint, r integer REFERENCES p, u bound, f free,
    v5 varchar(5), v varchar, x text, c3 char(3),
    d82 numeric(8, 2), d numeric, s3 timestamp(3), s timestamp, z timestamp with time zone,
    z3 timestamp(3) with time zone, i3 interval(3), i interval, w5 varbit(5), w varbit,
    k cidr, j json, h time(3), e mood, a5 varchar(5)[], required integer NOT NULL DEFAULT 1,
    plain integer NOT NULL,
    CONSTRAINT checked CHECK (n > 0), CONSTRAINT single UNIQUE (b)
);
CREATE INDEX i ON t (v5);
CREATE INDEX ix ON t (x);
INSERT INTO p SELECT generate_series(1, 10);
INSERT INTO t (plain, id, n, b, r, u, f, v5, v, x, c3, d82, d, s3, s, z, z3, j, e)
SELECT g, g, g, g, g, g, g, 'v', 'v', 'a', 'c', g, g, now(), now(), now(), now(), '{}', 'a'
  FROM generate_series(1, 10) AS g;
ALTER TABLE t ADD CONSTRAINT late CHECK (n < 1000) NOT VALID;
CREATE TABLE whole (id integer) PARTITION BY RANGE (id);
CREATE TABLE part (id integer);
INSERT INTO part SELECT generate_series(1, 9);
CREATE TABLE one PARTITION OF whole FOR VALUES FROM (100) TO (200);
"""
BOUND = Domain(name="bound", type="integer", checks={"c": {"name": "c", "value": "VALUE > 0"}})  # type: ignore[dict-item]
SCHEMA = Snapshot(
    domains={
        "public.free": Domain(name="free", type="integer"),
        "public.bound": Domain(name="bound", type="integer", not_null=False, checks=BOUND.checks),
    },
    functions={
        "public.steady()": Function(
            name="steady", definition="CREATE FUNCTION steady() RETURNS integer STABLE RETURN 1"
        ),
        "public.unsteady()": Function(
            name="unsteady",
            definition="CREATE FUNCTION unsteady() RETURNS integer AS 'BEGIN RETURN 1; END'",
        ),
    },
)
LOCKS = [
    "",
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
]


def column(name: str, type_: str = "integer", **more: Any) -> Column:
    return Column(name=name, type=type_, **more)


def added(type_: str = "integer", **more: Any) -> o.AddColumn:
    return o.AddColumn(table=T, column=column("new", type_, **more))


def retyped(name: str, old: str, new: str, old_schema: Any = None, new_schema: Any = None) -> Any:
    return o.AlterColumnType(
        table=T,
        old=column(name, old, type_schema=old_schema),
        new=column(name, new, type_schema=new_schema),
    )


def index(name: str, **more: Any) -> Index:
    return Index(name=name, columns=(IndexColumn(expression="n"),), **more)


FK = ForeignKey(name="fk", table_from="t", table_to="p", columns_from=("n",), columns_to=("id",))
TABLE = Table(name="t")
IDENTITY = Identity(type="always", name="t_new_seq")
OPERATIONS: list[o.Operation] = [
    added(),
    added(default=5),
    added(default="now()", type_="timestamp with time zone"),
    added(default=5, not_null=True),
    added(default="clock_timestamp()", type_="timestamp with time zone"),
    added(default="random()", type_="double precision"),
    added(default="gen_random_uuid()", type_="uuid"),
    added(default="steady()"),
    added(default="unsteady()"),
    added(default="'random()'", type_="text"),
    added(type_="serial"),
    added(identity=IDENTITY),
    added(generated=Generated(expression="n + 1")),
    added(type_="free", type_schema="public"),
    added(type_="bound", type_schema="public"),
    o.AddColumn(table=T, column=column("new", not_null=True), backfill="7"),
    o.DropColumn(table=T, column=column("v")),
    o.RenameColumn(table=T, old="v", new="vv"),
    o.SetDefault(table=T, column=column("n", default=3)),
    o.DropDefault(table=T, column=column("required")),
    o.DropNotNull(table=T, column="required"),
    o.SetNotNull(table=T, column="id"),
    o.AddIdentity(table=T, column=column("plain", not_null=True, identity=IDENTITY)),
    o.SetColumnStorage(table=T, old=column("x", "text"), new=column("x", "text", storage="MAIN")),
    o.SetColumnStorage(table=T, old=column("x", "text"), new=column("x", "text", statistics=10)),
    retyped("v5", "varchar(5)", "varchar(9)"),
    retyped("v5", "varchar(5)", "varchar"),
    retyped("v5", "varchar(5)", "text"),
    retyped("v5", "varchar(5)", "varchar(3)"),
    retyped("x", "text", "varchar"),
    retyped("x", "text", "varchar(9)"),
    retyped("c3", "char(3)", "char(5)"),
    retyped("c3", "char(3)", "text"),
    retyped("n", "integer", "bigint"),
    retyped("b", "bigint", "integer"),
    retyped("d82", "numeric(8, 2)", "numeric(10, 2)"),
    retyped("d82", "numeric(8, 2)", "numeric"),
    retyped("d82", "numeric(8, 2)", "numeric(10, 3)"),
    retyped("d82", "numeric(8, 2)", "numeric(6, 2)"),
    retyped("d", "numeric", "numeric(10, 2)"),
    retyped("s3", "timestamp (3)", "timestamp (5)"),
    retyped("s3", "timestamp (3)", "timestamp"),
    retyped("s", "timestamp", "timestamp (3)"),
    retyped("s", "timestamp", "timestamp with time zone"),
    retyped("z", "timestamp with time zone", "timestamp"),
    retyped("s3", "timestamp (3)", "timestamp (3) with time zone"),
    retyped("z3", "timestamp (3) with time zone", "timestamp (6) with time zone"),
    retyped("i3", "interval(3)", "interval(5)"),
    retyped("i3", "interval(3)", "interval"),
    retyped("i", "interval", "interval(3)"),
    retyped("h", "time(3)", "time(5)"),
    retyped("h", "time(3)", "time"),
    retyped("w5", "bit varying(5)", "bit varying(9)"),
    retyped("w5", "bit varying(5)", "bit varying"),
    retyped("k", "cidr", "inet"),
    retyped("j", "json", "jsonb"),
    retyped("x", "text", "mood", None, "public"),
    retyped("e", "mood", "text", "public", None),
    retyped("n", "integer", "free", None, "public"),
    retyped("f", "free", "integer", "public", None),
    retyped("u", "bound", "integer", "public", None),
    retyped("n", "integer", "bound", None, "public"),
    retyped("a5", "varchar(5)[]", "text[]"),
    o.AlterColumnType(
        table=T, old=column("x", "text"), new=column("x", "text", collation="C"), using=None
    ),
    o.AddPrimaryKey(table=T, name="pk", columns=("id",)),
    o.AddUnique(table=T, unique=Unique(name="un", columns=("n",))),
    o.DropUnique(table=T, unique=Unique(name="single", columns=("b",))),
    o.AddCheck(table=T, check=Check(name="ch", value="n > 0")),
    o.AddCheck(table=T, check=Check(name="ch", value="n > 0", not_valid=True)),
    o.DropCheck(table=T, check=Check(name="checked", value="n > 0")),
    o.ValidateConstraint(table=T, kind="check", name="late"),
    o.AddForeignKey(table=T, foreign_key=FK),
    o.AddForeignKey(
        table=T,
        foreign_key=ForeignKey(
            name="fk",
            table_from="t",
            table_to="p",
            columns_from=("n",),
            columns_to=("id",),
            not_valid=True,
        ),
    ),
    o.DropForeignKey(
        table=T,
        foreign_key=ForeignKey(
            name="t_r_fkey", table_from="t", table_to="p", columns_from=("r",), columns_to=("id",)
        ),
    ),
    o.AddExclusion(
        table=T, exclusion=Exclusion(name="ex", definition="EXCLUDE USING btree (n WITH =)")
    ),
    o.RenameConstraint(table=T, kind="check", old="checked", new="rechecked"),
    o.CreateIndex(table=T, index=index("new_i")),
    o.DropIndex(table=T, index=index("i")),
    o.RenameTable(old=T, new=("public", "tt")),
    o.DropTable(table=Table(name="t", foreign_keys={"fk": FK})),
    o.CreateTable(
        table=Table(
            name="child",
            columns={"n": column("n")},
            foreign_keys={"fk": FK},
        )
    ),
    o.AlterTable(old=TABLE, new=Table(name="t", unlogged=True)),
    o.AlterTable(old=TABLE, new=Table(name="t", options={"fillfactor": 70})),
    o.AlterTable(old=TABLE, new=Table(name="t", force_rls=True)),
    o.SetRowSecurity(table=T, enabled=True),
    o.CreatePolicy(table=T, policy=Policy(name="po", using="true")),
    o.CreateTrigger(
        table=T,
        trigger=Trigger(
            name="tr",
            definition="CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION noted()",
        ),
    ),
    o.CreateStatistics(table=T, statistics=Statistics(name="st", definition="n, b")),
    o.AttachPartition(
        table=DEFAULTS, partition=Partition(table="whole", bound="FOR VALUES FROM (1) TO (10)")
    ),
    o.DetachPartition(
        table=("public", "one"),
        partition=Partition(table="whole", bound="FOR VALUES FROM (100) TO (200)"),
    ),
]


class Seen(NamedTuple):
    """What a table went through in one transaction."""

    lock: str
    filenode: int | None
    scans: int


def name_of(op: o.Operation) -> str:
    if isinstance(op, o.AlterColumnType):
        return f"{op.old.type} to {op.new.type}"
    return type(op).__name__


@pytest.mark.parametrize("op", OPERATIONS, ids=[name_of(op) for op in OPERATIONS])
def test_lock_and_work_are_those_of_the_server(op: o.Operation, database: Database) -> None:
    database.execute(SETUP)
    connection = database.connect(autocommit=False, options="-c TimeZone=UTC")
    context = Context(SCHEMA, SCHEMA, connection.info.server_version)
    found = costs(op, context)
    assert found, "an operation on a table has a cost"
    ids = {cost.table: oid(connection, cost.table, op) for cost in found}
    before = {table: filenode(connection, id_) for table, id_ in ids.items()}
    connection.rollback()
    statements = render([op])
    if isinstance(op, o.CreateTable):
        statements += render([o.AddForeignKey(table=op.table.id, foreign_key=FK)])
    for statement in statements:
        connection.execute(statement.sql.encode())
    for cost in found:
        is_update = isinstance(op, o.AddColumn) and op.backfill is not None
        compare(cost, seen(connection, ids[cost.table]), None if is_update else before[cost.table])


def compare(cost: Cost, now: Seen, before: int | None) -> None:
    """``before`` is None where rows are updated in place: each is written, in the same file."""
    assert LOCKS.index(now.lock) == LOCKS.index(lock_name(cost.lock)), (cost, now)
    is_new = now.filenode is not None and now.filenode != before
    assert is_new == (cost.work == "rewrite"), (cost, now)
    if cost.work == "instant":
        assert now.scans == 0, (cost, now)
    else:
        assert now.scans > 0, (cost, now)


def lock_name(lock: str) -> str:
    return "".join(word.capitalize() for word in lock.split()) + ("Lock" if lock else "")


def oid(connection: psycopg.Connection[Any], table: o.Id, op: o.Operation) -> int:
    if isinstance(op, o.RenameTable):
        table = op.old
    row = connection.execute("SELECT %s::regclass::oid", [".".join(table)]).fetchone()
    assert row
    return int(row[0])


def filenode(connection: psycopg.Connection[Any], id_: int) -> int | None:
    row = connection.execute("SELECT pg_relation_filenode(%s::oid)", [id_]).fetchone()
    assert row
    return None if row[0] is None else int(row[0])


def seen(connection: psycopg.Connection[Any], id_: int) -> Seen:
    modes = connection.execute(
        "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = %s", [id_]
    ).fetchall()
    strongest = max((mode for (mode,) in modes), key=LOCKS.index, default="")
    scans = connection.execute(
        "SELECT seq_scan FROM pg_stat_xact_all_tables WHERE relid = %s", [id_]
    ).fetchone()
    return Seen(strongest, filenode(connection, id_), scans[0] or 0 if scans else 0)

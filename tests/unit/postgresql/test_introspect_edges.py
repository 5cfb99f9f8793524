import tempfile

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from nbmigrate.model import Column, Partition
from nbmigrate.postgresql.identifiers import quote
from nbmigrate.postgresql.introspect import fingerprint, introspect, unmanaged

HOSTILE = [
    'quo"te',
    "apo'strophe",
    "dot.ted",
    "new\nline",
    "per%cent %s",
    "emoji \U0001f600",
    "UPPER",
    "back\\slash",
    "x" * 63,
    "select",
    " ",
    "(a)",
    "a[]",
    "--",
    "$1",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(database, name):
    connection = database.connect()
    q = quote(name)
    statements = [
        f"create schema {q}",
        f"create type {q} as enum ('a')",
        f"create sequence {q}.s",
        f"create table {q}.{q} ({q} serial primary key, b {q} default 'a', d integer)",
        f"create table {q}.other (a integer references {q}.{q} ({q}))",
        f"alter table {q}.{q} add constraint {quote(name[:60] + ' u')} unique (b, {q})",
        f"create index i on {q}.{q} ({q}) where {q} > 0",
        f"create view {q}.v as select {q} from {q}.{q}",
        f"create policy {q} on {q}.{q} using ({q} > 0)",
    ]
    for statement in statements:
        connection.execute(statement.encode())
    snapshot = introspect(connection)
    table = snapshot.tables[f"{name}.{name}"]
    assert snapshot.schemas == {name: name}
    assert table.columns[name] == Column(name=name, type="serial", primary_key=True, not_null=True)
    assert table.columns["b"] == Column(name="b", type=name, type_schema="public", default="'a'")
    assert table.unique_constraints[name[:60] + " u"].columns == ("b", name)
    assert table.indexes["i"].columns[0].expression == name
    assert snapshot.enums[f"public.{name}"].values == ("a",)
    assert snapshot.sequences.keys() == {f"{name}.s"}
    assert list(snapshot.views[f"{name}.v"].columns) == [name]
    assert table.policies.keys() == {name}
    assert table.primary_key_name is None
    (key,) = snapshot.tables[f"{name}.other"].foreign_keys.values()
    assert (key.target, key.columns_to) == ((name, name), (name,))


def test_what_is_not_the_users_is_left_out(database):
    connection = database.connect()
    for schema in ("drizzle", "nbmigrate", "nbmigrate_trash", "app", "nbmigrated"):
        connection.execute(f"create schema {schema}; create table {schema}.t (a integer)")
    connection.execute("create temp table t (a integer)")
    snapshot = introspect(connection)
    assert snapshot.schemas.keys() == {"app", "nbmigrated"}
    assert snapshot.tables.keys() == {"app.t", "nbmigrated.t"}


def test_only_the_schemas_that_are_named(database):
    connection = database.connect()
    connection.execute("create schema a; create table a.t (); create schema b; create table t ()")
    assert introspect(connection, schemas=["a", "missing"]).tables.keys() == {"a.t"}
    assert introspect(connection, schemas=["a", "missing"]).schemas == {"a": "a"}
    assert introspect(connection, schemas=[]).tables == {}


def _extension(connection, name):
    query = "select from pg_available_extensions where name = %s"
    if connection.execute(query, [name]).fetchone() is None:
        pytest.skip(f"this server has no extension {name}")


def test_what_an_extension_owns_is_left_out(database):
    """An extension's member is marked by its dependency, which is all that CREATE EXTENSION adds."""
    connection = database.connect(options="-c search_path=public,ext")
    _extension(connection, "plpgsql")
    connection.execute("create schema ext; create table ext.config (a integer)")
    connection.execute("create type ext.kind as enum ('a'); create sequence ext.s")
    connection.execute("create view ext.v as select 1 as one")
    connection.execute("create table t (k ext.kind, ks ext.kind[] default '{a}')")
    for thing in ("table ext.config", "type ext.kind", "sequence ext.s", "view ext.v"):
        connection.execute(f"alter extension plpgsql add {thing}")
    snapshot = introspect(connection)
    assert snapshot.tables.keys() == {"public.t"}
    assert snapshot.tables["public.t"].columns == {
        "k": Column(name="k", type="kind"),
        "ks": Column(name="ks", type="kind[]", default="'{a}'"),
    }
    assert (snapshot.enums, snapshot.sequences, snapshot.views) == ({}, {}, {})
    assert snapshot.schemas == {"ext": "ext"}
    connection.execute("alter extension plpgsql add schema ext")
    assert introspect(connection).schemas == {}


def test_types_of_an_extension_off_the_path_are_told_with_their_schema(database):
    connection = database.connect()
    _extension(connection, "citext")
    connection.execute("create schema ext; create extension citext schema ext")
    connection.execute("create table t (a ext.citext[])")
    column = introspect(connection).tables["public.t"].columns["a"]
    assert (column.type, column.type_schema) == ("citext[]", "ext")


def test_types_of_an_extension_have_bare_names(database):
    connection = database.connect()
    _extension(connection, "citext")
    connection.execute("create extension citext; create table t (a citext default 'x', b citext[])")
    snapshot = introspect(connection)
    assert snapshot.tables["public.t"].columns == {
        "a": Column(name="a", type="citext", default="'x'"),
        "b": Column(name="b", type="citext[]"),
    }


def test_partitions_and_foreign_tables_are_told_apart(database):
    connection = database.connect()
    connection.execute("create table p (a integer primary key) partition by range (a)")
    connection.execute("create table p1 partition of p for values from (0) to (9)")
    connection.execute("create table t (a integer references p)")
    connection.execute("create table child (b text) inherits (t)")
    snapshot = introspect(connection)
    assert snapshot.tables.keys() == {"public.p", "public.p1", "public.t", "public.child"}
    assert snapshot.tables["public.p"].partition_key == "RANGE (a)"
    partition = snapshot.tables["public.p1"]
    assert partition.partition_of == Partition(table="p", bound="FOR VALUES FROM (0) TO (9)")
    assert not partition.primary_key_columns, "it is the parent's"
    assert snapshot.tables["public.child"].inherits == ("public.t",)
    (key,) = snapshot.tables["public.t"].foreign_keys.values()
    assert (key.table_to, key.columns_to) == ("p", ("a",))
    assert unmanaged(connection) == ()


def test_what_a_snapshot_does_not_hold_is_counted(database):
    connection = database.connect()
    assert unmanaged(connection) == ()
    statements = """
        create domain d as integer;
        create type pair as (a integer, b integer);
        create type r as range (subtype = integer);
        create function f() returns trigger language plpgsql as 'begin return new; end';
        create function g() returns integer language sql as 'select 1';
        create procedure p() language sql as 'select 1';
        create table t (a integer, b integer, exclude using btree (a with =));
        create trigger one before insert on t for each row execute function f();
        create trigger two before update on t for each row execute function f();
        create rule nothing as on delete to t do instead nothing;
        create materialized view m as select 1 as a;
        create index on m (a);
        create statistics s on a, b from t;
        create schema app;
        create statistics app.s on a, b from t;
        create aggregate total (integer) (sfunc = int4pl, stype = integer);
        create operator === (function = int4eq, leftarg = integer, rightarg = integer);
        create operator ==== (function = int4eq, leftarg = integer, rightarg = integer);
        create text search dictionary plain (template = pg_catalog.simple);
        create text search dictionary plainer (template = pg_catalog.simple);
        create text search configuration words (copy = pg_catalog.simple);
        create collation byte from "C";
        create unlogged sequence quick;
        create table typed of pair;
        create table kept (a integer primary key with (fillfactor = 70), b tsvector);
        create index on kept using gist (b tsvector_ops (siglen = 100));
        create view shown as select a from kept;
        alter view shown alter a set default 1;
        comment on column pair.a is 'x';
        create unique index m_key on m (a);
        alter materialized view m cluster on m_key;
        create statistics of_m on a, (a + 1) from m;
        create access method heap2 type table handler heap_tableam_handler;
        create table other (a integer) using heap2;
        create table parted (a integer) partition by list (a);
        create table parted_1 partition of parted for values in (1);
        create index on parted (a);
        comment on index parted_1_a_idx is 'y';
    """
    connection.execute(statements)
    assert unmanaged(connection) == (
        "1 comment on what a partition has from its parent",
        "1 default of a view",
        "1 table of a composite type",
        "1 statistics object in another schema than its table",
    )
    assert unmanaged(connection, schemas=[]) == ()


def test_a_comment_on_the_index_of_a_key_is_counted(database):
    connection = database.connect()
    connection.execute("""
        create table t (a integer constraint t_key primary key, b integer constraint b_key unique);
        comment on constraint t_key on t is 'managed';
        comment on index t_key is 'not';
        create index plain on t (a);
        comment on index plain is 'managed';
    """)
    assert unmanaged(connection) == ("1 comment on the index of a constraint",)
    assert unmanaged(connection, schemas=[]) == ()


# --- connections -------------------------------------------------------------


def test_it_sees_the_transaction_that_is_open_and_leaves_it_open(database):
    connection = database.connect(autocommit=False)
    connection.execute("create table t (a integer)")
    connection.execute("set local search_path = pg_temp")
    assert introspect(connection).tables.keys() == {"public.t"}
    assert connection.info.transaction_status == TransactionStatus.INTRANS
    assert connection.execute("show search_path").fetchone() == ("pg_temp",)
    connection.rollback()
    assert introspect(connection).tables == {}


@pytest.mark.parametrize("autocommit", [True, False])
def test_an_idle_connection_is_idle_again(database, autocommit):
    connection = database.connect(autocommit=autocommit)
    introspect(connection)
    assert connection.info.transaction_status == TransactionStatus.IDLE
    assert connection.execute("show search_path").fetchone() == ('"$user", public',)
    assert connection.execute("show transaction_isolation").fetchone() == ("read committed",)


def test_a_failed_transaction_is_an_error(database):
    connection = database.connect(autocommit=False)
    with pytest.raises(psycopg.Error):
        connection.execute("select 1/0")
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        introspect(connection)


def test_the_row_factory_of_the_connection_does_not_matter(database):
    connection = database.connect(row_factory=dict_row)
    connection.execute("create table t (a integer)")
    assert introspect(connection).tables.keys() == {"public.t"}
    assert fingerprint(connection)


def test_the_number_of_queries_is_fixed(database):
    connection = database.connect()
    empty = len(_sent(connection, lambda: introspect(connection)))
    assert 10 < empty < 40
    for number in range(20):
        connection.execute(f"create table t{number} (id serial primary key, a integer unique)")
    assert len(_sent(connection, lambda: introspect(connection))) == empty


def _sent(connection, action) -> list[str]:
    """The queries that libpq sends meanwhile, as its own trace tells them."""
    with tempfile.TemporaryFile("w+") as trace:
        connection.pgconn.trace(trace.fileno())
        connection.pgconn.set_trace_flags(psycopg.pq.Trace.SUPPRESS_TIMESTAMPS)
        action()
        connection.pgconn.untrace()
        trace.seek(0)
        return [line for line in trace if line.startswith("F") and "\tParse\t" in line]


# --- fingerprint -------------------------------------------------------------

CHANGES = """
create table u (a integer)
alter table t add c integer
alter table t rename a to z
alter table t alter z set default 5
alter table t alter z drop default
alter table t alter z set not null
alter table t add constraint c check (z > 0)
alter table t validate constraint nv
create index i on t (z)
alter index i rename to j
alter index j set (fillfactor = 50)
drop index j
alter type mood add value 'b'
alter type mood rename value 'b' to 'c'
alter type mood rename to mood2
alter sequence s increment 5
alter sequence s owned by t.z
create or replace view v as select 2 as one
create policy p on t using (true)
alter policy p on t using (false)
alter table t enable row level security
comment on table t is 'x'
comment on column t.z is 'x'
comment on column t.z is 'y'
create schema app
alter schema app rename to app2
alter table t set schema app2
drop table u
drop schema app2 cascade
""".strip().splitlines()


def test_the_fingerprint_changes_with_every_change(database):
    connection = database.connect()
    connection.execute(
        "create table t (a integer); alter table t add constraint nv check (a < 9) not valid;"
        "create type mood as enum ('a'); create sequence s; create view v as select 1 as one"
    )
    before = fingerprint(connection)
    for statement in CHANGES:
        connection.execute(statement)
        after = fingerprint(connection)
        assert after != before, statement
        assert fingerprint(connection) == after
        before = after


def test_the_fingerprint_tells_rows_that_swap_key_and_transaction(database):
    """A table and its TOAST table change together: oid XOR xmin of both are the same two numbers."""
    connection = database.connect()
    keys = (
        "select oid::text::bigint # xmin::text::bigint from pg_class where oid in ({}) order by 1"
    )
    both = "select oid, reltoastrelid from pg_class where relname = 't'"
    for _ in range(100):
        connection.execute("drop table if exists t; create table t (a text)")
        oid, toast = connection.execute(both).fetchone()
        created = connection.execute("select xmin::text::int from pg_class where relname = 't'")
        swapping = created.fetchone()[0] ^ oid ^ toast
        now = connection.execute("select pg_current_xact_id()::text::int").fetchone()[0]
        if now < swapping:
            break
    for _ in range(swapping - now - 1):
        connection.execute("select pg_current_xact_id()")
    before, numbers = fingerprint(connection), keys.format(f"{oid}, {toast}")
    former = connection.execute(numbers).fetchall()
    connection.execute("alter table t set (fillfactor = 70)")
    assert connection.execute(numbers).fetchall() == former, "this is not the case it is to show"
    assert fingerprint(connection) != before


def test_the_fingerprint_does_not_change_with_rows(database):
    connection = database.connect()
    connection.execute("create table t (a serial)")
    before = fingerprint(connection)
    connection.execute("insert into t select from generate_series(1, 1000)")
    connection.execute("analyze t")
    connection.execute("vacuum t")
    connection.execute("create schema nbmigrate; create table nbmigrate.x (a integer)")
    assert fingerprint(connection) == before


def test_the_fingerprint_of_one_schema(database):
    connection = database.connect()
    connection.execute("create schema a; create schema b; create table a.t ()")
    before = fingerprint(connection, ["a"])
    connection.execute("create table b.t ()")
    assert fingerprint(connection, ["a"]) == before
    connection.execute("create table a.u ()")
    assert fingerprint(connection, ["a"]) != before


def test_an_invalid_index_is_named(database):
    connection = database.connect()
    connection.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute('CREATE UNIQUE INDEX CONCURRENTLY "t.a" ON t (a)')
    assert unmanaged(connection) == ('1 invalid index (public."t.a")',)

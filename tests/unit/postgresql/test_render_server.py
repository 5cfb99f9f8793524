"""What the rendered statements do: run on the server, looked up in its catalogs."""

from __future__ import annotations

import msgspec
import psycopg
import pytest

from nbmigrate import operations as o
from nbmigrate.model import (
    Check,
    Column,
    Enum,
    ForeignKey,
    Generated,
    Index,
    IndexColumn,
    Policy,
    PrimaryKey,
    Sequence,
    Table,
    Unique,
    View,
)
from nbmigrate.postgresql.render import render
from tests.unit.postgresql.rendered import one, rows, run

T = ("public", "t")


@pytest.fixture
def connection(database):
    return database.connect()


def test_a_created_table_has_everything(connection):
    table = Table(
        name="t",
        columns={
            c.name: c
            for c in (
                Column(name="id", type="serial", primary_key=True, not_null=True),
                Column(name="s", type="text", generated=Generated(expression="upper(a)")),
                Column(
                    name="v",
                    type="text",
                    generated=Generated(expression="lower(a)", type="virtual"),
                ),
                Column(name="a", type="varchar(9)", collation="C", comment="it's a"),
                Column(name="j", type="jsonb", default="'{\"a\": 1}'::jsonb", not_null=True),
            )
        },
        unique_constraints={
            "u": Unique(name="u", columns=("a",), nulls_not_distinct=True, include=("j",))
        },
        check_constraints={
            "c1": Check(name="c1", value="a <> 'x' -- why", no_inherit=True),
            "c2": Check(name="c2", value="id > 0", not_valid=True),
            "c3": Check(name="c3", value="id > 1", not_enforced=True),
        },
        unlogged=True,
        force_rls=True,
        comment="it's t",
    )
    run(connection, o.CreateTable(table=table))
    assert rows(
        connection,
        "SELECT attname, format_type(atttypid, atttypmod), attnotnull, attgenerated::text,"
        " col_description(attrelid, attnum), pg_get_expr(adbin, adrelid)"
        " FROM pg_attribute LEFT JOIN pg_attrdef ON (adrelid, adnum) = (attrelid, attnum)"
        " WHERE attrelid = 't'::regclass AND attnum > 0 ORDER BY attnum",
    ) == [
        ("id", "integer", True, "", None, "nextval('t_id_seq'::regclass)"),
        ("s", "text", False, "s", None, "upper((a)::text)"),
        ("v", "text", False, "v", None, "lower((a)::text)"),
        ("a", "character varying(9)", False, "", "it's a", None),
        ("j", "jsonb", True, "", None, "'{\"a\": 1}'::jsonb"),
    ]
    assert rows(
        connection,
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 't'::regclass AND contype <> 'n' ORDER BY conname",
    ) == [
        ("c1", "CHECK (((a)::text <> 'x'::text)) NO INHERIT"),
        ("c2", "CHECK ((id > 0)) NOT VALID"),
        ("c3", "CHECK ((id > 1)) NOT ENFORCED"),
        ("t_pkey", "PRIMARY KEY (id)"),
        ("u", "UNIQUE NULLS NOT DISTINCT (a) INCLUDE (j)"),
    ]
    assert rows(
        connection,
        "SELECT relpersistence::text, relforcerowsecurity, obj_description(oid)"
        " FROM pg_class WHERE oid = 't'::regclass",
    ) == [("u", True, "it's t")]


@pytest.mark.parametrize("named", ['CONSTRAINT "it\'s" PRIMARY KEY', "PRIMARY KEY"])
def test_a_primary_key_is_found_and_dropped_by_any_name(connection, named):
    connection.execute(f"CREATE TABLE t (a integer, b integer, {named} (a))")
    run(
        connection,
        o.DropPrimaryKey(table=T, name=None, columns=("a",)),
        o.AddPrimaryKey(table=T, name="k", columns=("b", "a")),
    )
    query = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'k'"
    assert one(connection, query) == "PRIMARY KEY (b, a)"


def test_dropping_a_primary_key_that_is_not_there_is_an_error(connection):
    connection.execute("CREATE TABLE t (a integer)")
    with pytest.raises(psycopg.Error, match="null"):
        run(connection, o.DropPrimaryKey(table=T, name=None, columns=("a",)))


def test_a_backfill_fills_old_rows_and_the_default_new_ones(connection):
    connection.execute("CREATE TABLE t (a integer)")
    connection.execute("INSERT INTO t VALUES (1), (2)")
    column = Column(name="b", type="integer", not_null=True, default=0)
    run(connection, o.AddColumn(table=T, column=column, backfill="a * 10"))
    connection.execute("INSERT INTO t (a) VALUES (3)")
    assert rows(connection, "SELECT * FROM t ORDER BY a") == [(1, 10), (2, 20), (3, 0)]
    with pytest.raises(psycopg.errors.NotNullViolation):
        connection.execute("INSERT INTO t VALUES (4, NULL)")


def test_set_not_null_fills_only_nulls(connection):
    connection.execute("CREATE TABLE t (a text)")
    connection.execute("INSERT INTO t VALUES (NULL), ('kept')")
    run(connection, o.SetNotNull(table=T, column="a", backfill="'100%'"))
    assert rows(connection, "SELECT a FROM t ORDER BY a") == [("100%",), ("kept",)]


def test_a_type_change_takes_its_default_along(connection):
    connection.execute("CREATE TYPE mood AS ENUM ('sad', 'ok')")
    connection.execute("CREATE TABLE t (a text DEFAULT 'ok')")
    connection.execute("INSERT INTO t VALUES ('sad')")
    old = Column(name="a", type="text", default="'ok'")
    new = Column(name="a", type="mood", type_schema="public", default="'ok'")
    run(connection, o.AlterColumnType(table=T, old=old, new=new))
    connection.execute("INSERT INTO t DEFAULT VALUES")
    assert rows(connection, "SELECT a FROM t ORDER BY a") == [("sad",), ("ok",)]


def test_an_enum_built_anew_keeps_the_values(connection):
    connection.execute("CREATE TYPE mood AS ENUM ('sad', 'ok', 'gone')")
    connection.execute("CREATE TABLE t (a mood DEFAULT 'ok', b mood[])")
    connection.execute("INSERT INTO t VALUES ('sad', '{ok,NULL,sad}')")
    of_mood = Column(name="a", type="mood", type_schema="public", default="'ok'")
    recreate = o.RecreateEnum(
        old=Enum(name="mood", values=("sad", "ok", "gone")),
        new=Enum(name="mood", values=("ok", "fine", "sad")),
        uses=(
            o.EnumUse(table=T, column=of_mood, old_default="'ok'"),
            o.EnumUse(table=T, column=Column(name="b", type="mood[]", type_schema="public")),
        ),
    )
    run(connection, recreate)
    connection.execute("INSERT INTO t (b) VALUES ('{fine}')")
    assert rows(connection, "SELECT a::text, b::text FROM t ORDER BY a") == [
        ("ok", "{fine}"),
        ("sad", "{ok,NULL,sad}"),
    ]
    assert one(connection, "SELECT string_agg(typname, ',') FROM pg_type WHERE typtype = 'e'") == (
        "mood"
    )


def test_a_label_in_use_is_not_removed(connection):
    connection.execute("CREATE TYPE mood AS ENUM ('sad', 'ok')")
    connection.execute("CREATE TABLE t (a mood)")
    connection.execute("INSERT INTO t VALUES ('sad')")
    use = o.EnumUse(table=T, column=Column(name="a", type="mood", type_schema="public"))
    recreate = o.RecreateEnum(
        old=Enum(name="mood", values=("sad", "ok")),
        new=Enum(name="mood", values=("ok",)),
        uses=(use,),
    )
    with pytest.raises(psycopg.errors.InvalidTextRepresentation), connection.transaction():
        run(connection, recreate)
    assert one(connection, "SELECT a FROM t") == "sad"


def test_an_index_keeps_opclass_direction_and_the_rest(connection):
    connection.execute("CREATE TABLE t (a text, b text, c integer)")
    index = Index(
        name="i",
        columns=(
            IndexColumn(expression="a", opclass="text_pattern_ops", asc=False, nulls="last"),
            IndexColumn(expression="not (b = 'x')", is_expression=True),
            IndexColumn(expression="coalesce(a, b)", is_expression=True, nulls="first"),
            IndexColumn(expression="(a || b) -- both", is_expression=True, collation="C"),
            IndexColumn(expression="c + 1", is_expression=True),
        ),
        include=("c",),
        options={"fillfactor": 70},
        where='"t"."b" <> \';\' -- some',
        concurrently=True,
    )
    (statement,) = render([o.CreateIndex(table=T, index=index)])
    assert not statement.transactional
    with pytest.raises(psycopg.errors.ActiveSqlTransaction), connection.transaction():
        connection.execute(statement.sql)
    connection.execute(statement.sql)
    assert one(connection, "SELECT pg_get_indexdef('i'::regclass)") == (
        "CREATE INDEX i ON public.t USING btree (a text_pattern_ops DESC NULLS LAST, "
        "((NOT (b = 'x'::text))), COALESCE(a, b) NULLS FIRST, ((a || b)) COLLATE \"C\", "
        "((c + 1))) INCLUDE (c) WITH (fillfactor='70') WHERE (b <> ';'::text)"
    )
    run(connection, o.DropIndex(table=T, index=index))
    assert one(connection, "SELECT to_regclass('i')") is None


def test_foreign_keys_with_every_clause(connection):
    connection.execute("CREATE TABLE u (x integer, y integer, UNIQUE (x, y))")
    connection.execute("CREATE TABLE t (a integer, b integer)")
    key = ForeignKey(
        name="f",
        table_from="t",
        table_to="u",
        columns_from=("a", "b"),
        columns_to=("x", "y"),
        on_delete="set null",
        on_update="cascade",
        match="full",
        initially_deferred=True,
        not_valid=True,
    )
    run(connection, o.AddForeignKey(table=T, foreign_key=key))
    assert one(
        connection, "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname='f'"
    ) == (
        "FOREIGN KEY (a, b) REFERENCES u(x, y) MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL "
        "DEFERRABLE INITIALLY DEFERRED NOT VALID"
    )


def test_sequences_change_and_stop_cycling(connection):
    old = Sequence(name="s", increment="1", max_value="10", cycle=True, data_type="integer")
    new = Sequence(name="s", increment="3", cycle=False, data_type="bigint", comment="c")
    run(connection, o.CreateSequence(sequence=old), o.AlterSequence(old=old, new=new))
    assert rows(
        connection,
        "SELECT data_type::text, increment_by, max_value, cycle,"
        " obj_description('s'::regclass) FROM pg_sequences",
    ) == [("bigint", 3, 9223372036854775807, False, "c")]


def test_view_options_are_set_and_reset(connection):
    old = View(
        name="v",
        definition="select a from t",
        options={"securityBarrier": True, "checkOption": "cascaded"},
    )
    changed = {"securityInvoker": True, "checkOption": "local"}
    new = msgspec.structs.replace(old, options=changed)
    connection.execute("CREATE TABLE t (a integer)")
    run(connection, o.CreateView(view=old), o.AlterViewOptions(old=old, new=new))
    assert sorted(one(connection, "SELECT reloptions FROM pg_class WHERE relname = 'v'")) == [
        "check_option=local",
        "security_invoker=true",
    ]


def test_a_materialized_view_without_data(connection):
    view = View(
        name="m",
        definition="with x as (select 1 as a) select a from x; ",
        materialized=True,
        with_no_data=True,
        using="heap",
        tablespace="pg_default",
        options={"autovacuumEnabled": False, "fillfactor": 80},
    )
    run(connection, o.CreateView(view=view))
    assert rows(
        connection, "SELECT relispopulated, reloptions FROM pg_class WHERE relname = 'm'"
    ) == [(False, ["autovacuum_enabled=false", "fillfactor=80"])]


def test_policies_are_what_was_written(connection):
    connection.execute("CREATE TABLE t (owner name)")
    policy = Policy(
        name="p",
        as_="RESTRICTIVE",
        for_="UPDATE",
        to=("current_user", "public"),
        using="owner <> 'a--b; c' -- not him",
        with_check="true",
        comment="why",
    )
    altered = Policy(
        name="p", as_="RESTRICTIVE", for_="UPDATE", using="true", with_check="owner = current_user"
    )
    run(connection, o.CreatePolicy(table=T, policy=policy))
    query = "SELECT permissive, cmd, roles::text, qual, with_check FROM pg_policies"
    assert rows(connection, query) == [
        ("RESTRICTIVE", "UPDATE", "{public}", "(owner <> 'a--b; c'::name)", "true")
    ]
    run(connection, o.AlterPolicy(table=T, old=policy, new=altered))
    assert rows(connection, query) == [
        ("RESTRICTIVE", "UPDATE", "{public}", "true", "(owner = CURRENT_USER)")
    ]
    assert one(connection, "SELECT count(*) FROM pg_description WHERE description = 'why'") == 0


def test_dropping_a_table_in_use_is_refused(connection):
    connection.execute("CREATE TABLE t (a integer)")
    connection.execute("CREATE VIEW v AS SELECT a FROM t")
    with pytest.raises(psycopg.errors.DependentObjectsStillExist):
        run(connection, o.DropTable(table=Table(name="t")))


def test_primary_keys_with_include_and_deferred(connection):
    columns = {name: Column(name=name, type="integer") for name in "abc"}
    key = PrimaryKey(name="k", columns=("b", "a"), include=("c",), initially_deferred=True)
    table = Table(name="t", columns=columns, composite_primary_keys={"k": key})
    run(connection, o.CreateTable(table=table))
    assert one(
        connection, "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname='k'"
    ) == ("PRIMARY KEY (b, a) INCLUDE (c) DEFERRABLE INITIALLY DEFERRED")

"""Functions, types, triggers and rules: read, written, built again and compared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nbmigrate.model import EMPTY
from nbmigrate.model.codec import dump, dump_extra, following, load
from nbmigrate.plan import make_plan
from nbmigrate.postgresql import POSTGRESQL, canonical
from nbmigrate.postgresql.asking import Scratch
from nbmigrate.postgresql.ddl import read_ddl
from nbmigrate.postgresql.introspect import fingerprint, introspect, unmanaged
from nbmigrate.postgresql.scratch import canonical_on_server
from tests.dumps import normalised

TORTURE = Path(__file__).parents[2] / "data" / "definitions.sql"


def build(connection, snapshot) -> None:
    with connection.transaction():
        for statement in make_plan(EMPTY, snapshot, dialect=POSTGRESQL).statements:
            connection.execute(statement.sql.encode())


def test_what_needs_each_other_is_built_in_order(databases):
    source, target = databases(), databases()
    source.connect().execute(TORTURE.read_bytes())
    snapshot = introspect(source.connect())
    connection = target.connect()
    build(connection, snapshot)
    assert introspect(connection) == snapshot
    assert normalised(target.dump()) == normalised(source.dump())
    scratch = Scratch(connection, {})
    plan = make_plan(
        snapshot,
        snapshot,
        dialect=POSTGRESQL,
        canonical=lambda old, new: scratch.pair(old, new, old_is_live=True),
    )
    assert plan.operations == ()


def test_all_of_it_goes_again(databases):
    database = databases()
    connection = database.connect()
    connection.execute(TORTURE.read_bytes())
    snapshot = introspect(connection)
    with connection.transaction():
        for statement in make_plan(snapshot, EMPTY, dialect=POSTGRESQL).statements:
            connection.execute(statement.sql.encode())
    left = introspect(connection)
    assert left == EMPTY


def test_a_scratch_says_the_same_as_the_live_schema(database):
    connection = database.connect()
    connection.execute(TORTURE.read_bytes())
    snapshot = canonical(introspect(connection))
    asked = canonical_on_server(connection, snapshot)
    assert asked.functions == snapshot.functions
    assert asked.domains == snapshot.domains
    assert asked.types == snapshot.types
    assert {n: t.triggers for n, t in asked.tables.items()} == {
        n: t.triggers for n, t in snapshot.tables.items()
    }


def test_a_sidecar_holds_what_version_7_cannot(database):
    connection = database.connect()
    connection.execute(TORTURE.read_bytes())
    snapshot = introspect(connection)
    file = following(snapshot, None)
    text = dump(file)
    assert not {"functions", "triggers", "rules", "domains", "types"} & set(
        re.findall(r"\w+", text)
    )
    assert load(text, extra=dump_extra(snapshot)).snapshot == snapshot


def test_nothing_of_it_is_called_not_managed(database):
    connection = database.connect()
    connection.execute(TORTURE.read_bytes())
    assert unmanaged(connection) == ()
    connection.execute("alter default privileges grant select on tables to public")
    assert unmanaged(connection) == ("1 setting of default privileges",)


@pytest.mark.parametrize(
    "statement",
    [
        "create or replace function f() returns int language sql as 'select 2'",
        "alter domain d set default 3",
        "alter domain d add check (value > 1)",
        "alter type c add attribute b int",
        "alter type span_multirange rename to spans",
        "alter table t disable trigger x",
        "comment on function f() is 'x'",
        "comment on trigger x on t is 'x'",
        "create extension citext",
        "create rule r as on delete to t do instead nothing",
        'create collation l from "C"',
        "alter text search dictionary dict (stopwords = english)",
        "alter text search configuration cfg add mapping for word with simple",
        "create cast (integer as point) with inout",
        "create operator === (function = int4eq, leftarg = int, rightarg = int)",
        "alter operator family fam using btree add operator 1 < (int4, int4)",
        "create operator class cls for type int using btree as operator 1 <",
        "create event trigger et on sql_drop execute function etf()",
        "create conversion cv for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8",
    ],
)
def test_a_change_changes_the_fingerprint(database, statement):
    connection = database.connect()
    connection.execute("create function f() returns int language sql as 'select 1'")
    connection.execute("create domain d as int")
    connection.execute("create type c as (a int)")
    connection.execute("create type span as range (subtype = int)")
    connection.execute("create table t (a int)")
    trigger = "create function tf() returns trigger language plpgsql as 'begin return new; end'"
    connection.execute(trigger)
    connection.execute("create trigger x before insert on t for each row execute function tf()")
    connection.execute("create text search dictionary dict (template = simple)")
    connection.execute("create text search configuration cfg (copy = simple)")
    connection.execute("alter text search configuration cfg drop mapping for word")
    connection.execute("create operator family fam using btree")
    event = "create function etf() returns event_trigger language plpgsql as 'begin end'"
    connection.execute(event)
    before = fingerprint(connection)
    connection.execute(statement.encode())
    assert fingerprint(connection) != before


def test_ddl_declares_functions_and_triggers(database):
    connection = database.connect()
    text = """
        create extension if not exists citext;
        create domain email as citext check (value ~ '@');
        create table users (e email);
        create function touch() returns trigger language plpgsql as 'begin return new; end';
        create trigger x before update on users for each row execute function touch();
    """
    found = read_ddl(connection, text, EMPTY).created
    assert found.extensions.keys() == {"citext"}
    assert found.domains["public.email"].type == "citext"
    assert found.functions.keys() == {"public.touch()"}
    assert found.tables["public.users"].triggers.keys() == {"x"}
    assert introspect(connection) == EMPTY


def test_ddl_with_a_broken_body_is_refused(database):
    connection = database.connect()
    text = "create function f() returns int language plpgsql as 'begin retrun 1; end'"
    with pytest.raises(Exception, match="retrun"):
        read_ddl(connection, text, EMPTY)


def test_ddl_declares_only_the_extensions_it_speaks_of(database):
    connection = database.connect()
    connection.execute("create extension citext; create extension hstore")
    assert read_ddl(connection, "create table t (a citext)", EMPTY).created.extensions.keys() == {
        "citext"
    }


def test_texts_of_an_extension_in_public_are_compared(database):
    """Live texts say ``public.citext``; the scratch must have it there."""
    connection = database.connect()
    connection.execute("create extension citext; create table t (a citext default 'x')")
    connection.execute("create view v as select a = 'y'::citext as same from t")
    live = introspect(connection)
    declared = read_ddl(
        connection,
        "create extension if not exists citext; create table t (a citext default 'x');"
        "create view v as select t.a = 'y' :: citext as same from t",
        EMPTY,
    ).created
    scratch = Scratch(connection, {})
    plan = make_plan(
        live,
        declared,
        dialect=POSTGRESQL,
        canonical=lambda old, new: scratch.pair(old, new, old_is_live=True),
    )
    assert plan.operations == ()

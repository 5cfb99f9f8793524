"""Schemas with all that a table can be: built again from the files, they are the same."""

from __future__ import annotations

import pytest

from nbmigrate.model import EMPTY, codec
from nbmigrate.plan import make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.introspect import fingerprint, introspect, unmanaged
from tests.dumps import normalised

EVERYTHING = """
create schema app;
comment on schema app is 'the app';
create type app.mood as enum ('a', 'b');
comment on type app.mood is 'moods';
create table t (
    id integer primary key deferrable, name text compression pglz, during int4range,
    room integer, constraint apart exclude using gist (during with &&) deferrable,
    constraint known unique (room) deferrable initially deferred,
    constraint checked check (room > 0) no inherit
) with (fillfactor = 70, toast.autovacuum_enabled = false);
alter table t alter name set storage external, alter name set statistics 500;
alter table t add constraint later check (id > 5) not valid;
comment on constraint apart on t is 'no two';
comment on constraint t_pkey on t is 'key';
comment on constraint later on t is 'later';
comment on table t is 'all';
comment on column t.id is 'number';
create statistics st (ndistinct) on room, id from t;
create statistics se on room, lower(name) from t;
alter statistics st set statistics 50;
comment on statistics st is 'counted';
create index ix on t (room) include (id);
create unique index nn on t (name collate "C") nulls not distinct;
comment on index ix is 'fast';
alter table t replica identity full;
alter table t enable row level security, force row level security;
create policy mine on t using (room = 1);
comment on policy mine on t is 'mine';
create materialized view mv as select id, name from t;
create unique index mvx on mv (id);
comment on materialized view mv is 'kept';
comment on index mvx is 'one';
create view v with (security_barrier) as select id from t;
comment on view v is 'seen';
create sequence sq start 7 owned by t.id;
comment on sequence sq is 'owned';
create table ev (
    id bigserial, at date not null, kind text default 'x', check (id > 0), primary key (id, at)
) partition by range (at);
create table ev_24 partition of ev for values from ('2024-01-01') to ('2025-01-01');
create table ev_25 partition of ev (kind default 'y')
    for values from ('2025-01-01') to ('2026-01-01') partition by range (at);
create table ev_25_rest partition of ev_25 default;
create table ev_rest partition of ev default;
create index on ev (kind);
create index own on ev_24 (id);
create table app.hashed ("K" integer) partition by hash ("K");
create table app.hashed_0 partition of app.hashed for values with (modulus 1, remainder 0);
create table points (id bigint, at date, foreign key (id, at) references ev match full);
create unlogged table base (id integer, n text not null, constraint short check (n <> ''));
create unlogged table child (extra integer) inherits (base);
grant select, insert on t to public;
"""


def built_again(databases, ddl):
    """Two databases: one from the DDL, one from the files of its snapshot."""
    first, second = databases(), databases()
    source = first.connect()
    source.execute(ddl)
    found = introspect(source)
    file = codec.following(found, None)
    read = codec.load(codec.dump(file), extra=codec.dump_extra(found)).snapshot
    assert read == found
    target = second.connect()
    for statement in make_plan(EMPTY, read, dialect=POSTGRESQL).statements:
        target.execute(statement.sql)
    return first, second, found, introspect(target)


def test_a_schema_built_from_its_files_is_the_same(databases):
    first, second, found, again = built_again(databases, EVERYTHING)
    assert again == found
    assert normalised(second.dump()) == normalised(first.dump())
    assert make_plan(again, found, dialect=POSTGRESQL).operations == ()
    assert unmanaged(first.connect()) == ()


def test_it_is_taken_down_in_order(databases):
    _, second, _, again = built_again(databases, EVERYTHING)
    connection = second.connect()
    for statement in make_plan(again, EMPTY, dialect=POSTGRESQL).statements:
        connection.execute(statement.sql)
    assert introspect(connection) == EMPTY


@pytest.mark.parametrize(
    "change",
    [
        "comment on constraint t_pkey on t is 'x'",
        "comment on policy mine on t is 'x'",
        "comment on statistics st is 'x'",
        "comment on schema app is 'x'",
        "alter statistics st set statistics 60",
        "alter table child no inherit base",
        "alter table ev detach partition ev_24",
        "revoke insert on t from public",
        "alter sequence sq owned by none",
        "alter table t alter name set statistics 400",
    ],
)
def test_every_change_is_seen(database, change):
    connection = database.connect()
    connection.execute(EVERYTHING)
    before = fingerprint(connection), introspect(connection)
    connection.execute(change)
    after = fingerprint(connection), introspect(connection)
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_privileges_that_nobody_speaks_of_stay(database):
    connection = database.connect()
    connection.execute("create table t (a integer); grant select on t to public")
    live = introspect(connection)
    assert live.tables["public.t"].privileges["public"].privileges == ("SELECT",)
    connection.execute("revoke select on t from public")
    silent = introspect(connection)
    assert silent.tables["public.t"].privileges is None
    assert make_plan(live, silent, dialect=POSTGRESQL).operations == ()

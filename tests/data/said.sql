-- What is easily said a little otherwise: constants with a type, keys to serial columns, one name for
-- two things, and how indexes, keys and sequences are kept.
create table item (
    code text primary key with (fillfactor = 60),
    id serial constraint item_id unique with (fillfactor = 70),
    small smallint unique,
    name varchar(64) default null::varchar,
    share double precision default '0'::double precision,
    price numeric(10, 2) default -1,
    low numeric(10, 2) default '-1',
    part real default 1.0,
    rest numeric(10, 2) default 0.00,
    number varchar(8) default 0,
    half text default 0.5,
    labels text[] default array[]::text[],
    roles varchar(9)[] default array['reader', 'it''s']::varchar(9)[],
    days integer[] default array[1, 2],
    words tsvector,
    flags bit varying(5) default b'0101',
    mask bit(4) default b'1001'
);
comment on sequence item_id_seq is 'counts items';
create table used (
    id integer generated always as identity primary key,
    item integer references item (id),
    owner integer references item (id) on delete set null (owner),
    small integer references item (small),
    number integer default nextval('item_id_seq')
);
comment on sequence used_id_seq is 'counts uses';
create index used_item_fkey on used (item);
create index item_words on item using gist (words tsvector_ops (siglen = 100));
create index item_twice on item (name, small, name varchar_pattern_ops, name desc);
create index item_length on item (length(code), (id + 1));
alter index item_length alter column 1 set statistics 300;
create table pair (a integer, b integer, primary key (b, a) include (a) with (fillfactor = 50));
create table another_use (number integer default nextval('used_id_seq'::text), item integer default nextval('item_id_seq'));
create view seen with (security_barrier, security_invoker = on) as select number from another_use;
create materialized view counted with (autovacuum_enabled = off) as select item from another_use;

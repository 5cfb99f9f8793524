-- Partitions that were attached: their columns in another order, their parts of indexes and keys
-- under names of their own; at two levels.
create table reading (
    id bigint not null,
    at date not null,
    note text default 'none',
    constraint reading_key primary key (id, at),
    constraint reading_note unique (note, at),
    constraint reading_id_check check (id > 0)
) partition by range (at);
create table reading_2024 (
    note text,
    at date not null,
    gone integer,
    id bigint not null,
    constraint reading_id_check check (id > 0)
);
alter table reading_2024 drop column gone;
alter table reading_2024 add constraint key_of_2024 primary key (id, at);
alter table reading_2024 add constraint note_of_2024 unique (note, at);
alter table reading attach partition reading_2024 for values from ('2024-01-01') to ('2025-01-01');
create table reading_2025 partition of reading
for values from ('2025-01-01') to ('2026-01-01')
partition by range (at);
create table reading_2025_x partition of reading_2025 (note default 'x')
for values from ('2025-01-01') to ('2025-07-01');
create table reading_rest partition of reading default;
create index reading_at on reading (at desc) include (id);
create index reading_long on reading (note) where note <> '';
alter index reading_2025_x_at_id_idx rename to "x by day";
alter index reading_rest_note_idx rename to rest_by_note;
create index reading_2024_own on reading_2024 (note);

create table measured (id integer primary key, value numeric) partition by hash (id);
create table measured_0 (value numeric, id integer not null);
alter table measured attach partition measured_0 for values with (modulus 2, remainder 0);
create table measured_1 (id integer not null constraint first_key primary key, value numeric);
alter table measured attach partition measured_1 for values with (modulus 2, remainder 1);

create table loose (a integer, b integer) partition by list (a);
create table loose_1 (b integer not null, a integer not null) partition by list (b);
alter table loose attach partition loose_1 for values in (1);
create table loose_1_1 (a integer not null, b integer constraint loose_1_b_not_null not null);
alter table loose_1 attach partition loose_1_1 for values in (1);

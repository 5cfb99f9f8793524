-- How a materialized view keeps its values, and a sequence that counts for a table further down.
create table source (id bigserial, label text);
create materialized view kept with (fillfactor = 80) as select id, label from source;
alter materialized view kept alter label set statistics 200;
alter materialized view kept alter label set storage external;
alter materialized view kept alter label set (n_distinct = 5);
create table a_counted (id bigint default nextval('source_id_seq'));

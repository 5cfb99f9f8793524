-- PostgreSQL 15-18. The indexes that a build which failed has left, and what they are on.
select
    n.nspname,
    c.relname
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where not i.indisvalid and c.relnamespace = any($1::oid[])
order by n.nspname, c.relname

-- PostgreSQL 15-18. Comments on tables, views and their columns (objsubid 0 is the table's), and on
-- schemas, as objsubid -1; public has one by itself.
select
    d.objoid,
    d.objsubid,
    d.description
from pg_catalog.pg_description d
join pg_catalog.pg_class c on c.oid = d.objoid
where
    d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and c.relnamespace = any($1::oid[])
    and ($2::oid[] is null or c.oid = any($2::oid[]))
    and c.relkind in ('r', 'p', 'v', 'm')
union all
select
    d.objoid,
    -1,
    d.description
from pg_catalog.pg_description d
join pg_catalog.pg_namespace n on n.oid = d.objoid
where
    d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
    and d.objoid = any($1::oid[])
    and n.nspname <> 'public'
order by 1, 2

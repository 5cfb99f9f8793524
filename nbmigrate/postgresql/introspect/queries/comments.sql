-- PostgreSQL 14-18. Comments on tables, views and their columns (objsubid 0 is the table's).
select
    d.objoid,
    d.objsubid,
    d.description
from pg_catalog.pg_description d
join pg_catalog.pg_class c on c.oid = d.objoid
where
    d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and c.relnamespace = any(%(namespaces)s::oid[])
    and c.relkind in ('r', 'v', 'm')
order by d.objoid, d.objsubid

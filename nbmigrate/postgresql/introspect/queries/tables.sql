-- PostgreSQL 14-18. Ordinary tables that belong to no extension; partitions are left out.
select
    c.oid,
    n.nspname,
    c.relname,
    c.relrowsecurity,
    c.relforcerowsecurity,
    c.relpersistence = 'u' as unlogged
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where
    c.relnamespace = any(%(namespaces)s::oid[])
    and c.relkind = 'r'
    and not c.relispartition
    and not exists (
        select from pg_catalog.pg_depend e
        where
            e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and e.objid = c.oid
            and e.objsubid = 0
            and e.deptype = 'e'
    )
order by n.nspname, c.relname

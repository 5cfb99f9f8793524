-- PostgreSQL 15-18. Views and materialized views that belong to no extension.
select
    c.oid,
    n.nspname,
    c.relname,
    c.relkind = 'm' as materialized,
    pg_catalog.pg_get_viewdef(c.oid) as definition,
    c.reloptions,
    s.spcname,
    m.amname,
    (
        select x.relname
        from pg_catalog.pg_index i
        join pg_catalog.pg_class x on x.oid = i.indexrelid
        where i.indrelid = c.oid and i.indisclustered
        limit 1
    ) as cluster_index
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_tablespace s on s.oid = c.reltablespace
left join pg_catalog.pg_am m on m.oid = c.relam
where
    c.relnamespace = any($1::oid[])
    and c.relkind in ('v', 'm')
    and not exists (
        select from pg_catalog.pg_depend e
        where
            e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and e.objid = c.oid
            and e.objsubid = 0
            and e.deptype = 'e'
    )
order by n.nspname, c.relname

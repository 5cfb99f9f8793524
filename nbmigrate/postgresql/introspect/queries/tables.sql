-- PostgreSQL 15-18. Tables, partitioned ones and partitions, that belong to no extension.
-- The parents of a partition and those that a table inherits from are in the same arrays.
select
    c.oid,
    n.nspname,
    c.relname,
    c.relrowsecurity,
    c.relforcerowsecurity,
    c.relpersistence = 'u' as unlogged,
    c.reloptions,
    t.reloptions as toast_options,
    c.relreplident::text,
    case
        when c.relreplident = 'i' then (
            select x.relname
            from pg_catalog.pg_index i
            join pg_catalog.pg_class x on x.oid = i.indexrelid
            where i.indrelid = c.oid and i.indisreplident
            limit 1
        )
    end as identity_index,
    pg_catalog.pg_get_partkeydef(c.oid) as partition_key,
    case when c.relispartition then pg_catalog.pg_get_expr(c.relpartbound, c.oid) end as bound,
    array(
        select array[pn.nspname, pc.relname]::text[]
        from pg_catalog.pg_inherits h
        join pg_catalog.pg_class pc on pc.oid = h.inhparent
        join pg_catalog.pg_namespace pn on pn.oid = pc.relnamespace
        where h.inhrelid = c.oid
        order by h.inhseqno
    ) as parents,
    (
        select x.relname
        from pg_catalog.pg_index i
        join pg_catalog.pg_class x on x.oid = i.indexrelid
        where i.indrelid = c.oid and i.indisclustered
        limit 1
    ) as cluster_index,
    m.amname as access_method
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_class t on t.oid = c.reltoastrelid
left join pg_catalog.pg_am m on m.oid = c.relam and c.relkind = 'r' and m.amname <> 'heap'
where
    c.relnamespace = any($1::oid[])
    and ($2::oid[] is null or c.oid = any($2::oid[]))
    and c.relkind in ('r', 'p')
    and not exists (
        select from pg_catalog.pg_depend e
        where
            e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and e.objid = c.oid
            and e.objsubid = 0
            and e.deptype = 'e'
    )
order by n.nspname, c.relname

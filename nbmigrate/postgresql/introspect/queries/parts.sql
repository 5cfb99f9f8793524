-- PostgreSQL 15-18. The indexes of partitions that are parts of an index above, and the topmost one
-- above. columns: the names of the columns of the index, from which PostgreSQL makes its own.
with recursive above as (
    select
        h.inhrelid as part,
        h.inhparent as whole
    from pg_catalog.pg_inherits h
    join pg_catalog.pg_class x on x.oid = h.inhrelid
    where
        x.relnamespace = any($1::oid[])
        and x.relkind in ('i', 'I')
        and x.relispartition
    union all
    select
        a.part,
        h.inhparent
    from above a
    join pg_catalog.pg_inherits h on h.inhrelid = a.whole
)

select
    i.indrelid,
    c.relname as table_name,
    x.relname as part_name,
    w.relname as whole_name,
    -- ChooseIndexName calls a unique WITHOUT OVERLAPS as it calls an exclusion
    case when k.contype = 'u' and i.indisexclusion then 'x' else k.contype::text end as kind,
    array(
        select n.attname
        from pg_catalog.pg_attribute n
        where n.attrelid = w.oid
        order by n.attnum
    ) as columns
from above a
join pg_catalog.pg_class x on x.oid = a.part
join pg_catalog.pg_class w on w.oid = a.whole
join pg_catalog.pg_index i on i.indexrelid = a.part
join pg_catalog.pg_class c on c.oid = i.indrelid
left join pg_catalog.pg_constraint k
    on k.conindid = a.part and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
where not w.relispartition
order by i.indrelid, w.relname

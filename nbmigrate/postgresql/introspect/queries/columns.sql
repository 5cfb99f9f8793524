-- PostgreSQL 14-18. Columns of tables and views. attgenerated is 's' for STORED and, from
-- PostgreSQL 18 on, 'v' for VIRTUAL. A collation is told only when it is not the type's own.
select
    a.attrelid,
    a.attnum,
    a.attname,
    a.atttypid,
    a.atttypmod,
    a.attnotnull,
    a.attidentity::text,
    a.attgenerated::text,
    a.attcollation,
    a.attcollation <> t.typcollation as has_collation,
    pg_catalog.pg_get_expr(d.adbin, d.adrelid) as default_text,
    case when a.attstorage <> t.typstorage then a.attstorage::text end as storage,
    nullif(a.attcompression::text, '') as compression,
    nullif(a.attstattarget, -1) as statistics_target
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where
    c.relnamespace = any(%(namespaces)s::oid[])
    and c.relkind in ('r', 'p', 'v', 'm')
    and a.attnum > 0
    and not a.attisdropped
order by a.attrelid, a.attnum

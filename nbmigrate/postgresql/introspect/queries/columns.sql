-- PostgreSQL 15-18. Columns of tables and views. What is as usual is NULL: there are many columns, and
-- NULL is sent for nothing. attgenerated is 's' for STORED and, from PostgreSQL 18 on, 'v' for VIRTUAL.
-- A collation is told only when it is not the type's own. NOT NULL is a constraint with a name
-- (contype 'n') from PostgreSQL 18 on; a column that is inherited has the name of its parent's unless
-- it was there before.
select
    a.attrelid,
    a.attnum,
    a.attname,
    a.atttypid,
    a.atttypmod,
    a.attnotnull,
    nullif(a.attcollation, 0) as collation_oid,
    pg_catalog.pg_get_expr(d.adbin, d.adrelid) as default_text,
    nullif(a.attidentity::text, '') as identity_kind,
    nullif(a.attgenerated::text, '') as generated_kind,
    nullif(a.attcollation <> t.typcollation, false) as has_collation,
    case when a.attstorage <> t.typstorage then a.attstorage::text end as storage,
    nullif(a.attcompression::text, '') as compression,
    nullif(a.attstattarget, -1) as statistics_target,
    case
        when a.attinhcount > 0 or k.conname <> c.relname || '_' || a.attname || '_not_null'
            then k.conname
    end as not_null_name,
    case
        when a.attinhcount > 0 and k.conname is not null then (
            select pk.conname
            from pg_catalog.pg_inherits h
            join pg_catalog.pg_attribute p on p.attrelid = h.inhparent and p.attname = a.attname
            join pg_catalog.pg_constraint pk
                on pk.conrelid = p.attrelid and pk.contype = 'n' and pk.conkey[1] = p.attnum
            where h.inhrelid = a.attrelid
            order by h.inhseqno
            limit 1
        )
    end as inherited_name,
    case when not a.attislocal and not c.relispartition then true end as is_untold,
    case when a.attinhcount > 0 and not c.relispartition then a.attislocal end as is_listed,
    a.attoptions
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_constraint k
    on k.conrelid = a.attrelid and k.contype = 'n' and k.conkey[1] = a.attnum
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where
    c.relnamespace = any($1::oid[])
    and ($2::oid[] is null or c.oid = any($2::oid[]))
    and c.relkind in ('r', 'p', 'v', 'm')
    and a.attnum > 0
    and not a.attisdropped
order by a.attrelid, a.attnum

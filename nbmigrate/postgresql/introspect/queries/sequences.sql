-- PostgreSQL 15-18. Sequences and the column that owns each: ownership 'i' is an identity
-- column, 'a' is OWNED BY (serial); of the latter the owner is named too. regclass_text is how a
-- default names the sequence.
select
    n.nspname,
    c.relname,
    pg_catalog.format_type(s.seqtypid, null) as type_text,
    s.seqstart,
    s.seqincrement,
    s.seqmin,
    s.seqmax,
    s.seqcache,
    s.seqcycle,
    o.deptype::text as ownership,
    o.refobjid as owner_relid,
    o.refobjsubid as owner_attnum,
    case
        when o.deptype = 'a'
            then '''' || replace(c.oid::pg_catalog.regclass::text, '''', '''''') || ''''
    end as regclass_text,
    tn.nspname as owner_schema,
    t.relname as owner_table,
    a.attname as owner_column,
    ds.description as comment_text,
    c.oid,
    c.relpersistence = 'u' and o.deptype is null as unlogged
from pg_catalog.pg_sequence s
join pg_catalog.pg_class c on c.oid = s.seqrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_depend o
    on
        o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and o.objid = c.oid
        and o.objsubid = 0
        and o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and o.refobjsubid > 0
        and o.deptype in ('a', 'i')
left join pg_catalog.pg_class t on t.oid = case when o.deptype = 'a' then o.refobjid end
left join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
left join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = o.refobjsubid
left join pg_catalog.pg_description ds
    on
        ds.objoid = c.oid
        and ds.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and ds.objsubid = 0
where
    c.relnamespace = any($1::oid[])
    and ($2::oid[] is null or c.oid = any($2::oid[]))
    and not exists (
        select from pg_catalog.pg_depend e
        where
            e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and e.objid = c.oid
            and e.deptype = 'e'
    )
order by n.nspname, c.relname

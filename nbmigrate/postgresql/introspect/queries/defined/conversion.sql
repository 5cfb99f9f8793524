-- PostgreSQL 15-18. Conversions.
select
    'conversion' as kind,
    n.nspname as schema_name,
    v.conname as object_name,
    pg_catalog.format(
        'CREATE %sCONVERSION %I.%I FOR %L TO %L FROM %s',
        case when v.condefault then 'DEFAULT ' end, n.nspname, v.conname,
        pg_catalog.pg_encoding_to_char(v.conforencoding),
        pg_catalog.pg_encoding_to_char(v.contoencoding), v.conproc
    ) as definition_text,
    null as first_text,
    null as second_text,
    ds.description as comment_text
from pg_catalog.pg_conversion v
join pg_catalog.pg_namespace n on n.oid = v.connamespace
left join pg_catalog.pg_description ds
    on ds.classoid = v.tableoid and ds.objoid = v.oid and ds.objsubid = 0
where
    v.oid >= 16384 and v.connamespace = any($1::oid[])
    and not exists (
        select from pg_catalog.pg_depend e
        where e.classid = v.tableoid and e.objid = v.oid and e.deptype = 'e'
    )
order by 2, 3, v.oid

-- PostgreSQL 15-18. Text search dictionaries.
select
    'text search dictionary' as kind,
    n.nspname as schema_name,
    t.dictname as object_name,
    pg_catalog.format(
        'CREATE TEXT SEARCH DICTIONARY %I.%I (TEMPLATE = %I.%I%s)',
        n.nspname, t.dictname, tn.nspname, tt.tmplname, ', ' || t.dictinitoption
    ) as definition_text,
    null as first_text,
    null as second_text,
    ds.description as comment_text
from pg_catalog.pg_ts_dict t
join pg_catalog.pg_namespace n on n.oid = t.dictnamespace
join pg_catalog.pg_ts_template tt on tt.oid = t.dicttemplate
join pg_catalog.pg_namespace tn on tn.oid = tt.tmplnamespace
left join pg_catalog.pg_description ds
    on ds.classoid = t.tableoid and ds.objoid = t.oid and ds.objsubid = 0
where
    t.oid >= 16384 and t.dictnamespace = any($1::oid[])
    and not exists (
        select from pg_catalog.pg_depend e
        where e.classid = t.tableoid and e.objid = t.oid and e.deptype = 'e'
    )
order by 2, 3, t.oid

-- PostgreSQL 15-18. Collations. Columns that not every version has are read as a document.
select
    'collation' as kind,
    n.nspname as schema_name,
    l.collname as object_name,
    pg_catalog.format(
        'CREATE COLLATION %I.%I (%s)', n.nspname, l.collname,
        pg_catalog.concat_ws(
            ', ',
            'provider = ' || case l.collprovider
                when 'i' then 'icu' when 'b' then 'builtin' else 'libc'
            end,
            case
                when l.collprovider <> 'c' then
                    'locale = ' || pg_catalog.quote_literal(
                        coalesce(
                            d.doc ->> 'colllocale', d.doc ->> 'colliculocale',
                            d.doc ->> 'collcollate'
                        )
                    )
                when d.doc ->> 'collcollate' = d.doc ->> 'collctype' then
                    'locale = ' || pg_catalog.quote_literal(d.doc ->> 'collcollate')
                else
                    'lc_collate = ' || pg_catalog.quote_literal(d.doc ->> 'collcollate')
                    || ', lc_ctype = ' || pg_catalog.quote_literal(d.doc ->> 'collctype')
            end,
            case when not l.collisdeterministic then 'deterministic = false' end,
            'rules = ' || pg_catalog.quote_literal(d.doc ->> 'collicurules')
        )
    ) as definition_text,
    null as first_text,
    null as second_text,
    ds.description as comment_text
from pg_catalog.pg_collation l
join pg_catalog.pg_namespace n on n.oid = l.collnamespace
cross join lateral (select pg_catalog.to_jsonb(l) as doc) as d
left join pg_catalog.pg_description ds
    on ds.classoid = l.tableoid and ds.objoid = l.oid and ds.objsubid = 0
where
    l.oid >= 16384 and l.collnamespace = any($1::oid[])
    and not exists (
        select from pg_catalog.pg_depend e
        where e.classid = l.tableoid and e.objid = l.oid and e.deptype = 'e'
    )
order by 2, 3, l.oid

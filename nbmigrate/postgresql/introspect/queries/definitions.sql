-- PostgreSQL 14-18. What is known by the statement that makes it, which PostgreSQL has no function to
-- show. Columns that not every version has are read as a document. Objects made by initdb have
-- oids below 16384 and are not looked at; extensions' own are left out.
with extension_objects as (
    select e.classid, e.objid
    from pg_catalog.pg_depend e
    where e.deptype = 'e'
),

found (place, kind, catalog, oid, schema_name, object_name, definition_text) as (
    select
        1, 'collation', l.tableoid, l.oid, n.nspname, l.collname,
        pg_catalog.format(
            'CREATE COLLATION %%I.%%I (%%s)', n.nspname, l.collname,
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
        )
    from pg_catalog.pg_collation l
    join pg_catalog.pg_namespace n on n.oid = l.collnamespace
    cross join lateral (select pg_catalog.to_jsonb(l) as doc) as d
    where l.oid >= 16384 and l.collnamespace = any(%(namespaces)s::oid[])
)

select
    f.kind,
    f.schema_name,
    f.object_name,
    f.definition_text,
    ds.description as comment_text
from found f
left join pg_catalog.pg_description ds
    on ds.classoid = f.catalog and ds.objoid = f.oid and ds.objsubid = 0
where (f.catalog, f.oid) not in (select e.classid, e.objid from extension_objects e)
order by f.place, f.schema_name, f.object_name, f.oid

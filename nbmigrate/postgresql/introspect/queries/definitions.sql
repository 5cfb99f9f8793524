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
    union all
    select
        2, 'text search dictionary', t.tableoid, t.oid, n.nspname, t.dictname,
        pg_catalog.format(
            'CREATE TEXT SEARCH DICTIONARY %%I.%%I (TEMPLATE = %%I.%%I%%s)',
            n.nspname, t.dictname, tn.nspname, tt.tmplname, ', ' || t.dictinitoption
        )
    from pg_catalog.pg_ts_dict t
    join pg_catalog.pg_namespace n on n.oid = t.dictnamespace
    join pg_catalog.pg_ts_template tt on tt.oid = t.dicttemplate
    join pg_catalog.pg_namespace tn on tn.oid = tt.tmplnamespace
    where t.oid >= 16384 and t.dictnamespace = any(%(namespaces)s::oid[])
    union all
    select
        3, 'text search configuration', c.tableoid, c.oid, n.nspname, c.cfgname,
        pg_catalog.concat(
            pg_catalog.format(
                'CREATE TEXT SEARCH CONFIGURATION %%I.%%I (PARSER = %%I.%%I)',
                n.nspname, c.cfgname, pn.nspname, p.prsname
            ),
            (
                select
                    pg_catalog.string_agg(
                        pg_catalog.format(
                            E';\nALTER TEXT SEARCH CONFIGURATION %%I.%%I ADD MAPPING FOR %%s WITH %%s',
                            n.nspname, c.cfgname, w.words, w.dictionaries
                        ),
                        '' order by w.first_word
                    )
                from (
                    select
                        m.dictionaries,
                        pg_catalog.min(m.word) as first_word,
                        pg_catalog.string_agg(k.alias, ', ' order by m.word) as words
                    from (
                        select
                            o.maptokentype as word,
                            pg_catalog.string_agg(
                                pg_catalog.format('%%I.%%I', dn.nspname, d.dictname),
                                ', ' order by o.mapseqno
                            ) as dictionaries
                        from pg_catalog.pg_ts_config_map o
                        join pg_catalog.pg_ts_dict d on d.oid = o.mapdict
                        join pg_catalog.pg_namespace dn on dn.oid = d.dictnamespace
                        where o.mapcfg = c.oid
                        group by o.maptokentype
                    ) as m
                    join pg_catalog.ts_token_type(c.cfgparser) k on k.tokid = m.word
                    group by m.dictionaries
                ) as w
            )
        )
    from pg_catalog.pg_ts_config c
    join pg_catalog.pg_namespace n on n.oid = c.cfgnamespace
    join pg_catalog.pg_ts_parser p on p.oid = c.cfgparser
    join pg_catalog.pg_namespace pn on pn.oid = p.prsnamespace
    where c.oid >= 16384 and c.cfgnamespace = any(%(namespaces)s::oid[])
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

-- PostgreSQL 15-18. Text search configurations with their mappings.
select
    'text search configuration' as kind,
    n.nspname as schema_name,
    c.cfgname as object_name,
    pg_catalog.concat(
        pg_catalog.format(
            'CREATE TEXT SEARCH CONFIGURATION %I.%I (PARSER = %I.%I)',
            n.nspname, c.cfgname, pn.nspname, p.prsname
        ),
        (
            select
                pg_catalog.string_agg(
                    pg_catalog.format(
                        E';\nALTER TEXT SEARCH CONFIGURATION %I.%I ADD MAPPING FOR %s WITH %s',
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
                            pg_catalog.format('%I.%I', dn.nspname, d.dictname),
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
    ) as definition_text,
    null as first_text,
    null as second_text,
    ds.description as comment_text
from pg_catalog.pg_ts_config c
join pg_catalog.pg_namespace n on n.oid = c.cfgnamespace
join pg_catalog.pg_ts_parser p on p.oid = c.cfgparser
join pg_catalog.pg_namespace pn on pn.oid = p.prsnamespace
left join pg_catalog.pg_description ds
    on ds.classoid = c.tableoid and ds.objoid = c.oid and ds.objsubid = 0
where
    c.oid >= 16384 and c.cfgnamespace = any($1::oid[])
    and not exists (
        select from pg_catalog.pg_depend e
        where e.classid = c.tableoid and e.objid = c.oid and e.deptype = 'e'
    )
order by 2, 3, c.oid

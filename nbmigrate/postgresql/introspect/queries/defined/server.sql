-- PostgreSQL 15-18. Servers, which have no schema of their own.
with -- an option that may hold a secret is not read
option_text (catalog, oid, number_, options) as (
    select
        h.catalog, h.oid, h.number_,
        pg_catalog.format(
            ' OPTIONS (%%s)',
            pg_catalog.string_agg(
                pg_catalog.format('%%I %%L', p.option_name, p.option_value), ', ' order by p.option_name
            )
        )
    from (
        select s.tableoid as catalog, s.oid, 0 as number_, s.srvoptions as options
        from pg_catalog.pg_foreign_server s
        union all
        select w.tableoid, w.oid, 0, w.fdwoptions from pg_catalog.pg_foreign_data_wrapper w
        union all
        select 'pg_catalog.pg_class'::pg_catalog.regclass, t.ftrelid, 0, t.ftoptions
        from pg_catalog.pg_foreign_table t
        union all
        select 'pg_catalog.pg_class'::pg_catalog.regclass, a.attrelid, a.attnum, a.attfdwoptions
        from pg_catalog.pg_foreign_table t
        join pg_catalog.pg_attribute a on a.attrelid = t.ftrelid
    ) as h
    cross join lateral pg_catalog.pg_options_to_table(h.options) as p
    where p.option_name !~* '(pass|pwd|secret|token)'
    group by h.catalog, h.oid, h.number_
)

select
    'server' as kind,
    'public' as schema_name,
    s.srvname as object_name,
    pg_catalog.concat(
        pg_catalog.format('CREATE SERVER %%I', s.srvname),
        ' TYPE ' || pg_catalog.quote_literal(s.srvtype),
        ' VERSION ' || pg_catalog.quote_literal(s.srvversion),
        pg_catalog.format(' FOREIGN DATA WRAPPER %%I', w.fdwname),
        x.options
    ) as definition_text,
    null as first_text,
    null as second_text,
    ds.description as comment_text
from pg_catalog.pg_foreign_server s
join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw
left join option_text x on x.catalog = s.tableoid and x.oid = s.oid
left join pg_catalog.pg_description ds
    on ds.classoid = s.tableoid and ds.objoid = s.oid and ds.objsubid = 0
where
    not exists (
        select from pg_catalog.pg_depend e
        where e.classid = s.tableoid and e.objid = s.oid and e.deptype = 'e'
    )
order by 2, 3, s.oid

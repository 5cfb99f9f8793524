-- PostgreSQL 14-18. Functions and procedures that belong to no extension; the functions that a
-- range type makes for itself (deptype i) and aggregates are left out.
select
    n.nspname,
    p.proname,
    p.prokind::text,
    array(
        select pg_catalog.format_type(u.type_oid, null)
        from
            pg_catalog.unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]))
            with ordinality as u (type_oid, place)
        order by u.place
    ) as type_texts,
    p.proargnames,
    p.proargmodes::text[],
    array(
        select pg_catalog.pg_get_function_arg_default(p.oid, place)
        from
            pg_catalog.generate_series(
                1, pg_catalog.cardinality(coalesce(p.proallargtypes, p.proargtypes::oid[]))
            ) as place
        order by place
    ) as default_texts,
    pg_catalog.pg_get_function_result(p.oid) as result_text,
    pg_catalog.pg_get_functiondef(p.oid) as definition_text,
    pg_catalog.obj_description(p.oid, 'pg_proc') as comment_text
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where
    p.pronamespace = any(%(namespaces)s::oid[])
    and p.prokind in ('f', 'p', 'w')
    and not exists (
        select from pg_catalog.pg_depend e
        where
            e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
            and e.objid = p.oid
            and e.deptype in ('e', 'i')
    )
order by n.nspname, p.proname, p.oid

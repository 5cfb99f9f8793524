-- PostgreSQL 15-18. Functions, procedures and aggregates that belong to no extension; the
-- functions that a range type makes for itself (deptype i) are left out. PostgreSQL has no
-- pg_get_functiondef of an aggregate: its words are those of CREATE AGGREGATE.
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
    case p.prokind when 'a' then a.definition_text else pg_catalog.pg_get_functiondef(p.oid) end,
    ds.description as comment_text,
    p.oid
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
left join lateral (
    select
        pg_catalog.format(
            E'CREATE OR REPLACE AGGREGATE %I.%I(%s) (\n    %s\n)',
            n.nspname,
            p.proname,
            coalesce(nullif(pg_catalog.pg_get_function_arguments(p.oid), ''), '*'),
            pg_catalog.concat_ws(
                E',\n    ',
                'SFUNC = ' || g.aggtransfn::text,
                'STYPE = ' || pg_catalog.format_type(g.aggtranstype, null),
                'SSPACE = ' || nullif(g.aggtransspace, 0),
                'FINALFUNC = ' || nullif(g.aggfinalfn::text, '-'),
                case when g.aggfinalextra then 'FINALFUNC_EXTRA' end,
                'FINALFUNC_MODIFY = ' || case
                    when g.aggfinalmodify = (case g.aggkind when 'n' then 'r' else 'w' end) then null
                    when g.aggfinalmodify = 'r' then 'READ_ONLY'
                    when g.aggfinalmodify = 's' then 'SHAREABLE'
                    else 'READ_WRITE'
                end,
                'COMBINEFUNC = ' || nullif(g.aggcombinefn::text, '-'),
                'SERIALFUNC = ' || nullif(g.aggserialfn::text, '-'),
                'DESERIALFUNC = ' || nullif(g.aggdeserialfn::text, '-'),
                'INITCOND = ' || pg_catalog.quote_literal(g.agginitval),
                'MSFUNC = ' || nullif(g.aggmtransfn::text, '-'),
                'MINVFUNC = ' || nullif(g.aggminvtransfn::text, '-'),
                'MSTYPE = ' || pg_catalog.format_type(nullif(g.aggmtranstype, 0), null),
                'MSSPACE = ' || nullif(g.aggmtransspace, 0),
                'MFINALFUNC = ' || nullif(g.aggmfinalfn::text, '-'),
                case when g.aggmfinalextra then 'MFINALFUNC_EXTRA' end,
                'MFINALFUNC_MODIFY = ' || case
                    when g.aggmfinalmodify = (case g.aggkind when 'n' then 'r' else 'w' end) then null
                    when g.aggmfinalmodify = 'r' then 'READ_ONLY'
                    when g.aggmfinalmodify = 's' then 'SHAREABLE'
                    else 'READ_WRITE'
                end,
                'MINITCOND = ' || pg_catalog.quote_literal(g.aggminitval),
                (
                    select pg_catalog.format('SORTOP = OPERATOR(%I.%s)', s.nspname, o.oprname)
                    from pg_catalog.pg_operator o
                    join pg_catalog.pg_namespace s on s.oid = o.oprnamespace
                    where o.oid = g.aggsortop
                ),
                'PARALLEL = '
                || case p.proparallel when 's' then 'SAFE' when 'r' then 'RESTRICTED' end,
                case when g.aggkind = 'h' then 'HYPOTHETICAL' end
            )
        ) as definition_text
    from pg_catalog.pg_aggregate g
    where g.aggfnoid = p.oid
) as a on true
left join pg_catalog.pg_description ds
    on
        ds.objoid = p.oid
        and ds.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        and ds.objsubid = 0
where
    p.pronamespace = any($1::oid[])
    and p.prokind in ('f', 'p', 'w', 'a')
    and not exists (
        select from pg_catalog.pg_depend e
        where
            e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
            and e.objid = p.oid
            and e.deptype in ('e', 'i')
    )
order by n.nspname, p.proname, p.oid

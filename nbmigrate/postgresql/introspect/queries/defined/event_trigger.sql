-- PostgreSQL 15-18. Event triggers, which have no schema of their own.
select
    'event trigger' as kind,
    'public' as schema_name,
    v.evtname as object_name,
    pg_catalog.concat(
        pg_catalog.format('CREATE EVENT TRIGGER %I ON %I', v.evtname, v.evtevent),
        (
            select
                pg_catalog.format(
                    ' WHEN TAG IN (%s)',
                    pg_catalog.string_agg(pg_catalog.quote_literal(g.tag), ', ' order by g.nr)
                )
            from pg_catalog.unnest(v.evttags) with ordinality as g (tag, nr)
            having pg_catalog.count(*) > 0
        ),
        pg_catalog.format(' EXECUTE FUNCTION %s()', v.evtfoid::pg_catalog.regproc),
        case v.evtenabled
            when 'O' then null
            else pg_catalog.format(
                E';\nALTER EVENT TRIGGER %I %s', v.evtname,
                case v.evtenabled
                    when 'D' then 'DISABLE' when 'R' then 'ENABLE REPLICA' else 'ENABLE ALWAYS'
                end
            )
        end
    ) as definition_text,
    null as first_text,
    null as second_text,
    ds.description as comment_text
from pg_catalog.pg_event_trigger v
left join pg_catalog.pg_description ds
    on ds.classoid = v.tableoid and ds.objoid = v.oid and ds.objsubid = 0
where
    -- what runs a function of a schema that is not read is not read either
    not exists (
        select from pg_catalog.pg_proc p
        where
            p.oid = v.evtfoid and p.oid >= 16384
            and not p.pronamespace = any($1::oid[])
            and not exists (
                select from pg_catalog.pg_depend e
                where e.classid = p.tableoid and e.objid = p.oid and e.deptype = 'e'
            )
    )
    and not exists (
        select from pg_catalog.pg_depend e
        where e.classid = v.tableoid and e.objid = v.oid and e.deptype = 'e'
    )
order by 2, 3, v.oid

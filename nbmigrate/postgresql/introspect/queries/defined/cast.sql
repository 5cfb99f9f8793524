-- PostgreSQL 15-18. Casts, which have no schema of their own.
with extension_objects as (
    select e.classid, e.objid
    from pg_catalog.pg_depend e
    where e.deptype = 'e'
),

-- what stands on a function or type of a schema that is not read is not read either
unread (catalog, oid) as (
    select p.tableoid, p.oid
    from pg_catalog.pg_proc p
    where
        p.oid >= 16384 and not p.pronamespace = any($1::oid[])
        and (p.tableoid, p.oid) not in (select e.classid, e.objid from extension_objects e)
    union all
    select t.tableoid, t.oid
    from pg_catalog.pg_type t
    where
        t.oid >= 16384 and not t.typnamespace = any($1::oid[])
        and (t.tableoid, t.oid) not in (select e.classid, e.objid from extension_objects e)
        and (t.tableoid, t.typelem) not in (select e.classid, e.objid from extension_objects e)
)

select
    'cast' as kind,
    'public' as schema_name,
    '' as object_name,
    pg_catalog.format(
        'CREATE CAST (%s AS %s) %s%s',
        pg_catalog.format_type(a.castsource, null), pg_catalog.format_type(a.casttarget, null),
        case a.castmethod
            when 'f' then 'WITH FUNCTION ' || a.castfunc::pg_catalog.regprocedure
            when 'i' then 'WITH INOUT'
            else 'WITHOUT FUNCTION'
        end,
        case a.castcontext when 'a' then ' AS ASSIGNMENT' when 'i' then ' AS IMPLICIT' end
    ) as definition_text,
    pg_catalog.format_type(a.castsource, null) as first_text,
    pg_catalog.format_type(a.casttarget, null) as second_text,
    ds.description as comment_text
from pg_catalog.pg_cast a
left join pg_catalog.pg_description ds
    on ds.classoid = a.tableoid and ds.objoid = a.oid and ds.objsubid = 0
where
    a.oid >= 16384
    and not exists (
        select from pg_catalog.pg_depend i
        where i.classid = a.tableoid and i.objid = a.oid and i.deptype = 'i'
    )
    and not exists (
        select from unread u
        where
            u.oid in (a.castsource, a.casttarget)
            and u.catalog = 'pg_catalog.pg_type'::pg_catalog.regclass
            or u.oid = a.castfunc and u.catalog = 'pg_catalog.pg_proc'::pg_catalog.regclass
    )
    and not exists (
        select from pg_catalog.pg_depend e
        where e.classid = a.tableoid and e.objid = a.oid and e.deptype = 'e'
    )
order by 2, 3, a.oid

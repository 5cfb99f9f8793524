-- PostgreSQL 15-18. Extensions in the schemas, and in schemas of the system or of their own.
-- plpgsql is everywhere.
select
    x.extname,
    case
        when n.oid = any($1::oid[]) or n.nspname = 'pg_catalog' then n.nspname
    end as schema_name
from pg_catalog.pg_extension x
join pg_catalog.pg_namespace n on n.oid = x.extnamespace
where
    x.extname <> 'plpgsql'
    and (
        n.oid = any($1::oid[])
        or n.nspname = 'pg_catalog'
        or exists (
            select from pg_catalog.pg_depend e
            where
                e.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
                and e.objid = n.oid
                and e.deptype = 'e'
        )
    )
order by x.extname

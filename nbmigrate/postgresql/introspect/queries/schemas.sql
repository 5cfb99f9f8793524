-- PostgreSQL 15-18. Schemas that are read: those named, or all that are neither
-- the system's, nor an extension's, nor the tool's own.
select
    n.oid,
    n.nspname
from pg_catalog.pg_namespace n
where
    case
        when $1::text[] is not null then n.nspname = any($1::text[])
        else
            n.nspname !~ '^(pg_|nbmigrate(_|$))'
            and n.nspname not in ('information_schema', 'drizzle')
            and not exists (
                select from pg_catalog.pg_depend e
                where
                    e.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
                    and e.objid = n.oid
                    and e.deptype = 'e'
            )
    end
order by n.nspname

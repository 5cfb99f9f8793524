-- PostgreSQL 15-18. The roles that are named, or all but superusers and the system's.
select
    r.rolname,
    r.rolcreatedb,
    r.rolcreaterole,
    r.rolinherit
from pg_catalog.pg_roles r
where
    case
        when $1::text[] is not null then r.rolname = any($1::text[])
        else r.rolname !~ '^pg_' and not r.rolsuper
    end
order by r.rolname

-- PostgreSQL 15-18. Operator classes by the name that a new session finds them by: with their schema
-- where the bare name is not on the search path. Those that a type has by default need no name.
select
    o.oid,
    case
        when n.nspname = 'pg_catalog' or n.nspname = any(p.schemas) then ''
        else pg_catalog.quote_ident(n.nspname) || '.'
    end || pg_catalog.quote_ident(o.opcname) as spelled,
    o.opcdefault
from pg_catalog.pg_opclass o
join pg_catalog.pg_namespace n on n.oid = o.opcnamespace
cross join (
    select
        pg_catalog.regexp_split_to_array(
            pg_catalog.replace(r.reset_val, '"', ''), '\s*,\s*'
        ) as schemas
    from pg_catalog.pg_settings r
    where r.name = 'search_path'
) as p
order by o.oid

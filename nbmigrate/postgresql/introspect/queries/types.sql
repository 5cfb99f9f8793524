-- PostgreSQL 15-18. Every type and modifier that a column uses. For an array the element is
-- told. A type outside pg_catalog has its schema, unless an extension owns it, and the text of
-- its modifier: what format_type writes behind the bare name.
-- is_on_path: whether a new session finds the type by its bare name.
with used as (
    select distinct
        a.atttypid,
        a.atttypmod
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    where
        c.relnamespace = any($1::oid[])
        and ($2::oid[] is null or c.oid = any($2::oid[]))
        and c.relkind in ('r', 'p', 'v', 'm')
        and a.attnum > 0
        and not a.attisdropped
)

select
    u.atttypid,
    u.atttypmod,
    l.oid is not null as is_array,
    n.nspname = 'pg_catalog' as is_built_in,
    exists (
        select from pg_catalog.pg_depend x
        where
            x.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
            and x.objid = e.oid
            and x.deptype = 'e'
    ) as is_of_extension,
    n.nspname = any(p.schemas) as is_on_path,
    n.nspname,
    e.typname,
    pg_catalog.format_type(e.oid, u.atttypmod) as type_text,
    substr(
        pg_catalog.format_type(e.oid, u.atttypmod),
        length(pg_catalog.format_type(e.oid, null)) + 1
    ) as modifier_text
from used u
cross join (
    select
        pg_catalog.regexp_split_to_array(
            pg_catalog.replace(r.reset_val, '"', ''), '\s*,\s*'
        ) as schemas
    from pg_catalog.pg_settings r
    where r.name = 'search_path'
) as p
join pg_catalog.pg_type t on t.oid = u.atttypid
left join pg_catalog.pg_type l on l.typarray = t.oid and t.typelem <> 0
join pg_catalog.pg_type e on e.oid = coalesce(l.oid, t.oid)
join pg_catalog.pg_namespace n on n.oid = e.typnamespace
order by u.atttypid, u.atttypmod

-- PostgreSQL 15-18. Enum types with their labels in order; those of extensions are left out.
select
    n.nspname,
    t.typname,
    array(
        select v.enumlabel
        from pg_catalog.pg_enum v
        where v.enumtypid = t.oid
        order by v.enumsortorder
    ) as labels,
    pg_catalog.obj_description(t.oid, 'pg_type') as comment_text,
    t.oid
from pg_catalog.pg_type t
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
where
    t.typnamespace = any($1::oid[])
    and t.typtype = 'e'
    and not exists (
        select from pg_catalog.pg_depend e
        where
            e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
            and e.objid = t.oid
            and e.deptype = 'e'
    )
order by n.nspname, t.typname

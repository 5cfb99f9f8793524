-- PostgreSQL 15-18. Domains and their checks; those of extensions are left out.
select
    n.nspname,
    t.typname,
    pg_catalog.format_type(t.typbasetype, t.typtypmod) as type_text,
    ln.nspname as collation_schema,
    l.collname,
    pg_catalog.pg_get_expr(t.typdefaultbin, 0) as default_text,
    t.typnotnull,
    array(
        select k.conname::text
        from pg_catalog.pg_constraint k
        where k.contypid = t.oid and k.contype = 'c'
        order by k.conname
    ) as check_names,
    array(
        select pg_catalog.pg_get_expr(k.conbin, 0)
        from pg_catalog.pg_constraint k
        where k.contypid = t.oid and k.contype = 'c'
        order by k.conname
    ) as check_texts,
    array(
        select k.convalidated
        from pg_catalog.pg_constraint k
        where k.contypid = t.oid and k.contype = 'c'
        order by k.conname
    ) as checks_valid,
    pg_catalog.obj_description(t.oid, 'pg_type') as comment_text,
    t.oid,
    array(
        select pg_catalog.obj_description(k.oid, 'pg_constraint')
        from pg_catalog.pg_constraint k
        where k.contypid = t.oid and k.contype = 'c'
        order by k.conname
    ) as check_comments
from pg_catalog.pg_type t
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
join pg_catalog.pg_type b on b.oid = t.typbasetype
left join pg_catalog.pg_collation l on l.oid = t.typcollation and l.oid <> b.typcollation
left join pg_catalog.pg_namespace ln on ln.oid = l.collnamespace
where
    t.typnamespace = any($1::oid[])
    and t.typtype = 'd'
    and not exists (
        select from pg_catalog.pg_depend e
        where
            e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
            and e.objid = t.oid
            and e.deptype = 'e'
    )
order by n.nspname, t.typname

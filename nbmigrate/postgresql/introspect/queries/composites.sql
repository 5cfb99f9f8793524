-- PostgreSQL 15-18. The attributes of composite types, a row each; a type without attributes has
-- one row without a name. Those of extensions and the row types of tables are left out.
select
    n.nspname,
    t.typname,
    pg_catalog.obj_description(t.oid, 'pg_type') as comment_text,
    t.oid,
    a.attname,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as type_text,
    ln.nspname as collation_schema,
    l.collname,
    pg_catalog.col_description(c.oid, a.attnum) as attribute_comment
from pg_catalog.pg_type t
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
join pg_catalog.pg_class c on c.oid = t.typrelid
left join pg_catalog.pg_attribute a
    on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_catalog.pg_type b on b.oid = a.atttypid
left join pg_catalog.pg_collation l on l.oid = a.attcollation and l.oid <> b.typcollation
left join pg_catalog.pg_namespace ln on ln.oid = l.collnamespace
where
    t.typnamespace = any($1::oid[])
    and t.typtype = 'c'
    and c.relkind = 'c'
    and not exists (
        select from pg_catalog.pg_depend e
        where
            e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
            and e.objid = t.oid
            and e.deptype = 'e'
    )
order by n.nspname, t.typname, a.attnum

-- PostgreSQL 15-18. Range types; those of extensions are left out.
select
    n.nspname,
    t.typname,
    pg_catalog.format_type(r.rngsubtype, null) as subtype_text,
    case
        when not o.opcdefault
            then pg_catalog.quote_ident(s.nspname) || '.' || pg_catalog.quote_ident(o.opcname)
    end as opclass_text,
    ln.nspname as collation_schema,
    l.collname,
    case when r.rngsubdiff <> 0 then r.rngsubdiff::pg_catalog.regproc::text end as diff_text,
    m.typname as multirange_name,
    pg_catalog.obj_description(t.oid, 'pg_type') as comment_text,
    t.oid
from pg_catalog.pg_range r
join pg_catalog.pg_type t on t.oid = r.rngtypid
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
join pg_catalog.pg_type b on b.oid = r.rngsubtype
join pg_catalog.pg_type m on m.oid = r.rngmultitypid
join pg_catalog.pg_opclass o on o.oid = r.rngsubopc
join pg_catalog.pg_namespace s on s.oid = o.opcnamespace
left join pg_catalog.pg_collation l on l.oid = r.rngcollation and l.oid <> b.typcollation
left join pg_catalog.pg_namespace ln on ln.oid = l.collnamespace
where
    t.typnamespace = any($1::oid[])
    and not exists (
        select from pg_catalog.pg_depend e
        where
            e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
            and e.objid = t.oid
            and e.deptype = 'e'
    )
order by n.nspname, t.typname

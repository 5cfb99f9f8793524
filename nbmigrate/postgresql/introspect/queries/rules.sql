-- PostgreSQL 15-18. Rules of tables and views; _RETURN is the view itself.
select
    w.ev_class,
    w.rulename,
    pg_catalog.pg_get_ruledef(w.oid) as definition_text,
    w.ev_enabled::text,
    pg_catalog.obj_description(w.oid, 'pg_rewrite') as comment_text
from pg_catalog.pg_rewrite w
join pg_catalog.pg_class c on c.oid = w.ev_class
where
    c.relnamespace = any($1::oid[])
    and ($2::oid[] is null or c.oid = any($2::oid[]))
    and w.rulename <> '_RETURN'
    and not exists (
        select from pg_catalog.pg_depend e
        where
            e.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
            and e.objid = w.oid
            and e.deptype = 'e'
    )
order by w.ev_class, w.rulename

-- PostgreSQL 15-18. Triggers of tables and views; those of foreign keys, and the copies that
-- partitions have of their parent's, are left out.
select
    g.tgrelid,
    g.tgname,
    pg_catalog.pg_get_triggerdef(g.oid) as definition_text,
    g.tgenabled::text,
    ds.description as comment_text
from pg_catalog.pg_trigger g
join pg_catalog.pg_class c on c.oid = g.tgrelid
left join pg_catalog.pg_description ds
    on
        ds.objoid = g.oid
        and ds.classoid = 'pg_catalog.pg_trigger'::pg_catalog.regclass
        and ds.objsubid = 0
where
    c.relnamespace = any($1::oid[])
    and ($2::oid[] is null or c.oid = any($2::oid[]))
    and not g.tgisinternal
    and g.tgparentid = 0
    and not exists (
        select from pg_catalog.pg_depend e
        where
            e.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass
            and e.objid = g.oid
            and e.deptype = 'e'
    )
order by g.tgrelid, g.tgname

-- PostgreSQL 15-18. Row security policies; role 0 is PUBLIC.
select
    p.polrelid,
    p.polname,
    p.polpermissive,
    p.polcmd::text,
    array(
        select coalesce(r.rolname, 'public')
        from pg_catalog.unnest(p.polroles) as u (oid)
        left join pg_catalog.pg_roles r on r.oid = u.oid
        order by 1
    )::text[] as role_names,
    pg_catalog.pg_get_expr(p.polqual, p.polrelid) as using_text,
    pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as check_text,
    pg_catalog.obj_description(p.oid, 'pg_policy') as comment_text
from pg_catalog.pg_policy p
join pg_catalog.pg_class c on c.oid = p.polrelid
where
    c.relnamespace = any($1::oid[])
    and ($2::oid[] is null or c.oid = any($2::oid[]))
order by p.polrelid, p.polname

-- PostgreSQL 15-18. Statistics objects that are in the schema of their table.
select
    s.stxrelid,
    s.stxname,
    pg_catalog.pg_get_statisticsobjdef_columns(s.oid) as definition_text,
    s.stxkind::text[],
    nullif(s.stxstattarget, -1) as target,
    pg_catalog.obj_description(s.oid, 'pg_statistic_ext') as comment_text
from pg_catalog.pg_statistic_ext s
join pg_catalog.pg_class c on c.oid = s.stxrelid
where
    c.relnamespace = any($1::oid[])
    and ($2::oid[] is null or c.oid = any($2::oid[]))
    and s.stxnamespace = c.relnamespace
    and c.relkind in ('r', 'p', 'm')
order by s.stxrelid, s.stxname

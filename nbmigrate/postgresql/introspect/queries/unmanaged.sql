-- PostgreSQL 14-18. How many objects of the schemas a snapshot does not hold, by kind.
-- What an extension owns is not counted.
with extension_objects as (
    select e.classid, e.objid
    from pg_catalog.pg_depend e
    where e.deptype = 'e'
),

relations as (
    select c.oid, c.relkind
    from pg_catalog.pg_class c
    where
        c.relnamespace = any(%(namespaces)s::oid[])
        and (c.tableoid, c.oid) not in (select e.classid, e.objid from extension_objects e)
),

found (place, kind) as (
    select 3, 'foreign table' from relations r
    where r.relkind = 'f'
    union all
    select 7, 'aggregate'
    from pg_catalog.pg_proc f
    where
        f.prokind = 'a'
        and f.pronamespace = any(%(namespaces)s::oid[])
        and (f.tableoid, f.oid) not in (select e.classid, e.objid from extension_objects e)
    union all
    select 12, 'invalid index'
    from pg_catalog.pg_index i
    where
        not i.indisvalid
        and i.indrelid in (select r.oid from relations r where r.relkind in ('r', 'p', 'm'))
    union all
    select 13, 'statistics object in another schema than its table'
    from pg_catalog.pg_statistic_ext s
    join pg_catalog.pg_class t on t.oid = s.stxrelid
    where t.relnamespace <> s.stxnamespace and s.stxrelid in (select r.oid from relations r)
    union all
    select 14, 'event trigger'
    from pg_catalog.pg_event_trigger v
    where (v.tableoid, v.oid) not in (select e.classid, e.objid from extension_objects e)
    union all
    select 15, 'publication' from pg_catalog.pg_publication
)

select
    kind,
    pg_catalog.count(*)
from found
group by place, kind
order by place, kind

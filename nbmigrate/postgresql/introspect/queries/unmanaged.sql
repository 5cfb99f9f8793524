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
    select 4, 'base type'
    from pg_catalog.pg_type t
    where
        t.typtype = 'b' and t.typelem = 0
        and t.typnamespace = any(%(namespaces)s::oid[])
        and (t.tableoid, t.oid) not in (select e.classid, e.objid from extension_objects e)
    union all
    select 5, 'operator'
    from pg_catalog.pg_operator p
    where
        p.oprnamespace = any(%(namespaces)s::oid[])
        and (p.tableoid, p.oid) not in (select e.classid, e.objid from extension_objects e)
    union all
    select 6, 'operator class'
    from pg_catalog.pg_opclass p
    where
        p.opcnamespace = any(%(namespaces)s::oid[])
        and (p.tableoid, p.oid) not in (select e.classid, e.objid from extension_objects e)
    union all
    select 7, 'collation'
    from pg_catalog.pg_collation l
    where
        l.collnamespace = any(%(namespaces)s::oid[])
        and (l.tableoid, l.oid) not in (select e.classid, e.objid from extension_objects e)
    union all
    select 8, 'conversion'
    from pg_catalog.pg_conversion v
    where
        v.connamespace = any(%(namespaces)s::oid[])
        and (v.tableoid, v.oid) not in (select e.classid, e.objid from extension_objects e)
    union all
    select 9, 'text search configuration'
    from pg_catalog.pg_ts_config f
    where
        f.cfgnamespace = any(%(namespaces)s::oid[])
        and (f.tableoid, f.oid) not in (select e.classid, e.objid from extension_objects e)
    union all
    select 10, 'text search dictionary'
    from pg_catalog.pg_ts_dict d
    where
        d.dictnamespace = any(%(namespaces)s::oid[])
        and (d.tableoid, d.oid) not in (select e.classid, e.objid from extension_objects e)
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
    union all
    select 16, 'cast'
    from pg_catalog.pg_cast a
    where
        a.oid >= 16384 -- FirstNormalObjectId: what is below came with PostgreSQL
        -- a range type brings its cast along
        and not exists (
            select from pg_catalog.pg_depend d
            where d.classid = a.tableoid and d.objid = a.oid and d.deptype = 'i'
        )
        and (a.tableoid, a.oid) not in (select e.classid, e.objid from extension_objects e)
    union all
    select 17, 'language'
    from pg_catalog.pg_language l
    where
        l.oid >= 16384
        and (l.tableoid, l.oid) not in (select e.classid, e.objid from extension_objects e)
    union all
    select 18, 'foreign server'
    from pg_catalog.pg_foreign_server s
    where (s.tableoid, s.oid) not in (select e.classid, e.objid from extension_objects e)
    union all
    select 19, 'setting of default privileges' from pg_catalog.pg_default_acl
)

select
    kind,
    pg_catalog.count(*)
from found
group by place, kind
order by place, kind

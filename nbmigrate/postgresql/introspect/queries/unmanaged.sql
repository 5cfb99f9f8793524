-- PostgreSQL 14-18. How many objects of the schemas a snapshot does not hold, by kind.
-- What an extension owns is not counted.
with extension_objects as (
    select e.classid, e.objid
    from pg_catalog.pg_depend e
    where e.deptype = 'e'
),

relations as (
    select c.oid, c.relkind, c.relispartition
    from pg_catalog.pg_class c
    where
        c.relnamespace = any(%(namespaces)s::oid[])
        and (c.tableoid, c.oid) not in (select e.classid, e.objid from extension_objects e)
),

found (place, kind) as (
    select 1, 'extension'
    from pg_catalog.pg_extension x
    where x.extname <> 'plpgsql'
    union all
    select 2, case when r.relispartition then 'partition' else 'partitioned table' end
    from relations r
    where (r.relispartition and r.relkind in ('r', 'p', 'f')) or r.relkind = 'p'
    union all
    select 3, 'foreign table' from relations r
    where r.relkind = 'f' and not r.relispartition
    union all
    select 4, 'inherited table'
    from relations r
    where
        r.relkind = 'r'
        and not r.relispartition
        and r.oid in (select h.inhrelid from pg_catalog.pg_inherits h)
    union all
    select 5, 'composite type' from relations r
    where r.relkind = 'c'
    union all
    select 6, case t.typtype when 'd' then 'domain' else 'range type' end
    from pg_catalog.pg_type t
    where
        t.typnamespace = any(%(namespaces)s::oid[])
        and t.typtype in ('d', 'r')
        and (t.tableoid, t.oid) not in (select e.classid, e.objid from extension_objects e)
    union all
    select
        7,
        case f.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end
    from pg_catalog.pg_proc f
    where
        f.pronamespace = any(%(namespaces)s::oid[])
        and not exists (
            select from pg_catalog.pg_depend i -- 'i': the constructors of a range type
            where i.classid = f.tableoid and i.objid = f.oid and i.deptype in ('e', 'i')
        )
    union all
    select 8, 'trigger'
    from pg_catalog.pg_trigger g
    where not g.tgisinternal and g.tgrelid in (select r.oid from relations r)
    union all
    select 9, 'rule'
    from pg_catalog.pg_rewrite w
    where w.rulename <> '_RETURN' and w.ev_class in (select r.oid from relations r)
    union all
    select 10, 'exclusion constraint'
    from pg_catalog.pg_constraint k
    where k.contype = 'x' and k.conrelid in (select r.oid from relations r)
    union all
    select 11, 'index of a materialized view'
    from pg_catalog.pg_index i
    where i.indrelid in (select r.oid from relations r where r.relkind = 'm')
    union all
    select 12, 'invalid index'
    from pg_catalog.pg_index i
    where not i.indisvalid and i.indrelid in (select r.oid from relations r where r.relkind = 'r')
    union all
    select 13, 'statistics object'
    from pg_catalog.pg_statistic_ext s
    where s.stxrelid in (select r.oid from relations r)
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

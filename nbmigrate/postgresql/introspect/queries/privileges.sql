-- PostgreSQL 14-18. What others than the owner may do with tables, views, sequences (kind 'c') and
-- routines (kind 'p'); grantee 0 is PUBLIC. A new routine may be called by PUBLIC: that is not
-- told, and that it may not is a row without privileges.
with objects as (
    select
        'c' as kind,
        c.oid,
        c.relacl as entries,
        c.relowner as owner_oid
    from pg_catalog.pg_class c
    where
        c.relnamespace = any(%(namespaces)s::oid[])
        and c.relkind in ('r', 'p', 'v', 'm', 'S')
        and c.relacl is not null
    union all
    select
        'p',
        p.oid,
        p.proacl,
        p.proowner
    from pg_catalog.pg_proc p
    where p.pronamespace = any(%(namespaces)s::oid[]) and p.proacl is not null
)

select
    o.kind,
    o.oid,
    coalesce(r.rolname, 'public') as role_name,
    pg_catalog.array_agg(g.privilege_type order by g.privilege_type) as privileges,
    coalesce(
        pg_catalog.array_agg(g.privilege_type order by g.privilege_type) filter (where g.is_grantable),
        '{}'
    ) as grantable
from objects o
cross join lateral pg_catalog.aclexplode(o.entries) as g
left join pg_catalog.pg_roles r on r.oid = g.grantee
where g.grantee <> o.owner_oid and not (o.kind = 'p' and g.grantee = 0 and not g.is_grantable)
group by o.kind, o.oid, r.rolname
union all
select
    o.kind,
    o.oid,
    'public',
    '{}',
    '{}'
from objects o
where
    o.kind = 'p'
    and not exists (select from pg_catalog.aclexplode(o.entries) as g where g.grantee = 0)
order by 1, 2, 3

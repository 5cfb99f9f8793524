-- PostgreSQL 14-18. What others than the owner may do with a table or view; grantee 0 is PUBLIC.
select
    c.oid,
    coalesce(r.rolname, 'public') as role_name,
    pg_catalog.array_agg(g.privilege_type order by g.privilege_type) as privileges,
    coalesce(
        pg_catalog.array_agg(g.privilege_type order by g.privilege_type) filter (where g.is_grantable),
        '{}'
    ) as grantable
from pg_catalog.pg_class c
cross join lateral pg_catalog.aclexplode(c.relacl) as g
left join pg_catalog.pg_roles r on r.oid = g.grantee
where
    c.relnamespace = any(%(namespaces)s::oid[])
    and c.relkind in ('r', 'p', 'v', 'm')
    and g.grantee <> c.relowner
group by c.oid, r.rolname
order by c.oid, r.rolname

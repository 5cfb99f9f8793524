-- PostgreSQL 15-18. What others than the owner may do with tables, views, sequences (kind 'c'),
-- columns ('a', with their number), routines ('p'), types ('t') and schemas ('n'); grantee 0 is
-- PUBLIC. What PUBLIC may do with every new object of a kind is not told, and that it may not is a
-- row without privileges (PostgreSQL 18 docs, "Privileges", table 5.2; public is made with USAGE).
with objects (kind, oid, number, entries, owner_oid, usual) as (
    select 'c', c.oid, 0, c.relacl, c.relowner, null
    from pg_catalog.pg_class c
    where
        c.relnamespace = any($1::oid[])
        and ($2::oid[] is null or c.oid = any($2::oid[]))
        and c.relkind in ('r', 'p', 'v', 'm', 'S')
        and c.relacl is not null
    union all
    select 'a', c.oid, a.attnum, a.attacl, c.relowner, null
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    where
        c.relnamespace = any($1::oid[])
        and ($2::oid[] is null or c.oid = any($2::oid[]))
        and c.relkind in ('r', 'p', 'v', 'm')
        and a.attnum > 0
        and a.attacl is not null
    union all
    select 'p', p.oid, 0, p.proacl, p.proowner, 'EXECUTE'
    from pg_catalog.pg_proc p
    where p.pronamespace = any($1::oid[]) and p.proacl is not null
    union all
    select 't', t.oid, 0, t.typacl, t.typowner, 'USAGE'
    from pg_catalog.pg_type t
    where t.typnamespace = any($1::oid[]) and t.typacl is not null
    union all
    select 'n', n.oid, 0, n.nspacl, n.nspowner, case when n.nspname = 'public' then 'USAGE' end
    from pg_catalog.pg_namespace n
    where n.oid = any($1::oid[]) and n.nspacl is not null
)

select
    o.kind,
    o.oid,
    o.number,
    coalesce(r.rolname, 'public') as role_name,
    pg_catalog.array_agg(g.privilege_type order by g.privilege_type) as privileges,
    coalesce(
        pg_catalog.array_agg(g.privilege_type order by g.privilege_type) filter (where g.is_grantable),
        '{}'
    ) as grantable
from objects o
cross join lateral pg_catalog.aclexplode(o.entries) as g
left join pg_catalog.pg_roles r on r.oid = g.grantee
where g.grantee <> o.owner_oid
group by o.kind, o.oid, o.number, o.usual, g.grantee, r.rolname
having not (
    o.usual is not null
    and g.grantee = 0
    and pg_catalog.array_agg(g.privilege_type) = array[o.usual]
    and not pg_catalog.bool_or(g.is_grantable)
)
union all
select
    o.kind,
    o.oid,
    o.number,
    'public',
    '{}',
    '{}'
from objects o
where
    o.usual is not null
    and not exists (select from pg_catalog.aclexplode(o.entries) as g where g.grantee = 0)
order by 1, 2, 3, 4

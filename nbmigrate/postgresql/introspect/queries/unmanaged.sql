-- PostgreSQL 15-18. How many objects of the schemas a snapshot does not hold, by kind.
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
        c.relnamespace = any($1::oid[])
        and (c.tableoid, c.oid) not in (select e.classid, e.objid from extension_objects e)
),

found (place, kind) as (
    select 4, 'base type'
    from pg_catalog.pg_type t
    where
        t.typtype = 'b' and t.typelem = 0
        and t.typnamespace = any($1::oid[])
        and (t.tableoid, t.oid) not in (select e.classid, e.objid from extension_objects e)
    union all
    select 9, 'text search parser'
    from pg_catalog.pg_ts_parser p
    where
        p.prsnamespace = any($1::oid[])
        and (p.tableoid, p.oid) not in (select e.classid, e.objid from extension_objects e)
    union all
    select 10, 'text search template'
    from pg_catalog.pg_ts_template t
    where
        t.tmplnamespace = any($1::oid[])
        and (t.tableoid, t.oid) not in (select e.classid, e.objid from extension_objects e)
    union all
    select 11, 'table of a composite type'
    from relations r
    join pg_catalog.pg_class c on c.oid = r.oid
    where c.reloftype <> 0
    union all
    select 11, 'default of a view'
    from pg_catalog.pg_attrdef d
    where d.adrelid in (select r.oid from relations r where r.relkind = 'v')
    union all
    select 11, 'partitioned table with another access method'
    from relations r
    join pg_catalog.pg_class c on c.oid = r.oid
    join pg_catalog.pg_am m on m.oid = c.relam
    where r.relkind = 'p' and m.amname <> 'heap'
    union all
    select 11, 'NOT NULL constraint with NOT VALID, NO INHERIT or a comment'
    from pg_catalog.pg_constraint k
    where
        k.contype = 'n' and k.conrelid in (select r.oid from relations r)
        and (
            not k.convalidated or k.connoinherit
            or k.oid in (
                select m.objoid
                from pg_catalog.pg_description m
                where m.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
            )
        )
    union all
    select 11, 'comment on what a partition has from its parent'
    from pg_catalog.pg_description m
    where
        (m.classoid, m.objoid) in (
            select t.tableoid, t.oid
            from pg_catalog.pg_trigger t
            where t.tgparentid <> 0 and t.tgrelid in (select r.oid from relations r)
            union all
            select k.tableoid, k.oid
            from pg_catalog.pg_constraint k
            where k.conparentid <> 0 and k.conrelid in (select r.oid from relations r)
            union all
            select c.tableoid, c.oid
            from relations r
            join pg_catalog.pg_class c on c.oid = r.oid
            where r.relkind in ('i', 'I') and c.relispartition
        )
    union all
    select 11, 'trigger of a partition that is switched otherwise'
    from pg_catalog.pg_trigger t
    join pg_catalog.pg_trigger p on p.oid = t.tgparentid
    where
        t.tgenabled <> p.tgenabled and not t.tgisinternal
        and t.tgrelid in (select r.oid from relations r)
    union all
    select 11, 'comment on NOT NULL of a domain'
    from pg_catalog.pg_description m
    where
        (m.classoid, m.objoid) in (
            select k.tableoid, k.oid
            from pg_catalog.pg_constraint k
            join pg_catalog.pg_type t on t.oid = k.contypid
            where k.contype = 'n' and t.typnamespace = any($1::oid[])
        )
    union all
    select 11, 'comment on the index of a constraint'
    from pg_catalog.pg_description m
    join pg_catalog.pg_constraint k
        on k.conindid = m.objoid and k.contype in ('p', 'u', 'x') and k.conparentid = 0
    where
        m.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and k.conrelid in (select r.oid from relations r)
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
    select 17, 'language'
    from pg_catalog.pg_language l
    where
        l.oid >= 16384
        and (l.tableoid, l.oid) not in (select e.classid, e.objid from extension_objects e)
    union all
    select 18, 'user mapping' from pg_catalog.pg_user_mappings
    union all
    select 18, 'foreign option that may hold a secret'
    from (
        select s.srvoptions as options from pg_catalog.pg_foreign_server s
        union all
        select w.fdwoptions from pg_catalog.pg_foreign_data_wrapper w
        union all
        select t.ftoptions from pg_catalog.pg_foreign_table t
        where t.ftrelid in (select r.oid from relations r)
        union all
        select a.attfdwoptions
        from pg_catalog.pg_foreign_table t
        join pg_catalog.pg_attribute a on a.attrelid = t.ftrelid
        where t.ftrelid in (select r.oid from relations r)
    ) as h
    cross join lateral pg_catalog.pg_options_to_table(h.options) as p
    where p.option_name ~* '(pass|pwd|secret|token)'
    union all
    select 18, 'privilege on a foreign table, server or wrapper'
    from (
        select c.relacl as acl, c.relowner as owner_ from pg_catalog.pg_class c
        where c.relkind = 'f' and c.oid in (select r.oid from relations r)
        union all
        select s.srvacl, s.srvowner from pg_catalog.pg_foreign_server s
        where (s.tableoid, s.oid) not in (select e.classid, e.objid from extension_objects e)
        union all
        select w.fdwacl, w.fdwowner from pg_catalog.pg_foreign_data_wrapper w
        where (w.tableoid, w.oid) not in (select e.classid, e.objid from extension_objects e)
    ) as g
    where exists (
        select from pg_catalog.aclexplode(g.acl) e where e.grantee <> g.owner_
    )
    union all
    select 19, 'setting of default privileges' from pg_catalog.pg_default_acl
)

select
    kind,
    pg_catalog.count(*)
from found
group by place, kind
order by place, kind

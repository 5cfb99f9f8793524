-- PostgreSQL 15-18. The tables $1, and what else shows something of them: the tables whose foreign
-- keys, policies or column types depend on them (PostgreSQL docs, "pg_depend"), or 0 for what is of
-- no table. With each the sequences that it owns.
with owned (owner, sequence) as not materialized (
    select o.refobjid, o.objid
    from pg_catalog.pg_depend o
    join pg_catalog.pg_sequence s on s.seqrelid = o.objid
    where
        o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and o.deptype in ('a', 'i')
),

parts (class, oid) as (
    select 'pg_catalog.pg_class'::pg_catalog.regclass, pg_catalog.unnest($1::oid[])
    union all
    select 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid
    from pg_catalog.pg_index i
    where i.indrelid = any($1::oid[])
    union all
    select 'pg_catalog.pg_class'::pg_catalog.regclass, w.sequence
    from owned w
    where w.owner = any($1::oid[])
    union all
    select 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid
    from pg_catalog.pg_type t
    where t.typrelid = any($1::oid[])
    union all
    select 'pg_catalog.pg_type'::pg_catalog.regclass, l.oid
    from pg_catalog.pg_type t
    join pg_catalog.pg_type l on l.oid = t.typarray
    where t.typrelid = any($1::oid[])
),

dependants (class, oid) as (
    select distinct d.classid, d.objid
    from parts p
    join pg_catalog.pg_depend d on d.refclassid = p.class and d.refobjid = p.oid
    where not exists (select from parts o where o.class = d.classid and o.oid = d.objid)
),

tables (oid) as (
    select pg_catalog.unnest($1::oid[])
    union
    select
        case d.class
            when 'pg_catalog.pg_class'::pg_catalog.regclass then (
                select case when c.relkind = 't' then null else c.oid end
                from pg_catalog.pg_class c
                where c.oid = d.oid
            )
            when 'pg_catalog.pg_attrdef'::pg_catalog.regclass
                then (select a.adrelid from pg_catalog.pg_attrdef a where a.oid = d.oid)
            when 'pg_catalog.pg_constraint'::pg_catalog.regclass
                then (select k.conrelid from pg_catalog.pg_constraint k where k.oid = d.oid)
            when 'pg_catalog.pg_trigger'::pg_catalog.regclass
                then (select g.tgrelid from pg_catalog.pg_trigger g where g.oid = d.oid)
            when 'pg_catalog.pg_policy'::pg_catalog.regclass
                then (select p.polrelid from pg_catalog.pg_policy p where p.oid = d.oid)
            when 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                then (select w.ev_class from pg_catalog.pg_rewrite w where w.oid = d.oid)
            when 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass
                then (select e.stxrelid from pg_catalog.pg_statistic_ext e where e.oid = d.oid)
            else 0
        end
    from dependants d
)

select
    t.oid,
    array(select w.sequence from owned w where w.owner = t.oid) as sequences
from tables t
where t.oid is not null

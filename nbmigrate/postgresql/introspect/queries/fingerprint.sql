-- PostgreSQL 14-18. One text that changes whenever a catalog row of the schemas changes: every
-- row is known by its key and xmin, which a new version of the row has anew. Sums do not
-- depend on the order of the rows.
with namespaces as (
    select n.oid, n.xmin
    from pg_catalog.pg_namespace n
    where
        case
            when %(schemas)s::text[] is not null then n.nspname = any(%(schemas)s::text[])
            else
                n.nspname !~ '^(pg_|nbmigrate(_|$))'
                and n.nspname not in ('information_schema', 'drizzle')
        end
),

relations as (
    select c.oid, c.xmin
    from pg_catalog.pg_class c
    where c.relnamespace in (select n.oid from namespaces n)
),

types as (
    select t.oid, t.xmin
    from pg_catalog.pg_type t
    where t.typnamespace in (select n.oid from namespaces n) and t.typtype in ('c', 'd', 'e', 'r')
),

rows_ (catalog, key, part, xmin) as (
    select 1, n.oid, 0, n.xmin from namespaces n
    union all
    select 2, r.oid, 0, r.xmin from relations r
    union all
    select 3, a.attrelid, a.attnum, a.xmin
    from pg_catalog.pg_attribute a
    where a.attnum > 0 and a.attrelid in (select r.oid from relations r)
    union all
    select 4, d.oid, 0, d.xmin
    from pg_catalog.pg_attrdef d
    where d.adrelid in (select r.oid from relations r)
    union all
    select 5, k.oid, 0, k.xmin
    from pg_catalog.pg_constraint k
    where
        k.conrelid in (select r.oid from relations r)
        or k.contypid in (select t.oid from types t)
    union all
    select 6, i.indexrelid, 0, i.xmin
    from pg_catalog.pg_index i
    where i.indrelid in (select r.oid from relations r)
    union all
    select 7, t.oid, 0, t.xmin from types t
    union all
    select 8, v.oid, 0, v.xmin
    from pg_catalog.pg_enum v
    where v.enumtypid in (select t.oid from types t)
    union all
    select 9, w.oid, 0, w.xmin
    from pg_catalog.pg_rewrite w
    where w.ev_class in (select r.oid from relations r)
    union all
    select 10, p.oid, 0, p.xmin
    from pg_catalog.pg_policy p
    where p.polrelid in (select r.oid from relations r)
    union all
    select 11, s.seqrelid, 0, s.xmin
    from pg_catalog.pg_sequence s
    where s.seqrelid in (select r.oid from relations r)
    union all
    select 12, o.objid, o.refobjsubid, o.xmin
    from pg_catalog.pg_depend o
    where
        o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and o.deptype in ('a', 'i')
        and o.objid in (select r.oid from relations r)
    union all
    select 13, m.objoid, m.objsubid, m.xmin
    from pg_catalog.pg_description m
    where
        m.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and m.objoid in (select r.oid from relations r)
    union all
    select 14, f.oid, 0, f.xmin
    from pg_catalog.pg_proc f
    where f.pronamespace in (select n.oid from namespaces n)
    union all
    select 15, g.oid, 0, g.xmin
    from pg_catalog.pg_trigger g
    where g.tgrelid in (select r.oid from relations r)
    union all
    select 16, x.oid, 0, x.xmin from pg_catalog.pg_extension x
    union all
    select 17, m.objoid, 0, m.xmin
    from pg_catalog.pg_description m
    where
        m.objoid in (
            select t.oid from types t
            union all
            select f.oid
            from pg_catalog.pg_proc f
            where f.pronamespace in (select n.oid from namespaces n)
            union all
            select g.oid
            from pg_catalog.pg_trigger g
            where g.tgrelid in (select r.oid from relations r)
            union all
            select w.oid
            from pg_catalog.pg_rewrite w
            where w.ev_class in (select r.oid from relations r)
            union all
            select k.oid
            from pg_catalog.pg_constraint k
            where k.conrelid in (select r.oid from relations r)
            union all
            select p.oid
            from pg_catalog.pg_policy p
            where p.polrelid in (select r.oid from relations r)
            union all
            select s.oid
            from pg_catalog.pg_statistic_ext s
            where s.stxrelid in (select r.oid from relations r)
            union all
            select n.oid from namespaces n
        )
    union all
    select 18, s.oid, 0, s.xmin
    from pg_catalog.pg_statistic_ext s
    where s.stxrelid in (select r.oid from relations r)
    union all
    select 19, h.inhrelid, h.inhseqno, h.xmin
    from pg_catalog.pg_inherits h
    where h.inhrelid in (select r.oid from relations r)
)

select
    pg_catalog.count(*)::text || ':'
    || coalesce(
        pg_catalog.sum(
            pg_catalog.hashint8extended(
                (key::int8 << 32) | xmin::text::int8, (catalog << 16) + part
            )::numeric
        ),
        0
    )::text as fingerprint
from rows_

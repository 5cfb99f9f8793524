-- PostgreSQL 15-18. A mark for each table that changes whenever a catalog row of it does, of its
-- indexes, its TOAST or the sequences that it owns; and, told as that of table 0, one of all else:
-- also of the tables of an inheritance or partition tree, which show what is of others. A mark is
-- the number of rows, the newest xmin of them and the sum of all: a new row or version of a row has
-- one that was never there before (PostgreSQL docs, "Transactions and Identifiers"). Objects made by
-- initdb (oids below 16384) do not change. Where there are many rows, age() is asked: to make a number
-- of an xmin by its text takes longer. It counts from now; what stays is the distance from the first
-- transaction of all, 3. Of rows of initdb itself it tells nothing.
with inheriting as materialized (
    select h.inhrelid as oid from pg_catalog.pg_inherits h
    union
    select h.inhparent from pg_catalog.pg_inherits h
),

tables as materialized (
    select c.oid, c.reltoastrelid
    from pg_catalog.pg_class c
    where
        c.oid >= 16384
        and c.relkind in ('r', 'p')
        and not c.oid in (select h.oid from inheriting h)
),

owned as materialized (
    select o.objid, o.refobjid, pg_catalog.age(o.xmin) as age
    from pg_catalog.pg_depend o
    join pg_catalog.pg_sequence s on s.seqrelid = o.objid
    where
        o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and o.deptype in ('a', 'i')
        and o.objid >= 16384
),

by_age (relation, row_count, youngest, ages) as (
    select c.oid, 1::int8, pg_catalog.age(c.xmin), pg_catalog.age(c.xmin)::int8
    from pg_catalog.pg_class c
    where c.oid >= 16384 and c.relkind not in ('i', 'I', 'S', 't')
    union all
    select t.oid, 1, pg_catalog.age(c.xmin), pg_catalog.age(c.xmin)
    from tables t
    join pg_catalog.pg_class c on c.oid = t.reltoastrelid
    union all
    select
        i.indrelid, 2 * pg_catalog.count(*),
        pg_catalog.min(least(pg_catalog.age(i.xmin), pg_catalog.age(c.xmin))),
        pg_catalog.sum(pg_catalog.age(i.xmin)) + pg_catalog.sum(pg_catalog.age(c.xmin))
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    where
        i.indexrelid >= 16384
        and not i.indrelid in (select t.reltoastrelid from tables t)
    group by i.indrelid
    union all
    select
        coalesce(o.refobjid, 0), 2 + (o.objid is not null)::int,
        least(pg_catalog.age(s.xmin), pg_catalog.age(c.xmin), o.age),
        pg_catalog.age(s.xmin)::int8 + pg_catalog.age(c.xmin) + coalesce(o.age, 0)
    from pg_catalog.pg_sequence s
    join pg_catalog.pg_class c on c.oid = s.seqrelid
    left join owned o on o.objid = s.seqrelid
    union all
    -- of the keys of indexes only what was set for them: they are many, and otherwise never change
    select
        case
            when c.relkind in ('i', 'I')
                then (select i.indrelid from pg_catalog.pg_index i where i.indexrelid = c.oid)
            else c.oid
        end,
        pg_catalog.count(*), pg_catalog.min(pg_catalog.age(a.xmin)),
        pg_catalog.sum(pg_catalog.age(a.xmin))
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    where
        c.oid >= 16384
        and a.attnum > 0
        and c.relkind not in ('S', 't')
        and (c.relkind not in ('i', 'I') or a.attstattarget >= 0 or a.attoptions is not null)
    group by 1
    union all
    select
        d.adrelid, pg_catalog.count(*), pg_catalog.min(pg_catalog.age(d.xmin)),
        pg_catalog.sum(pg_catalog.age(d.xmin))
    from pg_catalog.pg_attrdef d
    group by d.adrelid
    union all
    select
        k.conrelid, pg_catalog.count(*), pg_catalog.min(pg_catalog.age(k.xmin)),
        pg_catalog.sum(pg_catalog.age(k.xmin))
    from pg_catalog.pg_constraint k
    where k.oid >= 16384
    group by k.conrelid
),

-- the others, of which there are few; those of relation 0 are of no table
by_text (relation, written) as (
    select g.tgrelid, g.xmin
    from pg_catalog.pg_trigger g
    where not g.tgisinternal
    union all
    select p.polrelid, p.xmin
    from pg_catalog.pg_policy p
    union all
    select w.ev_class, w.xmin
    from pg_catalog.pg_rewrite w
    where w.oid >= 16384
    union all
    select e.stxrelid, e.xmin
    from pg_catalog.pg_statistic_ext e
    union all
    select
        case
            when m.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
                then coalesce(i.indrelid, m.objoid)
            else coalesce(k.conrelid, 0)
        end,
        m.xmin
    from pg_catalog.pg_description m
    left join pg_catalog.pg_constraint k
        on k.oid = m.objoid and m.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
    left join pg_catalog.pg_index i on i.indexrelid = m.objoid
    where m.objoid >= 16384 or m.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
    union all
    select 0, n.xmin
    from pg_catalog.pg_namespace n
    union all
    select 0, t.xmin
    from pg_catalog.pg_type t
    where
        t.oid >= 16384
        and (
            t.typtype in ('d', 'e', 'm', 'r')
            or t.typrelid in (select c.oid from pg_catalog.pg_class c where c.relkind = 'c')
        )
    union all
    select 0, v.xmin
    from pg_catalog.pg_enum v
    where v.oid >= 16384
    union all
    select 0, r.xmin
    from pg_catalog.pg_range r
    where r.rngtypid >= 16384
    union all
    select 0, f.xmin
    from pg_catalog.pg_proc f
    where f.oid >= 16384
    union all
    select 0, x.xmin
    from pg_catalog.pg_extension x
    union all
    select 0, h.xmin
    from pg_catalog.pg_inherits h
    union all
    select 0, l.xmin
    from pg_catalog.pg_collation l
    where l.oid >= 16384
    union all
    select 0, d.xmin
    from pg_catalog.pg_ts_dict d
    where d.oid >= 16384
    union all
    select 0, c.xmin
    from pg_catalog.pg_ts_config c
    where c.oid >= 16384
    union all
    select 0, p.xmin
    from pg_catalog.pg_ts_parser p
    where p.oid >= 16384
    union all
    select 0, t.xmin
    from pg_catalog.pg_ts_template t
    where t.oid >= 16384
    union all
    select 0, m.xmin
    from pg_catalog.pg_ts_config_map m
    where m.mapcfg >= 16384
    union all
    select 0, a.xmin
    from pg_catalog.pg_cast a
    where a.oid >= 16384
    union all
    select 0, o.xmin
    from pg_catalog.pg_operator o
    where o.oid >= 16384
    union all
    select 0, y.xmin
    from pg_catalog.pg_opfamily y
    where y.oid >= 16384
    union all
    select 0, z.xmin
    from pg_catalog.pg_opclass z
    where z.oid >= 16384
    union all
    select 0, b.xmin
    from pg_catalog.pg_amop b
    where b.oid >= 16384
    union all
    select 0, e.xmin
    from pg_catalog.pg_amproc e
    where e.oid >= 16384
    union all
    select 0, m.xmin
    from pg_catalog.pg_am m
    where m.oid >= 16384
    union all
    select 0, v.xmin
    from pg_catalog.pg_event_trigger v
    union all
    select 0, q.xmin
    from pg_catalog.pg_conversion q
    where q.oid >= 16384
    union all
    select 0, w.xmin
    from pg_catalog.pg_foreign_data_wrapper w
    union all
    select 0, s.xmin
    from pg_catalog.pg_foreign_server s
    union all
    select 0, f.xmin
    from pg_catalog.pg_foreign_table f
    union all
    select 0, b.xmin
    from pg_catalog.pg_publication b
    union all
    select 0, r.xmin
    from pg_catalog.pg_publication_rel r
    union all
    select 0, m.xmin
    from pg_catalog.pg_publication_namespace m
    union all
    select 0, s.xmin
    from pg_catalog.pg_tablespace s
    union all
    select 0, s.xmin
    from pg_catalog.pg_db_role_setting s
    union all
    select 0, e.xmin
    from pg_catalog.pg_depend e
    where e.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and e.deptype = 'e'
),

by_table (relation, row_count, newest, xmins) as (
    select
        b.relation, b.row_count, n.age - b.youngest, n.age * b.row_count - b.ages
    from by_age b
    cross join (select pg_catalog.age('3'::pg_catalog.xid)::int8 as age) as n
    union all
    select
        b.relation, pg_catalog.count(*), pg_catalog.max(b.written::text::int8),
        pg_catalog.sum(b.written::text::int8)
    from by_text b
    group by b.relation
    union all
    -- roles by their names: their catalog is for superusers
    select 0, pg_catalog.count(*), null, pg_catalog.sum(pg_catalog.hashtext(r.oid || r.rolname))
    from pg_catalog.pg_roles r
    union all
    select 0, 1, null, d.oid::int8
    from pg_catalog.pg_database d
    where d.datname = pg_catalog.current_database()
)

select
    coalesce(t.oid, 0) as owner,
    pg_catalog.sum(p.row_count)::int8 as row_count,
    pg_catalog.max(p.newest) as newest,
    pg_catalog.sum(p.xmins)::int8 as xmins
from by_table p
left join tables t on t.oid = p.relation
group by 1

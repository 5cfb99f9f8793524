-- PostgreSQL 15-18. One text that changes whenever a catalog row of the schemas changes: every
-- row is known by its key and xmin, which a new version of the row has anew. Neither counts nor
-- bit_xor depend on the order of the rows; keys are unique, so no two rows cancel out. The key is
-- the seed: hashint8extended folds its argument to 32 bits (low half XOR high half), so a key above
-- the xmin would be one number with it, and rows changed together could swap theirs.
-- What is not looked at is told by exclusion, since it is little: objects made by initdb (oids below
-- 16384), and those of temporary, nbmigrate's own and unasked schemas, with their TOAST.
with excluded as materialized (
    select n.oid
    from pg_catalog.pg_namespace n
    where
        case
            when $1::text[] is not null
                then not (n.nspname = any($1::text[]) or n.nspname = 'pg_toast')
            else
                n.nspname ~ '^(pg_|nbmigrate(_|$))' and n.nspname <> 'pg_toast'
                or n.nspname in ('information_schema', 'drizzle')
        end
),

others as materialized (
    select c.oid
    from pg_catalog.pg_class c
    where c.relnamespace in (select x.oid from excluded x)
    union all
    select t.oid
    from pg_catalog.pg_class c
    join pg_catalog.pg_class t on t.oid = c.reltoastrelid
    where c.relnamespace in (select x.oid from excluded x)
    union all
    select i.indexrelid
    from pg_catalog.pg_class c
    join pg_catalog.pg_index i on i.indrelid = c.reltoastrelid
    where c.relnamespace in (select x.oid from excluded x)
),

types as materialized (
    select t.oid, t.xmin
    from pg_catalog.pg_type t
    where
        t.oid >= 16384
        and t.typtype in ('c', 'd', 'e', 'm', 'r')
        and not t.typnamespace in (select x.oid from excluded x)
),

parts (catalog, rows_, mark) as (
    select
        1, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(n.xmin::text::int8, 1::int8 << 32 | n.oid::int8)
        )
    from pg_catalog.pg_namespace n
    where not n.oid in (select x.oid from excluded x)
    union all
    select
        2, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(c.xmin::text::int8, 2::int8 << 32 | c.oid::int8)
        )
    from pg_catalog.pg_class c
    where c.oid >= 16384 and not c.oid in (select r.oid from others r)
    union all
    select
        3, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(
                a.xmin::text::int8,
                (65536 * 3 + a.attnum)::int8 << 32 | a.attrelid::int8
            )
        )
    from pg_catalog.pg_attribute a
    where
        a.attnum > 0 and a.attrelid >= 16384
        and not a.attrelid in (select r.oid from others r)
    union all
    select
        4, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(d.xmin::text::int8, 4::int8 << 32 | d.oid::int8)
        )
    from pg_catalog.pg_attrdef d
    where not d.adrelid in (select r.oid from others r)
    union all
    select
        5, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(k.xmin::text::int8, 5::int8 << 32 | k.oid::int8)
        )
    from pg_catalog.pg_constraint k
    where k.oid >= 16384 and not k.conrelid in (select r.oid from others r)
    union all
    select
        6, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(i.xmin::text::int8, 6::int8 << 32 | i.indexrelid::int8)
        )
    from pg_catalog.pg_index i
    where i.indexrelid >= 16384 and not i.indrelid in (select r.oid from others r)
    union all
    select
        7, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(t.xmin::text::int8, 7::int8 << 32 | t.oid::int8)
        )
    from types t
    union all
    select
        8, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(v.xmin::text::int8, 8::int8 << 32 | v.oid::int8)
        )
    from pg_catalog.pg_enum v
    where v.enumtypid in (select t.oid from types t)
    union all
    select
        9, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(w.xmin::text::int8, 9::int8 << 32 | w.oid::int8)
        )
    from pg_catalog.pg_rewrite w
    where w.oid >= 16384 and not w.ev_class in (select r.oid from others r)
    union all
    select
        10, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(p.xmin::text::int8, 10::int8 << 32 | p.oid::int8)
        )
    from pg_catalog.pg_policy p
    where not p.polrelid in (select r.oid from others r)
    union all
    select
        11, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(s.xmin::text::int8, 11::int8 << 32 | s.seqrelid::int8)
        )
    from pg_catalog.pg_sequence s
    where not s.seqrelid in (select r.oid from others r)
    union all
    select
        12, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(
                o.xmin::text::int8,
                pg_catalog.hashint8extended(
                    o.refobjid::int8, (65536 * 12 + o.refobjsubid)::int8 << 32 | o.objid::int8
                )
            )
        )
    from pg_catalog.pg_depend o
    where
        o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and o.deptype in ('a', 'i')
        and o.objid >= 16384
        and not o.objid in (select r.oid from others r)
    union all
    -- comments of everything: one on an object of another schema is a rare false alarm
    select
        13, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(
                m.xmin::text::int8,
                pg_catalog.hashint8extended(
                    m.classoid::int8, (65536 * 13 + m.objsubid)::int8 << 32 | m.objoid::int8
                )
            )
        )
    from pg_catalog.pg_description m
    where m.objoid >= 16384 or m.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
    union all
    select
        14, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(f.xmin::text::int8, 14::int8 << 32 | f.oid::int8)
        )
    from pg_catalog.pg_proc f
    where f.oid >= 16384 and not f.pronamespace in (select x.oid from excluded x)
    union all
    select
        15, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(g.xmin::text::int8, 15::int8 << 32 | g.oid::int8)
        )
    from pg_catalog.pg_trigger g
    where not g.tgrelid in (select r.oid from others r)
    union all
    select
        16, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(x.xmin::text::int8, 16::int8 << 32 | x.oid::int8)
        )
    from pg_catalog.pg_extension x
    union all
    select
        17, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(s.xmin::text::int8, 17::int8 << 32 | s.oid::int8)
        )
    from pg_catalog.pg_statistic_ext s
    where not s.stxrelid in (select r.oid from others r)
    union all
    select
        18, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(
                h.xmin::text::int8,
                (65536 * 18 + h.inhseqno)::int8 << 32 | h.inhrelid::int8
            )
        )
    from pg_catalog.pg_inherits h
    where not h.inhrelid in (select r.oid from others r)
    union all
    select
        19, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(l.xmin::text::int8, 19::int8 << 32 | l.oid::int8)
        )
    from pg_catalog.pg_collation l
    where l.oid >= 16384 and not l.collnamespace in (select x.oid from excluded x)
    union all
    select
        20, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(d.xmin::text::int8, 20::int8 << 32 | d.oid::int8)
        )
    from pg_catalog.pg_ts_dict d
    where d.oid >= 16384 and not d.dictnamespace in (select x.oid from excluded x)
    union all
    select
        21, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(c.xmin::text::int8, 21::int8 << 32 | c.oid::int8)
        )
    from pg_catalog.pg_ts_config c
    where c.oid >= 16384 and not c.cfgnamespace in (select x.oid from excluded x)
    union all
    select
        22, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(
                o.xmin::text::int8,
                (65536 * 22 + o.maptokentype * 256 + o.mapseqno)::int8 << 32 | o.mapcfg::int8
            )
        )
    from pg_catalog.pg_ts_config_map o
    where o.mapcfg >= 16384
    union all
    select
        23, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(a.xmin::text::int8, 23::int8 << 32 | a.oid::int8)
        )
    from pg_catalog.pg_cast a
    where a.oid >= 16384
    union all
    select
        24, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(r.xmin::text::int8, 24::int8 << 32 | r.oid::int8)
        )
    from pg_catalog.pg_operator r
    where r.oid >= 16384 and not r.oprnamespace in (select x.oid from excluded x)
    union all
    select
        25, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(y.xmin::text::int8, 25::int8 << 32 | y.oid::int8)
        )
    from pg_catalog.pg_opfamily y
    where y.oid >= 16384 and not y.opfnamespace in (select x.oid from excluded x)
    union all
    select
        26, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(z.xmin::text::int8, 26::int8 << 32 | z.oid::int8)
        )
    from pg_catalog.pg_opclass z
    where z.oid >= 16384 and not z.opcnamespace in (select x.oid from excluded x)
    union all
    select
        27, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(b.xmin::text::int8, 27::int8 << 32 | b.oid::int8)
        )
    from pg_catalog.pg_amop b
    where b.oid >= 16384
    union all
    select
        28, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(e.xmin::text::int8, 28::int8 << 32 | e.oid::int8)
        )
    from pg_catalog.pg_amproc e
    where e.oid >= 16384
    union all
    select
        29, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(v.xmin::text::int8, 29::int8 << 32 | v.oid::int8)
        )
    from pg_catalog.pg_event_trigger v
    where v.oid >= 16384
    union all
    select
        30, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(q.xmin::text::int8, 30::int8 << 32 | q.oid::int8)
        )
    from pg_catalog.pg_conversion q
    where q.oid >= 16384 and not q.connamespace in (select x.oid from excluded x)
    union all
    select
        31, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(w.xmin::text::int8, 31::int8 << 32 | w.oid::int8)
        )
    from pg_catalog.pg_foreign_data_wrapper w
    union all
    select
        32, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(s.xmin::text::int8, 32::int8 << 32 | s.oid::int8)
        )
    from pg_catalog.pg_foreign_server s
    union all
    select
        33, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(f.xmin::text::int8, 33::int8 << 32 | f.ftrelid::int8)
        )
    from pg_catalog.pg_foreign_table f
    union all
    select
        34, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(b.xmin::text::int8, 34::int8 << 32 | b.oid::int8)
        )
    from pg_catalog.pg_publication b
    union all
    select
        35, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(r.xmin::text::int8, 35::int8 << 32 | r.oid::int8)
        )
    from pg_catalog.pg_publication_rel r
    union all
    select
        36, pg_catalog.count(*), pg_catalog.bit_xor(
            pg_catalog.hashint8extended(m.xmin::text::int8, 36::int8 << 32 | m.oid::int8)
        )
    from pg_catalog.pg_publication_namespace m
)

select
    pg_catalog.string_agg(p.rows_ || '.' || coalesce(p.mark, 0), ' ' order by p.catalog) as fingerprint
from parts p

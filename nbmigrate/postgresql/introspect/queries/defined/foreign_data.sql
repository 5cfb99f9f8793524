-- PostgreSQL 15-18. Foreign data wrappers and servers, which have no schema of their own, and foreign
-- tables with all that hangs on them.
with -- an option that may hold a secret is not read
option_text (catalog, oid, number_, options) as (
    select
        h.catalog, h.oid, h.number_,
        pg_catalog.format(
            ' OPTIONS (%s)',
            pg_catalog.string_agg(
                pg_catalog.format('%I %L', p.option_name, p.option_value), ', ' order by p.option_name
            )
        )
    from (
        select s.tableoid as catalog, s.oid, 0 as number_, s.srvoptions as options
        from pg_catalog.pg_foreign_server s
        union all
        select w.tableoid, w.oid, 0, w.fdwoptions from pg_catalog.pg_foreign_data_wrapper w
        union all
        select 'pg_catalog.pg_class'::pg_catalog.regclass, t.ftrelid, 0, t.ftoptions
        from pg_catalog.pg_foreign_table t
        union all
        select 'pg_catalog.pg_class'::pg_catalog.regclass, a.attrelid, a.attnum, a.attfdwoptions
        from pg_catalog.pg_foreign_table t
        join pg_catalog.pg_attribute a on a.attrelid = t.ftrelid
    ) as h
    cross join lateral pg_catalog.pg_options_to_table(h.options) as p
    where p.option_name !~* '(pass|pwd|secret|token)'
    group by h.catalog, h.oid, h.number_
),

foreign_part (relid, place, number_, part_text) as (
    select
        a.attrelid, 1, a.attnum::int4,
        pg_catalog.concat(
            pg_catalog.format(
                '%I %s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)
            ),
            x.options,
            case
                when a.attcollation <> y.typcollation
                    then pg_catalog.format(' COLLATE %I.%I', ln.nspname, l.collname)
            end,
            case a.attgenerated
                when 's' then ' GENERATED ALWAYS AS (' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) || ') STORED'
                when 'v' then ' GENERATED ALWAYS AS (' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) || ') VIRTUAL'
                else ' DEFAULT ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid)
            end,
            case when a.attnotnull then ' NOT NULL' end
        )
    from pg_catalog.pg_foreign_table t
    join pg_catalog.pg_class c on c.oid = t.ftrelid
    join pg_catalog.pg_attribute a
        on a.attrelid = t.ftrelid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type y on y.oid = a.atttypid
    left join pg_catalog.pg_collation l on l.oid = a.attcollation
    left join pg_catalog.pg_namespace ln on ln.oid = l.collnamespace
    left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join option_text x
        on
            x.catalog = c.tableoid and x.oid = a.attrelid and x.number_ = a.attnum
    where a.attislocal or c.relispartition
    union all
    select
        k.conrelid, 2, pg_catalog.row_number() over (order by k.conname)::int4,
        pg_catalog.format(
            'CONSTRAINT %I %s', k.conname, pg_catalog.pg_get_constraintdef(k.oid)
        )
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_foreign_table t on t.ftrelid = k.conrelid
    join pg_catalog.pg_class c on c.oid = t.ftrelid
    where k.contype = 'c' and (k.conislocal or c.relispartition)
),

-- what stands behind a foreign table: it becomes a partition, and what hangs on it
foreign_more (relid, place, name_, more_text) as (
    select
        c.oid, 1, '',
        pg_catalog.format(
            'ALTER TABLE ONLY %I.%I ATTACH PARTITION %I.%I %s',
            pn.nspname, p.relname, n.nspname, c.relname,
            pg_catalog.pg_get_expr(c.relpartbound, c.oid)
        )
    from pg_catalog.pg_foreign_table t
    join pg_catalog.pg_class c on c.oid = t.ftrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_inherits i on i.inhrelid = c.oid
    join pg_catalog.pg_class p on p.oid = i.inhparent
    join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
    where c.relispartition
    union all
    select c.oid, 2, g.tgname, pg_catalog.pg_get_triggerdef(g.oid)
    from pg_catalog.pg_foreign_table t
    join pg_catalog.pg_class c on c.oid = t.ftrelid
    join pg_catalog.pg_trigger g on g.tgrelid = c.oid
    where not g.tgisinternal and g.tgparentid = 0
    union all
    select
        c.oid, 3, g.tgname,
        pg_catalog.format(
            'ALTER FOREIGN TABLE %I.%I %s TRIGGER %I', n.nspname, c.relname,
            case g.tgenabled
                when 'D' then 'DISABLE' when 'R' then 'ENABLE REPLICA' else 'ENABLE ALWAYS'
            end,
            g.tgname
        )
    from pg_catalog.pg_foreign_table t
    join pg_catalog.pg_class c on c.oid = t.ftrelid
    join pg_catalog.pg_trigger g on g.tgrelid = c.oid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where not g.tgisinternal and g.tgparentid = 0 and g.tgenabled <> 'O'
    union all
    select
        c.oid, 4, a.attname,
        pg_catalog.format(
            'COMMENT ON COLUMN %I.%I.%I IS %L', n.nspname, c.relname, a.attname, m.description
        )
    from pg_catalog.pg_foreign_table t
    join pg_catalog.pg_class c on c.oid = t.ftrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_description m
        on m.classoid = c.tableoid and m.objoid = c.oid and m.objsubid > 0
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = m.objsubid
)

select f.*
from (
    select
        'foreign data wrapper' as kind,
        'public' as schema_name,
        w.fdwname as object_name,
        pg_catalog.concat(
            pg_catalog.format('CREATE FOREIGN DATA WRAPPER %I', w.fdwname),
            ' HANDLER ' || nullif(w.fdwhandler, 0)::pg_catalog.regproc,
            ' VALIDATOR ' || nullif(w.fdwvalidator, 0)::pg_catalog.regproc,
            x.options
        ) as definition_text,
        null as first_text,
        null as second_text,
        ds.description as comment_text
    from pg_catalog.pg_foreign_data_wrapper w
    left join option_text x on x.catalog = w.tableoid and x.oid = w.oid
    left join pg_catalog.pg_description ds
        on ds.classoid = w.tableoid and ds.objoid = w.oid and ds.objsubid = 0
    where
        not exists (
            select from pg_catalog.pg_depend e
            where e.classid = w.tableoid and e.objid = w.oid and e.deptype = 'e'
        )
    union all
    select
        'server' as kind,
        'public' as schema_name,
        s.srvname as object_name,
        pg_catalog.concat(
            pg_catalog.format('CREATE SERVER %I', s.srvname),
            ' TYPE ' || pg_catalog.quote_literal(s.srvtype),
            ' VERSION ' || pg_catalog.quote_literal(s.srvversion),
            pg_catalog.format(' FOREIGN DATA WRAPPER %I', w.fdwname),
            x.options
        ) as definition_text,
        null as first_text,
        null as second_text,
        ds.description as comment_text
    from pg_catalog.pg_foreign_server s
    join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw
    left join option_text x on x.catalog = s.tableoid and x.oid = s.oid
    left join pg_catalog.pg_description ds
        on ds.classoid = s.tableoid and ds.objoid = s.oid and ds.objsubid = 0
    where
        not exists (
            select from pg_catalog.pg_depend e
            where e.classid = s.tableoid and e.objid = s.oid and e.deptype = 'e'
        )
    union all
    select
        'foreign table' as kind,
        n.nspname as schema_name,
        c.relname as object_name,
        pg_catalog.concat(
            pg_catalog.format('CREATE FOREIGN TABLE %I.%I (', n.nspname, c.relname),
            (
                select
                    E'\n    '
                    || pg_catalog.string_agg(
                        p.part_text, E',\n    ' order by p.place, p.number_
                    )
                    || E'\n'
                from foreign_part p
                where p.relid = c.oid
            ),
            ')',
            (
                select
                    pg_catalog.format(
                        ' INHERITS (%s)',
                        pg_catalog.string_agg(
                            pg_catalog.format('%I.%I', pn.nspname, p.relname), ', '
                            order by i.inhseqno
                        )
                    )
                from pg_catalog.pg_inherits i
                join pg_catalog.pg_class p on p.oid = i.inhparent
                join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
                where i.inhrelid = c.oid and not c.relispartition
                having pg_catalog.count(*) > 0
            ),
            pg_catalog.format(' SERVER %I', s.srvname),
            x.options,
            (
                select
                    pg_catalog.string_agg(E';\n' || m.more_text, '' order by m.place, m.name_)
                from foreign_more m
                where m.relid = c.oid
            )
        ) as definition_text,
        null as first_text,
        null as second_text,
        ds.description as comment_text
    from pg_catalog.pg_foreign_table t
    join pg_catalog.pg_class c on c.oid = t.ftrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_foreign_server s on s.oid = t.ftserver
    left join option_text x on x.catalog = c.tableoid and x.oid = c.oid and x.number_ = 0
    left join pg_catalog.pg_description ds
        on ds.classoid = c.tableoid and ds.objoid = c.oid and ds.objsubid = 0
    where
        c.relnamespace = any($1::oid[])
        and not exists (
            select from pg_catalog.pg_depend e
            where e.classid = c.tableoid and e.objid = c.oid and e.deptype = 'e'
        )
) as f
order by f.kind = 'foreign table', f.kind, f.schema_name, f.object_name

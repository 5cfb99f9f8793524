-- PostgreSQL 15-18. Indexes of tables and materialized views that stand behind no constraint, are
-- valid and no partition of an index. The outer
-- "absent" gives the value of a column that PostgreSQL 14 lacks: an inner name wins.
select
    i.indrelid,
    x.relname,
    m.amname,
    i.indisunique,
    i.is_nulls_not_distinct,
    i.indnkeyatts,
    i.indkey::int2[],
    i.indoption::int2[],
    i.indclass::oid[],
    i.indcollation::oid[],
    case
        when i.indexprs is not null
            then array(
                select pg_catalog.pg_get_indexdef(i.indexrelid, place, false)
                from pg_catalog.generate_series(1, i.indnkeyatts) as place
                order by place
            )
    end as key_texts,
    pg_catalog.pg_get_expr(i.indpred, i.indrelid) as predicate,
    x.reloptions,
    s.spcname,
    ds.description as comment_text,
    -- of a B-tree with PostgreSQL's own classes only an expression can have them
    case when i.indexprs is not null or m.amname <> 'btree' or 16384 <= any(i.indclass::oid[]) then (
        select
            pg_catalog.json_agg(
                pg_catalog.json_build_array(a.attnum, a.attoptions, a.attstattarget)
            )
        from pg_catalog.pg_attribute a
        where
            a.attrelid = i.indexrelid and a.attnum > 0
            and (a.attoptions is not null or a.attstattarget >= 0)
    ) end as tuned_keys
from (select false as indnullsnotdistinct) as absent
cross join lateral (
    select
        pg_index.*,
        indnullsnotdistinct as is_nulls_not_distinct
    from pg_catalog.pg_index
) as i
join pg_catalog.pg_class x on x.oid = i.indexrelid
join pg_catalog.pg_class c on c.oid = i.indrelid
join pg_catalog.pg_am m on m.oid = x.relam
left join pg_catalog.pg_tablespace s on s.oid = x.reltablespace
left join pg_catalog.pg_description ds
    on
        ds.objoid = i.indexrelid
        and ds.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and ds.objsubid = 0
where
    c.relnamespace = any($1::oid[])
    and ($2::oid[] is null or c.oid = any($2::oid[]))
    and c.relkind in ('r', 'p', 'm')
    and not x.relispartition
    and i.indisvalid
    and not exists (
        select from pg_catalog.pg_constraint k
        where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
    )
order by i.indrelid, x.relname

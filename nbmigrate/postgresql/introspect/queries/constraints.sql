-- PostgreSQL 15-18. Primary keys, uniques, foreign keys, checks, exclusions. NOT NULL constraints
-- (contype 'n', PostgreSQL 18) are flags of their columns. The outer "absent" gives the value
-- of a column of the catalogs that older releases lack: an inner name wins when it exists.
select
    k.conrelid,
    k.conname,
    k.contype::text,
    k.conkey,
    k.condeferrable,
    k.condeferred,
    k.convalidated,
    k.connoinherit,
    k.is_enforced,
    case k.contype
        when 'c' then pg_catalog.pg_get_expr(k.conbin, k.conrelid)
        when 'x' then pg_catalog.pg_get_constraintdef(k.oid)
    end as text_of_it,
    k.confrelid,
    fn.nspname as foreign_schema,
    f.relname as foreign_table,
    k.confkey,
    case
        when
            f.relnamespace <> all($1::oid[])
            or f.relkind not in ('r', 'p')
            or f.oid <> all($2::oid[])
            then array(
                select a.attname
                from pg_catalog.unnest(k.confkey) with ordinality as u (attnum, place)
                join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.attnum
                order by u.place
            )
    end as foreign_columns,
    k.confupdtype::text,
    k.confdeltype::text,
    k.confmatchtype::text,
    i.nulls_not_distinct,
    i.included,
    ds.description as comment_text,
    k.set_on_delete,
    case when k.contype in ('p', 'u') then i.parameters end as storage_parameters,
    k.is_temporal
from (
    select
        true as conenforced,
        null::int2[] as confdelsetcols,
        false as conperiod,
        false as indnullsnotdistinct
) as absent
cross join lateral (
    select
        pg_constraint.*,
        conenforced as is_enforced,
        confdelsetcols as set_on_delete,
        conperiod as is_temporal
    from pg_catalog.pg_constraint
) as k
join pg_catalog.pg_class c on c.oid = k.conrelid
left join pg_catalog.pg_class f on f.oid = nullif(k.confrelid, 0)
left join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace
left join lateral (
    select
        indnullsnotdistinct as nulls_not_distinct,
        case
            when pg_index.indnatts > pg_index.indnkeyatts
                then (pg_index.indkey::int2[])[pg_index.indnkeyatts:pg_index.indnatts]
        end as included,
        x.reloptions as parameters
    from pg_catalog.pg_index
    join pg_catalog.pg_class x on x.oid = pg_index.indexrelid
    where pg_index.indexrelid = case when k.contype in ('p', 'u') then k.conindid end
) as i on true
left join pg_catalog.pg_description ds
    on
        ds.objoid = k.oid
        and ds.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
        and ds.objsubid = 0
where
    c.relnamespace = any($1::oid[])
    and ($2::oid[] is null or c.oid = any($2::oid[]))
    and c.relkind in ('r', 'p')
    and k.contype in ('p', 'u', 'f', 'c', 'x')
    and (k.conislocal or k.contype <> 'c')
    and k.conparentid = 0 -- a key to a partitioned table has one more row for each partition
order by k.conrelid, k.conname

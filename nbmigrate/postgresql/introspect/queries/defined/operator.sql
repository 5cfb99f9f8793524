-- PostgreSQL 15-18. Operators; one without a function is only spoken of.
select
    'operator' as kind,
    n.nspname as schema_name,
    r.oprname as object_name,
    pg_catalog.format(
        'CREATE OPERATOR %I.%s (%s)', n.nspname, r.oprname,
        pg_catalog.concat_ws(
            ', ',
            'FUNCTION = ' || r.oprcode,
            'LEFTARG = ' || pg_catalog.format_type(nullif(r.oprleft, 0), null),
            'RIGHTARG = ' || pg_catalog.format_type(nullif(r.oprright, 0), null),
            (
                select pg_catalog.format('COMMUTATOR = OPERATOR(%I.%s)', m.nspname, c.oprname)
                from pg_catalog.pg_operator c
                join pg_catalog.pg_namespace m on m.oid = c.oprnamespace
                where c.oid = r.oprcom
            ),
            (
                select pg_catalog.format('NEGATOR = OPERATOR(%I.%s)', m.nspname, c.oprname)
                from pg_catalog.pg_operator c
                join pg_catalog.pg_namespace m on m.oid = c.oprnamespace
                where c.oid = r.oprnegate
            ),
            'RESTRICT = ' || nullif(r.oprrest::text, '-'),
            'JOIN = ' || nullif(r.oprjoin::text, '-'),
            case when r.oprcanhash then 'HASHES' end,
            case when r.oprcanmerge then 'MERGES' end
        )
    ) as definition_text,
    pg_catalog.format_type(nullif(r.oprleft, 0), null) as first_text,
    pg_catalog.format_type(nullif(r.oprright, 0), null) as second_text,
    ds.description as comment_text
from pg_catalog.pg_operator r
join pg_catalog.pg_namespace n on n.oid = r.oprnamespace
-- one without a function is only spoken of
left join pg_catalog.pg_description ds
    on ds.classoid = r.tableoid and ds.objoid = r.oid and ds.objsubid = 0
where
    r.oid >= 16384 and r.oprcode <> 0 and r.oprnamespace = any($1::oid[])
    and not exists (
        select from pg_catalog.pg_depend e
        where e.classid = r.tableoid and e.objid = r.oid and e.deptype = 'e'
    )
order by 2, 3, r.oid

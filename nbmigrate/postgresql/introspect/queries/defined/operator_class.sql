-- PostgreSQL 15-18. Operator families with the members that no class has, and operator classes with
-- theirs.
with member (family, class_oid, place, number_, member_text) as (
    select
        o.amopfamily, d.refobjid, 1, o.amopstrategy::int4,
        pg_catalog.format(
            'OPERATOR %s %I.%s (%s, %s)%s', o.amopstrategy, n.nspname, r.oprname,
            pg_catalog.format_type(o.amoplefttype, null),
            pg_catalog.format_type(o.amoprighttype, null),
            (
                select pg_catalog.format(' FOR ORDER BY %I.%I', fn.nspname, f.opfname)
                from pg_catalog.pg_opfamily f
                join pg_catalog.pg_namespace fn on fn.oid = f.opfnamespace
                where f.oid = o.amopsortfamily
            )
        )
    from pg_catalog.pg_amop o
    join pg_catalog.pg_operator r on r.oid = o.amopopr
    join pg_catalog.pg_namespace n on n.oid = r.oprnamespace
    left join pg_catalog.pg_depend d
        on
            d.classid = o.tableoid and d.objid = o.oid and d.deptype in ('i', 'a')
            and d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass
    where o.oid >= 16384
    union all
    select
        s.amprocfamily, d.refobjid, 2, s.amprocnum::int4,
        pg_catalog.format(
            'FUNCTION %s (%s, %s) %s', s.amprocnum,
            pg_catalog.format_type(s.amproclefttype, null),
            pg_catalog.format_type(s.amprocrighttype, null),
            s.amproc::pg_catalog.oid::pg_catalog.regprocedure
        )
    from pg_catalog.pg_amproc s
    left join pg_catalog.pg_depend d
        on
            d.classid = s.tableoid and d.objid = s.oid and d.deptype in ('i', 'a')
            and d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass
    where s.oid >= 16384
)

select
    'operator family' as kind,
    n.nspname as schema_name,
    f.opfname as object_name,
    pg_catalog.concat(
        pg_catalog.format(
            'CREATE OPERATOR FAMILY %I.%I USING %I', n.nspname, f.opfname, m.amname
        ),
        (
            select
                pg_catalog.format(
                    E';\nALTER OPERATOR FAMILY %I.%I USING %I ADD %s',
                    n.nspname, f.opfname, m.amname,
                    pg_catalog.string_agg(
                        b.member_text, ', ' order by b.place, b.number_, b.member_text
                    )
                )
            from member b
            where b.family = f.oid and b.class_oid is null
            having pg_catalog.count(*) > 0
        )
    ) as definition_text,
    m.amname as first_text,
    null as second_text,
    ds.description as comment_text
from pg_catalog.pg_opfamily f
join pg_catalog.pg_namespace n on n.oid = f.opfnamespace
join pg_catalog.pg_am m on m.oid = f.opfmethod
left join pg_catalog.pg_description ds
    on ds.classoid = f.tableoid and ds.objoid = f.oid and ds.objsubid = 0
where
    f.oid >= 16384 and f.opfnamespace = any($1::oid[])
    and not exists (
        select from pg_catalog.pg_depend e
        where e.classid = f.tableoid and e.objid = f.oid and e.deptype = 'e'
    )
union all
select
    'operator class' as kind,
    n.nspname as schema_name,
    o.opcname as object_name,
    pg_catalog.format(
        'CREATE OPERATOR CLASS %I.%I %sFOR TYPE %s USING %I FAMILY %I.%I AS %s',
        n.nspname, o.opcname, case when o.opcdefault then 'DEFAULT ' end,
        pg_catalog.format_type(o.opcintype, null), m.amname, fn.nspname, f.opfname,
        coalesce(
            pg_catalog.concat_ws(
                ', ',
                'STORAGE ' || pg_catalog.format_type(nullif(o.opckeytype, 0), null),
                (
                    select
                        pg_catalog.string_agg(
                            b.member_text, ', ' order by b.place, b.number_, b.member_text
                        )
                    from member b
                    where b.class_oid = o.oid
                ),
                -- something must stand there, and this changes nothing
                case
                    when
                        o.opckeytype = 0
                        and not exists (select from member b where b.class_oid = o.oid)
                        then 'STORAGE ' || pg_catalog.format_type(o.opcintype, null)
                end
            ),
            ''
        )
    ) as definition_text,
    m.amname as first_text,
    null as second_text,
    ds.description as comment_text
from pg_catalog.pg_opclass o
join pg_catalog.pg_namespace n on n.oid = o.opcnamespace
join pg_catalog.pg_am m on m.oid = o.opcmethod
join pg_catalog.pg_opfamily f on f.oid = o.opcfamily
join pg_catalog.pg_namespace fn on fn.oid = f.opfnamespace
left join pg_catalog.pg_description ds
    on ds.classoid = o.tableoid and ds.objoid = o.oid and ds.objsubid = 0
where
    o.oid >= 16384 and o.opcnamespace = any($1::oid[])
    and not exists (
        select from pg_catalog.pg_depend e
        where e.classid = o.tableoid and e.objid = o.oid and e.deptype = 'e'
    )
order by 1 desc, 2, 3, 5

-- PostgreSQL 15-18. Publications, which have no schema of their own. Columns that not every version
-- has are read as a document.
with published (publication, place, name_, published_text) as (
    select
        r.prpubid, 1, n.nspname || '.' || c.relname,
        pg_catalog.concat(
            pg_catalog.format('TABLE ONLY %I.%I', n.nspname, c.relname),
            (
                select
                    pg_catalog.format(
                        ' (%s)',
                        pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum)
                    )
                from pg_catalog.pg_attribute a
                where a.attrelid = c.oid and a.attnum = any(r.prattrs)
                having pg_catalog.count(*) > 0
            ),
            ' WHERE (' || pg_catalog.pg_get_expr(r.prqual, c.oid) || ')'
        )
    from pg_catalog.pg_publication_rel r
    join pg_catalog.pg_class c on c.oid = r.prrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    union all
    select
        s.pnpubid, 2, n.nspname, pg_catalog.format('TABLES IN SCHEMA %I', n.nspname)
    from pg_catalog.pg_publication_namespace s
    join pg_catalog.pg_namespace n on n.oid = s.pnnspid
)

select
    'publication' as kind,
    'public' as schema_name,
    b.pubname as object_name,
    pg_catalog.concat(
        pg_catalog.format('CREATE PUBLICATION %I', b.pubname),
        case when b.puballtables then ' FOR ALL TABLES' end,
        (
            select
                ' FOR '
                || pg_catalog.string_agg(
                    r.published_text, ', ' order by r.place, r.name_
                )
            from published r
            where r.publication = b.oid
        ),
        pg_catalog.format(
            ' WITH (%s)',
            pg_catalog.concat_ws(
                ', ',
                pg_catalog.format(
                    'publish = %L',
                    pg_catalog.concat_ws(
                        ', ', case when b.pubinsert then 'insert' end,
                        case when b.pubupdate then 'update' end,
                        case when b.pubdelete then 'delete' end,
                        case when b.pubtruncate then 'truncate' end
                    )
                ),
                case when b.pubviaroot then 'publish_via_partition_root = true' end,
                case
                    when d.doc ->> 'pubgencols' in ('s', 'true')
                        then 'publish_generated_columns = stored'
                end
            )
        )
    ) as definition_text,
    null as first_text,
    null as second_text,
    ds.description as comment_text
from pg_catalog.pg_publication b
cross join lateral (select pg_catalog.to_jsonb(b) as doc) as d
left join pg_catalog.pg_description ds
    on ds.classoid = b.tableoid and ds.objoid = b.oid and ds.objsubid = 0
where
    not exists (
        select from pg_catalog.pg_depend e
        where e.classid = b.tableoid and e.objid = b.oid and e.deptype = 'e'
    )
order by 2, 3, b.oid

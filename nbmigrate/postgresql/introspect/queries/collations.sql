-- PostgreSQL 14-18. The collations that columns and indexes of the schemas use.
select
    l.oid,
    n.nspname,
    l.collname
from pg_catalog.pg_collation l
join pg_catalog.pg_namespace n on n.oid = l.collnamespace
where
    l.oid in (
        select a.attcollation
        from pg_catalog.pg_attribute a
        join pg_catalog.pg_class c on c.oid = a.attrelid
        where c.relnamespace = any(%(namespaces)s::oid[]) and c.relkind in ('r', 'p', 'v', 'm', 'i', 'I')
    )
order by l.oid

-- PostgreSQL 15-18. All collations: less work than to look for those that columns and indexes use.
select
    l.oid,
    n.nspname,
    l.collname
from pg_catalog.pg_collation l
join pg_catalog.pg_namespace n on n.oid = l.collnamespace
order by l.oid

-- PostgreSQL 14-18. Operator classes that have to be named: those no type has by default.
select
    o.oid,
    o.opcname
from pg_catalog.pg_opclass o
where not o.opcdefault
order by o.oid

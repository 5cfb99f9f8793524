-- PostgreSQL 15-18. Of which of the rarer kinds the database has anything at all, whatever schema or
-- extension it is of: for the others no query is sent. Most of its time PostgreSQL would spend on
-- planning them. Objects made by initdb have oids below 16384 (PostgreSQL 18 docs, "Object Identifier
-- Types"; FirstNormalObjectId of its sources) and are not looked at. 'many tables': more than $1.
select k.name
from (
    values
    ('comments', exists (select from pg_catalog.pg_description where objoid >= 16384)),
    ('parts', exists (select from pg_catalog.pg_inherits)),
    ('enums', exists (select from pg_catalog.pg_enum where oid >= 16384)),
    ('views', exists (select from pg_catalog.pg_rewrite where oid >= 16384)),
    ('policies', exists (select from pg_catalog.pg_policy)),
    (
        'domains',
        exists (select from pg_catalog.pg_type where oid >= 16384 and typtype = 'd')
    ),
    ('composites', exists (select from pg_catalog.pg_class where oid >= 16384 and relkind = 'c')),
    ('ranges', exists (select from pg_catalog.pg_range where rngtypid >= 16384)),
    ('functions', exists (select from pg_catalog.pg_proc where oid >= 16384)),
    (
        'triggers',
        exists (select from pg_catalog.pg_trigger where oid >= 16384 and not tgisinternal)
    ),
    ('rules', exists (select from pg_catalog.pg_rewrite where oid >= 16384 and rulename <> '_RETURN')),
    ('statistics', exists (select from pg_catalog.pg_statistic_ext)),
    ('defined/collation', exists (select from pg_catalog.pg_collation where oid >= 16384)),
    (
        'defined/text_search_dictionary',
        exists (select from pg_catalog.pg_ts_dict where oid >= 16384)
    ),
    (
        'defined/text_search_configuration',
        exists (select from pg_catalog.pg_ts_config where oid >= 16384)
    ),
    ('defined/cast', exists (select from pg_catalog.pg_cast where oid >= 16384)),
    ('defined/operator', exists (select from pg_catalog.pg_operator where oid >= 16384)),
    (
        'defined/operator_class',
        exists (select from pg_catalog.pg_opfamily where oid >= 16384)
        or exists (select from pg_catalog.pg_opclass where oid >= 16384)
    ),
    ('defined/event_trigger', exists (select from pg_catalog.pg_event_trigger)),
    ('defined/conversion', exists (select from pg_catalog.pg_conversion where oid >= 16384)),
    ('defined/foreign_data', exists (select from pg_catalog.pg_foreign_data_wrapper)),
    ('defined/publication', exists (select from pg_catalog.pg_publication)),
    (
        'many tables',
        exists (
            select from pg_catalog.pg_class
            where oid >= 16384 and (relkind = 'r' or relkind = 'p')
            offset $1
        )
    )
) as k (name, is_there)
where k.is_there

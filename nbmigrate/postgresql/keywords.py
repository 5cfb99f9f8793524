"""The words of PostgreSQL that are no plain identifiers."""

from __future__ import annotations

# pg_get_keywords() of PostgreSQL 18, catcode <> 'U'
_QUOTED = """
all analyse analyze and any array as asc asymmetric authorization between bigint binary bit
boolean both case cast char character check coalesce collate collation column concurrently
constraint create cross current_catalog current_date current_role current_schema
current_time current_timestamp current_user dec decimal default deferrable desc distinct do
else end except exists extract false fetch float for foreign freeze from full grant
greatest group grouping having ilike in initially inner inout int integer intersect
interval into is isnull join json json_array json_arrayagg json_exists json_object
json_objectagg json_query json_scalar json_serialize json_table json_value lateral leading
least left like limit localtime localtimestamp merge_action national natural nchar none
normalize not notnull null nullif numeric offset on only or order out outer overlaps
overlay placing position precision primary real references returning right row select
session_user setof similar smallint some substring symmetric system_user table tablesample
then time timestamp to trailing treat trim true union unique user using values varchar
variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists
xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
"""
_VALUE_FUNCTIONS = """
current_catalog current_date current_role current_schema current_time current_timestamp
current_user localtime localtimestamp session_user
"""
_NO_FUNCTIONS = """
and or not in then else case between like ilike is select where on from as over filter using
values distinct
"""

#: Every keyword that ``quote_ident`` quotes.
QUOTED_KEYWORDS = frozenset(_QUOTED.split())

#: Values that PostgreSQL writes in capitals, with or without a precision.
VALUE_FUNCTIONS = frozenset(_VALUE_FUNCTIONS.split())

#: Those that are a value by themselves, so that an operator after them has a left side.
VALUE_KEYWORDS = VALUE_FUNCTIONS | {"end", "false", "null", "true", "user"}

#: Those before which a parenthesis opens no call.
NO_FUNCTIONS = frozenset(_NO_FUNCTIONS.split())

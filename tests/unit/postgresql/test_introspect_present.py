"""Only the kinds that a database has are asked for; each of them is found when it is there."""

from __future__ import annotations

import re

import pytest

from nbmigrate.postgresql.introspect import catalog, introspect
from nbmigrate.postgresql.sending import exchanged

#: By the query: what makes one, and where in the snapshot it is.
MADE = {
    "comments": ("COMMENT ON TABLE t IS 'x'", lambda s: s.tables["public.t"].comment),
    "parts": (
        (
            "CREATE TABLE p (i int, PRIMARY KEY (i)) PARTITION BY LIST (i);"
            "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);"
            "ALTER INDEX p1_pkey RENAME TO mine"
        ),
        lambda s: s.tables["public.p1"].part_names,
    ),
    "enums": ("CREATE TYPE e AS ENUM ('a')", lambda s: s.enums),
    "views": ("CREATE VIEW v AS SELECT 1 AS x", lambda s: s.views),
    "policies": ("CREATE POLICY p ON t", lambda s: s.tables["public.t"].policies),
    "domains": ("CREATE DOMAIN d AS int", lambda s: s.domains),
    "composites": ("CREATE TYPE c AS (x int)", lambda s: s.types),
    "ranges": ("CREATE TYPE r AS RANGE (subtype = int)", lambda s: s.types),
    "functions": ("CREATE FUNCTION f() RETURNS int RETURN 1", lambda s: s.functions),
    "triggers": (
        (
            "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW"
            " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
        ),
        lambda s: s.tables["public.t"].triggers,
    ),
    "rules": (
        "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING",
        lambda s: s.tables["public.t"].rules,
    ),
    "statistics": (
        "CREATE STATISTICS s ON i, j FROM t",
        lambda s: s.tables["public.t"].statistics,
    ),
    "defined/collation": ("CREATE COLLATION l (locale = 'C')", "collation"),
    "defined/text_search_dictionary": (
        "CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple)",
        "text search dictionary",
    ),
    "defined/text_search_configuration": (
        "CREATE TEXT SEARCH CONFIGURATION c (PARSER = default)",
        "text search configuration",
    ),
    "defined/cast": ("CREATE CAST (bigint AS point) WITH INOUT", "cast"),
    "defined/operator": (
        "CREATE OPERATOR === (FUNCTION = int4eq, LEFTARG = int, RIGHTARG = int)",
        "operator",
    ),
    "defined/operator_class": (
        "CREATE OPERATOR CLASS o FOR TYPE int USING hash AS OPERATOR 1 =, FUNCTION 1 hashint4(int)",
        "operator class",
    ),
    "defined/event_trigger": (
        (
            "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
            "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION e()"
        ),
        "event trigger",
    ),
    "defined/conversion": (
        "CREATE CONVERSION c FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1",
        "conversion",
    ),
    "defined/foreign_data": (
        (
            "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER v FOREIGN DATA WRAPPER w;"
            "CREATE FOREIGN TABLE f (i int) SERVER v"
        ),
        "foreign table",
    ),
    "defined/publication": ("CREATE PUBLICATION p FOR TABLE t", "publication"),
}


def present(connection) -> set[str]:
    [rows] = exchanged(connection, [catalog.query_of("present", catalog.MANY)])
    return {name for (name,) in rows}


def test_every_rare_query_has_its_line_in_present():
    text = catalog.query_of("present").sql
    assert set(re.findall(r"\(\s*'([a-z_/]+)',", text)) == catalog._RARE == MADE.keys()


@pytest.mark.parametrize("name", MADE)
def test_what_is_there_is_found(database, name):
    sql, found_in = MADE[name]
    database.execute("CREATE TABLE t (i int PRIMARY KEY, j int)")
    with database.connect() as connection:
        assert present(connection) == set()
        connection.execute(sql)
        assert name in present(connection)
        found = introspect(connection)
    if isinstance(found_in, str):
        assert [d for d in found.definitions.values() if d.kind == found_in]
    else:
        assert found_in(found)

"""A look at tables without their keys shows what a look at the whole tables does."""

from __future__ import annotations

import pytest

from nbmigrate.postgresql import canonical
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.postgresql.keyless import with_keys, without_keys
from nbmigrate.postgresql.scratch import canonical_on_server

PLAIN = """
CREATE SCHEMA app;
CREATE DOMAIN app.email AS text CHECK (VALUE LIKE '%@%');
CREATE TABLE one (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT own_name PRIMARY KEY,
  code varchar(40) NOT NULL UNIQUE NULLS NOT DISTINCT,
  mail app.email DEFAULT 'a' || '@' || 'b' CHECK (mail <> ''),
  twice int GENERATED ALWAYS AS (length(code) * 2) STORED,
  UNIQUE (code, twice) INCLUDE (mail) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX one_plain ON one (code DESC, twice DESC NULLS LAST) INCLUDE (mail);
CREATE UNIQUE INDEX one_unique ON one (code, mail);
COMMENT ON INDEX one_plain IS 'plain';
COMMENT ON CONSTRAINT own_name ON one IS 'key';
CREATE TABLE app.two (
  a serial, b date NOT NULL, c text DEFAULT upper('x'), PRIMARY KEY (b, a) INCLUDE (c), UNIQUE (a)
);
CREATE TABLE three (id int PRIMARY KEY DEFERRABLE, none text);
CREATE TABLE four (id int PRIMARY KEY, one bigint REFERENCES one (id));
CREATE STATISTICS four_is ON id, one FROM four;
"""
#: What has a text, or is more than columns.
SAYING = """
CREATE TABLE one (a text, b int, c int4range, CONSTRAINT x EXCLUDE USING gist (c WITH &&));
CREATE INDEX i_low ON one (lower(a));
CREATE INDEX i_part ON one (b) WHERE b > 0;
CREATE INDEX i_class ON one (a text_pattern_ops);
CREATE INDEX i_coll ON one (a COLLATE "C");
CREATE INDEX i_hash ON one USING hash (a);
CREATE INDEX i_with ON one (a) WITH (fillfactor = 50);
ALTER INDEX i_low ALTER COLUMN 1 SET STATISTICS 100;
"""
#: Each may lean on the key of `one`.
LEANING = {
    "view": "CREATE VIEW v AS SELECT id, name FROM one GROUP BY id",
    "materialized view": "CREATE MATERIALIZED VIEW v AS SELECT id, name FROM one GROUP BY id",
    "function": "CREATE FUNCTION f() RETURNS TABLE (a int, b text) BEGIN ATOMIC"
    " SELECT id, name FROM one GROUP BY id; END",
    "rule": "CREATE RULE r AS ON INSERT TO other DO ALSO"
    " INSERT INTO one VALUES (1, 'a') ON CONFLICT (id) DO NOTHING",
    "policy": "CREATE POLICY p ON other USING (id IN (SELECT length(name) FROM one GROUP BY id))",
    "partition": "CREATE TABLE part (id int PRIMARY KEY) PARTITION BY LIST (id);"
    "CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1)",
    "child": "CREATE TABLE child (more text) INHERITS (one)",
    "identity": "ALTER TABLE one REPLICA IDENTITY USING INDEX one_pkey",
    "cluster": "ALTER TABLE one CLUSTER ON one_pkey",
}


def parts_of(table):
    return {
        "keys": [
            *table.composite_primary_keys,
            *(c for c in table.columns.values() if c.primary_key),
        ],
        "unique": [*table.unique_constraints],
        "indexes": [*table.indexes],
    }


@pytest.fixture
def looked_at(database):
    """The schema that some DDL makes, looked at with its keys and without."""
    connection = database.connect()

    def look(ddl):
        connection.execute(ddl)
        whole = canonical(introspect(connection))
        bare = without_keys(whole)
        found = with_keys(canonical_on_server(connection, bare), whole)
        assert found == canonical_on_server(connection, whole)
        return whole, bare

    return look


def test_keys_and_plain_indexes_are_left_out_and_put_back(looked_at):
    whole, bare = looked_at(PLAIN)
    left = {name: parts_of(table) for name, table in bare.tables.items()}
    nothing = {"keys": [], "unique": [], "indexes": []}
    assert left == dict.fromkeys(whole.tables, nothing)


def test_what_says_something_stays(looked_at):
    whole, bare = looked_at(SAYING)
    assert parts_of(bare.tables["public.one"]) == parts_of(whole.tables["public.one"])
    assert len(whole.tables["public.one"].indexes) == 6


@pytest.mark.parametrize("leaning", LEANING.values(), ids=LEANING.keys())
def test_what_may_lean_on_a_key_has_it(looked_at, leaning):
    whole, bare = looked_at(
        "CREATE TABLE one (id int PRIMARY KEY, name text); CREATE TABLE other (id int, t text);"
        f" {leaning}"
    )
    assert bare is whole

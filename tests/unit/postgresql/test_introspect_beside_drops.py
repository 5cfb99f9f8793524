"""What is dropped by somebody while the schema is read: said in words, and reading again works."""

from __future__ import annotations

import pytest

from nbmigrate.errors import DriftError
from nbmigrate.postgresql.introspect import introspect

GONE = {
    "check": ("CREATE TABLE t (n int CHECK (n > 0))", "DROP TABLE t"),
    "index": ("CREATE TABLE t (n int); CREATE INDEX ON t ((n + 1))", "DROP TABLE t"),
    "view": ("CREATE VIEW v AS SELECT 1 AS a", "DROP VIEW v"),
    "function": ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "DROP FUNCTION f()"),
    "rule": (
        "CREATE TABLE t (n int); CREATE RULE r AS ON INSERT TO t DO NOTHING",
        "DROP TABLE t",
    ),
}


@pytest.mark.parametrize("what", GONE)
def test_an_object_that_goes_while_it_is_read(database, what):
    make, drop = GONE[what]
    database.execute(*make.split("; "))
    with database.connect() as connection:
        with connection.transaction(force_rollback=True):
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.execute("SELECT 1")
            database.execute(drop)
            with pytest.raises(DriftError, match="while the schema was read"):
                introspect(connection)
        assert not introspect(connection).tables

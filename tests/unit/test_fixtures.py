"""The test server itself: databases are fresh, separate, and gone afterwards."""

from __future__ import annotations


def test_database_is_empty_and_its_own(databases):
    first, second = databases(), databases()
    first.connect().execute("CREATE TABLE t (i integer PRIMARY KEY)")
    assert "CREATE TABLE public.t" in first.dump()
    assert second.dump() != first.dump()
    assert "TABLE" not in second.dump()


def test_dump_has_no_volatile_lines(databases):
    first, second = databases(), databases()
    for database in (first, second):
        database.execute("CREATE SCHEMA drizzle", "CREATE TABLE drizzle.h (i int)")
        database.execute("CREATE TABLE t (i integer PRIMARY KEY, n text DEFAULT 'SET x')")
    assert first.dump() == second.dump()
    assert "drizzle" not in first.dump()
    assert "DEFAULT 'SET x'" in first.dump()


def test_dump_with_rows(database):
    database.execute("CREATE TABLE t (n text)", "INSERT INTO t VALUES ('row one')")
    assert "row one" in database.dump(schema_only=False)
    assert "row one" not in database.dump()

"""SQL that only makes is told from SQL that might pass over, change or take away."""

from __future__ import annotations

import pytest

from nbmigrate.postgresql.making import only_makes

T = (("tables", "public.t"),)
C = (("tables", "public.t", "columns", "c"),)


@pytest.mark.parametrize(
    ("sql", "made"),
    [
        ("CREATE TABLE t (x text)", T),
        ('CREATE TABLE "t" (x text)', T),
        ("CREATE UNIQUE INDEX i ON t (x)", (("tables", "public.t", "indexes", "i"),)),
        ("ALTER TABLE t ADD COLUMN c text DEFAULT 'drop'", C),
        (
            "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES u ON DELETE SET NULL",
            (("tables", "public.t", "foreign_keys", "f"),),
        ),
        ("CREATE TYPE e AS ENUM ('a')", (("enums", "public.e"),)),
        ("CREATE SCHEMA s", (("schemas", "s"),)),
    ],
)
def test_what_makes(sql: str, made) -> None:
    assert only_makes([sql], made)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE IF NOT EXISTS t (x text)",
        "CREATE OR REPLACE VIEW t AS SELECT 1",
        "CREATE TABLE t AS SELECT 1 AS c",
        "CREATE TEMPORARY TABLE t (x text)",
        "ALTER TABLE t ADD COLUMN c text, DROP COLUMN d",
        "ALTER TABLE t ADD COLUMN c text, ALTER COLUMN d TYPE text",
        "ALTER TABLE t SET SCHEMA c",
        "DO $$ BEGIN CREATE TABLE t (c text); END $$",
        "DELETE FROM t",
        "CREATE TABLE other (x text)",
    ],
)
@pytest.mark.parametrize("made", [T, C], ids=["a table", "a column"])
def test_what_might_do_more(sql: str, made) -> None:
    assert not only_makes([sql], made)


def test_every_statement_must_make() -> None:
    assert not only_makes(["CREATE TABLE t (x text)", "UPDATE u SET x = 1"], T)

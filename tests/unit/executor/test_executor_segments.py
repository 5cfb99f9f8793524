"""Where a migration must be cut, and where not."""

import pytest

from nbmigrate.errors import MigrationFileError
from nbmigrate.executor.concurrent_indexes import IndexStatement, read_statement
from nbmigrate.executor.segments import (
    Step,
    is_session_setting,
    is_transactional,
    new_labels,
    read_steps,
    segments,
)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX CONCURRENTLY i ON t (a)",
        "create unique index concurrently if not exists i on t (a);",
        "/* why */ CREATE -- x\n INDEX CONCURRENTLY ON t (a)",
        "DROP INDEX CONCURRENTLY i",
        "REINDEX TABLE CONCURRENTLY t",
        "REINDEX (CONCURRENTLY) INDEX i",
        "REINDEX DATABASE d",
        "VACUUM",
        "vacuum (full) t",
        "ALTER SYSTEM SET work_mem = '1MB'",
        "CREATE DATABASE d",
        "DROP DATABASE d",
        "ALTER DATABASE d SET TABLESPACE x",
        "CREATE TABLESPACE x LOCATION '/x'",
        "ALTER TABLE p DETACH PARTITION c CONCURRENTLY",
        "CLUSTER",
        "DROP SUBSCRIPTION s",
    ],
)
def test_outside_a_transaction(sql: str) -> None:
    assert not is_transactional(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX i ON t (a)",
        'CREATE INDEX "concurrently" ON t (a)',
        "COMMENT ON TABLE t IS 'create index concurrently'",
        "REINDEX TABLE t",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY m",
        "ALTER TABLE t ADD concurrently int",
        "ALTER TYPE e ADD VALUE 'x'",
        "ALTER DATABASE d SET work_mem = '1MB'",
        "CLUSTER t USING i",
        "CREATE TABLE vacuum (a int)",
        "-- create index concurrently\nSELECT 1",
    ],
)
def test_inside_a_transaction(sql: str) -> None:
    assert is_transactional(sql)


def _numbers(*sqls: str) -> list[list[int]]:
    steps = [Step(n, sql, 1, is_transactional(sql)) for n, sql in enumerate(sqls, 1)]
    return [[step.number for step in segment.steps] for segment in segments(steps)]


def test_one_segment_is_the_rule() -> None:
    assert _numbers("CREATE TABLE a ()", "CREATE INDEX i ON a (b)", "INSERT INTO a VALUES (1)") == [
        [1, 2, 3]
    ]
    assert _numbers() == []


def test_concurrently_is_alone() -> None:
    assert _numbers("SELECT 1", "VACUUM", "VACUUM", "SELECT 2", "SELECT 3") == [
        [1],
        [2],
        [3],
        [4, 5],
    ]


def test_a_new_enum_value_is_committed_before_its_use_only() -> None:
    add = "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'it''s' BEFORE 'x'"
    assert new_labels(add) == ["it''s"]
    assert _numbers(add, "CREATE TABLE t ()", "SELECT 'x'") == [[1, 2, 3]]
    assert _numbers(add, "CREATE TABLE t ()", "UPDATE t SET m = 'it''s'", "SELECT 'it''s'") == [
        [1, 2],
        [3, 4],
    ]


def test_commit_before() -> None:
    steps = [Step(1, "a"), Step(2, "b", commit_before=True), Step(3, "c")]
    assert [[s.number for s in part.steps] for part in segments(steps)] == [[1], [2, 3]]


def test_lines_are_those_of_the_file(make) -> None:
    text = "-- first\n\nCREATE TABLE a ();--> statement-breakpoint\n\nCREATE TABLE b ();\nSELECT $$;$$\n"
    steps = read_steps(make(text)[0])
    assert [(s.number, s.line, s.sql) for s in steps] == [
        (1, 3, "CREATE TABLE a ();"),
        (2, 5, "CREATE TABLE b ();"),
        (3, 6, "SELECT $$;$$"),
    ]


@pytest.mark.parametrize("sql", ["COMMIT", "begin", "COPY t FROM STDIN", "COPY t TO STDOUT"])
def test_refused(make, sql: str) -> None:
    with pytest.raises(MigrationFileError) as caught:
        read_steps(make(f"SELECT 1;\n{sql};")[0])
    assert caught.value.line == 2


def test_pulled_baseline_runs_nothing(make) -> None:
    text = "/*\nCREATE TABLE a ();\n--> statement-breakpoint\nCREATE TABLE b ();\n*/"
    assert read_steps(make(text)[0]) == ()


@pytest.mark.parametrize(
    ("sql", "statement"),
    [
        ("CREATE INDEX CONCURRENTLY i ON t (a)", IndexStatement("create", "i", "t")),
        (
            'create unique index concurrently if not exists "I ""x" on only app."T" (a)',
            IndexStatement("create", 'I "x', 'app."T"'),
        ),
        ("CREATE INDEX CONCURRENTLY ON t (a)", None),
        ("DROP INDEX CONCURRENTLY IF EXISTS app.I;", IndexStatement("drop", "i", "app.I")),
        ("REINDEX INDEX CONCURRENTLY i", None),
        ("CREATE INDEX i ON t (a)", None),
    ],
)
def test_index_statements(sql: str, statement: IndexStatement | None) -> None:
    assert read_statement(sql) == statement


def test_session_settings() -> None:
    assert is_session_setting("SET search_path = x")
    assert is_session_setting("reset role")
    assert not is_session_setting("SET LOCAL work_mem = '1MB'")
    assert not is_session_setting("SET CONSTRAINTS ALL DEFERRED")
    assert not is_session_setting("UPDATE t SET a = 1")

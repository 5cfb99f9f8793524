"""Migrations one after the other: what is kept, what is undone, and what an error says."""

import os
import threading

import pytest

from nbmigrate.errors import (
    ExecutionError,
    MigrationFileError,
    StatementFailedError,
    UsageConflictError,
)
from nbmigrate.executor import Applied, AppliedStatement, Settings, connect, migrate, read_status
from nbmigrate.executor.failpoints import Failpoint, FailpointError


def test_in_order_and_once(database, make, ask) -> None:
    migrations = make(
        "CREATE TABLE a (id int);--> statement-breakpoint\nINSERT INTO a VALUES (1);",
        "ALTER TABLE a ADD note text DEFAULT '100%s';",
    )
    events = []
    done = migrate(database.url, migrations, on_event=events.append)
    assert [(a.tag, a.statements) for a in done] == [("0000_m", 2), ("0001_m", 1)]
    ran = [(e.tag, e.index, e.line, e.rows) for e in events if isinstance(e, AppliedStatement)]
    assert ran == [("0000_m", 1, 1, -1), ("0000_m", 2, 2, 1), ("0001_m", 1, 1, -1)]
    assert [e for e in events if isinstance(e, Applied)] == list(done)
    assert migrate(database.url, migrations) == ()
    assert ask("SELECT note FROM a") == "100%s"


def test_nothing_at_all(database) -> None:
    before = database.dump(exclude=())
    assert migrate(database.url, []) == ()
    assert database.dump(exclude=()) == before


def test_up_to(database, make) -> None:
    migrations = make("CREATE TABLE a ()", "CREATE TABLE b ()", "CREATE TABLE c ()")
    assert len(migrate(database.url, migrations, to="0000_m")) == 1
    assert len(migrate(database.url, migrations, to="0001")) == 1
    with pytest.raises(UsageConflictError, match="nope"):
        migrate(database.url, migrations, to="nope")
    assert len(migrate(database.url, migrations)) == 1


def test_empty_files_are_recorded(database, make, ask) -> None:
    assert len(migrate(database.url, make("", "-- Custom SQL migration file", ";"))) == 3
    assert ask("SELECT count(*) FROM drizzle.__drizzle_migrations") == 3


@pytest.mark.parametrize("forgets", ["DEALLOCATE ALL", "SET ROLE NONE", "SELECT 1"])
def test_a_file_may_make_the_session_forget_what_is_prepared(database, make, ask, forgets) -> None:
    migrations = make(
        "CREATE TABLE a (id int)",
        "CREATE TABLE b (id int)",
        f"{forgets}; CREATE TABLE c (id int); {forgets}",
        "CREATE TABLE d (id int)",
        "CREATE TABLE e (id int)",
    )
    assert len(migrate(database.url, migrations)) == 5
    assert ask("SELECT count(*) FROM nbmigrate.statements") == 7
    assert ask("SELECT count(*) FROM drizzle.__drizzle_migrations") == 5


def test_a_table_that_has_to_wait_is_made_when_it_was_waited_for(database, make, ask) -> None:
    migrations = make(
        "CREATE TABLE a (id int PRIMARY KEY)",
        "CREATE TABLE b (id int REFERENCES a)",
        "CREATE TABLE c (id int)",
    )
    migrate(database.url, migrations, to="0000")
    settings = Settings(lock_timeout_ms=100, attempts=10)
    with database.connect(autocommit=False) as other:
        other.execute("LOCK TABLE a")
        timer = threading.Timer(0.5, other.rollback)
        timer.start()
        assert len(migrate(database.url, migrations, settings=settings)) == 2
        timer.join()
    assert ask("SELECT count(*) FROM drizzle.__drizzle_migrations") == 3


def test_failure_undoes_its_migration_only(database, make, ask) -> None:
    migrations = make(
        "CREATE TABLE kept ();",
        "CREATE TABLE gone ();\n\n-- comment\nCREATE TABLE\n  kept ();",
        "CREATE TABLE never ();",
    )
    with pytest.raises(StatementFailedError) as caught:
        migrate(database.url, migrations)
    error = caught.value
    assert (error.tag, error.index, error.line, error.sqlstate) == ("0001_m", 2, 4, "42P07")
    assert error.path == "migrations/0001_m.sql"
    assert error.exit_code == 1
    assert error.sql == "CREATE TABLE\n  kept ();"
    assert "42P07" in str(error)
    assert "nothing of `0001_m` was kept" in str(error)
    assert ask("SELECT to_regclass('kept') IS NOT NULL")
    assert ask("SELECT to_regclass('gone')") is None
    assert ask("SELECT to_regclass('never')") is None
    assert ask("SELECT count(*) FROM drizzle.__drizzle_migrations") == 1
    assert ask("SELECT count(*) FROM nbmigrate.migrations") == 1


def test_line_of_a_syntax_error(database, make) -> None:
    with pytest.raises(StatementFailedError) as caught:
        migrate(database.url, make("SELECT 1;\nSELECT 2,\n  3,\n  4 frm x;"))
    assert (caught.value.line, caught.value.sqlstate) == (4, "42601")


def test_failure_at_commit(database, make, ask) -> None:
    (bad,) = make(
        "CREATE TABLE p (id int PRIMARY KEY);"
        "CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED);"
        "INSERT INTO c VALUES (1);"
    )
    with pytest.raises(StatementFailedError) as caught:
        migrate(database.url, [bad])
    assert caught.value.sqlstate == "23503"
    assert caught.value.index is None
    assert ask("SELECT count(*) FROM drizzle.__drizzle_migrations") == 0
    assert ask("SELECT to_regclass('p')") is None


def test_missing_privilege(database, make, ask) -> None:
    role = f"{database.name}_poor"
    database.execute(
        f'CREATE ROLE "{role}" LOGIN',
        f'GRANT CREATE ON DATABASE "{database.name}" TO "{role}"',
        "CREATE TABLE owned (a int)",
    )
    url = database.url.replace("postgres@", f"{role}@").replace("postgres:@", f"{role}:@")
    try:
        with pytest.raises(StatementFailedError) as caught:
            migrate(url, make("CREATE SCHEMA mine; ALTER TABLE owned ADD b int;"))
        assert caught.value.sqlstate == "42501"
        assert "owned" in caught.value.message
        assert caught.value.hint
        assert not ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'mine'")
    finally:
        database.execute(f'DROP OWNED BY "{role}" CASCADE', f'DROP ROLE "{role}"')


def test_read_only_server(database, make) -> None:
    database.execute(f'ALTER DATABASE "{database.name}" SET default_transaction_read_only = on')
    with pytest.raises(ExecutionError, match="25006"):
        migrate(database.url, make("CREATE TABLE a ()"))


def test_bad_file_is_found_before_anything_runs(database, make) -> None:
    before = database.dump(exclude=())
    with pytest.raises(MigrationFileError) as caught:
        migrate(database.url, make("CREATE TABLE a ()", "SELECT 1;\nCOMMIT;"))
    assert caught.value.line == 2
    assert database.dump(exclude=()) == before


def test_settings_of_a_file_end_with_it(database, make, ask) -> None:
    migrations = make(
        "CREATE SCHEMA other; SET search_path = other; SET ROLE pg_monitor; SET lock_timeout = 0;"
        " SELECT pg_advisory_lock(1); RESET ROLE; CREATE TEMP TABLE probe (); SET ROLE pg_monitor;",
        "CREATE TABLE here (who text DEFAULT current_user, wait text);"
        "INSERT INTO here VALUES (DEFAULT, current_setting('lock_timeout'));"
        "DO $$ BEGIN IF to_regclass('pg_temp.probe') IS NOT NULL THEN RAISE 'temporary'; END IF; END $$;",
    )
    migrate(database.url, migrations)
    assert ask("SELECT (who = session_user, wait)::text FROM public.here") == "(t,2s)"


def test_roles_passwords_are_not_shown(database, make) -> None:
    role = f"{database.name}_r"
    text = f"CREATE ROLE \"{role}\" PASSWORD 's3cret'; CREATE ROLE \"{role}\" PASSWORD 's3cret';"
    events = []
    with pytest.raises(StatementFailedError) as caught:
        migrate(database.url, make(text), on_event=events.append)
    assert "s3cret" not in str(caught.value) + repr(vars(caught.value)) + repr(events)
    assert caught.value.__suppress_context__


def test_password_is_not_in_our_journal(database, make) -> None:
    role = f"{database.name}_r"
    text = f'CREATE ROLE "{role}" PASSWORD \'s3cret\'; DROP ROLE "{role}";'
    migrate(database.url, make(text))
    assert "s3cret" not in database.dump(schema_only=False, exclude=())
    assert migrate(database.url, make(text)) == ()


def test_terminated_by_an_administrator(database, make, ask) -> None:
    (sick,) = make("CREATE TABLE a (); SELECT pg_terminate_backend(pg_backend_pid());")
    with pytest.raises(StatementFailedError) as caught:
        migrate(database.url, [sick])
    assert caught.value.sqlstate == "57P01"
    assert caught.value.index == 2
    assert ask("SELECT to_regclass('a')") is None


def test_failpoints(database, make, ask) -> None:
    naps = []
    settings = Settings(failpoint="after_statement:2=sleep:1.5", sleep=naps.append)
    migrate(database.url, make("SELECT 1; SELECT 2; SELECT 3"), settings=settings)
    assert naps == [1.5]
    settings = Settings(environ={**os.environ, "NBMIGRATE_FAILPOINT": "before_commit=raise"})
    with pytest.raises(FailpointError):
        migrate(database.url, make("SELECT 1; SELECT 2; SELECT 3", "SELECT 4"), settings=settings)
    assert ask("SELECT count(*) FROM drizzle.__drizzle_migrations") == 1
    with pytest.raises(UsageConflictError):
        Failpoint("after_lunch=kill", sleep=naps.append)


def test_status_after(database, make) -> None:
    migrations = make("CREATE TABLE a ()", "CREATE TABLE b ()")
    migrate(database.url, migrations[:1])
    with connect(database.url) as connection:
        first, second = read_status(connection, migrations, Settings())
    assert (first.state, second.state) == ("applied", "pending")
    assert first.applied_at.endswith("Z")
    assert second.applied_at == ""

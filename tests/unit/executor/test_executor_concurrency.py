"""Several migrators at once, and tables that somebody else holds."""

import json
import threading
import time

import psycopg
import pytest

from nbmigrate.dialect import Statement
from nbmigrate.errors import LockTimeoutError, StatementFailedError
from nbmigrate.executor import (
    MigratorLock,
    Settings,
    apply,
    connect,
    find_blockers,
    migrate,
)

pytestmark = pytest.mark.fault
COUNT = 2


def test_two_at_once_on_an_empty_database(database, make, start, ask) -> None:
    migrations = make(
        "CREATE TABLE a (n int)",
        "INSERT INTO a VALUES (1); SELECT pg_sleep(0.3)",
        "CREATE INDEX CONCURRENTLY i ON a (n)",
    )
    children = [start(database.url, migrations) for _ in range(COUNT)]
    outputs = [(child.communicate(timeout=60), child.returncode) for child in children]
    assert [code for _, code in outputs] == [0] * COUNT, outputs
    done = [tag for (out, _), _ in outputs for tag in json.loads(out)]
    assert sorted(done) == ["0000_m", "0001_m", "0002_m"]
    assert ask("SELECT count(*) FROM a") == 1
    assert ask("SELECT count(*) FROM drizzle.__drizzle_migrations") == 3


def test_waiter_is_told_who_works(database, make, quick) -> None:
    waited = []
    with connect(database.url, application_name="first") as worker:
        named = Settings(application_name="first")
        with MigratorLock(database.url, settings=named, worker=worker) as lock:
            assert lock.is_held()
            with pytest.raises(LockTimeoutError) as caught:
                migrate(database.url, make("SELECT 1"), on_event=waited.append, settings=quick)
            pid = lock.connection.info.backend_pid
    assert [event.holder.pid for event in waited] == [pid]
    assert waited[0].holder.application == "first (lock)"
    assert caught.value.timeout_ms == 1_000
    assert str(pid) in caught.value.blockers[0]


def test_lock_is_per_database_and_history_table(database, databases, make, quick) -> None:
    other = databases()
    with MigratorLock(database.url, settings=Settings()):
        assert migrate(other.url, make("SELECT 1"), settings=quick)
        elsewhere = Settings(history_schema="elsewhere", lock_wait_ms=500)
        assert migrate(database.url, make("SELECT 1"), settings=elsewhere)


def test_lost_lock_stops_the_run(database, make, ask) -> None:
    killer = database.connect()

    def kill(event: object) -> None:
        if type(event).__name__ == "Applied":
            killer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'nbmigrate (lock)' AND datname = current_database()"
            )
            time.sleep(0.1)

    with pytest.raises(Exception, match="lock was lost"):
        migrate(database.url, make("SELECT 1", "SELECT 2"), on_event=kill)
    assert ask("SELECT count(*) FROM drizzle.__drizzle_migrations") == 1


def test_two_inside_although_the_lock_was_lost(database, make, start, ask, wait) -> None:
    """The transaction itself excludes a second one, should the session lock be gone."""
    migrations = make("CREATE TABLE a (); SELECT pg_sleep(1.5)")
    child = start(database.url, migrations)
    wait(lambda: ask("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"))
    killed = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE application_name = 'nbmigrate (lock)' AND datname = current_database()"
    )
    assert ask(killed) == 1
    assert migrate(database.url, migrations) == ()
    child.communicate(timeout=20)
    assert ask("SELECT count(*) FROM drizzle.__drizzle_migrations") == 1


def test_busy_table_is_retried_and_readers_go_on(database, make, ask) -> None:
    database.execute("CREATE TABLE t (a int)")
    idle = database.connect(autocommit=False, application_name="forgotten")
    idle.execute("SELECT * FROM t")
    slowest = _Reader(database.url)
    release = threading.Timer(2.5, idle.rollback)
    release.start()
    events = []
    settings = Settings(lock_timeout_ms=300)
    with slowest:
        migrate(
            database.url,
            make("ALTER TABLE t ADD b int"),
            on_event=events.append,
            settings=settings,
        )
    release.join()
    assert slowest.count > 5
    assert slowest.seconds < 0.3 + 0.3
    retried = [e for e in events if type(e).__name__ == "Retried"]
    assert retried[0].sqlstate == "55P03"
    assert [b.application for b in retried[-1].blockers] == ["forgotten"]
    assert ask("SELECT count(*) FROM information_schema.columns WHERE table_name = 't'") == 2


class _Reader:
    """Reads the table ten times a second and remembers the longest wait."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.seconds = 0.0
        self.count = 0

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._done.wait(0.1):
                begun = time.monotonic()
                connection.execute("SELECT count(*) FROM t")
                self.seconds = max(self.seconds, time.monotonic() - begun)
                self.count += 1


def test_blocker_is_named_in_the_end(database, make, ask) -> None:
    database.execute("CREATE TABLE t (a int)")
    idle = database.connect(autocommit=False, application_name="forgotten")
    idle.execute("SELECT 'its last words' FROM t")
    pauses = []
    settings = Settings(lock_timeout_ms=500, attempts=2, sleep=pauses.append, random=lambda: 1.0)
    with pytest.raises(LockTimeoutError) as caught:
        migrate(database.url, make("SELECT 1;\nALTER TABLE t ADD b int"), settings=settings)
    (blocker,) = caught.value.blockers
    for fact in (str(idle.info.backend_pid), "forgotten", "idle in transaction", "its last words"):
        assert fact in blocker
    assert "`0000_m` (migrations/0000_m.sql:2), statement 2" in caught.value.message
    assert caught.value.timeout_ms == 500
    assert pauses == [0.25]
    assert ask("SELECT count(*) FROM drizzle.__drizzle_migrations") == 0


def test_find_blockers(database) -> None:
    database.execute("CREATE TABLE t (a int)")
    holder, waiter = database.connect(autocommit=False), database.connect()
    holder.execute("LOCK TABLE t")
    observer = database.connect()
    pid = waiter.info.backend_pid
    assert find_blockers(observer, pid) == ()
    thread = threading.Thread(target=waiter.execute, args=("SELECT * FROM t",))
    thread.start()
    time.sleep(0.2)
    (found,) = find_blockers(observer, pid)
    holder.rollback()
    thread.join()
    assert found.pid == holder.info.backend_pid
    assert found.query == "LOCK TABLE t"


def test_deadlock_repeats_the_whole_migration(database, make, ask) -> None:
    database.execute("CREATE TABLE a (n int)", "CREATE TABLE b (n int)")
    (migration,) = make(
        "SET LOCAL deadlock_timeout = '100ms'; INSERT INTO a VALUES (1); LOCK TABLE a;"
        " SELECT pg_sleep(1); LOCK TABLE b;"
    )
    application = database.connect()
    application.execute("SET deadlock_timeout = '60s'")
    application.execute("BEGIN; LOCK TABLE b")
    threads: list[threading.Thread] = []
    events = []

    def want_the_other(event: object) -> None:
        """The application asks for a while the migration, which holds it, sleeps."""
        events.append(event)
        if getattr(event, "sql", "") == "LOCK TABLE a;" and not threads:
            threads.append(threading.Thread(target=application.execute, args=("LOCK TABLE a",)))
            threads[0].start()
        if type(event).__name__ == "Retried":
            threads[0].join()
            application.execute("COMMIT")

    migrate(
        database.url,
        [migration],
        on_event=want_the_other,
        settings=Settings(lock_timeout_ms=20_000),
    )
    assert [e.sqlstate for e in events if type(e).__name__ == "Retried"] == ["40P01"]
    assert ask("SELECT count(*) FROM a") == 1


def test_old_snapshot_before_a_concurrent_index(database, make, ask) -> None:
    database.execute("CREATE TABLE t (a int)", "CREATE TABLE u (a int)")
    reader = database.connect(autocommit=False, application_name="report")
    reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    reader.execute("SELECT * FROM u")
    time.sleep(1.2)
    events = []
    settings = Settings(concurrent_lock_timeout_ms=500, attempts=1)
    with pytest.raises(LockTimeoutError) as caught:
        migrate(
            database.url,
            make("CREATE INDEX CONCURRENTLY i ON t (a)"),
            on_event=events.append,
            settings=settings,
        )
    (found,) = [e for e in events if type(e).__name__ == "SnapshotsFound"]
    assert [b.application for b in found.blockers] == ["report"]
    assert "report" in caught.value.blockers[0]
    assert ask("SELECT to_regclass('i')") is None
    reader.rollback()
    assert migrate(database.url, make("CREATE INDEX CONCURRENTLY i ON t (a)"))


def test_foreign_invalid_index_is_only_reported(database, make, ask) -> None:
    database.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        database.execute("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)")
    with pytest.raises(Exception, match="INVALID, and nbmigrate did not build it"):
        migrate(database.url, make("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)"))
    assert ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") is False


def test_failed_concurrent_index_leaves_nothing(database, make, ask) -> None:
    database.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (1)")
    migrations = make("CREATE TABLE v ();\nCREATE UNIQUE INDEX CONCURRENTLY i ON t (a);")
    with pytest.raises(StatementFailedError) as caught:
        migrate(database.url, migrations)
    assert (caught.value.sqlstate, caught.value.line) == ("23505", 2)
    assert "goes on with statement 2" in caught.value.message
    assert ask("SELECT to_regclass('i')") is None
    database.execute("DELETE FROM t")
    migrate(database.url, migrations)
    assert ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") is True


def test_resume_refuses_a_changed_beginning(database, make) -> None:
    database.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (1)")
    text = "CREATE TABLE v ();\nCREATE UNIQUE INDEX CONCURRENTLY i ON t (a);"
    with pytest.raises(StatementFailedError):
        migrate(database.url, make(text))
    with pytest.raises(Exception, match="statement 1 of its file is not what was run"):
        migrate(database.url, make(text.replace("TABLE v", "TABLE w")))
    migrate(database.url, make(text.replace("UNIQUE ", "")))


def test_resume_makes_the_settings_again(database, make, ask) -> None:
    database.execute("CREATE SCHEMA app", "CREATE TABLE app.t (a int)")
    database.execute("INSERT INTO app.t VALUES (1), (1)")
    migrations = make(
        "SET search_path = app;\nCREATE UNIQUE INDEX CONCURRENTLY i ON t (a);\nCREATE TABLE v ();"
    )
    with pytest.raises(StatementFailedError):
        migrate(database.url, migrations)
    database.execute("DELETE FROM app.t")
    migrate(database.url, migrations)
    assert ask("SELECT to_regclass('app.v') IS NOT NULL AND to_regclass('app.i') IS NOT NULL")


def test_new_enum_value_is_usable(database, make, ask) -> None:
    database.execute("CREATE TYPE mood AS ENUM ('sad')", "CREATE TABLE t (m mood)")
    migrate(
        database.url,
        make(
            "ALTER TYPE mood ADD VALUE 'ok';--> statement-breakpoint\nINSERT INTO t VALUES ('ok');"
        ),
    )
    assert ask("SELECT m::text FROM t") == "ok"


def test_statements_without_transaction(database, make, ask) -> None:
    text = "CREATE TABLE t (a int PRIMARY KEY);VACUUM t;REINDEX TABLE CONCURRENTLY t;DROP INDEX CONCURRENTLY IF EXISTS nope;"
    assert migrate(database.url, make(text))[0].statements == 4
    assert migrate(database.url, make(text)) == ()


def test_push_waits_or_refuses(database, make, start, ask, wait, quick) -> None:
    child = start(database.url, make("CREATE TABLE a (); SELECT pg_sleep(2)"))
    wait(lambda: ask("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"))
    statements = [Statement(sql="CREATE TABLE pushed ();")]
    with connect(database.url) as connection:
        with pytest.raises(LockTimeoutError):
            apply(connection, statements, settings=quick)
        assert ask("SELECT to_regclass('pushed')") is None
        apply(connection, statements, settings=Settings())
    assert ask("SELECT to_regclass('a') IS NOT NULL")
    child.communicate(timeout=10)

"""Push: all statements or none, and the ledger with them."""

import json
import threading
import time

import psycopg
import pytest

from nbmigrate.dialect import Statement
from nbmigrate.errors import DriftError, ExecutionError, LockTimeoutError, StatementFailedError
from nbmigrate.executor import Settings, apply, connect, read_ledger, record, require_same


def _plan(*sqls: str) -> list[Statement]:
    return [Statement(sql=sql) for sql in sqls]


@pytest.fixture
def live(database):
    with connect(database.url) as connection:
        yield connection


def test_all(database, live) -> None:
    events = []
    plan = _plan("CREATE TABLE a (n int);", "INSERT INTO a VALUES (1), (2);")
    done = apply(live, plan, on_event=events.append)
    assert [(d.index, d.sql, d.rows) for d in done] == [
        (1, "CREATE TABLE a (n int);", -1),
        (2, "INSERT INTO a VALUES (1), (2);", 2),
    ]
    assert events == list(done)
    assert apply(live, []) == ()


def test_or_nothing(database, live) -> None:
    database.execute("CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1)")
    before = database.dump(schema_only=False, exclude=())
    plan = _plan("CREATE TABLE a ();", "DELETE FROM kept;", "ALTER TABLE nope ADD x int;")
    with pytest.raises(StatementFailedError) as caught:
        apply(live, plan, finish=lambda: record(live, created=[("table", "public", "a")]))
    assert (caught.value.index, caught.value.sqlstate, caught.value.tag) == (3, "42P01", "")
    assert "nothing was changed" in caught.value.message
    assert database.dump(schema_only=False, exclude=()) == before
    assert live.execute("SELECT 1").fetchone() == (1,)


def test_failure_at_commit(database, live) -> None:
    database.execute("CREATE TABLE p (n int PRIMARY KEY)", "CREATE TABLE c (n int)")
    database.execute("INSERT INTO c VALUES (1)")
    plan = _plan(
        "ALTER TABLE c ADD CONSTRAINT f FOREIGN KEY (n) REFERENCES p DEFERRABLE"
        " INITIALLY DEFERRED NOT VALID;",
        "INSERT INTO c VALUES (2);",
    )
    before = database.dump(schema_only=False)
    with pytest.raises(StatementFailedError) as caught:
        apply(live, plan)
    assert caught.value.sqlstate == "23503"
    assert database.dump(schema_only=False) == before


def test_guard_is_inside_and_first(database, live) -> None:
    seen = []

    def guard() -> None:
        seen.append(live.info.transaction_status.name)
        seen.append(live.execute("SELECT to_regclass('a')").fetchone())
        require_same("planned", "now")

    with pytest.raises(DriftError) as caught:
        apply(live, _plan("CREATE TABLE a ();"), guard=guard)
    assert seen == ["INTRANS", (None,)]
    assert caught.value.exit_code == 3
    assert live.execute("SELECT to_regclass('a')").fetchone() == (None,)
    require_same("same", "same")


def test_open_transaction_is_refused(database, live) -> None:
    live.execute("BEGIN")
    with pytest.raises(ExecutionError, match="open transaction"):
        apply(live, _plan("CREATE TABLE a ();"))
    live.rollback()


def test_concurrently_comes_after_the_commit(database, live) -> None:
    database.execute("CREATE TABLE t (n int)", "INSERT INTO t VALUES (1), (1)")
    index = Statement(sql="CREATE UNIQUE INDEX CONCURRENTLY i ON t (n);", transactional=False)
    plan = [index, *_plan("CREATE TABLE a ();")]
    with pytest.raises(StatementFailedError) as caught:
        apply(live, plan)
    assert (caught.value.index, caught.value.sqlstate) == (1, "23505")
    assert "committed before it: statements 2" in caught.value.message
    assert live.execute("SELECT to_regclass('i')").fetchone() == (None,)
    database.execute("DELETE FROM t")
    assert [d.index for d in apply(live, [index])] == [1]
    assert live.execute("SELECT count(*) FROM nbmigrate.progress").fetchone() == (0,)


def test_enum_value_is_committed_before_its_use(database, live) -> None:
    database.execute("CREATE TYPE mood AS ENUM ('sad')", "CREATE TABLE t (m mood)")
    plan = [
        Statement(sql="ALTER TYPE mood ADD VALUE 'ok';"),
        Statement(sql="ALTER TABLE t ALTER m SET DEFAULT 'ok';", commit_before=True),
    ]
    assert len(apply(live, plan)) == 2


def test_busy_table(database, live) -> None:
    database.execute("CREATE TABLE t (n int)")
    idle = database.connect(autocommit=False, application_name="forgotten")
    idle.execute("SELECT * FROM t")
    live.execute("SET lock_timeout = '400ms'")
    settings = Settings(lock_timeout_ms=400, attempts=2, sleep=lambda _: None)
    with pytest.raises(LockTimeoutError) as caught:
        apply(live, _plan("CREATE TABLE a ();", "ALTER TABLE t ADD x int;"), settings=settings)
    assert "forgotten" in caught.value.blockers[0]
    timer = threading.Timer(1, idle.rollback)
    timer.start()
    guarded = []
    apply(
        live,
        _plan("ALTER TABLE t ADD x int;"),
        guard=lambda: guarded.append(time.monotonic()),
        settings=Settings(),
    )
    timer.join()
    assert guarded


def test_terminated(database, live) -> None:
    with pytest.raises(StatementFailedError) as caught:
        apply(live, _plan("CREATE TABLE a ();", "SELECT pg_terminate_backend(pg_backend_pid());"))
    assert caught.value.sqlstate == "57P01"
    with connect(database.url) as again:
        assert again.execute("SELECT to_regclass('a')").fetchone() == (None,)


def test_waits_for_nothing_but_a_migrator(database, live) -> None:
    """Two pushes of other history tables do not meet; the first creates our schema for both."""
    errors = []

    def push(number: int) -> None:
        settings = Settings(history_schema=f"h{number}")
        try:
            with connect(database.url) as connection:
                apply(
                    connection,
                    _plan(f"CREATE TABLE t{number} ();"),
                    finish=lambda: record(connection, created=[("table", "public", f"t{number}")]),
                    settings=settings,
                )
        except Exception as error:  # noqa: BLE001 - the assertion shows it
            errors.append(error)

    threads = [threading.Thread(target=push, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(read_ledger(live)) == 6


def test_ledger(database, live) -> None:
    a, b, c = (("table", "public", name) for name in ('a"; --', "b%s", "C"))
    assert read_ledger(live) == set()
    record(live)
    assert live.execute("SELECT to_regnamespace('nbmigrate')").fetchone() == (None,)
    record(live, created=[a, b])
    record(live, created=[a], dropped=[c])
    assert read_ledger(live) == {a, b}
    record(live, renamed=[(a, b), (b, a)])
    assert read_ledger(live) == {a, b}
    record(live, dropped=[b], renamed=[(a, c), (("table", "public", "foreign"), b)])
    assert read_ledger(live) == {c}


def test_ledger_of_a_newer_release(database, live) -> None:
    record(live, created=[("table", "public", "a")])
    live.execute("UPDATE nbmigrate.meta SET version = 3")
    with pytest.raises(ExecutionError, match="version 3"):
        read_ledger(live)
    with pytest.raises(ExecutionError, match="version 3"):
        record(live, created=[("table", "public", "b")])


def test_errors_as_json(database, live) -> None:
    with pytest.raises(StatementFailedError) as caught:
        apply(live, _plan("SELECT 1/0;"))
    assert json.loads(json.dumps(caught.value.as_dict()))["sqlstate"] == "22012"
    assert isinstance(caught.value.__cause__, psycopg.errors.DivisionByZero)

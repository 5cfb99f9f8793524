"""Backfills on a real server: by any key, exactly once, resumed after kill -9, stopped by Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
import pytest

from nbmigrate.data.backfill import frame_change, set_list, sql_change
from nbmigrate.errors import (
    ExecutionError,
    LockTimeoutError,
    StatementFailedError,
    UsageConflictError,
)
from nbmigrate.executor import BatchDone, Job, Settings, backfill, unfinished
from tests.fixtures.postgres import Database

ROOT = Path(__file__).parents[3]
T = ("public", "t")
COUNTED = "n = n + 1"


def job(text: str = COUNTED, *, table: tuple[str, str] = T, batch: int = 100, **more: Any) -> Job:
    return Job(table=table, text=f"SET {text}", change=sql_change(text), batch=batch, **more)


def fill(database: Database, rows: int = 1000) -> None:
    database.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, n integer NOT NULL DEFAULT 0, note text)",
        f"INSERT INTO t (id) SELECT generate_series(1, {rows})",
    )


def counts(database: Database) -> dict[int, int]:
    """How many rows were changed how often."""
    rows = database.connect().execute("SELECT n, count(*) FROM t GROUP BY n ORDER BY n")
    return dict(rows.fetchall())


def test_every_row_once_with_progress(database: Database) -> None:
    fill(database)
    events: list[Any] = []
    run = backfill(database.url, job(), on_event=events.append)
    assert (run.rows, run.batches, run.key) == (1000, 10, ("id",))
    assert counts(database) == {1: 1000}
    assert [event.total_rows for event in events] == list(range(100, 1001, 100))
    assert all(isinstance(event, BatchDone) and event.rows_per_second > 0 for event in events)


def test_the_same_again_is_done_already_and_restart_does_it_again(database: Database) -> None:
    fill(database)
    backfill(database.url, job())
    again = backfill(database.url, job())
    assert (again.was_done, again.rows) == (True, 0)
    assert counts(database) == {1: 1000}
    backfill(database.url, job(), restart=True)
    assert counts(database) == {2: 1000}


@pytest.mark.parametrize(
    ("definition", "values"),
    [
        ("a text COLLATE \"C\", b date, PRIMARY KEY (a, b)", "md5((g % 7)::text), date '2020-01-01' + g"),
        ("a uuid PRIMARY KEY, b integer", "md5(g::text)::uuid, g"),
        ("a timestamptz PRIMARY KEY, b text", "timestamptz '2020-01-01' + g * interval '1 us', 'x'"),
        ("a numeric PRIMARY KEY, b double precision", "g / 7.0, g / 7.0"),
        ("a double precision PRIMARY KEY, b integer", "g / 7.0::double precision, g"),
        ("a bytea, b integer UNIQUE NOT NULL", "'x'::bytea, g"),
        ('a varchar(9), b char(5), PRIMARY KEY (b, a)', "g::text, (g % 9)::text"),
        ("a integer, b boolean, PRIMARY KEY (b, a)", "g, g % 2 = 0"),
    ],
)  # fmt: skip
def test_by_keys_of_any_type(database: Database, definition: str, values: str) -> None:
    database.execute(
        f"CREATE TABLE t ({definition.replace('PRIMARY KEY (', 'n integer DEFAULT 0, PRIMARY KEY (')}"
        + ("" if "PRIMARY KEY (" in definition else ", n integer DEFAULT 0")
        + ")",
        f"INSERT INTO t (a, b) SELECT {values} FROM generate_series(1, 500) AS g",
    )
    run = backfill(database.url, job(batch=33))
    assert run.rows == 500
    assert counts(database) == {1: 500}


def test_hostile_names(database: Database) -> None:
    database.execute(
        'CREATE SCHEMA "s""; --"',
        'CREATE TABLE "s""; --"."t%s $1" ("k""; :x" text PRIMARY KEY, n integer DEFAULT 0)',
        'INSERT INTO "s""; --"."t%s $1" SELECT chr(39) || g FROM generate_series(1, 50) AS g',
    )
    run = backfill(database.url, job(table=('s"; --', "t%s $1"), batch=7))
    assert run.rows == 50


def test_only_rows_of_the_condition(database: Database) -> None:
    fill(database)
    run = backfill(database.url, job(where="id % 10 = 0 OR id > 990"))
    assert run.rows == 109
    assert counts(database) == {0: 891, 1: 109}


def test_partitioned_table(database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, n integer DEFAULT 0) PARTITION BY RANGE (id)",
        "CREATE TABLE a PARTITION OF t FOR VALUES FROM (0) TO (500)",
        "CREATE TABLE b PARTITION OF t FOR VALUES FROM (500) TO (2000)",
        "INSERT INTO t SELECT generate_series(1, 1000)",
    )
    assert backfill(database.url, job()).rows == 1000
    assert counts(database) == {1: 1000}


CHILD = """
import signal, sys
from nbmigrate.data.backfill import sql_change
from nbmigrate.executor import Job, backfill
# where the tests run in the background, a shell has it ignored
signal.signal(signal.SIGINT, signal.default_int_handler)
text = sys.argv[2]
job = Job(table=("public", "t"), text="SET " + text, change=sql_change(text), batch=100)
print(backfill(sys.argv[1], job).rows)
"""


def start(url: str, text: str = COUNTED, *, failpoint: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, url, text],
        cwd=ROOT,
        env={**os.environ, "NBMIGRATE_FAILPOINT": failpoint, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("place", ["before_commit:4", "after_commit:4"])
def test_killed_run_is_resumed_and_each_row_done_once(database: Database, place: str) -> None:
    fill(database)
    process = start(database.url, failpoint=f"{place}=kill")
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    (left,) = unfinished(database.connect())
    done = 300 if place.startswith("before") else 400
    assert (left.rows, left.cursor) == (done, (str(done),))
    run = backfill(database.url, job())
    assert (run.resumed_rows, run.rows, run.total_rows) == (done, 1000 - done, 1000)
    assert counts(database) == {1: 1000}
    assert unfinished(database.connect()) == ()


def test_killed_again_and_again_at_any_time(database: Database) -> None:
    """The child is killed wherever it is, ten times; others change rows all the while (R41)."""
    fill(database, 20_000)
    slow = "n = n + 1, note = (SELECT '' FROM pg_sleep(0.0002))"
    done = threading.Event()

    def disturb() -> None:
        with psycopg.connect(database.url, autocommit=True) as connection:
            number = 20_000
            while not done.is_set():
                number += 1
                connection.execute("UPDATE t SET note = 'x' WHERE id = %s", [number % 19_000 + 1])
                connection.execute("DELETE FROM t WHERE id = %s", [19_000 + number % 1000])

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        for attempt in range(10):
            process = start(database.url, slow)
            time.sleep(0.5 + attempt * 0.07)
            process.kill()
            process.communicate()
        process = start(database.url, slow)
        _, errors = process.communicate(timeout=120)
    finally:
        done.set()
        thread.join()
    assert process.returncode == 0, errors
    (left,) = counts(database)
    assert left == 1, "each row once"


def test_two_at_once_share_the_work(database: Database) -> None:
    fill(database, 5_000)
    processes = [start(database.url) for _ in range(3)]
    found = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], found
    assert sum(int(out) for out, _ in found) == 5_000
    assert counts(database) == {1: 5_000}


def test_interrupt_cancels_on_the_server(database: Database, wait: Callable[..., float]) -> None:
    fill(database)
    slow = "n = n + 1, note = (SELECT '' FROM pg_sleep(30))"
    process = start(database.url, slow)
    connection = database.connect()
    running = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'UPDATE%%' AND state = 'active'"
        " AND datname = current_database()"
    )

    def is_running() -> bool:
        return bool((connection.execute(running).fetchone() or (0,))[0])

    wait(is_running)
    process.send_signal(signal.SIGINT)
    # Its first row alone would take longer than that.
    process.communicate(timeout=20)
    assert process.returncode != 0
    wait(lambda: not is_running(), seconds=5)
    assert counts(database) == {0: 1000}


def test_error_says_what_stays_and_how_to_go_on(database: Database) -> None:
    fill(database)
    with pytest.raises(StatementFailedError) as caught:
        backfill(database.url, job("n = 1 / (id - 550)"))
    assert caught.value.sqlstate == "22012"
    assert "500 rows of earlier batches are done and stay" in str(caught.value)
    assert "run it again" in caught.value.hint
    with pytest.raises(UsageConflictError) as other:
        backfill(database.url, job("n = 7"))
    assert "unfinished after 500 rows" in str(other.value)
    run = backfill(database.url, job("n = 7"), resume=True)
    assert (run.resumed_rows, run.rows) == (500, 500)


def test_what_failed_in_its_first_batch_is_in_nobodys_way(database: Database) -> None:
    fill(database)
    with pytest.raises(StatementFailedError) as caught:
        backfill(database.url, job("nosuch = 1"))
    assert caught.value.hint == "correct it and run it again"
    run = backfill(database.url, job())
    assert (run.resumed_rows, run.rows) == (None, 1000)


def test_one_that_another_took_the_place_of_says_so(database: Database) -> None:
    fill(database)

    def restarted(event: Any) -> None:
        if event.batch == 2:
            backfill(database.url, job("n = 7"), restart=True)

    with pytest.raises(UsageConflictError, match="another one took over or began anew"):
        backfill(database.url, job(), on_event=restarted)
    assert counts(database) == {7: 1000}


@pytest.mark.parametrize(
    "text", ["id = id + 1000", 'n = 1, "id" = 5', "(note, ID) = (SELECT 'a', 3)", "id[1] = 2"]
)
def test_what_changes_the_key_is_refused(database: Database, text: str) -> None:
    fill(database)
    with pytest.raises(UsageConflictError, match=r"touches the key \(id\)"):
        backfill(database.url, job(text))
    assert counts(database) == {0: 1000}
    assert backfill(database.url, job("n = (SELECT max(id) FROM t AS id), note = 'id, id'")).rows


def test_locked_row_is_waited_for_and_its_holder_named(database: Database) -> None:
    fill(database)
    holder = database.connect(autocommit=False, application_name="holder")
    holder.execute("UPDATE t SET note = 'mine' WHERE id = 150")
    events: list[Any] = []
    quick = Settings(lock_timeout_ms=200, attempts=2)
    with pytest.raises(LockTimeoutError) as caught:
        backfill(database.url, job(), on_event=events.append, settings=quick)
    assert "application holder" in str(caught.value)
    holder.commit()
    backfill(database.url, job(), settings=quick)
    assert counts(database) == {1: 1000}


def test_table_without_key_is_refused(database: Database) -> None:
    database.execute("CREATE TABLE t (n integer, m integer UNIQUE)")
    with pytest.raises(ExecutionError, match="no primary key"):
        backfill(database.url, job())
    with pytest.raises(ExecutionError, match=r"no table `public\.missing`"):
        backfill(database.url, job(table=("public", "missing")))


@pytest.mark.parametrize("text", ["", "set", "n = 1; DROP TABLE t", "n"])
def test_what_sets_nothing_is_refused(text: str) -> None:
    with pytest.raises(UsageConflictError):
        set_list(text)


def test_set_list_is_taken_as_it_is() -> None:
    assert set_list("SET n = 'a;b', m = 2;") == "n = 'a;b', m = 2"


# --- functions over DataFrames -------------------------------------------------


def framed(function: Callable[[pd.DataFrame], pd.DataFrame | None], batch: int = 100) -> Job:
    return Job(table=T, text=function.__name__, change=frame_change(function), batch=batch)


def everything(database: Database) -> list[tuple[Any, ...]]:
    return database.connect().execute("SELECT * FROM t ORDER BY 1").fetchall()


def test_function_over_frames(database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, name text, short text, amount numeric, x float8,"
        " tags text[], doc jsonb, at timestamptz)",
        """INSERT INTO t SELECT g, 'Name ' || g, NULL, g / 3.0, g / 3.0, '{a}', '{"a": 1}', now()
             FROM generate_series(1, 250) AS g""",
        "INSERT INTO t (id) VALUES (251)",
    )

    def shorten(df: pd.DataFrame) -> pd.DataFrame:
        df["short"] = df["name"].str.lower().str.replace(" ", "")
        df["doc"] = [None if d is None else {**d, "b": [2]} for d in df["doc"]]
        df["at"] = df["at"] + pd.Timedelta(days=1)
        df["amount"] = [None if a is None else a * 3 for a in df["amount"]]
        return df

    before = everything(database)
    run = backfill(database.url, framed(shorten))
    after = everything(database)
    assert run.rows == 250
    assert [row[2] for row in after[:3]] == ["name1", "name2", "name3"]
    assert after[0][6] == {"a": 1, "b": [2]}
    assert (after[0][7] - before[0][7]).days == 1
    assert after[-1] == before[-1], "NULL stays NULL"
    assert [row[5] for row in after] == [row[5] for row in before]


def test_frames_hold_the_rows_as_they_are_now(database: Database) -> None:
    """Another session changes a row between two batches: its value is what the function sees."""
    fill(database)

    def bump(df: pd.DataFrame) -> pd.DataFrame:
        if 1 in set(df["id"]):
            database.execute("UPDATE t SET n = 100 WHERE id = 950")
        df["n"] = df["n"] + 1
        return df

    backfill(database.url, framed(bump))
    assert counts(database) == {1: 999, 101: 1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda df: df.assign(fresh=1), "no column fresh"),
        (lambda df: df.assign(id=df["id"] + 1), "touches the key"),
        (lambda _: None, "returned nothing"),
        (lambda df: df.set_index(df.index + 5000), "not of the batch"),
    ],
)
def test_what_cannot_be_written_is_refused(
    database: Database, change: Callable[..., Any], message: str
) -> None:
    fill(database)
    with pytest.raises(UsageConflictError, match=message):
        backfill(database.url, framed(change))
    assert counts(database) == {0: 1000}


def test_rows_left_out_stay(database: Database) -> None:
    fill(database)

    def some(df: pd.DataFrame) -> pd.DataFrame:
        return df[df["id"] % 2 == 0].assign(n=5)

    assert backfill(database.url, framed(some)).rows == 500
    assert counts(database) == {0: 500, 5: 500}


def test_failing_function_leaves_its_batch_as_it_was(database: Database) -> None:
    fill(database)

    def fails(df: pd.DataFrame) -> pd.DataFrame:
        if 555 in set(df["id"]):
            raise ValueError("not this one")
        return df.assign(n=1)

    with pytest.raises(ValueError, match="not this one"):
        backfill(database.url, framed(fails))
    assert counts(database) == {0: 500, 1: 500}

"""The binary transfer gives what the rows read as text give: every type, every extreme."""

from __future__ import annotations

import datetime as dt
import signal
import threading
import time

import pandas as pd
import psycopg
import pytest

from nbmigrate.data import kinds, query
from nbmigrate.data.frames import to_frame
from nbmigrate.data.framing import FrameStream, query_frame, streamable
from nbmigrate.data.transfer import plan_transfer, read_frame, read_frames
from nbmigrate.errors import StatementFailedError, UsageConflictError
from nbmigrate.executor import connect
from tests.unit.data.type_matrix import CREATE, OPTIONAL, made, values_sql

#: What COPY has no form for that the server would take back.
NOT_BINARY = ["tsquery", "posint[]", "pair", "pair[]", "sound_pair", "sound_pair[]"]


@pytest.fixture
def live(database):
    with connect(database.url) as connection:
        connection.execute(CREATE)
        yield connection


@pytest.fixture
def bare(database):
    with connect(database.url) as connection:
        yield connection


@pytest.fixture(params=["with pyarrow", "without"])
def strings(request, monkeypatch):
    if request.param == "without":
        monkeypatch.setattr(kinds, "uses_arrow", lambda: False)


def transferred(connection, sql: str) -> pd.DataFrame:
    transfer = plan_transfer(connection, sql)
    assert transfer is not None, "no binary form"
    return read_frame(connection, transfer)


def told(series: pd.Series) -> list[str]:
    """Values with their Python types, so that 1 and 1.0, NaN and NULL are different."""
    values = series.tolist() if series.dtype == object else series.array
    masks = getattr(series.array, "_mask", [False] * len(series))
    return [
        "NULL" if mask or value is None or value is pd.NA else f"{type(value).__name__} {value!r}"
        for value, mask in zip(values, masks, strict=True)
    ]


@pytest.mark.usefixtures("strings")
@pytest.mark.parametrize("family", ["", *OPTIONAL])
def test_every_type_as_read_by_text(bare, family) -> None:
    live = bare
    different, not_binary = {}, []
    for type_, texts in made(live, family).items():
        sql = values_sql(type_, texts)
        transfer = plan_transfer(live, sql)
        if transfer is None:
            not_binary.append(type_)
            continue
        slow, fast = to_frame(query(live, sql))["v"], read_frame(live, transfer)["v"]
        same_dtype = str(slow.dtype) == str(fast.dtype)
        if not same_dtype or told(slow) != told(fast):
            different[type_] = (slow.dtype, told(slow), fast.dtype, told(fast))
    assert different == {}, "\n".join(f"{k}: {v}" for k, v in different.items())
    assert not_binary == ([] if family else NOT_BINARY)


@pytest.mark.usefixtures("strings")
def test_chunks_are_one_result(live, monkeypatch) -> None:
    sql = (
        "SELECT n, n::numeric / 7 AS d, repeat('ä', n % 30) AS t, nullif(n % 3, 0) AS m,"
        " CASE WHEN n % 2 = 0 THEN 'sad'::mood END AS e, DATE '2000-01-01' + n AS day"
        " FROM generate_series(1, 5000) AS n"
    )
    transfer = plan_transfer(live, sql)
    whole, slow = read_frame(live, transfer), to_frame(query(live, sql))
    pieces = list(read_frames(live, transfer, chunk_bytes=20_000))
    assert len(pieces) > 5
    for frame in (whole, pd.concat(pieces, ignore_index=True)):
        pd.testing.assert_frame_equal(frame, slow)


@pytest.mark.usefixtures("strings")
def test_columns_of_one_width_with_null_anywhere(live) -> None:
    """They are taken together as far as no NULL stands in between, chunk by chunk."""
    types = ["bool", "int2", "int4", "int8", "float8", "date", "timestamptz", "uuid", "interval"]
    values = ["n % 2 = 0", "n", "n", "n", "n", "date '2000-01-01' + n"]
    values += ["to_timestamp(n)", "md5(n::text)::uuid", "n * interval '1 second'"]
    cells = ", ".join(
        f"CASE WHEN (n / 100) % {at + 7} > 0 OR n % 2 = 0 THEN ({value})::{type_} END AS c{at}"
        for at, (type_, value) in enumerate(zip(types * 4, values * 4, strict=True))
    )
    sql = f"SELECT {cells}, n::text AS t, n AS last FROM generate_series(1, 3000) AS n"
    slow = to_frame(query(live, sql))
    pieces = list(read_frames(live, plan_transfer(live, sql), chunk_bytes=30_000))
    assert len(pieces) > 5
    pd.testing.assert_frame_equal(pd.concat(pieces, ignore_index=True), slow)
    pd.testing.assert_frame_equal(transferred(live, sql), slow)


def test_no_rows_have_types(live) -> None:
    sql = "SELECT 1::bigint AS a, 'x'::text AS b, 1.5 AS c, now() AS d, 'sad'::mood AS e, '{}'::int[] AS f WHERE false"
    pd.testing.assert_frame_equal(transferred(live, sql), to_frame(query(live, sql)))


def test_two_columns_of_one_name(live) -> None:
    frame = transferred(live, "SELECT 1 AS a, 'x' AS a -- the end")
    assert frame.columns.tolist() == ["a", "a"]
    assert frame.iloc[0].tolist() == [1, "x"]


def test_only_one_statement(live) -> None:
    live.execute("CREATE TABLE canary (a int)")
    for sql in ("SELECT 1) TO STDOUT; DROP TABLE canary; SELECT (1", "SELECT 1; DROP TABLE canary"):
        with pytest.raises(psycopg.Error):
            transferred(live, sql)
    assert live.execute("SELECT count(*) FROM canary").fetchone() == (0,)


def test_an_error_in_the_middle_leaves_the_connection(live) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        transferred(live, "SELECT 1 / (90000 - n) AS a FROM generate_series(1, 100000) AS n")
    assert live.info.transaction_status.name == "IDLE"
    assert live.execute("SELECT 1").fetchone() == (1,)


def test_breaking_off_cancels(live) -> None:
    transfer = plan_transfer(
        live, "SELECT n, repeat('x', 500) FROM generate_series(1, 10000000) AS n"
    )
    frames = read_frames(live, transfer)
    assert len(next(frames)) > 1000
    frames.close()
    assert live.info.transaction_status.name == "IDLE"
    assert live.execute("SELECT 1").fetchone() == (1,)


def test_interrupt_cancels(live) -> None:
    pid = live.info.backend_pid
    timer = threading.Timer(1, signal.raise_signal, [signal.SIGINT])
    timer.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        transferred(live, "SELECT pg_sleep(60)::text AS a")
    assert time.monotonic() - began < 10
    assert live.execute("SELECT pg_backend_pid()").fetchone() == (pid,)


def test_queries_that_copy_refuses_run_as_they_are(live) -> None:
    live.execute("CREATE TABLE t (a int)")
    assert (
        query_frame(live, "WITH x AS (INSERT INTO t VALUES (1) RETURNING a) SELECT a FROM x")
        is None
    )
    assert query_frame(live, "SELECT ROW(1, 2) AS r") is None
    assert query_frame(live, "INSERT INTO t VALUES (1) RETURNING a") is None
    assert query_frame(live, "SELECT 1; SELECT 2") is None
    assert query_frame(live, "SELECT 1 AS a;")["a"].tolist() == [1]
    with pytest.raises(StatementFailedError) as caught:
        query_frame(live, "SELECT 1,\n  nope")
    assert (caught.value.sqlstate, caught.value.line) == ("42703", 2)
    assert live.execute("SELECT count(*) FROM t").fetchone() == (0,)
    assert live.info.transaction_status.name == "IDLE"


def test_streams_are_of_one_moment_and_end(database, live) -> None:
    live.execute(
        "CREATE TABLE t AS SELECT n, repeat('x', 100) AS x FROM generate_series(1, 400000) n"
    )
    stream = FrameStream(lambda: connect(database.url), "SELECT * FROM t")
    first = next(stream)
    live.execute("DELETE FROM t")
    assert len(first) + sum(map(len, stream)) == 400_000
    assert _others(live) == 0
    live.execute("INSERT INTO t SELECT n, repeat('x', 100) FROM generate_series(1, 400000) AS n")
    with FrameStream(lambda: connect(database.url), "SELECT * FROM t") as stream:
        next(stream)
        assert _others(live) == 1
    assert _others(live) == 0


def test_a_stream_asks_the_server_on_another_connection(database, live) -> None:
    sql = "SELECT 'infinity'::date AS a, 'sad'::mood AS m FROM generate_series(1, 3)"
    with FrameStream(lambda: connect(database.url), sql) as stream:
        assert [frame["a"].tolist() for frame in stream] == [["infinity"] * 3]
    assert _others(live) == 0


def test_a_stream_with_parameters(database, live) -> None:
    """By a cursor, whose values the server binds; the same values and types, and the same end."""
    sql = (
        "SELECT n, :t AS t, :day::date + n AS day, nullif(n % 3, 0) AS m, '{1,NULL}'::int[] AS l,"
        " 'sad'::mood AS e, n::numeric / 7 AS d FROM generate_series(1, :last::int) AS n WHERE n <> ALL (:not)"
    )
    params = {"t": "it's ä %s", "day": dt.date(2024, 1, 1), "last": 60_000, "not": [2, 4]}
    text, values = streamable(sql, params)
    assert "it's" not in text
    with FrameStream(lambda: connect(database.url), text, values=values) as stream:
        pieces = list(stream)
    assert len(pieces) > 1
    slow = to_frame(query(live, sql, params))
    pd.testing.assert_frame_equal(pd.concat(pieces, ignore_index=True), slow)
    assert _others(live) == 0
    with FrameStream(lambda: connect(database.url), text, "arrow", values) as stream:
        assert next(stream).num_rows > 0
        assert _others(live) >= 1
    assert _others(live) == 0
    text, values = streamable("SELECT 1 / :n::int AS a", {"n": 0})
    with pytest.raises(StatementFailedError, match="division by zero"):
        next(FrameStream(lambda: connect(database.url), text, values=values))
    text, values = streamable("SELECT 1 AS a WHERE :n", {"n": False})
    assert list(FrameStream(lambda: connect(database.url), text, values=values)) == []
    with pytest.raises(UsageConflictError, match="one SELECT"):
        streamable("SELECT 1; SELECT :n", {"n": 1})
    stream = FrameStream(lambda: connect(database.url), "SELECT 1 AS a, ROW(1, 2) AS r")
    with pytest.raises(UsageConflictError, match="r: the type has no binary form") as caught:
        next(stream)
    assert '"r"::text' in caught.value.hint


def test_a_stream_waits_for_its_reader(database, live) -> None:
    """However long a piece is worked on: by COPY, and by a cursor for a query with parameters."""

    def patient():
        connection = connect(database.url)
        connection.execute("SET idle_in_transaction_session_timeout = '300ms'")
        return connection

    rows = "SELECT n FROM generate_series(1, 9999) AS n WHERE n > :least"
    for text, values in (streamable(rows, {"least": 0}), ("TABLE generate", [])):
        live.execute("CREATE TABLE IF NOT EXISTS generate AS SELECT generate_series(1, 9999) AS n")
        with FrameStream(patient, text, values=values) as stream:
            count = len(next(stream))
            time.sleep(1)
            assert count + sum(map(len, stream)) == 9999


def _others(live) -> int:
    for _ in range(50):
        sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        count = live.execute(sql).fetchone()[0]
        if not count:
            break
        time.sleep(0.05)
    return count

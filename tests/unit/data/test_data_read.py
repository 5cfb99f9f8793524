"""Rows come back as they are, and SQL goes out as it is."""

import datetime as dt
import decimal
import uuid

import numpy as np
import pandas as pd
import pytest

from nbmigrate.data import query, read_table, table_sizes
from nbmigrate.data.frames import to_frame
from nbmigrate.data.framing import query_frame, table_frame
from nbmigrate.data.parameters import bind
from nbmigrate.errors import ExecutionError, StatementFailedError, UsageConflictError

HOSTILE = 'a"; drop table canary; -- %s {x} :y 😀'


def _column(live, sql: str) -> pd.Series:
    frame = to_frame(query(live, sql))
    assert frame.shape[1] == 1
    return frame.iloc[:, 0]


@pytest.mark.parametrize(
    ("type_", "value", "dtype", "expected"),
    [
        ("bigint", "9007199254740993", "Int64", 9007199254740993),
        ("integer", "-5", "Int32", -5),
        ("smallint", "7", "Int16", 7),
        ("boolean", "true", "boolean", True),
        ("real", "1.5", "Float32", 1.5),
        ("double precision", "0.1", "Float64", 0.1),
        (
            "numeric",
            "0.1000000000000000000001",
            "object",
            decimal.Decimal("0.1000000000000000000001"),
        ),
        ("text", "x", "string", "x"),
        ("varchar(9)", "x", "string", "x"),
        ("char(3)", "x", "string", "x  "),
        (
            "uuid",
            "8d0c5b2e-0f5e-4f0e-9d0a-0123456789ab",
            "object",
            uuid.UUID("8d0c5b2e-0f5e-4f0e-9d0a-0123456789ab"),
        ),
        ("date", "2024-02-29", "object", dt.date(2024, 2, 29)),
        ("time", "12:00:01.5", "object", dt.time(12, 0, 1, 500_000)),
        (
            "timestamp",
            "2024-01-02 03:04:05.678901",
            "datetime64[us]",
            pd.Timestamp("2024-01-02 03:04:05.678901"),
        ),
        (
            "timestamptz",
            "2024-01-02 03:04:05+02",
            "datetime64[us, UTC]",
            pd.Timestamp("2024-01-02 01:04:05", tz="UTC"),
        ),
        ("interval", "1 day 00:00:01", "timedelta64[us]", pd.Timedelta(days=1, seconds=1)),
        ("jsonb", '{"a": [1, null]}', "object", {"a": [1, None]}),
        ("bytea", r"\x00ff", "object", b"\x00\xff"),
        ("integer[]", "{1,NULL,3}", "object", [1, None, 3]),
        ("text[]", '{a,"b,c"}', "object", ["a", "b,c"]),
        ("integer[][]", "{{1,2},{3,4}}", "object", [[1, 2], [3, 4]]),
    ],
)
def test_dtypes(live, type_: str, value: str, dtype: str, expected: object) -> None:
    # A second row of NULL: it must not change the type of the first.
    found = _column(live, f"SELECT v FROM (VALUES ('{value}'::{type_}), (NULL)) AS t (v)")
    assert str(found.dtype) == dtype
    assert found[0] == expected
    assert found[1] is None or found[1] is pd.NA or found[1] is pd.NaT


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("date", "infinity"),
        ("date", "0044-03-15 BC"),
        ("timestamp", "-infinity"),
        ("timestamptz", "infinity"),
        ("timestamptz", "294276-12-31 00:00:00+00"),
        ("time", "24:00:00"),
        ("interval", "1 mon 2 days"),
        ("interval", "178000000 years"),
    ],
)
def test_what_python_cannot_hold_stays_text(live, type_: str, value: str) -> None:
    found = _column(live, f"SELECT v FROM (VALUES ('{value}'::{type_}), (NULL)) AS t (v)")
    assert found.dtype == object
    assert list(found) == [value, None]


def test_infinity_in_an_array(live) -> None:
    found = _column(live, "SELECT '{2024-01-01,infinity}'::date[]")
    assert found[0] == [dt.date(2024, 1, 1), "infinity"]


def test_nan_is_not_null(live) -> None:
    found = query(live, "SELECT v FROM (VALUES ('NaN'::float8), (NULL), ('Infinity')) AS t (v)")
    values = to_frame(found)["v"]
    assert list(values.isna())[1]
    assert values.array._mask.tolist() == [False, True, False]
    assert values[2] == float("inf")
    number = _column(live, "SELECT 'NaN'::numeric")
    assert number[0].is_nan()


def test_enums_are_ordered_categories(live) -> None:
    live.execute("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')")
    live.execute("CREATE TABLE t (m mood, many mood[])")
    live.execute("INSERT INTO t VALUES ('happy', '{ok,NULL,sad}'), ('sad', NULL), (NULL, '{}')")
    frame = to_frame(read_table(live, ("public", "t")))
    assert frame["m"].cat.categories.tolist() == ["sad", "ok", "happy"]
    assert frame["m"].cat.ordered
    assert frame.sort_values("m")["m"].tolist()[:2] == ["sad", "happy"]
    assert frame["many"].tolist() == [["ok", None, "sad"], None, []]


def test_same_name_twice_and_no_columns(live) -> None:
    frame = to_frame(query(live, "SELECT 1 AS a, 'x' AS a"))
    assert frame.columns.tolist() == ["a", "a"]
    assert frame.iloc[0].tolist() == [1, "x"]
    assert to_frame(query(live, "CREATE TABLE t ()")).shape == (0, 0)
    assert to_frame(query(live, "SELECT FROM generate_series(1, 3)")).shape == (3, 0)
    assert to_frame(query(live, "SELECT 1::bigint AS a WHERE false")).dtypes["a"] == "Int64"


def test_sql_is_sent_word_for_word(live) -> None:
    sql = "SELECT '100%s %(x)s %%' AS a, '{\"k\": \":x\"}'::jsonb ->> 'k' AS b, 7 % 4 AS c, (ARRAY[1,2,3])[1:2] AS d"
    assert query(live, sql).rows == (("100%s %(x)s %%", ":x", 3, [1, 2]),)


def test_several_statements(live) -> None:
    found = query(
        live, "CREATE TABLE t (a int); INSERT INTO t VALUES (1); SELECT a FROM t; DROP TABLE t"
    )
    assert found.rows == ((1,),)
    found = query(live, "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2)")
    assert (found.columns, found.rowcount, found.status) == ((), 2, "INSERT 0 2")


@pytest.mark.parametrize(
    ("sql", "params", "bound"),
    [
        ("SELECT :a + :b - :a", {"a": 1, "b": 2}, ("SELECT $1 + $2 - $1", [1, 2])),
        (
            "SELECT ':a', \":a\", $$:a$$, :a -- :a\n/* :a */",
            {"a": 1},
            ("SELECT ':a', \":a\", $$:a$$, $1 -- :a\n/* :a */", [1]),
        ),
        ("SELECT x::a, :a::int, y[1:a], :b", {"a": 1}, ("SELECT x::a, $1::int, y[1:a], :b", [1])),
        ("SELECT '%' || :a || '50%'", {"a": "x"}, ("SELECT '%' || $1 || '50%'", ["x"])),
        ("f(x := :a)", {"a": 1}, ("f(x := $1)", [1])),
        ("SELECT :a", {"a": pd.NA}, ("SELECT $1", [None])),
    ],
)
def test_named_parameters(sql, params, bound) -> None:
    assert bind(sql, params) == bound


def test_parameters_reach_the_server(live) -> None:
    sql = "SELECT :n::int + 1 AS n, :t AS t, :j::jsonb ->> 'k' AS j, '1'::text = ANY (:l) AS l"
    params = {"n": "41", "t": "x'; drop table canary; --", "j": {"k": "v"}, "l": ["1", "2"]}
    assert query(live, sql, params).rows == ((42, params["t"], "v", True),)


@pytest.mark.parametrize("kind", [list, pd.Series, pd.Index, np.array])
def test_lists_of_every_kind_are_arrays(live, kind) -> None:
    for values, type_ in (([1, 2], "int"), (["x", "y"], "text")):
        found = query(live, f"SELECT :l::{type_}[]", {"l": kind(values)}).rows
        assert found == ((values,),)
    missing = pd.Series([1, None], dtype="Int64")
    assert query(live, "SELECT :l::int[]", {"l": missing}).rows == (([1, None],),)


@pytest.mark.parametrize(
    ("sql", "params", "hint"),
    [
        ("SELECT *\nFROM t WHERE a = :least", None, "`:least` has no value: --param least"),
        ("SELECT :a, :b", {"a": 1}, "`:b` has no value: --param b"),
        ("SELECT a[1:n], ':x', FROM t", None, "check the syntax"),
        ("SELECT pg_typeof(:a)", {"a": "x"}, ":name::text"),
        ("SELECT :a", {"a": {1}}, "a list of such"),
    ],
)
def test_a_mistake_is_named(live, sql, params, hint) -> None:
    with pytest.raises(StatementFailedError) as caught:
        query(live, sql, params)
    assert hint in caught.value.hint
    assert live.info.transaction_status.name == "IDLE"


def test_parameter_mistakes(live) -> None:
    with pytest.raises(UsageConflictError, match=":b"):
        bind("SELECT :a", {"a": 1, "b": 2})
    with pytest.raises(UsageConflictError, match=r"\$1"):
        bind("SELECT :a, $1", {"a": 1})
    with pytest.raises(StatementFailedError) as caught:
        query(live, "SELECT 1; SELECT :a", {"a": 1})
    assert caught.value.sqlstate == "42601"


def test_errors_have_line_and_state(live) -> None:
    with pytest.raises(StatementFailedError) as caught:
        query(live, "SELECT 1,\n  nope\nFROM pg_class")
    assert (caught.value.sqlstate, caught.value.line, caught.value.column) == ("42703", 2, 3)
    assert str(caught.value).startswith("line 2, column 3: ")
    assert live.info.transaction_status.name == "IDLE"


@pytest.mark.parametrize("read", [read_table, table_frame])
def test_errors_stand_where_a_condition_was_typed(live, read) -> None:
    """The SELECT around it is nobody's text."""
    live.execute("CREATE TABLE t (a int)")
    for given, place in (({"where": "a > 0 AND\n nope"}, (2, 2)), ({"order": "a, nope"}, (1, 4))):
        with pytest.raises(StatementFailedError) as caught:
            read(live, ("public", "t"), **given)
        assert (caught.value.line, caught.value.column) == place
    with pytest.raises(StatementFailedError) as caught:
        read(live, ("public", "nope"), where="a > 0")
    assert caught.value.line is None


@pytest.mark.parametrize("read", [query, query_frame])
def test_errors_stand_where_they_were_typed(live, read) -> None:
    """Characters are counted, not bytes; a parameter is as wide as its name."""
    with pytest.raises(StatementFailedError) as caught:
        read(live, "-- ä😀\nSELECT 'ä😀', nope;")
    assert (caught.value.line, caught.value.column) == (2, 14)
    with pytest.raises(StatementFailedError) as caught:
        query(live, "SELECT :longname::int,\n :longname + nope", {"longname": 1})
    assert (caught.value.line, caught.value.column) == (2, 14)


def test_nothing_stays_open(live) -> None:
    live.execute("CREATE TABLE t (a int)")
    with pytest.raises(ExecutionError, match="transaction open"):
        query(live, "BEGIN; INSERT INTO t VALUES (1)")
    assert live.info.transaction_status.name == "IDLE"
    with pytest.raises(StatementFailedError):
        query(live, "BEGIN; SELECT 1/0")
    assert live.info.transaction_status.name == "IDLE"
    query(live, "BEGIN; INSERT INTO t VALUES (2); COMMIT")
    assert query(live, "SELECT a FROM t").rows == ((2,),)


@pytest.mark.parametrize("sql", ["COPY t TO STDOUT", "SELECT 1;\ncopy t from stdin"])
def test_streams_are_refused(live, sql: str) -> None:
    with pytest.raises(UsageConflictError, match="COPY"):
        query(live, sql)
    assert query(live, "SELECT 1").rows == ((1,),)


def test_table_with_hostile_names(live) -> None:
    name = HOSTILE[:40]
    live.execute("CREATE TABLE canary (a int)")
    quoted = '"' + name.replace('"', '""') + '"'
    live.execute(f"CREATE SCHEMA {quoted}")
    live.execute(f"CREATE TABLE {quoted}.{quoted} ({quoted} int, b text)")
    live.execute(f"INSERT INTO {quoted}.{quoted} VALUES (1, '%'), (2, 'x')")
    found = read_table(live, (name, name), columns=[name], order=f"{quoted} DESC", limit=1)
    assert (found.columns, found.rows) == ((name,), ((2,),))
    assert read_table(live, (name, name), where="b = '%' -- %s").rows == ((1, "%"),)
    assert {s.name for s in table_sizes(live, [name])} == {name}
    assert query(live, "SELECT to_regclass('canary') IS NOT NULL").rows == ((True,),)


def test_table_only_reads(live) -> None:
    live.execute("CREATE TABLE t (a int)")
    live.execute(
        "CREATE FUNCTION bad() RETURNS bool LANGUAGE plpgsql AS"
        " 'BEGIN INSERT INTO t VALUES (1); RETURN true; END'"
    )
    live.execute("INSERT INTO t VALUES (0)")
    for where in ("bad()", "true); DELETE FROM t; --", "true\n); DELETE FROM t; SELECT (1"):
        with pytest.raises(StatementFailedError):
            read_table(live, ("public", "t"), where=where)
    assert read_table(live, ("", "t")).rows == ((0,),)


def test_no_such_table(live) -> None:
    with pytest.raises(StatementFailedError) as caught:
        read_table(live, ("public", "nope"))
    assert caught.value.sqlstate == "42P01"


def test_sizes(live) -> None:
    live.execute("CREATE TABLE plain (a int)")
    live.execute("CREATE SCHEMA app")
    live.execute("CREATE TABLE app.parted (a int) PARTITION BY RANGE (a)")
    live.execute("CREATE TABLE app.one PARTITION OF app.parted FOR VALUES FROM (0) TO (10)")
    live.execute("CREATE TABLE app.two PARTITION OF app.parted FOR VALUES FROM (10) TO (20)")
    live.execute("INSERT INTO app.parted SELECT generate_series(0, 19)")
    live.execute("ANALYZE app.parted")
    live.execute("CREATE SCHEMA drizzle CREATE TABLE h (a int)")
    live.execute("CREATE SCHEMA nbmigrate CREATE TABLE m (a int)")
    live.execute("CREATE TEMP TABLE temporary (a int)")
    sizes = {(s.schema, s.name): (s.rows_estimate, s.bytes > 0) for s in table_sizes(live)}
    assert sizes == {("app", "parted"): (20, True), ("public", "plain"): (0, False)}
    assert [s.name for s in table_sizes(live, ["public"])] == ["plain"]
    assert table_sizes(live, []) == ()

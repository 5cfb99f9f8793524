"""A DataFrame becomes a table with the same values, or nothing happens."""

from __future__ import annotations

import datetime as dt
import decimal
import ipaddress
import uuid

import pandas as pd
import pytest

from nbmigrate.data import copy_in, query
from nbmigrate.data.frames import to_frame
from nbmigrate.data.framing import table_frame
from nbmigrate.errors import ExecutionError, StatementFailedError, UsageConflictError
from tests.unit.data.test_transfer import told
from tests.unit.data.type_matrix import OPTIONAL, made, values_sql


def _mixed() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": pd.array([1, 2, 3], dtype="Int64"),
            "small": pd.array([1, None, 3], dtype="Int16"),
            "flag": pd.array([True, None, False], dtype="boolean"),
            "ratio": pd.array([0.1, None, 1e300], dtype="Float64"),
            "name": pd.array(["a", "", None], dtype="string"),
            "mood": pd.Categorical(["sad", None, "ok"]),
            "at": pd.to_datetime(["2024-01-02 03:04:05.678901", None, "1900-01-01"], format="ISO8601").astype("datetime64[us]"),
            "zoned": pd.to_datetime(["2024-01-02 03:04:05+02:00", None, "2024-01-02 03:04:05+02:00"], utc=True),
            "took": pd.to_timedelta(["1 days 00:00:01", None, "-3 hours"]).astype("timedelta64[us]"),
            "price": pd.Series([decimal.Decimal("1.50"), None, decimal.Decimal("NaN")], dtype=object),
            "day": pd.Series([dt.date(2024, 2, 29), None, dt.date(1, 1, 1)], dtype=object),
            "key": pd.Series([uuid.uuid4(), None, uuid.uuid4()], dtype=object),
            "data": pd.Series([b"\x00\xff", None, b""], dtype=object),
            "doc": pd.Series([{"a": [1, None]}, None, {}], dtype=object),
            "many": pd.Series([[1, None], None, [3]], dtype=object),
            "words": pd.Series([["a", "b,c"], None, []], dtype=object).where([True, False, False], None),
            "host": pd.Series([ipaddress.ip_address("10.0.0.1"), None, None], dtype=object),
        }
    )  # fmt: skip


#: Texts that PostgreSQL tells apart and Python's values do not: JSON's null beside NULL and its
#: spaces and repeated keys, the sign of days beside that of hours, the first index of an array.
#: What an xml value was declared with PostgreSQL sends to no client.
PYTHON_HAS_ONE_OF_TWO = {
    "-3 days -04:05:06": "-4 days +19:54:54",
    '{"a": [1, null, "x"], "a": 2}': '{"a": 2}',
    "null": None,
    "12.50": "12.5",
    "[0:1]={7,8}": "{7,8}",
    "[-3:-2][5:5]={{7},{NULL}}": "{{7},{NULL}}",
    "[5:6]={a,b}": "{a,b}",
    '<?xml version="1.0" encoding="UTF-8"?><ä/>': "<ä/>",
}

TYPES_OF_MIXED = {
    "id": "bigint",
    "small": "smallint",
    "flag": "boolean",
    "ratio": "double precision",
    "name": "text",
    "mood": "text",
    "at": "timestamp",
    "zoned": "timestamp with time zone",
    "took": "interval",
    "price": "numeric",
    "day": "date",
    "key": "uuid",
    "data": "bytea",
    "doc": "jsonb",
    "many": "bigint[]",
    "words": "text[]",
    "host": "inet",
}


def test_a_new_table(workspace, live) -> None:
    frame = _mixed()
    result = workspace.load(frame, "facts", key="id")
    assert {c.name: c.type for c in result.columns} == TYPES_OF_MIXED
    assert (result.rows, result.total) == (3, 3)
    back = table_frame(live, ("public", "facts"))
    for name in frame.columns:
        if name != "mood":
            assert told(back[name]) == told(frame[name]), name
    assert back["mood"].tolist()[0] == "sad"
    assert "PRIMARY KEY" in result.sql
    assert "3 rows loaded" in repr(result)
    with pytest.raises(UsageConflictError, match="there already"):
        workspace.load(frame, "facts")


def test_a_dry_run_changes_nothing(workspace, live) -> None:
    result = workspace.load(_mixed(), "facts", dry_run=True)
    assert result.candidates == ("id",)
    assert "--key id" in repr(result)
    assert query(live, "SELECT to_regclass('facts') IS NULL").rows == ((True,),)


@pytest.mark.parametrize("family", ["", *OPTIONAL])
def test_every_type_there_and_back(workspace, live, family) -> None:
    different = {}
    for at, (type_, texts) in enumerate(made(live, family).items()):
        name = f"t{at}"
        live.execute(f"CREATE TABLE {name} AS {values_sql(type_, texts)}")
        live.execute(f"CREATE TABLE {name}_back (LIKE {name})")
        frame = table_frame(live, ("public", name))
        workspace.load(frame, f"{name}_back", append=True)
        text = 'SELECT v::text COLLATE "C" FROM {} ORDER BY ctid'
        before, after = (query(live, text.format(x)).rows for x in (name, f"{name}_back"))
        again = table_frame(live, ("public", f"{name}_back"))
        assert told(again["v"]) == told(frame["v"]), type_
        before = tuple((PYTHON_HAS_ONE_OF_TWO.get(value, value),) for (value,) in before)
        if before != after:
            different[type_] = (before, after)
    assert different == {}


def test_all_or_nothing(workspace, live) -> None:
    frame = pd.DataFrame({"id": [1, 2, 3], "n": pd.Series([1, 2, 70000], dtype="Int64")})
    with pytest.raises((StatementFailedError, ExecutionError), match=r"(?s)n.*3|3.*n"):
        workspace.load(frame, "t", types={"n": "smallint"})
    assert query(live, "SELECT to_regclass('t') IS NULL").rows == ((True,),)
    live.execute("CREATE TABLE t (id int, n int CHECK (n < 3))")
    with pytest.raises(StatementFailedError, match="line 3"):
        workspace.load(frame, "t", append=True)
    assert query(live, "SELECT count(*) FROM t").rows == ((0,),)


def test_upsert(workspace, live) -> None:
    live.execute("CREATE TABLE t (id int PRIMARY KEY, n text, other int DEFAULT 5)")
    live.execute("INSERT INTO t VALUES (1, 'old', 1), (2, 'kept', 2)")
    frame = pd.DataFrame({"id": [1, 3], "n": ["new", "added"]})
    assert workspace.load(frame, "t", upsert="id").rows == 2
    assert query(live, "SELECT * FROM t ORDER BY id").rows == (
        (1, "new", 1),
        (2, "kept", 2),
        (3, "added", 5),
    )
    with pytest.raises(StatementFailedError) as caught:
        workspace.load(frame, "t", upsert="n")
    assert "unique index" in caught.value.hint
    with pytest.raises(UsageConflictError, match=r"rows 1 and 3 .*same key: id = 1\n"):
        workspace.load(pd.concat([frame, frame], ignore_index=True), "t", upsert="id")


def test_keys_that_only_postgresql_finds_the_same(workspace, live) -> None:
    live.execute("CREATE TABLE t (k char(5) PRIMARY KEY, n int)")
    with pytest.raises(StatementFailedError) as caught:
        workspace.load(pd.DataFrame({"k": ["a", "a "], "n": [1, 2]}), "t", upsert="k")
    assert "one key twice" in caught.value.hint
    assert query(live, "SELECT count(*) FROM t").rows == ((0,),)


def test_many_values_do_not_idle_in_the_transaction(live, monkeypatch) -> None:
    monkeypatch.setattr(copy_in, "STEP", 500)
    values = [decimal.Decimal(n) for n in range(300_000)]
    frame = pd.DataFrame({f"c{at}": pd.Series(values, dtype=object) for at in range(6)})
    live.execute(
        "CREATE TABLE t (c0 numeric, c1 numeric, c2 numeric, c3 numeric, c4 numeric, c5 numeric)"
    )
    live.execute("SET idle_in_transaction_session_timeout = '700ms'")
    with live.transaction():
        assert copy_in.copy_in(live, frame, ("public", "t")) == 300_000


def test_null_in_a_key_is_no_duplicate(workspace, live) -> None:
    live.execute("CREATE TABLE t (a int, b text, UNIQUE (a, b))")
    keys = {"a": pd.array([1, None, None, 1], dtype="Int64"), "b": ["x", "y", "y", "z"]}
    assert workspace.load(pd.DataFrame(keys), "t", upsert=("a", "b")).rows == 4
    keys["b"][3] = "x"
    with pytest.raises(UsageConflictError, match=r"rows 1 and 4 .*a = 1, b = x"):
        workspace.load(pd.DataFrame(keys), "t", upsert=("a", "b"))


def test_many_rows_go_in_blocks_and_errors_name_the_row_of_all(
    workspace, live, monkeypatch
) -> None:
    monkeypatch.setattr(copy_in, "STEP", 100)
    frame = pd.DataFrame(
        {"id": range(950), "d": pd.Series([decimal.Decimal("1.50")] * 950, dtype=object)}
    )
    heard: list[int] = []
    workspace.load(frame, "t", on_event=lambda event: heard.append(getattr(event, "rows", 0)))
    assert [rows for rows in heard if rows] == list(range(100, 901, 100))
    assert query(live, "SELECT count(*), sum(d) FROM t").rows == (
        (950, decimal.Decimal("1425.00")),
    )
    frame.loc[777, "d"] = "none"
    with pytest.raises(StatementFailedError, match="line 778, column d"):
        workspace.load(frame, "t", append=True)
    assert query(live, "SELECT count(*) FROM t").rows == ((950,),)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1, "a"], "row 2 is text"),
        ([None, None], "no values"),
        ([1, object()], "row 2: a object"),
    ],
)
def test_what_is_open_is_asked(workspace, values, words) -> None:
    frame = pd.DataFrame({"v": pd.Series(values, dtype=object)})
    with pytest.raises(UsageConflictError, match=f"column v.*{words}"):
        workspace.load(frame, "t")


def test_names_and_keys_are_checked(workspace, live) -> None:
    frame = pd.DataFrame({"id": [1, 1]})
    with pytest.raises(UsageConflictError, match="row 2"):
        workspace.load(frame, "t", key="id")
    with pytest.raises(UsageConflictError, match="no column `x`"):
        workspace.load(frame, "t", key="x")
    with pytest.raises(UsageConflictError, match="no name"):
        workspace.load(pd.DataFrame({0: [1]}), "t")
    live.execute("CREATE TABLE t (a int)")
    with pytest.raises(UsageConflictError, match="no column `id`"):
        workspace.load(frame, "t", append=True)
    with pytest.raises(UsageConflictError, match="nanoseconds"):
        workspace.load(
            pd.DataFrame({"a": pd.to_datetime([1], unit="ns").astype("datetime64[ns]")}), "n"
        )


def test_files_and_polars(workspace, tmp_path, live) -> None:
    import polars as pl

    from nbmigrate.workspace.loading import read_file

    frame = pl.DataFrame({"id": [1, 2, None], "note": ["a", None, "c"]})
    frame.write_parquet(tmp_path / "rows.parquet")
    frame.write_csv(tmp_path / "rows.csv")
    for at, rows in enumerate(
        (frame, read_file("rows.parquet", tmp_path), read_file("rows.csv", tmp_path))
    ):
        workspace.load(rows, f"t{at}")
        found = query(live, f"SELECT * FROM t{at} ORDER BY id")
        assert found.rows == ((1, "a"), (2, None), (None, "c"))
        assert to_frame(found)["id"].dtype == "Int64"

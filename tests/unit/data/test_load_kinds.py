"""Columns of every kind that pandas, Arrow and polars have: the type they become, and their values there."""

from __future__ import annotations

import datetime as dt
import ipaddress
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pytest

from nbmigrate.data import query
from nbmigrate.data.arrow_in import frame_of
from nbmigrate.data.framing import table_frame
from nbmigrate.errors import ExecutionError, UsageConflictError
from tests.unit.data.test_transfer import told

pa = pytest.importorskip("pyarrow")

NAN = float("nan")
BERLIN = dt.datetime(2024, 7, 1, 2, tzinfo=dt.UTC)

#: A column of Arrow: its type, two values, the type in PostgreSQL, and the values as text there.
ARROW: list[tuple[Any, list[Any], str, tuple[str, str]]] = [
    (pa.int8(), [-128, 127], "smallint", ("-128", "127")),
    (pa.uint8(), [0, 255], "smallint", ("0", "255")),
    (pa.int32(), [-(2**31), 7], "integer", ("-2147483648", "7")),
    (pa.uint32(), [0, 2**32 - 1], "bigint", ("0", "4294967295")),
    (pa.int64(), [2**63 - 1, 0], "bigint", ("9223372036854775807", "0")),
    (pa.uint64(), [2**64 - 1, 0], "numeric", ("18446744073709551615", "0")),
    (pa.float16(), [np.float16(1.5), np.float16(2)], "real", ("1.5", "2")),
    (pa.float32(), [0.1, 2], "real", ("0.1", "2")),
    (pa.float64(), [0.1, NAN], "double precision", ("0.1", "NaN")),
    (pa.bool_(), [True, False], "boolean", ("true", "false")),
    (pa.string(), ["a", ""], "text", ("a", "")),
    (pa.string_view(), ["a", ""], "text", ("a", "")),
    (pa.binary(), [b"a", b""], "bytea", ("\\x61", "\\x")),
    (pa.decimal128(10, 2), [Decimal("1.50"), Decimal(-3)], "numeric(10,2)", ("1.50", "-3.00")),
    (pa.date32(), [dt.date(1, 1, 1), dt.date(2024, 2, 29)], "date", ("0001-01-01", "2024-02-29")),
    (pa.date64(), [dt.date(1, 1, 1), dt.date(2024, 2, 29)], "date", ("0001-01-01", "2024-02-29")),
    (pa.time32("s"), [dt.time(1), dt.time(2)], "time", ("01:00:00", "02:00:00")),
    (pa.time64("ns"), [dt.time(1, 2, 3, 4), dt.time(2)], "time", ("01:02:03.000004", "02:00:00")),
    (pa.timestamp("s"), [pd.Timestamp("1800-01-01"), pd.Timestamp("2024-01-01")], "timestamp", ("1800-01-01 00:00:00", "2024-01-01 00:00:00")),
    (pa.timestamp("us", "Europe/Berlin"), [BERLIN, BERLIN], "timestamp with time zone", ("2024-07-01 02:00:00+00",) * 2),
    (pa.duration("ns"), [dt.timedelta(1), dt.timedelta(-1, 3)], "interval", ("1 day", "-1 days +00:00:03")),
    (pa.list_(pa.int64()), [[1, None], []], "bigint[]", ("{1,NULL}", "{}")),
    (pa.list_(pa.date32()), [[dt.date(2024, 1, 1)], []], "date[]", ("{2024-01-01}", "{}")),
    (pa.list_(pa.list_(pa.int8())), [[[1], [2, 3]], []], "jsonb", ("[[1], [2, 3]]", "[]")),
    (pa.struct([("a", pa.int8())]), [{"a": 1}, {"a": None}], "jsonb", ('{"a": 1}', '{"a": null}')),
    (pa.map_(pa.string(), pa.int8()), [[("k", 1)], []], "jsonb", ('{"k": 1}', "{}")),
    (pa.dictionary(pa.int8(), pa.string()), ["x", "y"], "text", ("x", "y")),
]  # fmt: skip

#: A column of pandas or of Python's objects, as above.
PANDAS: list[tuple[Any, str, tuple[str, str]]] = [
    (np.array([1.5, 2], np.float16), "real", ("1.5", "2")),
    (pd.Categorical([2, 1]), "bigint", ("2", "1")),
    (pd.Categorical([dt.date(2024, 1, 1), dt.date(1, 1, 1)]), "date", ("2024-01-01", "0001-01-01")),
    (pd.arrays.SparseArray([0, 7]), "bigint", ("0", "7")),
    ([dt.time(1, tzinfo=dt.UTC), None], "time with time zone", ("01:00:00+00", "NULL")),
    ([np.datetime64("2024-01-02"), np.datetime64("NaT")], "timestamp", ("2024-01-02 00:00:00", "NULL")),
    ([np.timedelta64(2, "h"), None], "interval", ("02:00:00", "NULL")),
    ([pd.Timestamp("2024-01-02"), pd.NaT], "timestamp", ("2024-01-02 00:00:00", "NULL")),
    ([bytearray(b"a"), memoryview(b"")], "bytea", ("\\x61", "\\x")),
    ([np.array([1, 2]), np.array([], dtype=int)], "bigint[]", ("{1,2}", "{}")),
    ([(1, 2), ()], "bigint[]", ("{1,2}", "{}")),
    ([[], []], "jsonb", ("[]", "[]")),
    ([{"a": np.int64(1)}, {"a": pd.NA}], "jsonb", ('{"a": 1}', '{"a": null}')),
    ([{"a": dt.date(2024, 1, 1)}, {"a": UUID(int=1)}], "jsonb", ('{"a": "2024-01-01"}', '{"a": "00000000-0000-0000-0000-000000000001"}')),
    ([ipaddress.ip_network("10.0.0.0/8"), None], "cidr", ("10.0.0.0/8", "NULL")),
    ([ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_address("::1")], "inet", ("10.0.0.0/8", "::1/128")),
    # Where no number stands beside it, NaN is how pandas says that nothing is there.
    (["a", NAN], "text", ("a", "NULL")),
    ([NAN, True], "boolean", ("NULL", "true")),
    ([dt.date(2024, 1, 1), NAN], "date", ("2024-01-01", "NULL")),
    ([1.5, NAN], "double precision", ("1.5", "NaN")),
]  # fmt: skip


def _arrow() -> pd.DataFrame:
    """Three rows, the last NULL."""
    columns = {
        # Made by Arrow: pandas itself would take NaN for NULL.
        f"c{at}": pd.arrays.ArrowExtensionArray(pa.array([*values, None], type=kind))
        for at, (kind, values, _, _) in enumerate(ARROW)
    }
    return pd.DataFrame({"id": [1, 2, 3], **columns})


def _texts(live, table: str) -> list[list[str | None]]:
    frame = table_frame(live, ("public", table))
    shown = ", ".join(f"{name}::text" for name in frame.columns)
    return [list(row) for row in query(live, f"SELECT {shown} FROM {table} ORDER BY id").rows]


def _loaded_in_every_way(workspace, live, frame: pd.DataFrame) -> tuple[dict[str, str], Any]:
    """New, appended and upserted are the same rows; so are those that were read and loaded again."""
    live.execute("SET intervalstyle = 'postgres'")
    result = workspace.load(frame, "t", key="id")
    rows = _texts(live, "t")
    count = len(frame)
    workspace.load(frame.assign(id=frame["id"] + count), "t", append=True)
    workspace.load(frame, "t", upsert="id")
    assert [row[1:] for row in _texts(live, "t")] == [row[1:] for row in rows] * 2
    live.execute("CREATE TABLE again (LIKE t)")
    back = table_frame(live, ("public", "t"))
    workspace.load(back, "again", append=True)
    assert _texts(live, "again") == _texts(live, "t")
    for name in back.columns:
        assert told(table_frame(live, ("public", "again"))[name]) == told(back[name])
    return {column.name: column.type for column in result.columns}, rows


def test_columns_over_arrow(workspace, live) -> None:
    types, rows = _loaded_in_every_way(workspace, live, _arrow())
    assert list(types.values())[1:] == [type_ for _, _, type_, _ in ARROW]
    for at, (kind, _, _, texts) in enumerate(ARROW, 1):
        assert [row[at] for row in rows] == [*texts, None], kind


def test_columns_of_pandas_and_objects(workspace, live) -> None:
    columns = {
        f"c{at}": pd.Series(values, dtype=object) if isinstance(values, list) else values
        for at, (values, _, _) in enumerate(PANDAS)
    }
    types, rows = _loaded_in_every_way(workspace, live, pd.DataFrame({"id": [1, 2], **columns}))
    assert list(types.values())[1:] == [type_ for _, type_, _ in PANDAS]
    for at, (values, _, texts) in enumerate(PANDAS, 1):
        assert [row[at] or "" if row[at] is not None else "NULL" for row in rows] == list(texts), (
            values
        )


def test_tables_of_arrow_and_polars_keep_their_types_without_values(workspace, live) -> None:
    polars = pytest.importorskip("polars")
    empty = pa.table(
        {"id": [1], "d": pa.nulls(1, pa.date32()), "n": pa.nulls(1, pa.decimal128(5, 2))}
    )
    for at, table in enumerate((empty, polars.from_arrow(empty))):
        result = workspace.load(table, f"t{at}")
        assert [column.type for column in result.columns] == ["bigint", "date", "numeric(5,2)"]
        assert query(live, f"SELECT * FROM t{at}").rows == ((1, None, None),)
    two = pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert frame_of(two).to_numpy().tolist() == [[1, 2]]
    with pytest.raises(UsageConflictError, match="two columns `a`"):
        workspace.load(two, "t2")
    wide = polars.DataFrame({"w": polars.Series([2**100], dtype=polars.Int128)})
    with pytest.raises(UsageConflictError, match="column w: Arrow has no type for Int128"):
        workspace.load(wide, "t2")
    with pytest.raises(UsageConflictError) as caught:
        workspace.load(wide.lazy(), "t2")
    assert "collect()" in caught.value.hint


def test_names_that_postgresql_would_change_and_an_index_are_refused(workspace) -> None:
    for name in ("x" * 64, "ä" * 32, "a\0b"):
        with pytest.raises(UsageConflictError, match="name"):
            workspace.load(pd.DataFrame({name: [1]}), "t")
    with pytest.raises(UsageConflictError, match="63 bytes"):
        workspace.load(pd.DataFrame({"a": [1]}), "t" * 64)
    keyed = pd.DataFrame({"a": [1]}, index=pd.Index([7], name="id"))
    with pytest.raises(UsageConflictError, match=r"index .* \(id\)") as caught:
        workspace.load(keyed, "t")
    assert "reset_index" in caught.value.hint
    assert workspace.load(keyed.reset_index(), "t", dry_run=True).total == 1


def test_hostile_names(workspace, live) -> None:
    names = ['a"b', "a%sb", "a\nb", "{x}", "a;b--", "a\\b", " ", "select", "$1", ":x"]
    frame = pd.DataFrame([range(len(names))], columns=names)
    for options in ({"key": 'a"b'}, {"upsert": ('a"b',)}):
        workspace.load(frame, "t", **options)
        back = table_frame(live, ("public", "t"))
        assert (list(back.columns), back.to_numpy().tolist()) == (names, [list(range(len(names)))])


@pytest.mark.parametrize(
    ("values", "type_", "words"),
    [
        ([pd.Timestamp(1), None], "timestamp", "row 1: .* has nanoseconds"),
        ([None, np.timedelta64(1, "ns")], "interval", "row 2: .* has nanoseconds"),
        (pd.array([1, None], dtype=pd.ArrowDtype(pa.time64("ns"))), "time", "lose data"),
        ([1.0, 2.5], "integer", "row 2: 2.5 is no whole number"),
        ([{"a": Decimal("1.5")}], "jsonb", "row 1: JSON has no form for a Decimal"),
        ([{"a": NAN}], "jsonb", "row 1: .*not JSON compliant"),
    ],
)  # fmt: skip
def test_what_would_lose_a_part_is_refused(workspace, live, values, type_, words) -> None:
    live.execute(f"CREATE TABLE t (v {type_})")
    objects = not isinstance(values, list) or isinstance(values[0], float)
    frame = pd.DataFrame({"v": pd.Series(values, dtype=None if objects else object)})
    with pytest.raises((UsageConflictError, ExecutionError), match=f"column v.*{words}"):
        workspace.load(frame, "t", append=True)
    assert query(live, "SELECT count(*) FROM t").rows == ((0,),)


def test_the_evidence_counts_what_becomes_null(workspace) -> None:
    columns = {"f": [1.5, NAN, None], "t": ["a", NAN, None], "n": [Decimal("NaN"), None, None]}
    frame = pd.DataFrame({name: pd.Series(v, dtype=object) for name, v in columns.items()})
    result = workspace.load(frame, "t", dry_run=True)
    assert [c.evidence.rpartition("; ")[2] for c in result.columns] == [
        "1 of 3 NULL",
        "2 of 3 NULL",
        "2 of 3 NULL",
    ]


def test_values_that_psycopg_has_no_form_for_go_in_as_text(workspace, live) -> None:
    frame = pd.DataFrame({
        "p": pd.period_range("2024-01", periods=1, freq="M"),
        "d": pd.Series([{"a": 1}], dtype=object),
        "n": pd.Series([1.0], dtype="float64"),
        "s": pd.Series([{7}], dtype=object),
    })  # fmt: skip
    workspace.load(frame, "t", types={"p": "text", "d": "text", "n": "int", "s": "text"})
    assert query(live, "SELECT * FROM t").rows == (("2024-01", '{"a": 1}', 1, "{7}"),)

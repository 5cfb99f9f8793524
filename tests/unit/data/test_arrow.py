"""Arrow and polars have one type per column type, whatever the values, and lose none of them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from nbmigrate.data.framing import query_frame
from nbmigrate.errors import ExecutionError
from nbmigrate.executor import connect
from tests.unit.data.type_matrix import CREATE


@pytest.fixture
def live(database):
    with connect(database.url) as connection:
        connection.execute(CREATE)
        yield connection


@pytest.mark.parametrize(
    ("type_", "text", "arrow", "expected"),
    [
        ("boolean", "true", pa.bool_(), True),
        ("bigint", "9007199254740993", pa.int64(), 9007199254740993),
        ("double precision", "0.1", pa.float64(), 0.1),
        ("numeric(12,2)", "-1.50", pa.decimal128(12, 2), Decimal("-1.50")),
        ("numeric(50,10)", "1.5", pa.decimal256(50, 10), Decimal("1.5000000000")),
        ("numeric", "0.10", pa.large_string(), "0.10"),
        ("text", "ä", pa.large_string(), "ä"),
        ("uuid", "8d0c5b2e-0f5e-4f0e-9d0a-0123456789ab", pa.large_string(), None),
        ("date", "2024-02-29", pa.date32(), dt.date(2024, 2, 29)),
        ("time", "12:00:00.5", pa.time64("us"), dt.time(12, 0, 0, 500_000)),
        ("timestamp", "2024-01-02", pa.timestamp("us"), None),
        ("timestamptz", "2024-01-02 00:00:00+00", pa.timestamp("us", "UTC"), None),
        ("interval", "1 day", pa.duration("us"), dt.timedelta(days=1)),
        ("jsonb", '{"a": 1}', pa.large_string(), '{"a": 1}'),
        ("bytea", r"\x00ff", pa.large_binary(), b"\x00\xff"),
        ("integer[]", "{1,NULL}", pa.list_(pa.int32()), [1, None]),
        ("inet", "10.0.0.1", pa.large_string(), "10.0.0.1"),
        ("mood", "sad", pa.dictionary(pa.int32(), pa.string(), ordered=True), "sad"),
    ],
)
def test_types(live, type_, text, arrow, expected) -> None:
    sql = (
        f"SELECT v::{type_} FROM (VALUES (0, '{text}'::{type_}), (1, NULL)) AS t (n, v) ORDER BY n"
    )
    column = query_frame(live, sql, "arrow")["v"]
    assert column.type == arrow
    assert column[1].as_py() is None
    assert expected is None or column[0].as_py() == expected
    empty = query_frame(live, f"SELECT NULL::{type_} AS v WHERE false", "arrow")
    assert empty["v"].type == arrow


def test_nan_is_not_null(live) -> None:
    column = query_frame(live, "SELECT v FROM (VALUES ('NaN'::float8), (NULL)) t (v)", "arrow")["v"]
    assert column.null_count == 1


def test_polars(live) -> None:
    frame = query_frame(live, "SELECT 1 AS a, 1.50::numeric(5,2) AS b, 'sad'::mood AS m", "polars")
    assert frame.rows() == [(1, Decimal("1.50"), "sad")]


@pytest.mark.parametrize(
    ("type_", "text"),
    [("date", "infinity"), ("numeric(5,2)", "NaN"), ("interval", "1 mon"), ("integer[]", "{{1}}")],
)
def test_what_has_no_place_is_named(live, type_, text) -> None:
    sql = f"SELECT v::{type_} AS due FROM (VALUES (0, NULL), (1, '{text}'::{type_})) AS t (n, v) ORDER BY n"
    with pytest.raises(ExecutionError, match="column due, row 2"):
        query_frame(live, sql, "arrow")

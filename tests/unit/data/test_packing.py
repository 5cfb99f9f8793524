"""What goes to the server for whole columns is what the server itself writes of them."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from nbmigrate.data import packing
from nbmigrate.data.copy_in import STEP, copy_in
from nbmigrate.data.wire import TRAILER
from nbmigrate.errors import ExecutionError

_DDL = """
CREATE TABLE t (a smallint, b integer, c bigint, d boolean, e double precision, f numeric, g text,
                h varchar, i uuid, j date, k timestamp, l timestamptz)
"""


def _frame() -> pd.DataFrame:
    moments = ["2000-01-01 00:00:00.000001", "1969-12-31 23:59:59", None]
    return pd.DataFrame(
        {
            "a": pd.array([-(2**15), 2**15 - 1, None], "Int64"),
            "b": pd.array([-(2**31), None, 2**31 - 1], "Int32"),
            "c": np.array([-(2**63), 0, 2**63 - 1]),
            "d": pd.array([True, None, False], "boolean"),
            "e": [float("inf"), -0.0, float("nan")],
            "f": pd.Series([Decimal("-0.00012300"), Decimal("NaN"), None], dtype=object),
            "g": pd.Series(["", "\u00e9\U0001f600", pd.NA], dtype="string"),
            "h": pd.Series([None, "b", "c" * 300], dtype=object),
            "i": pd.Series([uuid.UUID(int=0), None, uuid.UUID(int=2**128 - 1)], dtype=object),
            "j": pd.Series([dt.date(1, 1, 1), None, dt.date(9999, 12, 31)], dtype=object),
            "k": pd.Series(pd.to_datetime(moments, format="ISO8601")),
            "l": pd.Series(pd.to_datetime(moments, format="ISO8601").tz_localize("Asia/Tokyo")),
        }
    )


def _copied_out(connection) -> bytes:
    with connection.cursor().copy("COPY t TO STDOUT (FORMAT binary)") as copy:
        return b"".join(map(bytes, copy))


def test_columns_are_packed_as_the_server_packs_them(database) -> None:
    connection = database.connect()
    connection.execute(_DDL)
    frame = _frame()
    kinds = "int2 int4 int8 bool float8 numeric text varchar uuid date timestamp timestamptz"
    packers = [packing.PACKERS[connection.adapters.types[kind].oid] for kind in kinds.split()]
    columns = [frame.iloc[:, at] for at in range(len(packers))]
    assert all(packer.fits(column) for packer, column in zip(packers, columns, strict=True))
    packed = [packer.pack(column) for packer, column in zip(packers, columns, strict=True)]
    with connection.transaction():
        assert copy_in(connection, frame, ("public", "t")) == 3
    text = packing.HEADER + packing.rows(packed) + TRAILER
    assert _copied_out(connection) == text


def test_nothing_is_a_copy_of_no_rows(database) -> None:
    connection = database.connect()
    connection.execute(_DDL)
    assert copy_in(connection, _frame().head(0), ("public", "t")) == 0


def test_columns_over_arrow_keep_what_is_null(database) -> None:
    arrow = pytest.importorskip("pyarrow")
    connection = database.connect()
    connection.execute(
        "CREATE TABLE t (n bigint, b boolean, t text, at timestamptz, local timestamp)"
    )
    moment = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    columns = {
        "n": ([2**40, None], arrow.int64()),
        "b": ([True, None], arrow.bool_()),
        "t": (["a", None], arrow.string()),
        "at": ([moment, None], arrow.timestamp("us", tz="Asia/Tokyo")),
        "local": ([moment, None], arrow.timestamp("us", tz="Asia/Tokyo")),
    }
    frame = pd.DataFrame(
        {
            name: pd.Series(values, dtype=pd.ArrowDtype(type_))
            for name, (values, type_) in columns.items()
        }
    )
    copy_in(connection, frame, ("public", "t"))
    rows = connection.execute("TABLE t").fetchall()
    there = moment.replace(hour=9, tzinfo=None)
    assert rows == [(2**40, True, "a", moment, there), (None, None, None, None, None)]


def test_a_number_beyond_its_column_is_refused_with_its_row(database) -> None:
    connection = database.connect()
    connection.execute("CREATE TABLE t (n smallint)")
    frame = pd.DataFrame({"n": np.array([1, 2**15])})
    with pytest.raises(Exception, match="32768") as error:
        copy_in(connection, frame, ("public", "t"))
    assert "line 2" in str(error.value.diag.context)


def test_a_text_without_a_form_is_named_in_a_later_block(database) -> None:
    connection = database.connect()
    connection.execute("CREATE TABLE t (n text)")
    texts = pd.Series(["a"] * (STEP + 1) + ["\ud800", None], dtype=object)
    with pytest.raises(ExecutionError, match=rf"column n, row {STEP + 2}: .*surrogates"):
        copy_in(connection, pd.DataFrame({"n": texts}), ("public", "t"))
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)

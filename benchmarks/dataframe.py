"""``python -m benchmarks.dataframe [ROWS]``: a table into pandas and back, beside other readers.

Each reader runs in a process of its own, one after the other, so that its peak of memory is
its own. ``raw`` is the limit: the same rows by binary COPY, drained and thrown away. Two
figures for ADBC: to pandas as it comes (numeric as text, uuid as bytes), and on to the same
dtypes that nbmigrate gives.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import psycopg

from benchmarks.databases import make, with_driver
from nbmigrate.server import embedded, remove

ROWS = 1_000_000
RUNS = 2
RESULTS = Path(__file__).parent / "DATAFRAME.md"

DDL = """
CREATE TABLE facts AS
SELECT n::bigint AS id, (n % 1000)::integer AS kind, CASE WHEN n % 7 > 0 THEN (n % 100)::smallint END AS small,
       n % 3 = 0 AS flag, n * 0.37::double precision AS ratio,
       CASE WHEN n % 5 > 0 THEN (n * 0.01)::numeric(12, 2) END AS price,
       'customer ' || (n::bigint * 7919 % 100000) AS name, repeat(md5(n::text), 1 + n % 3) AS note,
       timestamptz '2020-01-01 00:00:00+00' + n * interval '1 second' AS at,
       timestamp '2020-01-01' + n * interval '1 minute' AS local, date '2000-01-01' + n % 9000 AS day,
       md5(n::text)::uuid AS key
  FROM generate_series(1, {rows}) AS n
"""
SQL = "SELECT * FROM facts"


def _raw(url: str) -> int:
    with (
        psycopg.connect(url) as connection,
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({SQL}) TO STDOUT (FORMAT binary)") as copy,
    ):
        return sum(len(piece) for piece in copy)


def _nbmigrate(url: str) -> Any:
    from nbmigrate.data.transfer import plan_transfer, read_frame
    from nbmigrate.executor import connect

    with connect(url) as connection:
        transfer = plan_transfer(connection, SQL)
        assert transfer
        return read_frame(connection, transfer)


def _pandas(url: str) -> Any:
    import pandas as pd
    import sqlalchemy as sa

    engine = sa.create_engine(with_driver(url))
    return pd.read_sql(SQL, engine)


def _connectorx(url: str) -> Any:
    import connectorx as cx

    return cx.read_sql(url, SQL)


def _adbc(url: str) -> Any:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(SQL)
        return cursor.fetch_arrow_table().to_pandas()


def _adbc_same(url: str) -> Any:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(SQL)
        return _same_dtypes(cursor.fetch_arrow_table())


def _same_dtypes(table: Any) -> Any:
    """What ADBC gave, with the dtypes of docs/how-to/data.md."""
    import uuid
    from decimal import Decimal

    import pandas as pd
    import pyarrow as pa

    nullable = {pa.int16(): "Int16", pa.int32(): "Int32", pa.int64(): "Int64"}
    nullable |= {pa.bool_(): "boolean", pa.float64(): "Float64"}
    found = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        values = None
        if name == "price":
            values = [None if x is None else Decimal(x) for x in _storage(column).to_pylist()]
        elif name == "key":
            values = [
                None if x is None else uuid.UUID(bytes=x) for x in _storage(column).to_pylist()
            ]
        if values is not None:
            found[name] = pd.Series(values, dtype=object)
        elif column.type in nullable:
            found[name] = pd.Series(
                pd.array([], dtype=nullable[column.type]).dtype.__from_arrow__(column)
            )
        elif pa.types.is_string(column.type):
            found[name] = pd.Series(pd.StringDtype().__from_arrow__(column))
        else:
            found[name] = column.to_pandas(date_as_object=True)
    return pd.DataFrame(found)


def _storage(column: Any) -> Any:
    import pyarrow as pa

    is_extension = isinstance(column.type, pa.BaseExtensionType)
    return pa.chunked_array([c.storage for c in column.chunks]) if is_extension else column


READERS: dict[str, Callable[[str], Any]] = {
    "raw": _raw,
    "nbmigrate": _nbmigrate,
    "pandas.read_sql": _pandas,
    "connectorx": _connectorx,
    "ADBC, as it comes": _adbc,
    "ADBC, same dtypes": _adbc_same,
}


class _Peak:
    """The largest resident size while it runs, above that at its start, in MB."""

    def __enter__(self) -> Self:
        self._before = self.mb = _resident_mb()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._stop.wait(0.01):
            self.mb = max(self.mb, _resident_mb())

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.mb = max(self.mb, _resident_mb()) - self._before


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def _measure_one(name: str, url: str) -> dict[str, Any]:
    call = READERS[name]
    times = []
    peak = size = 0.0
    dtypes: list[str] = []
    for run in range(RUNS):
        gc.collect()
        with _Peak() as memory:
            began = time.perf_counter()
            found = call(url)
            times.append(time.perf_counter() - began)
        if run == 0:
            peak = memory.mb
            if not isinstance(found, int):
                size = float(found.memory_usage(deep=True).sum()) / 2**20
                dtypes = [str(dtype) for dtype in found.dtypes]
        del found
    return {"s": min(times), "times": times, "peak": peak, "size": size, "dtypes": dtypes}


def main() -> int:
    """Measure, print, and write the table of a full run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dataframe")
    parser.add_argument("rows", nargs="?", type=int, default=ROWS)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(_measure_one(*given.one)))
        return 0
    with tempfile.TemporaryDirectory(prefix="nbm-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = embedded(folder)
        try:
            url = make(server, "bench_frames", DDL.format(rows=given.rows))
            figures = {reader: _in_its_own_process(reader, url) for reader in READERS}
        finally:
            server.stop()
            remove(folder)
    text = _table(figures, given.rows)
    print(text)
    if given.rows == ROWS:
        RESULTS.write_text(text)
    return 0


def _in_its_own_process(reader: str, url: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.dataframe", "--one", reader, url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{reader} failed:\n{done.stderr[-2000:]}", file=sys.stderr)
        return {}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _table(figures: dict[str, dict[str, Any]], rows: int) -> str:
    ours = figures["nbmigrate"]["s"]
    lines = [
        f"# {rows:,} rows of 12 columns into pandas",
        "",
        f"The best of {RUNS} runs; the peak of the first. Written by `python -m benchmarks.dataframe`.",
        "",
        "| reader | seconds | beside nbmigrate | peak MB | DataFrame MB |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, one in figures.items():
        if one:
            lines.append(
                f"| {name} | {one['s']:.2f} | {one['s'] / ours:.2f} | {one['peak']:.0f} | {one['size']:.0f} |"
            )
        else:
            lines.append(f"| {name} | failed | | | |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())

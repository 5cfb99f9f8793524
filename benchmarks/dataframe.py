"""``python -m benchmarks.dataframe [ROWS]``: a table into pandas and back, beside others.

Each measurement runs in a process of its own, in turns, so that its peak of memory is its own
and no peer has the quiet minute to itself. ``raw`` is the limit: the same rows by binary COPY,
drained and thrown away. Two figures for ADBC: to pandas as it comes (numeric as text, uuid as
bytes), and on to the same dtypes that nbmigrate gives.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.databases import connected, filled, over_tcp
from benchmarks.frame_peers import READERS, TABLE, WRITERS

ROWS = 1_000_000
RUNS = 3
#: What takes longer than this is not run again.
SLOW_S = 600.0
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
SQL = f"SELECT * FROM {TABLE}"

Run = Mapping[str, Any]


def main() -> int:
    """Measure, print, and write the page of a full run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dataframe")
    parser.add_argument("rows", nargs="?", type=int, default=ROWS)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--only", help="names of readers and writers, with commas; writes no page")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(_measure(*given.one)))
        return 0
    with over_tcp() as url:
        filled(url, DDL.format(rows=given.rows))
        only = given.only.split(",") if given.only else [*READERS, *WRITERS]
        runs = _rounds(url, given.runs, only)
        with connected(url) as connection:
            server = connection.info.parameter_status("server_version") or ""
    text = "\n".join(_page(runs, given.rows, server)) + "\n"
    print(text)
    if given.rows == ROWS and not given.only:
        RESULTS.write_text(text)
    return 0


def _rounds(url: str, rounds: int, only: list[str]) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {name: [] for name in (*READERS, *WRITERS)}
    for number in range(rounds):
        for name, done in runs.items():
            if name not in only or (number and (not done or done[0]["s"] > SLOW_S)):
                continue
            found = _in_its_own_process(name, url)
            if found:
                print(f"{name}: {found['s']:.2f} s", file=sys.stderr, flush=True)
                done.append(found)
    return runs


def _in_its_own_process(name: str, url: str) -> Run | None:
    command = [sys.executable, "-m", "benchmarks.dataframe", "--one", name, url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{name} failed:\n{done.stderr[-2000:]}", file=sys.stderr)
        return None
    found: Run = json.loads(done.stdout)
    return found


def _measure(name: str, url: str) -> Run:
    return _measure_read(name, url) if name in READERS else _measure_write(name, url)


def _measure_read(name: str, url: str) -> Run:
    read = READERS[name]
    # What is imported on first use is in the baseline, not in the figure.
    read(url, f"{SQL} LIMIT 100")
    gc.collect()
    before, began, busy = _resident_mb(), time.perf_counter(), time.process_time()
    found = read(url, SQL)
    seconds, cpu = time.perf_counter() - began, time.process_time() - busy
    peak = _peak_mb() - before
    size = 0.0 if found is None else float(found.memory_usage(deep=True).sum()) / 2**20
    return {"s": seconds, "cpu": cpu, "peak": peak, "size": size}


def _measure_write(name: str, url: str) -> Run:
    write = WRITERS[name]
    frame = READERS["nbmigrate"](url, SQL)
    with connected(url) as connection:
        connection.execute("DROP TABLE IF EXISTS facts_few, facts_back")  # of a run that failed
    write(url, frame.head(100), "facts_few")
    gc.collect()
    before, began, busy = _resident_mb(), time.perf_counter(), time.process_time()
    write(url, frame, "facts_back")
    seconds, cpu = time.perf_counter() - began, time.process_time() - busy
    peak = max(0.0, _peak_mb() - before)
    with connected(url) as connection:
        count = "SELECT count(*) FROM (TABLE facts EXCEPT TABLE facts_back) AS lost"
        assert connection.execute(count).fetchone() == (0,), f"{name} lost rows"
        connection.execute("DROP TABLE facts_few, facts_back")
    size = float(frame.memory_usage(deep=True).sum()) / 2**20
    return {"s": seconds, "cpu": cpu, "peak": peak, "size": size}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def _page(runs: Mapping[str, list[Run]], rows: int, server: str) -> Iterator[str]:
    yield f"# {rows:,} rows of 12 columns into pandas and back"
    yield ""
    yield "Made by `python -m benchmarks.dataframe`; do not edit. Medians; each run in a process of its own, in"
    yield "turns. CPU is of the client alone; peak is `ru_maxrss` above the resident size before the call;"
    yield "result is what pandas says of the DataFrame. All over TCP on one machine."
    yield ""
    names = ("nbmigrate", "pandas", "numpy", "pyarrow", "psycopg", "SQLAlchemy")
    names += ("connectorx", "adbc-driver-postgresql")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    yield f"PostgreSQL {server}, Python {platform.python_version()}, {versions};"
    yield f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, load {os.getloadavg()[0]:.1f} at the end."
    yield from _table("table → DataFrame", {name: runs[name] for name in READERS}, "nbmigrate")
    yield from _table("DataFrame → table", {name: runs[name] for name in WRITERS}, "nbmigrate load")
    yield from _goals(runs)


def _table(title: str, runs: Mapping[str, list[Run]], ours: str) -> Iterator[str]:
    yield from ("", f"| {title} | runs | seconds | / nbmigrate | CPU s | peak MB | result MB |")
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, done in runs.items():
        if not done:
            yield f"| {name} | failed | | | | | |"
            continue
        s, cpu, peak, size = (_median(done, key) for key in ("s", "cpu", "peak", "size"))
        beside = f"{_beside(runs, name, ours):.2f}" if runs[ours] else ""
        yield f"| {name} | {len(done)} | {s:.2f} | {beside} | {cpu:.2f} | {peak:.0f} | {size:.0f} |"


def _goals(runs: Mapping[str, list[Run]]) -> Iterator[str]:
    if not all(runs[name] for name in ("nbmigrate", "pandas.read_sql", "ADBC, same dtypes")):
        return
    values = (
        ("pandas.read_sql / nbmigrate", _beside(runs, "pandas.read_sql"), 5.0, ">="),
        ("nbmigrate / ADBC, same dtypes", 1 / _beside(runs, "ADBC, same dtypes"), 1.3, "<="),
        (
            "peak / result",
            _median(runs["nbmigrate"], "peak") / _median(runs["nbmigrate"], "size"),
            2.0,
            "<=",
        ),
    )
    yield from ("", "| goal | | measured | |", "|---|---|---:|---|")
    for title, value, bound, sign in values:
        reached = value >= bound if sign == ">=" else value <= bound
        yield f"| {title} | {sign} {bound:g} | {value:.2f} | {'' if reached else 'missed'} |"


def _beside(runs: Mapping[str, list[Run]], name: str, ours: str = "nbmigrate") -> float:
    """The median of the ratios of each round: what else the machine did was the same for both."""
    return statistics.median(
        one["s"] / own["s"] for one, own in zip(runs[name], runs[ours], strict=False)
    )


def _median(done: list[Run], key: str) -> float:
    return statistics.median(float(one[key]) for one in done)


if __name__ == "__main__":
    sys.exit(main())

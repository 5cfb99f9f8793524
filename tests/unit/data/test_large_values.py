"""One value as large as PostgreSQL takes: whole through a DataFrame and back, never whole in the grid.

``NBMIGRATE_VALUE_BYTES=200000000`` says how large; the times are in ``out/large-value.txt``.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nbmigrate.data import query
from nbmigrate.data.framing import table_frame
from nbmigrate.executor import connect
from nbmigrate.workspace import Workspace
from nbmigrate.workspace.studio import Studio

SIZE = int(os.environ.get("NBMIGRATE_VALUE_BYTES", "20000000"))
OUT = Path(__file__).parents[3] / "out" / "large-value.txt"
TABLE = ["public", "t"]


@pytest.fixture
def value() -> bytes:
    piece = os.urandom(1 << 20)
    return (piece * (SIZE // len(piece) + 1))[:SIZE]


@pytest.fixture
def live(database, value):
    with connect(database.url) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, data bytea)")
        connection.execute("INSERT INTO t VALUES (1, %b)", [value])
        yield connection


@contextmanager
def timed(lines: list[str], what: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    lines.append(f"{what:24} {time.perf_counter() - began:7.2f} s, at most {peak:.0f} MB so far")


@pytest.mark.timeout(900)
def test_a_large_value(live, value, database, tmp_path) -> None:
    lines = [f"one bytea of {SIZE:,} bytes"]
    with Workspace(database.url, root=tmp_path) as workspace:
        with timed(lines, "into pandas"):
            frame = table_frame(live, ("public", "t"))
        assert frame["data"][0] == value
        with timed(lines, "from pandas"):
            workspace.load(frame, "copy", key="id")
        same = "SELECT (SELECT data FROM t) = (SELECT data FROM copy)"
        assert query(live, same).rows == ((True,),)
        with timed(lines, "into Arrow"):
            table = table_frame(live, ("public", "t"), form="arrow")
        assert table["data"][0].as_py() == value
        looked_at(lines, Studio(workspace), value, tmp_path)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text("\n".join(lines) + "\n")


def looked_at(lines: list[str], studio: Studio, value: bytes, folder: Path) -> None:
    with timed(lines, "page of the studio"):
        page = studio.answer("page", {"relation": TABLE})
    (row,) = page["rows"]
    assert row["lengths"] == {1: SIZE}
    assert len(row["values"][1]) < 300
    piece = {"relation": TABLE, "key": ["1"], "column": "data", "offset": SIZE - 5}
    with timed(lines, "its end in the viewer"):
        assert studio.answer("value", piece)["text"] == value[-5:].hex()
    for form, size in (("csv", 2 * SIZE), ("parquet", 0)):
        export = {"relation": TABLE, "path": f"t.{form}", "format": form}
        with timed(lines, f"export as {form}"):
            assert studio.answer("export", export)["bytes"] > size
    studio.close()

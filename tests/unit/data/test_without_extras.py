"""Without pyarrow, polars and dask every way that needs one says what to install; pandas works.

In an interpreter of its own, whose finders know of no such package, as on a machine without it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BLOCKED = ("pyarrow", "polars", "dask", "distributed")
PREPARE = """
import json, sys

class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            return None
        return self.finder.find_spec(name, path, target)

    def invalidate_caches(self):
        getattr(self.finder, "invalidate_caches", lambda: None)()

BLOCKED, url, root = json.loads(sys.argv[1])
sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]

from pathlib import Path
from nbmigrate.errors import UsageConflictError
from nbmigrate.workspace import Workspace

def refused(work):
    try:
        work()
    except UsageConflictError as error:
        return f"{error.args[0]} {error.hint}"
    return "NOT REFUSED"

said = {}
root = Path(root)
"""
ASKED = """
with Workspace(url, root=root) as workspace:
    from nbmigrate.workspace.loading import read_file
    from nbmigrate.workspace.studio import Studio

    for form in ("arrow", "polars", "dask"):
        said[f"table as {form}"] = refused(lambda: workspace.table("t", form=form))
        said[f"all of a table as {form}"] = refused(lambda: workspace.table("t", form=form, limit=None))
    for form in ("arrow", "polars"):
        said[f"query as {form}"] = refused(lambda: workspace.query("SELECT 1", form=form))
        said[f"stream as {form}"] = refused(lambda: workspace.table("t", form=form, stream=True))
    (root / "rows.parquet").write_bytes(b"PAR1")
    said["load of a file"] = refused(lambda: read_file("rows.parquet", root))
    studio = Studio(workspace)
    export = {"relation": ["public", "t"], "path": "t.parquet", "format": "parquet"}
    said["export"] = refused(lambda: studio.answer("export", export))
print(json.dumps(said, default=lambda missing: None))
"""
PANDAS = """
import pandas
from nbmigrate.workspace.loading import read_file
from nbmigrate.workspace.studio import Studio
with Workspace(url, root=root) as workspace:
    frame = workspace.table("t", limit=None).to_frame()
    said["table"] = [frame["n"].tolist(), frame["name"].tolist(), str(frame["name"].dtype)]
    said["query"] = workspace.query("SELECT name FROM t ORDER BY n").to_frame()["name"].tolist()
    said["with a value"] = workspace.query("SELECT :a AS a", {"a": "x"}).to_frame()["a"].tolist()
    said["stream"] = [len(f) for f in workspace.table("t", stream=True).frames]
    workspace.load(frame, "copy", key="n")
    said["load"] = workspace.query("SELECT count(*) AS n FROM copy").to_frame()["n"].tolist()
    (root / "rows.csv").write_text("n,name\\n7,seven\\n")
    workspace.load(read_file("rows.csv", root), "copy", append=True)
    said["file"] = workspace.query("SELECT name FROM copy WHERE n = 7").to_frame()["name"].tolist()
    export = {"relation": ["public", "t"], "path": "t.csv"}
    said["export"] = Studio(workspace).answer("export", export)["rows"]
said["imported"] = sorted({name.partition(".")[0] for name in sys.modules} & set(BLOCKED))
print(json.dumps(said, default=lambda missing: None))
"""
FRAME = """
import polars
with Workspace(url, root=root) as workspace:
    said["polars"] = refused(lambda: workspace.load(polars.DataFrame({"a": [1]}), "new"))
print(json.dumps(said, default=lambda missing: None))
"""


@pytest.fixture
def url(database):
    database.execute(
        "CREATE TABLE t AS SELECT n, CASE n WHEN 2 THEN NULL ELSE 'ä' || n END AS name"
        " FROM generate_series(1, 3) AS n"
    )
    return database.url


def run(script: str, url: str, root: Path, blocked: tuple[str, ...] = BLOCKED) -> dict[str, object]:
    arguments = json.dumps([blocked, url, str(root)])
    command = [sys.executable, "-W", "error", "-c", PREPARE + script, arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_what_needs_one_says_what_to_install(url, tmp_path) -> None:
    said = run(ASKED, url, tmp_path)
    assert len(said) == 12
    for way, text in said.items():
        extra = next((x for x in ("polars", "dask") if way.endswith(x)), "arrow")
        assert f'pip install "nbmigrate[{extra}]"' in text, (way, text)
    assert "needs polars and pyarrow" in said["query as polars"]
    assert not list(tmp_path.rglob("t.parquet*"))


def test_pandas_works(url, tmp_path) -> None:
    assert run(PANDAS, url, tmp_path) == {
        "table": [[1, 2, 3], ["ä1", None, "ä3"], "string"],
        "query": ["ä1", None, "ä3"],
        "with a value": ["x"],
        "stream": [3],
        "load": [3],
        "file": ["seven"],
        "export": 3,
        "imported": [],
    }


def test_only_arrow_is_missing(url, tmp_path) -> None:
    """polars is there, but what stands between it and here is not."""
    said = run(FRAME, url, tmp_path, ("pyarrow",))
    assert 'pip install "nbmigrate[arrow]"' in said["polars"]

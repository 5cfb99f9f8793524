"""nbmigrate, through the same facade that the magics and the CLI call."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import psycopg

from benchmarks import databases
from benchmarks.schemas import Schema
from benchmarks.timing import RUNS, median_s, peak_mb
from nbmigrate.journal.draft import from_plan
from nbmigrate.model import EMPTY
from nbmigrate.model.names import key
from nbmigrate.plan import make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.from_metadata import from_metadata
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.server import EmbeddedServer
from nbmigrate.workspace import Workspace
from nbmigrate.workspace.down import Down

Figures = dict[str, float]

#: A proof of 5,000 new tables is minutes of PostgreSQL's time, and says nothing new.
FILES_LIMIT = 1000


def in_its_own_process(schema: Schema, url: str, folder: Path, what: str = "all") -> Figures:
    """The figures of :func:`measure`, taken in a new process: its memory is nbmigrate's alone."""
    own = (str(schema.count), url, str(folder), what)
    command = [sys.executable, "-m", "benchmarks.peers.ours", *own]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: Figures = json.loads(done.stdout)
    return figures


def measure(schema: Schema, url: str, folder: Path) -> Figures:
    """Everything that is measured of one schema; ``url`` is a database that has it."""
    figures: Figures = {}
    with psycopg.connect(url, autocommit=True) as connection:
        figures["introspect"] = median_s(lambda: introspect(connection))
        snapshot = introspect(connection)
    figures["plan of a rebuild"] = median_s(
        lambda: make_plan(EMPTY, snapshot, dialect=POSTGRESQL), runs=3
    )
    figures["peak MB, introspect and plan"] = peak_mb()
    figures |= _pushes(schema, url, folder)
    figures |= _files(schema, folder)
    figures["pull"] = median_s(lambda: _pull(url, folder), runs=1 if schema.count > 100 else RUNS)
    figures["peak MB"] = peak_mb()
    return figures


def _pushes(schema: Schema, url: str, folder: Path) -> Figures:
    workspace = Workspace(url, root=folder / "push")
    began = time.perf_counter()
    workspace.declare(schema.cell(), cell="bench", name="bench", namespace={})
    figures = {"first declare": time.perf_counter() - began}
    changes = workspace.push(dry_run=True).plan
    assert changes.is_empty, f"not the same schema: {changes.sql[:500]}"
    metadata = workspace.declarations.metadata
    figures["read MetaData"] = median_s(lambda: from_metadata(metadata))
    figures["no-op push"] = median_s(lambda: _fresh(workspace, url, folder).push())
    workspace.push()
    figures["no-op push again"] = median_s(workspace.push)
    figures |= _one_column(workspace, schema)
    workspace.close()
    return figures


def _fresh(old: Workspace, url: str, folder: Path) -> Workspace:
    """A workspace that has read nothing yet, with what the old one declares."""
    return Workspace(url, root=folder / "push", declarations=old.declarations)


def _one_column(workspace: Workspace, schema: Schema) -> Figures:
    """From the cell that declares one more column to the applied change, and what the server took."""
    last = f"item_{schema.count - 1}"
    whole: list[float] = []
    cell: list[float] = []
    server: list[float] = []
    for number in range(RUNS if schema.count <= 100 else 1):
        name = f"added_{number}"
        text = schema.cell(more=True).replace("added:", f"{name}:")
        began = time.perf_counter()
        workspace.declare(text, cell="bench", name="bench", namespace={})
        cell.append(time.perf_counter() - began)
        result = workspace.push()
        whole.append(time.perf_counter() - began)
        assert any(name in done.sql for done in result.applied), result
        server.append(sum(done.ms for done in result.applied) / 1000)
        workspace.target.connection.execute(f"ALTER TABLE {last} DROP COLUMN {name}".encode())
    return {
        "one-column push": statistics.median(whole),
        "one-column push, the cell": statistics.median(cell),
        "one-column push, server": statistics.median(server),
    }


def _files(schema: Schema, folder: Path) -> Figures:
    """Generate of one more column, in a folder that has the schema; its proof is part of it.

    The first generate proves a whole new schema, up, down and up: mostly PostgreSQL's own time.
    """
    if schema.count > FILES_LIMIT:
        return {}
    seconds: list[float] = []
    with Workspace(root=folder / "generate") as workspace:
        workspace.declare(schema.cell(), cell="bench", name="bench", namespace={})
        first = timed(lambda: workspace.generate("first"))
        for number in range(3):
            text = _with_columns(schema, number + 1)
            workspace.declare(text, cell="bench", name="bench", namespace={})
            seconds.append(timed(lambda: workspace.generate("more")))
    return {"generate": statistics.median(seconds), "generate of everything": first}


def _with_columns(schema: Schema, count: int) -> str:
    text = schema.cell(more=True)
    line = next(line for line in text.splitlines() if "added:" in line)
    more = (line.replace("added:", f"added_{number}:") for number in range(count))
    return text.replace(line, "\n".join(more))


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _pull(url: str, folder: Path) -> None:
    with Workspace(url, root=folder / "pull") as workspace:
        workspace.pull(cell=False)


def write_files(server: EmbeddedServer, root: Path, count: int) -> list[Path]:
    """A project with so many migrations in it; the files."""
    with Workspace(databases.make(server, "migrate_files"), root=root) as workspace:
        _write_files(workspace, count)
    return sorted(root.joinpath("migrations").glob("*.sql"))


def timed_migrate(url: str, root: Path) -> float:
    """The seconds that the command takes, in a process that runs already, as in a notebook."""
    with Workspace(url, root=root) as workspace:
        return timed(workspace.migrate)


def timed_process(url: str, root: Path) -> float:
    """The seconds of the whole process, from its start to its end."""
    command = [sys.executable, "-m", "nbmigrate", "migrate", "--url", url]
    run = partial(subprocess.run, command, cwd=root, check=True, capture_output=True)
    return timed(run)


def _write_files(workspace: Workspace, count: int) -> None:
    """A migration per table, each with its snapshot and its way back, as ``generate`` leaves them."""
    text = "".join(
        f"CREATE TABLE step_{n} (id integer PRIMARY KEY, a text);\n" for n in range(count)
    )
    tables = workspace.read_ddl(text, EMPTY).created.tables
    known = EMPTY
    for number in range(count):
        there = [key("public", f"step_{n}") for n in range(number + 1)]
        snapshot = msgspec.structs.replace(known, tables={one: tables[one] for one in there})
        plan = make_plan(known, snapshot, dialect=POSTGRESQL)
        down = Down("reversible", statements=(f"DROP TABLE step_{number};",))
        written = from_plan(plan, name=f"step_{number}")._replace(down=down.as_document())
        workspace.journal.append_draft(
            written, now_ms=1_700_000_000_000 + number, expected_id=workspace.journal.head_id
        )
        known = snapshot


def _main(count: str, url: str, folder: str, what: str) -> None:
    schema, place = Schema("bench", int(count)), Path(folder)
    found = measure(schema, url, place) if what == "all" else _pushes(schema, url, place)
    print(json.dumps(found))


if __name__ == "__main__":
    _main(*sys.argv[1:])

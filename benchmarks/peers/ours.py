"""nbmigrate, through the same facade that the magics and the CLI call."""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec
import psycopg

from benchmarks import databases
from benchmarks.far import far
from benchmarks.profiles import shares
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
from nbmigrate.workspace.live import LiveReader

Figures = dict[str, float]
#: By what was run: the share of each package in its time.
Profiles = dict[str, dict[str, float]]

#: A proof of 5,000 new tables is minutes of PostgreSQL's time, and says nothing new.
FILES_LIMIT = 1000


class Measured(NamedTuple):
    """The figures of one schema, and where the time goes."""

    figures: Figures
    profiles: Profiles


def in_its_own_process(schema: Schema, url: str, folder: Path, what: str = "all") -> Measured:
    """What :func:`measure` finds, in a new process: its memory is nbmigrate's alone."""
    own = (str(schema.count), url, str(folder), what)
    command = [sys.executable, "-m", "benchmarks.peers.ours", *own]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Measured(*json.loads(done.stdout))


def measure(schema: Schema, url: str, folder: Path) -> Measured:
    """Everything that is measured of one schema; ``url`` is a database that has it."""
    figures: Figures = {}
    profiles: Profiles = {}
    with psycopg.connect(url, autocommit=True) as connection:
        figures["introspect"] = median_s(lambda: introspect(connection))
        snapshot = introspect(connection)
    figures["plan of a rebuild"] = median_s(
        lambda: make_plan(EMPTY, snapshot, dialect=POSTGRESQL), runs=3
    )
    figures["peak MB, introspect and plan"] = peak_mb()
    figures |= _pushes(schema, url, folder, profiles)
    figures |= _files(schema, folder, profiles)
    figures["pull"] = median_s(lambda: _pull(url, folder), runs=1 if schema.count > 100 else RUNS)
    figures["peak MB"] = peak_mb()
    if schema.count <= FILES_LIMIT:
        profiles["generate of everything"] = _profiled_first(schema, folder)
    return Measured(figures, profiles)


def _pushes(schema: Schema, url: str, folder: Path, profiles: Profiles) -> Figures:
    workspace = Workspace(url, root=folder / "push")
    began = time.perf_counter()
    workspace.declare(schema.cell(), cell="bench", name="bench", namespace={})
    figures = {"first declare": time.perf_counter() - began}
    changes = workspace.push(dry_run=True).plan
    assert changes.is_empty, f"not the same schema: {changes.sql[:500]}"
    metadata = workspace.declarations.metadata
    figures["read MetaData"] = median_s(lambda: from_metadata(metadata))
    figures["no-op push"] = median_s(lambda: _fresh(workspace, url, folder).push())
    figures["no-op push, new connection"] = median_s(lambda: _push_anew(workspace, url, folder))
    workspace.push()
    figures["no-op push again"] = median_s(workspace.push)
    profiles["no-op push"] = shares(lambda: _fresh(workspace, url, folder).push())
    figures |= _one_column(workspace, schema)
    profiles["one-column push"] = shares(lambda: _push_column(workspace, schema, "profiled"))
    workspace.close()
    return figures | _own_table(url, folder)


_OWN = """
from sqlalchemy import *
from sqlalchemy.orm import Mapped, mapped_column

class Own(Base):
    __tablename__ = "own"
    id: Mapped[int] = mapped_column(primary_key=True)
"""


def far_away(schema: Schema, url: str, folder: Path) -> Figures:
    """Pushes to a database that is not at hand; its connection is open, as in a notebook."""
    with far(url) as distant, Workspace(distant, root=folder) as workspace:
        began = time.perf_counter()
        workspace.target.connection.execute("SELECT 1")
        connected = time.perf_counter() - began
        asked = median_s(lambda: workspace.target.connection.execute("SELECT 1"))
        workspace.declare(schema.cell(), cell="bench", name="bench", namespace={})
        workspace.push()
        again = median_s(workspace.push)
        found = _one_column(workspace, schema)
    return {
        "one query": asked,
        "the connection": connected,
        "no-op push again": again,
        "one-column push": found["one-column push"],
    }


def _own_table(url: str, folder: Path) -> Figures:
    """A cell that declares one table of its own beside all that is there: one column more each time."""
    text, seconds = _OWN, []
    with Workspace(url, root=folder / "own") as workspace:
        for number in range(RUNS + 1):
            began = time.perf_counter()
            workspace.declare(text, cell="own", name="own", namespace={})
            assert workspace.push().applied
            seconds.append(time.perf_counter() - began)
            text += f"    added_{number}: Mapped[str | None] = mapped_column(Text)\n"
        workspace.target.connection.execute("DROP TABLE own")
    return {"one-column push, a cell of one table": statistics.median(seconds[1:])}


def _fresh(old: Workspace, url: str, folder: Path) -> Workspace:
    """A workspace that has read nothing yet, with what the old one declares and its connection."""
    found = Workspace(url, root=folder / "push", declarations=old.declarations)
    found.target = old.target
    found.live = LiveReader(old.target, found.settings.schemas)
    return found


def _push_anew(old: Workspace, url: str, folder: Path) -> None:
    """As a new process does, which has to connect."""
    with Workspace(url, root=folder / "push", declarations=old.declarations) as workspace:
        workspace.push()


def _one_column(workspace: Workspace, schema: Schema) -> Figures:
    """From the cell that declares one more column to the applied change; how much of it is our own.

    Own time is the processor time of this process: the rest of the whole it waits for the server. A
    part of it is what SQLAlchemy takes for the classes of the cell, with or without us.
    """
    whole: list[float] = []
    own: list[float] = []
    for number in range(RUNS if schema.count <= 100 else 1):
        began, used = time.perf_counter(), time.process_time()
        _push_column(workspace, schema, f"added_{number}")
        own.append(time.process_time() - used)
        whole.append(time.perf_counter() - began)
        last = f"item_{schema.count - 1}"
        workspace.target.connection.execute(
            f"ALTER TABLE {last} DROP COLUMN added_{number}".encode()
        )
    figures = {
        "one-column push": statistics.median(whole),
        "one-column push, own time": statistics.median(own),
    }
    if schema.count <= 100:  # more of them would be in the peak of memory
        figures["one-column push, SQLAlchemy's part of it"] = _classes_alone(schema)
    return figures


def _classes_alone(schema: Schema) -> float:
    code = compile(schema.module(more=True), "<classes>", "exec", dont_inherit=True)
    used: list[float] = []
    for _ in range(RUNS):
        began = time.process_time()
        exec(code, {"__name__": "classes"})
        used.append(time.process_time() - began)
    return statistics.median(used)


def _push_column(workspace: Workspace, schema: Schema, name: str) -> None:
    text = schema.cell(more=True).replace("added:", f"{name}:")
    workspace.declare(text, cell="bench", name="bench", namespace={})
    result = workspace.push()
    assert any(name in done.sql for done in result.applied), result


def real(ddl: str, url: str, folder: Path) -> Figures:
    """The same commands on a schema that only DDL can say; ``url`` is a database that has it."""
    (folder / "schema.sql").write_text(ddl)
    with psycopg.connect(url, autocommit=True) as connection:
        figures = {"introspect": median_s(lambda: introspect(connection))}
        snapshot = introspect(connection)
    figures["plan of a rebuild"] = median_s(
        lambda: make_plan(EMPTY, snapshot, dialect=POSTGRESQL), runs=3
    )
    with Workspace(url, root=folder) as workspace:
        found = workspace.push("schema.sql", dry_run=True)
        assert found.plan.is_empty, f"not the same schema: {found.plan.sql[:500]}"
        figures["no-op push of the DDL"] = median_s(lambda: workspace.push("schema.sql"))
        figures["generate of everything"] = timed(lambda: workspace.generate("first", "schema.sql"))
        (folder / "schema.sql").write_text(ddl.replace("name text NOT NULL", "name text", 1))
        figures["generate"] = timed(lambda: workspace.generate("more", "schema.sql"))
    figures["pull"] = median_s(lambda: _pull(url, folder), runs=3)
    return figures


def _files(schema: Schema, folder: Path, profiles: Profiles) -> Figures:
    """Generate of one more column, in a folder that has the schema; its proof is part of it.

    The first generate proves a whole new schema, up, down and up: mostly PostgreSQL's own time.
    """
    if schema.count > FILES_LIMIT:
        return {}
    seconds: list[float] = []
    with Workspace(root=folder / "generate") as workspace:
        workspace.declare(schema.cell(), cell="bench", name="bench", namespace={})
        first = timed(lambda: workspace.generate("first"))
        for number in range(RUNS):
            text = _with_columns(schema, number + 1)
            workspace.declare(text, cell="bench", name="bench", namespace={})
            gc.collect()  # the classes that the cell had before: not of what is measured
            seconds.append(timed(lambda: workspace.generate("more")))
        text = _with_columns(schema, RUNS + 1)
        workspace.declare(text, cell="bench", name="bench", namespace={})
        gc.collect()
        profiles["generate"] = shares(lambda: workspace.generate("more"))
    return {"generate": statistics.median(seconds), "generate of everything": first}


def _profiled_first(schema: Schema, folder: Path) -> dict[str, float]:
    with Workspace(root=folder / "profiled") as workspace:
        workspace.declare(schema.cell(), cell="bench", name="bench", namespace={})
        return shares(lambda: workspace.generate("first"))


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


def profiled_migrate(url: str, root: Path) -> dict[str, float]:
    """Where the time of the command goes."""
    with Workspace(url, root=root) as workspace:
        return shares(workspace.migrate)


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
    profiles: Profiles = {}
    if what == "all":
        found = measure(schema, url, place)
    else:
        found = Measured(_pushes(schema, url, place, profiles), profiles)
    print(json.dumps(found))


if __name__ == "__main__":
    _main(*sys.argv[1:])

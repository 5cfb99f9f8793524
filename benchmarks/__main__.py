"""``make bench``: measure, print one table, write ``benchmarks/RESULTS.md``.

``make bench ARGS="10 100"`` measures these sizes only and writes nothing; ``--peers`` names whom to
measure beside nbmigrate.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TypeVar

from benchmarks import databases, report
from benchmarks.peers import alembic, drizzle, ours, raw
from benchmarks.peers.ours import Measured
from benchmarks.schemas import Schema, real_world
from benchmarks.timing import RUNS
from nbmigrate.server import EmbeddedServer, embedded, remove

T = TypeVar("T")

SIZES = [10, 100, 1000, 5000]
RESULTS = Path(__file__).parent / "RESULTS.md"
#: drizzle-kit asks the catalogs several times a table: it is given up at 1,000 already.
DRIZZLE_LIMIT = 1000
ALEMBIC_LIMIT = 1000
FILES = 200


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--peers", default="alembic,drizzle", help="a list, or none")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nbm-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = embedded(folder)
        try:
            text = _report(server, folder, given.sizes, given.peers.split(","))
        finally:
            server.stop()
            remove(folder)
    print(text)
    if given.sizes == SIZES:
        RESULTS.write_text(text)
    return 0


def _report(server: EmbeddedServer, folder: Path, sizes: list[int], peers: list[str]) -> str:
    migrate = _told(f"migrate of {FILES} files", _migrate(server, folder))
    small = _told(report.SMALL, _one_column(server, folder))
    distant = _told("far away", _far_away(server, folder))
    found = {size: _told(size, _measure(server, folder, size, peers)) for size in sizes}
    found.setdefault(report.SMALL, small)
    by_size = {size: one.figures for size, one in found.items()}
    profiles = {f"migrate of {FILES} files": migrate.profiles[report.MIGRATE]}
    for size, one in sorted(found.items()):
        profiles |= {f"{name}, {size:,} tables": own for name, own in one.profiles.items()}
    besides = report.Besides(_real(server, folder), migrate.figures, distant)
    return report.results(by_size, besides, profiles, server.version)


def _told(what: object, found: T) -> T:
    """What was measured, also on stderr: a run takes long."""
    print(what, json.dumps(found), file=sys.stderr, flush=True)
    return found


def _one_column(server: EmbeddedServer, folder: Path) -> Measured:
    schema = Schema("bench_small", report.SMALL)
    url = databases.make(server, schema.name, schema.ddl())
    return ours.in_its_own_process(schema, url, databases.empty_folder(folder / "small"), "pushes")


def _far_away(server: EmbeddedServer, folder: Path) -> dict[str, float]:
    schema = Schema("bench_far", report.SMALL)
    url = databases.make(server, schema.name, schema.ddl())
    return ours.far_away(schema, url, databases.empty_folder(folder / "far"))


def _measure(server: EmbeddedServer, folder: Path, size: int, peers: list[str]) -> Measured:
    schema = Schema(f"bench_{size}", size)
    folder = databases.empty_folder(folder / str(size))
    url = databases.make(server, schema.name, schema.ddl())
    figures = {
        "raw queries": raw.catalog_queries(url),
        "raw queries, new connection": raw.first_queries(url),
        "pg_dump -s": raw.pg_dump(url),
    }
    if size <= ours.FILES_LIMIT:
        figures["the DDL alone"] = raw.run_ddl(databases.make(server, "bench_ddl"), schema.ddl())
    if "alembic" in peers and size <= ALEMBIC_LIMIT:
        figures |= alembic.measure(schema, url)
    if "drizzle" in peers and size <= DRIZZLE_LIMIT and drizzle.Drizzle.is_possible():
        # its first push gives the foreign keys names of its own: not in the database of the others
        own = databases.make(server, f"{schema.name}_drizzle", schema.ddl())
        figures |= drizzle.Drizzle(folder / "drizzle").measure(schema, own)
    found = ours.in_its_own_process(schema, url, folder)
    figures |= found.figures
    if "alembic" in peers:
        figures["peak MB, SQLAlchemy with the classes alone"] = alembic.declared_mb(schema)
    return Measured(figures, found.profiles)


def _real(server: EmbeddedServer, folder: Path) -> dict[str, float]:
    ddl = real_world()
    url = databases.make(server, "bench_real", ddl)
    figures = {"raw queries": raw.catalog_queries(url), "pg_dump -s": raw.pg_dump(url)}
    return figures | ours.real(ddl, url, databases.empty_folder(folder / "real"))


def _migrate(server: EmbeddedServer, folder: Path) -> Measured:
    """Both sides in turn, each time on a new database; the files are the same."""
    root = databases.empty_folder(folder / "migrate")
    files = ours.write_files(server, root, FILES)

    def emptied() -> str:
        return databases.make(server, "migrate_files")

    seconds = [
        (
            ours.timed_migrate(emptied(), root),
            ours.timed_process(emptied(), root),
            raw.timed_files(emptied(), files),
        )
        for _ in range(RUNS)
    ]
    engine, process, psql = (statistics.median(found) for found in zip(*seconds, strict=True))
    who = raw.who_runs_files()
    figures = {
        report.MIGRATE: engine,
        "nbmigrate migrate, the whole process": process,
        f"{who} with the same files, the whole process": psql,
        "ratio in %": engine / psql * 100,
        "ratio of the processes in %": process / psql * 100,
    }
    return Measured(figures, {report.MIGRATE: ours.profiled_migrate(emptied(), root)})


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.cmd[0]} failed: {error.stderr or error}")

"""``make bench``: measure, print one table, write ``benchmarks/RESULTS.md``.

``make bench ARGS="10 100"`` measures these sizes only and writes nothing; ``--peers`` names whom to
measure beside nbmigrate.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import databases, report
from benchmarks.peers import alembic, drizzle, ours, raw
from benchmarks.schemas import Schema, real_world
from benchmarks.timing import median_s
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.server import EmbeddedServer, embedded, remove

SIZES = [10, 100, 1000, 5000]
RESULTS = Path(__file__).parent / "RESULTS.md"
#: drizzle-kit asks the catalogs several times a table; at 5,000 it would run for an hour.
DRIZZLE_LIMIT = 1000
ALEMBIC_LIMIT = 1000
FILES = 200


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--peers", default="alembic,drizzle", help="a list, or none")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
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
    by_size = {size: _measure(server, folder / str(size), size, peers) for size in sizes}
    return report.results(by_size, _real(server), _migrate(server, folder), server.version)


def _measure(server: EmbeddedServer, folder: Path, size: int, peers: list[str]) -> dict[str, float]:
    print(f"{size} tables ...", file=sys.stderr, flush=True)
    schema = Schema(f"bench_{size}", size)
    databases.empty_folder(folder)
    url = databases.make(server, schema.name, schema.ddl())
    figures = {"raw queries": raw.catalog_queries(url), "pg_dump -s": raw.pg_dump(url)}
    if "alembic" in peers and size <= ALEMBIC_LIMIT:
        figures |= alembic.measure(schema, url)
    if "drizzle" in peers and size <= DRIZZLE_LIMIT and drizzle.Drizzle.is_possible():
        # its first push gives the foreign keys names of its own: not in the database of the others
        own = databases.make(server, f"{schema.name}_drizzle", schema.ddl())
        figures |= drizzle.Drizzle(folder / "drizzle").measure(schema, own)
    return figures | ours.in_its_own_process(schema, url, folder)


def _real(server: EmbeddedServer) -> dict[str, float]:
    url = databases.make(server, "bench_real", real_world())
    with databases.connected(url) as connection:
        return {
            "raw queries": raw.catalog_queries(url),
            "pg_dump -s": raw.pg_dump(url),
            "introspect": median_s(lambda: introspect(connection)),
        }


def _migrate(server: EmbeddedServer, folder: Path) -> dict[str, float]:
    seconds, files = ours.migrate_files(server, folder, FILES)
    who: list[str] = []
    url = databases.make(server, "migrate_peer")
    limit = ours.timed(lambda: who.append(raw.run_files(url, files)))
    return {
        f"migrate of {FILES} files": seconds,
        f"{who[0]} with the same files": limit,
        "ratio in %": seconds / limit * 100,
    }


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.cmd[0]} failed: {error.stderr or error}")

"""How long introspection and a push without changes take, beside other tools on the same database.

``make bench`` measures 10, 100 and 1000 tables; ``make bench ARGS="10 50"`` others.
Each figure is the best of three runs, in milliseconds.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import sqlalchemy

from nbmigrate.postgresql.introspect import introspect
from nbmigrate.server import EmbeddedServer, embedded, programs, remove
from nbmigrate.workspace import Workspace

RUNS = 3
TABLE = """
CREATE TABLE account_{n} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email varchar(200) NOT NULL UNIQUE,
  name text,
  balance numeric(12, 2) NOT NULL DEFAULT 0,
  is_active boolean NOT NULL DEFAULT true,
  settings jsonb NOT NULL DEFAULT '{{}}'::jsonb,
  parent_id bigint REFERENCES account_{n} (id) ON DELETE CASCADE,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CHECK (balance >= 0)
);
CREATE INDEX account_{n}_name ON account_{n} (lower(name)) WHERE is_active;
"""
COLUMNS = "SELECT * FROM information_schema.columns WHERE table_schema = 'public'"


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("tables", nargs="*", type=int, default=[10, 100, 1000])
    counts = parser.parse_args().tables
    with tempfile.TemporaryDirectory(prefix="nbm-") as folder:
        server = embedded(Path(folder))
        try:
            report(server, Path(folder), counts)
        finally:
            server.stop()
            remove(Path(folder))
    return 0


def report(server: EmbeddedServer, folder: Path, counts: list[int]) -> None:
    """Print a line per measurement, a column per number of tables."""
    print(f"PostgreSQL {server.version}; best of {RUNS}, ms\n")
    print(f"{'':36}" + "".join(f"{f'{count} tables':>14}" for count in counts))
    columns = [measure(server, folder, count) for count in counts]
    for label in columns[0]:
        print(f"{label:36}" + "".join(f"{column[label]:14,.0f}" for column in columns))


def measure(server: EmbeddedServer, folder: Path, count: int) -> dict[str, float]:
    """Milliseconds by what was measured."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE bench_{count}")
    url = server.url_for(f"bench_{count}")
    workspace = Workspace(url, root=folder)
    declaration = "".join(TABLE.format(n=n) for n in range(count))
    workspace.declare(declaration, cell="bench", name="bench", sql=True, namespace={})
    first = best(workspace.push, runs=1)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")
        figures = {
            "first push": first,
            "push without changes": best(workspace.push),
            "introspect": best(lambda: introspect(connection)),
            "information_schema.columns alone": best(
                lambda: connection.execute(COLUMNS).fetchall()
            ),
        }
    workspace.close()
    return figures | {
        "pg_dump --schema-only": best(lambda: dump(url)),
        "SQLAlchemy MetaData.reflect": best(lambda: reflect(url)),
    }


def best(call: Callable[[], object], *, runs: int = RUNS) -> float:
    """The milliseconds of the fastest run."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times) * 1000


def dump(url: str) -> None:
    """Let pg_dump read the schema."""
    command = [programs.require().path("pg_dump"), "--schema-only", url]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def reflect(url: str) -> None:
    """Let SQLAlchemy read the schema."""
    engine = sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    sqlalchemy.MetaData().reflect(engine)
    engine.dispose()


if __name__ == "__main__":
    sys.exit(main())

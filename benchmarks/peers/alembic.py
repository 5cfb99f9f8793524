"""Alembic's autogenerate and SQLAlchemy's reflection."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from benchmarks.databases import with_driver
from benchmarks.schemas import Schema
from benchmarks.timing import median_s, peak_mb

#: SQLAlchemy reflects the table behind a foreign key inside the reflection of the one before it:
#: tables that refer to each other in a row need as deep a stack.
STACK_BYTES = 1 << 30
DEPTH = 1_000_000


def declared_mb(schema: Schema) -> float:
    """The peak memory, in MB, of a process that does nothing but run the module of the schema."""
    command = [sys.executable, "-m", "benchmarks.peers.alembic", str(schema.count)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


def _declared(schema: Schema) -> sa.MetaData:
    names: dict[str, Any] = {"__name__": "benchmarked"}
    exec(compile(schema.module(), "benchmarked", "exec", dont_inherit=True), names)
    metadata: sa.MetaData = names["Base"].metadata
    return metadata


def measure(schema: Schema, url: str) -> dict[str, float]:
    """Seconds of compare_metadata and of reflection, on open connections."""
    before = sys.getrecursionlimit(), threading.stack_size(STACK_BYTES)
    sys.setrecursionlimit(DEPTH)
    try:
        with ThreadPoolExecutor(max_workers=1) as deep:
            return deep.submit(_measure, schema, url).result()
    finally:
        sys.setrecursionlimit(before[0])
        threading.stack_size(before[1])


def _measure(schema: Schema, url: str) -> dict[str, float]:
    metadata = _declared(schema)
    engine = sa.create_engine(with_driver(url))
    runs = 5 if schema.count <= 1000 else 1
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        figures = {
            "Alembic compare_metadata": median_s(
                lambda: compare_metadata(context, metadata), runs=runs
            ),
            "SQLAlchemy reflect": median_s(lambda: sa.MetaData().reflect(connection), runs=runs),
        }
    engine.dispose()
    return figures


if __name__ == "__main__":
    _declared(Schema("benchmarked", int(sys.argv[1])))
    print(peak_mb())

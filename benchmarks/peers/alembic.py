"""Alembic's autogenerate and SQLAlchemy's reflection."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from benchmarks.databases import with_driver
from benchmarks.schemas import Schema
from benchmarks.timing import median_s

#: SQLAlchemy reflects the table behind a foreign key inside the reflection of the one before it:
#: tables that refer to each other in a row need as deep a stack.
STACK_BYTES = 1 << 30
DEPTH = 1_000_000


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
    names: dict[str, object] = {"__name__": "benchmarked"}
    exec(compile(schema.module(), "benchmarked", "exec", dont_inherit=True), names)
    metadata = names["Base"].metadata  # type: ignore[attr-defined]
    engine = sa.create_engine(with_driver(url))
    runs = 5 if schema.count <= 100 else 2 if schema.count <= 1000 else 1
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

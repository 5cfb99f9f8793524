"""Alembic's autogenerate and SQLAlchemy's reflection."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from benchmarks.databases import with_driver
from benchmarks.schemas import Schema
from benchmarks.timing import median_s


def measure(schema: Schema, url: str) -> dict[str, float]:
    """Seconds of compare_metadata and of reflection, on open connections."""
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

"""Migrations as values, and migrators as processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nbmigrate.executor import Settings
from nbmigrate.journal.migration import Migration

ROOT = Path(__file__).parents[3]
CHILD = """
import json, signal, sys
from pathlib import Path
from nbmigrate.errors import NbmigrateError
from nbmigrate.executor import Settings, migrate
from nbmigrate.journal.migration import Migration

# where the tests run in the background, a shell has it ignored
signal.signal(signal.SIGINT, signal.default_int_handler)
given = json.loads(sys.argv[1])
migrations = [
    Migration(tag=tag, path=Path(tag + ".sql"), raw=sql.encode(), when=when)
    for tag, sql, when in given["migrations"]
]
def listen(event):
    sys.stderr.write(type(event).__name__ + chr(10))
    sys.stderr.flush()
try:
    done = migrate(given["url"], migrations, on_event=listen, settings=Settings(**given["settings"]))
except NbmigrateError as error:
    sys.stdout.write(type(error).__name__ + ": " + str(error))
    sys.exit(error.exit_code)
sys.stdout.write(json.dumps([applied.tag for applied in done]))
"""


@pytest.fixture
def make() -> Callable[..., list[Migration]]:
    """Migrations from their texts: 0000_m, 0001_m, ... a second apart."""

    def create(*texts: str, first: int = 0) -> list[Migration]:
        return [
            Migration(
                tag=f"{number:04}_m",
                path=Path(f"migrations/{number:04}_m.sql"),
                raw=text.encode(),
                when=1_700_000_000_123 + number * 1000,
            )
            for number, text in enumerate(texts, first)
        ]

    return create


@pytest.fixture
def quick() -> Settings:
    """Short waits, so that failing takes no time."""
    return Settings(lock_timeout_ms=200, attempts=3, lock_wait_ms=1_000)


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a migrator in a process; all are ended with the test."""
    running: list[subprocess.Popen[str]] = []

    def begin(
        url: str, migrations: list[Migration], *, failpoint: str = "", **settings: Any
    ) -> subprocess.Popen[str]:
        texts = [(m.tag, m.sql, m.when) for m in migrations]
        given = json.dumps({"url": url, "migrations": texts, "settings": settings})
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", CHILD, given],
                cwd=ROOT,
                env={**os.environ, "NBMIGRATE_FAILPOINT": failpoint, "PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def wait_for(condition: Callable[[], bool], *, seconds: float = 120.0) -> float:
    """Wait until something is so; how long it took."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            pytest.fail(f"did not become true within {seconds} s")
        time.sleep(0.02)
    return time.monotonic() - begun


@pytest.fixture
def wait() -> Callable[..., float]:
    """`wait_for` for tests."""
    return wait_for


def one(connection: psycopg.Connection[Any], query: str, *values: Any) -> Any:
    """The only value of a query."""
    row = connection.execute(query, values or None).fetchone()
    return row[0] if row else None


@pytest.fixture
def ask(database: Any) -> Callable[..., Any]:
    """Ask the test's database for one value."""
    connection = database.connect()
    return lambda query, *values: one(connection, query, *values)

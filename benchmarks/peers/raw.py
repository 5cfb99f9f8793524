"""The limit: the catalog queries that any tool must run, pg_dump, and psql."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.timing import median_s
from nbmigrate.server import programs

#: Columns with types and defaults, constraints, and indexes, as PostgreSQL itself writes them.
QUERIES = (
    """
    SELECT c.oid, n.nspname, c.relname, a.attnum, a.attname,
           format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
    """,
    """
    SELECT conrelid, conname, contype, conkey, confrelid, confkey, pg_get_constraintdef(oid)
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    """,
    """
    SELECT i.indrelid, c.relname, i.indisunique, pg_get_indexdef(i.indexrelid)
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = 'public'::regnamespace
    """,
)


def catalog_queries(url: str) -> float:
    """The three queries on an open connection, all rows fetched."""
    with psycopg.connect(url, autocommit=True) as connection:
        return median_s(lambda: _ask(connection))


def first_queries(url: str) -> float:
    """The same on a new connection each time, where the server has nothing of the catalogs at hand."""

    def ask() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            _ask(connection)

    return median_s(ask)


def _ask(connection: psycopg.Connection[Any]) -> None:
    for query in QUERIES:
        connection.execute(query.encode()).fetchall()


def pg_dump(url: str) -> float:
    """``pg_dump --schema-only`` into nothing."""
    command = [programs.require().path("pg_dump"), "--schema-only", url]
    return median_s(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))


def run_ddl(url: str, ddl: str) -> float:
    """The seconds of the DDL alone, in an empty database, in one exchange; nothing of it stays."""
    with psycopg.connect(url) as connection:
        began = time.perf_counter()
        connection.execute(ddl.encode())
        connection.rollback()
        return time.perf_counter() - began


def who_runs_files() -> str:
    """psql, or psycopg where there is none."""
    return "psql" if shutil.which("psql") else "psycopg"


def timed_files(url: str, files: list[Path]) -> float:
    """The seconds for each file in a transaction of its own."""
    psql = shutil.which("psql")
    began = time.perf_counter()
    if psql is None:
        with psycopg.connect(url, autocommit=True) as connection:
            for file in files:
                connection.execute(f"BEGIN;{file.read_text()};COMMIT".encode())
    else:
        parts = [p for file in files for p in ("-c", "BEGIN", "-f", str(file), "-c", "COMMIT")]
        command = [psql, "--quiet", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", *parts, url]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began

"""What ``pg_dump`` with data says of a database, without the order of columns and of rows."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

from nbmigrate.executor import record
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.workspace import Workspace
from nbmigrate.workspace.ownership import entries_of
from tests.dumps import normalised
from tests.fixtures.postgres import OWN_SCHEMAS, VOLATILE, Database

_COPY = re.compile(r"COPY (\S.*?) \(((?:\"[^\"]*\"|[^\"()])*)\) FROM stdin;", re.DOTALL)
_COLUMN = re.compile(r'(?:"[^"]*")+|[^,\s]+')


def image(database: Database) -> str:
    """Schema and rows; equal for two databases that nobody could tell apart."""
    schema, parts = _split(database)
    return f"{normalised(schema)}\n\n{_sorted(parts)}"


def adopt(workspace: Workspace) -> None:
    """Let nbmigrate own all that is there, as if it had made it."""
    connection = workspace.target.connection
    record(connection, created=entries_of(introspect(connection)))


def rows(database: Database) -> str:
    """Every row of every table and every position of a sequence, in order of text."""
    return _sorted(_split(database)[1])


def _sorted(parts: list[str]) -> str:
    return "\n".join(sorted(parts))


def _split(database: Database) -> tuple[str, list[str]]:
    """One dump: what makes the schema, and its rows."""
    command = [str(database.server.bin("pg_dump")), "--no-owner"]
    command += [f"--exclude-schema={name}" for name in OWN_SCHEMAS]
    found = subprocess.run(
        [*command, database.url], check=True, capture_output=True, text=True, timeout=120
    )
    schema: list[str] = []
    parts: list[str] = []
    lines = iter(found.stdout.split("\n"))
    for line in lines:
        if copy := _COPY.fullmatch(_head(line, lines)):
            parts += _rows(copy[1], _COLUMN.findall(copy[2]), lines)
        elif line.startswith("SELECT pg_catalog.setval("):
            parts.append(line)
        elif not VOLATILE.match(line):
            schema.append(line)
    return "\n".join(schema), parts


def _head(line: str, lines: Iterator[str]) -> str:
    """The whole head of a table's rows: a name in it may go over several lines."""
    while line.startswith("COPY ") and line.count('"') % 2:
        line += f"\n{next(lines)}"
    return line


def _rows(table: str, columns: list[str], lines: Iterator[str]) -> list[str]:
    found = []
    for line in lines:
        if line == "\\.":
            break
        pairs = sorted(zip(columns, line.split("\t"), strict=True))
        found.append(f"{table}: " + ", ".join(f"{name}={value}" for name, value in pairs))
    return found

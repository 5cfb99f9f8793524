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

#: A quoted name may hold anything, also the end of a line or a parenthesis.
_NAME = r'(?:"(?:[^"]|"")*"|[^\s",.()]+)'
_COPY = re.compile(rf"COPY ({_NAME}\.{_NAME}) \(((?:{_NAME}(?:, )?)*)\) FROM stdin;")
_COLUMN = re.compile(r'"(?:[^"]|"")*"|[^,\s]+')


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
    for first in lines:
        line = _whole(first, lines) if first.startswith("COPY ") else first
        if copy := _COPY.fullmatch(line):
            parts += _rows(copy[1], _COLUMN.findall(copy[2]), lines)
        elif line.startswith("SELECT pg_catalog.setval("):
            parts.append(line)
        elif not VOLATILE.match(line):
            schema.append(line)
    return "\n".join(schema), parts


def _whole(line: str, lines: Iterator[str]) -> str:
    """The head of a COPY with its further lines: an odd number of quotes is an open name."""
    while line.count('"') % 2:
        line += "\n" + next(lines)
    return line


def _rows(table: str, columns: list[str], lines: Iterator[str]) -> list[str]:
    found = []
    for line in lines:
        if line == "\\.":
            break
        pairs = sorted(zip(columns, line.split("\t"), strict=True))
        found.append(f"{table}: " + ", ".join(f"{name}={value}" for name, value in pairs))
    return found

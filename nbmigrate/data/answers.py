"""The answer to SQL typed by hand, as texts: so many rows of it, and no more are fetched."""

from __future__ import annotations

import time
from contextlib import ExitStack
from itertools import islice
from typing import Any

import psycopg

from nbmigrate.data.document import Document
from nbmigrate.postgresql.lexer import significant
from nbmigrate.postgresql.statements import split

MOST_ROWS = 500
#: Characters of a value that are shown.
CUT = 1_000
_READS = frozenset({"select", "with", "values", "table"})
_WRITES = frozenset({"insert", "update", "delete", "merge", "into"})


class AnswerColumn(Document, frozen=True, kw_only=True):
    """A column of an answer."""

    name: str
    type: str


class Answer(Document, frozen=True, kw_only=True):
    """What a statement returned; ``command`` is PostgreSQL's own word, such as ``UPDATE 3``."""

    columns: tuple[AnswerColumn, ...]
    rows: tuple[tuple[str | None, ...], ...]
    has_more: bool
    ms: float
    command: str


class _AsText(psycopg.adapt.Loader):
    """Every value as PostgreSQL writes it."""

    def load(self, data: psycopg.abc.Buffer) -> str:
        return bytes(data).decode(errors="replace")[:CUT]


def _only_reads(sql: str) -> bool:
    pieces = split(sql)
    words = [token.word for token in significant(sql) if token.word]
    return len(pieces) == 1 and words[:1] != [] and words[0] in _READS and not _WRITES & set(words)


def _rows(
    cursor: psycopg.Cursor[Any] | psycopg.ServerCursor[Any], sql: str, *, is_reading: bool
) -> list[Any]:
    if is_reading:
        assert isinstance(cursor, psycopg.Cursor)
        return list(islice(cursor.stream(sql.encode()), MOST_ROWS + 1))
    cursor.execute(sql.encode())
    return cursor.fetchmany(MOST_ROWS + 1) if cursor.description else []


def _known_types(connection: psycopg.Connection[Any]) -> set[int]:
    """All types that psycopg would make something of; 0 stands for the others."""
    types = connection.adapters.types
    return {0, *(one.oid for one in types), *(one.array_oid for one in types)}


def ask(connection: psycopg.Connection[Any], sql: str, *, is_reading: bool = False) -> Answer:
    """Run the SQL; ``is_reading`` for one statement only, which is then bound, not sent as text.

    A statement that only reads is read so far and left, by a cursor of the server.

    Raises:
        psycopg.Error: what PostgreSQL refuses.
    """
    started = time.perf_counter()
    has_cursor = not is_reading and _only_reads(sql)
    with ExitStack() as stack:
        if has_cursor:
            stack.enter_context(connection.transaction())
        cursor = stack.enter_context(
            connection.cursor(name="nbmigrate_answer") if has_cursor else connection.cursor()
        )
        for oid in _known_types(connection):
            cursor.adapters.register_loader(oid, _AsText)
        rows = _rows(cursor, sql, is_reading=is_reading)
        described = cursor.description or ()
        command = cursor.statusmessage or ""
        texts = tuple(tuple(row) for row in rows[:MOST_ROWS])
    ms = (time.perf_counter() - started) * 1000
    names = dict(
        connection.execute(
            "SELECT oid::bigint, pg_catalog.format_type(oid, NULL) FROM pg_catalog.pg_type"
            " WHERE oid = ANY (%s::oid[])",
            ([column.type_code for column in described],),
        ).fetchall()
    )
    return Answer(
        columns=tuple(
            AnswerColumn(name=column.name, type=names.get(column.type_code, ""))
            for column in described
        ),
        rows=texts,
        has_more=len(rows) > MOST_ROWS,
        ms=ms,
        command=command,
    )

"""The answer to SQL typed by hand, as texts: so many rows of it, and no more are fetched."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import Any

import psycopg

from nbmigrate.data.document import Document
from nbmigrate.data.read import refused, shown
from nbmigrate.postgresql.lexer import significant
from nbmigrate.postgresql.statements import split

MOST_ROWS = 500
#: Characters of a value that are shown.
CUT = 1_000
#: A cursor of the server, in front of SQL that only reads.
_DECLARE = "DECLARE nbmigrate_answer NO SCROLL CURSOR FOR "
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


@contextmanager
def _saying_where(sql: str, skipped: int) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise refused(error, sql, skipped=skipped) from shown(error, sql)


def _only_reads(sql: str) -> bool:
    pieces = split(sql)
    words = [token.word for token in significant(sql) if token.word]
    return len(pieces) == 1 and words[:1] != [] and words[0] in _READS and not _WRITES & set(words)


def _rows(cursor: psycopg.Cursor[Any], sql: str, *, is_reading: bool) -> list[Any]:
    if is_reading:
        return list(islice(cursor.stream(sql.encode()), MOST_ROWS + 1))
    if _only_reads(sql):
        cursor.execute((_DECLARE + sql).encode())
        cursor.execute(f"FETCH {MOST_ROWS + 1} FROM nbmigrate_answer")
    else:
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
        StatementFailedError: what PostgreSQL refuses, with its place in the SQL.
    """
    started = time.perf_counter()
    has_cursor = not is_reading and _only_reads(sql)
    with ExitStack() as stack:
        stack.enter_context(_saying_where(sql, len(_DECLARE) if has_cursor else 0))
        if has_cursor:
            stack.enter_context(connection.transaction())
        cursor = stack.enter_context(connection.cursor())
        for oid in _known_types(connection):
            cursor.adapters.register_loader(oid, _AsText)
        rows = _rows(cursor, sql, is_reading=is_reading)
        described = cursor.description or ()
        command = "" if has_cursor else cursor.statusmessage or ""
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

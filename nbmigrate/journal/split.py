"""Migration text in pieces: at drizzle's marker, and at semicolons inside a piece.

A chunk is what drizzle-orm's migrator sends at once. The marker splits wherever it
stands, even in a string, because that is what drizzle does with the same file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from pathlib import Path
from typing import NamedTuple

from nbmigrate.errors import MigrationFileError
from nbmigrate.postgresql.lexer import Token, tokenize
from nbmigrate.postgresql.statements import split

MARKER = "--> statement-breakpoint"
_CLOSE = "close it; when the file was cut off, put it back from version control"


class Chunk(NamedTuple):
    """A piece of SQL without blanks around it, and the line of the file it begins in."""

    sql: str
    line: int


def split_chunks(text: str) -> tuple[Chunk, ...]:
    """The pieces between breakpoint markers; empty ones are left out."""
    chunks, at = [], 0
    text = text.removeprefix("\ufeff")
    breaks = [found.start() for found in re.finditer("\n", text)]
    for part in text.split(MARKER):
        if sql := part.strip():
            start = at + len(part) - len(part.lstrip())
            chunks.append(Chunk(sql, bisect_right(breaks, start) + 1))
        at += len(part) + len(MARKER)
    return tuple(chunks)


def split_statements(text: str, *, path: Path | str = "", first_line: int = 1) -> tuple[Chunk, ...]:
    """The statements of the text, each with its ``;``; comments between them are left out.

    ``path`` and ``first_line`` say where the text stands, for lines and errors.

    Raises:
        MigrationFileError: at an unclosed quote or comment, or a command of psql.
    """
    for token in tokenize(text):
        if complaint := _complaint(token):
            line = first_line + text.count("\n", 0, token.start)
            hint = f"{_remedy(token)}; nothing was run"
            raise MigrationFileError(complaint, path=path, line=line, hint=hint)
    pieces = tuple(Chunk(piece.sql, first_line + piece.line - 1) for piece in split(text))
    if pieces and (at := _open_bracket(pieces[-1].sql)) is not None:
        line = pieces[-1].line + pieces[-1].sql.count("\n", 0, at)
        complaint = "a parenthesis that is not closed: was the file cut off?"
        hint = f"{_CLOSE}; nothing was run"
        raise MigrationFileError(complaint, path=path, line=line, hint=hint)
    return pieces


def _open_bracket(sql: str) -> int | None:
    """Where the first bracket stands that nothing closes; a ``;`` inside of it ends no statement."""
    opened: list[int] = []
    for token in tokenize(sql):
        if token.kind == "open":
            opened.append(token.start)
        elif token.kind == "close" and opened:
            opened.pop()
    return opened[0] if opened else None


def _complaint(token: Token) -> str:
    """What is wrong with a token that no SQL text may hold; empty for a sound one."""
    if token.text == "\\":
        return "a command of psql (`\\`), which PostgreSQL does not know"
    if token.kind != "unclosed":
        return ""
    if token.text.startswith("/*"):
        return "a comment `/*` that is not closed"
    return f"a quote `{token.text[:20].splitlines()[0]}` that is not closed"


def _remedy(token: Token) -> str:
    return _CLOSE if token.kind == "unclosed" else "write what it does as SQL, or run it by psql"

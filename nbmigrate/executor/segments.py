"""A migration cut into what must be one transaction and what must not be in any.

Most files are one segment. A statement that PostgreSQL refuses inside a
transaction block is a segment of its own, and a new enum value is committed before
the first statement that mentions it (PostgreSQL docs, ALTER TYPE: a new value "cannot
be used until after the transaction has been committed").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from nbmigrate.dialect import COMMIT_BEFORE, NO_TRANSACTION
from nbmigrate.errors import MigrationFileError
from nbmigrate.postgresql.lexer import QUOTED, significant
from nbmigrate.postgresql.statements import first_words


class StatementLike(Protocol):
    """One statement of a migration file."""

    @property
    def sql(self) -> str:
        """Its text."""
        ...

    @property
    def line(self) -> int:
        """The line of the file on which it begins."""
        ...


class MigrationLike(Protocol):
    """What the executor asks of a migration; :mod:`nbmigrate.journal` reads them."""

    @property
    def tag(self) -> str:
        """The name, such as ``0001_add_posts``."""
        ...

    @property
    def sql(self) -> str:
        """The whole text of the file."""
        ...

    @property
    def when(self) -> int:
        """The journal's time, in milliseconds."""
        ...

    @property
    def hash(self) -> str:
        """Drizzle's hash: SHA-256 of the text."""
        ...

    @property
    def path(self) -> Path:
        """The file."""
        ...

    def statements(self) -> Sequence[StatementLike]:
        """The statements of the file; raises for text that must not be executed."""
        ...


class Step(NamedTuple):
    """One statement to run; ``number`` counts from 1, ``line`` is that of the file."""

    number: int
    sql: str
    line: int = 1
    is_transactional: bool = True
    commit_before: bool = False


class Segment(NamedTuple):
    """Steps that stand or fall together."""

    steps: tuple[Step, ...]
    is_transactional: bool = True


_ALWAYS_ALONE = (
    ("vacuum",),
    ("alter", "system"),
    ("create", "database"),
    ("drop", "database"),
    ("create", "tablespace"),
    ("drop", "tablespace"),
    ("create", "subscription"),
    ("drop", "subscription"),
    ("create", "index", "concurrently"),
    ("create", "unique", "index", "concurrently"),
    ("drop", "index", "concurrently"),
    ("reindex", "database"),
    ("reindex", "system"),
    ("reindex", "schema"),
)


#: Words without which a statement need not be read for what it is.
_MAY_BE_ALONE = re.compile(
    "vacuum|system|database|tablespace|subscription|concurrently|reindex|cluster", re.IGNORECASE
)
_MAY_ADD_VALUE = re.compile("value", re.IGNORECASE)


def read_steps(migration: MigrationLike) -> tuple[Step, ...]:
    """The statements of a migration, numbered.

    Raises:
        MigrationFileError: for a text that must not be executed.
    """
    found = migration.statements()
    for one in found:
        words = [token.word for token in significant(one.sql)]
        if words[0] == "copy" and "stdout" in words:
            raise MigrationFileError(
                "`COPY ... TO STDOUT` has nobody to send rows to",
                path=migration.path,
                line=one.line,
                hint="nothing was run",
            )
    return tuple(
        Step(number, one.sql, one.line, is_transactional(one.sql), COMMIT_BEFORE in one.sql)
        for number, one in enumerate(found, 1)
    )


def is_transactional(sql: str) -> bool:
    """Whether PostgreSQL allows the statement inside a transaction block."""
    if NO_TRANSACTION in sql:
        return False
    words = [t.word for t in significant(sql) if t.word] if _MAY_BE_ALONE.search(sql) else []
    if any(tuple(words[: len(head)]) == head for head in _ALWAYS_ALONE):
        return False
    match words[:2]:
        case ["reindex", *_] | ["alter", "table"]:
            return "concurrently" not in words or (words[0] == "alter" and "detach" not in words)
        case ["alter", "database"]:
            return "tablespace" not in words
        case ["cluster", *rest]:
            return bool(rest) and rest != ["verbose"]
    return True


def is_session_setting(sql: str) -> bool:
    """Whether the statement changes the session beyond its transaction."""
    words = first_words(sql, 2)
    return words[:1] in {("set",), ("reset",)} and words[1:] not in {
        ("local",),
        ("transaction",),
        ("constraints",),
    }


def may_change_session(sql: str) -> bool:
    """Whether the session may be another one after the statement: its settings, role, locks.

    False only for a few statements that run no function of a user but immutable ones.
    """
    words = [token.word for token in significant(sql) if token.word]
    if {"select", "execute", "values"} & set(words):
        return True
    match words[:3]:
        case ["create", "table" | "type" | "sequence" | "schema", *_]:
            return False
        case ["create", "index", *_] | ["create", "unique", "index"]:
            return False
        case ["alter", "table", *_]:
            return not {"add", "foreign", "references"} <= set(words) or "column" in words
    return True


def segments(steps: Iterable[Step]) -> tuple[Segment, ...]:
    """The steps in their order, cut where a transaction must end."""
    found: list[Segment] = []
    current: list[Step] = []
    labels: list[str] = []

    def close() -> None:
        if current:
            found.append(Segment(tuple(current)))
        current.clear()
        labels.clear()

    for step in steps:
        if not step.is_transactional:
            close()
            found.append(Segment((step,), is_transactional=False))
            continue
        if step.commit_before or any(label in step.sql for label in labels):
            close()
        current.append(step)
        labels += new_labels(step.sql)
    close()
    return tuple(found)


def new_labels(sql: str) -> list[str]:
    """The value that an ``ALTER TYPE ... ADD VALUE`` adds, as it is written in SQL."""
    if not _MAY_ADD_VALUE.search(sql):
        return []
    found = significant(sql)
    words = [t.word for t in found]
    if words[:2] != ["alter", "type"] or "value" not in words or "add" not in words:
        return []
    rest = found[words.index("value") :]
    return [t.text.strip("'") for t in rest if t.kind in QUOTED][:1]

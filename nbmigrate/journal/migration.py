"""One migration file as a value: its text, its hashes, and whether it may be run."""

from __future__ import annotations

import hashlib
import re
from functools import cached_property, lru_cache
from pathlib import Path

import msgspec

from nbmigrate.errors import MigrationFileError
from nbmigrate.journal.split import Chunk, split_chunks, split_statements
from nbmigrate.model.json_text import DamagedText, decode_text
from nbmigrate.postgresql import statements
from nbmigrate.postgresql.scripts import controls_transaction

_STATEMENT_IN_COMMENT = re.compile(r"/\*.*\b(?:CREATE|ALTER)\s", re.IGNORECASE | re.DOTALL)
_STDIN = re.compile("STDIN", re.IGNORECASE)
_COPY_DATA = re.compile(r"COPY\s.*?\bFROM\s+STDIN\b[^;]*;?", re.IGNORECASE | re.DOTALL)


class Migration(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A migration of the folder.

    ``raw`` are the bytes of the file. ``hash`` is what drizzle-orm stores of it;
    ``normalized_hash`` is the same for a file that differs only in line ends, a byte
    order mark or blank lines at the end.
    """

    tag: str
    path: Path
    raw: bytes
    when: int

    @cached_property
    def sql(self) -> str:
        """The text of the file; bytes that are not UTF-8 become U+FFFD, as in Node."""
        return self.raw.decode(errors="replace")

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the text in UTF-8, as drizzle-orm's migrator computes it."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @cached_property
    def normalized_hash(self) -> str:
        """SHA-256 of the text without the traces of editors and version control."""
        text = self.sql.removeprefix("\ufeff").replace("\r\n", "\n").rstrip()
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def chunks(self) -> tuple[Chunk, ...]:
        """What is sent at once, piece by piece; none for a commented baseline."""
        return () if self.is_commented_baseline else split_chunks(self.sql)

    @cached_property
    def is_commented_baseline(self) -> bool:
        """True for the file of ``drizzle-kit pull``: all statements in one comment.

        It describes what was in the database before the folder, so it counts as applied.
        """
        if not _STATEMENT_IN_COMMENT.search(self.sql):
            return False
        try:
            return not split_statements(self.sql)
        except MigrationFileError:
            return False

    def statements(self) -> tuple[Chunk, ...]:
        """The statements of all chunks with their lines in the file.

        Raises:
            MigrationFileError: when the text must not be executed; nothing is run then.
        """
        return self._statements

    @cached_property
    def _statements(self) -> tuple[Chunk, ...]:
        _require_sound(self)
        found: list[Chunk] = []
        for chunk in self.chunks:
            _require_no_data(chunk, self.path)
            found += split_statements(chunk.sql, path=self.path, first_line=chunk.line)
        for statement in found:
            _require_harmless(statement, self.path)
        return tuple(found)


def read_migration(path: Path, *, tag: str, when: int) -> Migration:
    """The file as it is, also when it must not be run."""
    return _known(tag, path, path.read_bytes(), when)


@lru_cache(maxsize=256)
def _known(tag: str, path: Path, raw: bytes, when: int) -> Migration:
    """The same value for the same file: one command reads it several times, and splits it once."""
    return Migration(tag=tag, path=path, raw=raw, when=when)


def _require_sound(migration: Migration) -> None:
    try:
        decode_text(migration.raw)
    except DamagedText as error:
        hint = f"{error.remedy}; nothing was run"
        raise MigrationFileError(
            error.message, path=migration.path, line=error.line, hint=hint
        ) from error


def _require_no_data(chunk: Chunk, path: Path) -> None:
    """COPY first: the data behind it is no SQL, and every complaint about it misleads."""
    if not _STDIN.search(chunk.sql):
        return  # what is split here is split again behind this
    for piece in statements.split(chunk.sql):
        if _COPY_DATA.match(piece.sql):
            raise MigrationFileError(
                "`COPY ... FROM STDIN` needs a data stream, which a migration has not",
                path=path,
                line=chunk.line + piece.line - 1,
                hint="write INSERT statements, or load the rows from Python; nothing was run",
            )


def _require_harmless(statement: Chunk, path: Path) -> None:
    words = statements.first_words(statement.sql)
    if controls_transaction(words):
        raise MigrationFileError(
            f"`{words[0].upper()}`: a migration must not open or end a transaction",
            path=path,
            line=statement.line,
            hint="remove it, each migration is a transaction already; nothing was run",
        )

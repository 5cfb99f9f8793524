"""PostgreSQL's answers, kept on disk by content: the same question is asked once."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

_MAKE = """
CREATE TABLE IF NOT EXISTS answers (
    digest text PRIMARY KEY, answer blob NOT NULL
)
"""


class DiskCache(MutableMapping[str, bytes]):
    """A file as a map from digest to answer, shared by processes and threads.

    A cache that cannot be read or written is empty: it costs time, nothing else.
    """

    #: An answer is a table of about 2 kB; when there are more, the older half goes.
    LIMIT = 50_000

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._memory: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._file: sqlite3.Connection | None = None

    def __getitem__(self, key: str) -> bytes:
        if key not in self._memory:
            rows = self._run("SELECT answer FROM answers WHERE digest = ?", (key,))
            if not rows:
                raise KeyError(key)
            self._memory[key] = rows[0][0]
        return self._memory[key]

    def __setitem__(self, key: str, value: bytes) -> None:
        self.update({key: value})

    def update(self, answers: Mapping[str, bytes]) -> None:  # type: ignore[override]  # one form is enough
        """Remember many answers at once."""
        self._memory.update(answers)
        with self._lock, suppress(sqlite3.Error, OSError):
            file = self._opened(is_new=True)
            with file:
                file.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?)", answers.items())
                self._prune(file)

    def __delitem__(self, key: str) -> None:
        del self._memory[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._memory)

    def __len__(self) -> int:
        return len(self._memory)

    def close(self) -> None:
        """Close the file; it is opened again when needed."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _run(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        with self._lock, suppress(sqlite3.Error, OSError):
            if self._file is not None or self._path.exists():
                return self._opened().execute(query, values).fetchall()
        return []

    @property
    def _path(self) -> Path:
        return self._folder / "answers.sqlite3"

    def _opened(self, *, is_new: bool = False) -> sqlite3.Connection:
        if is_new and self._file is not None and not self._path.exists():
            # Somebody emptied the folder.
            self._file.close()
            self._file = None
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            ignore = self._folder.parent / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n")
            self._file = sqlite3.connect(self._path, timeout=1, check_same_thread=False)
            # What a crash of the machine takes from a cache is asked again.
            self._file.execute("PRAGMA synchronous = OFF")
            self._file.execute(_MAKE)
        return self._file

    def _prune(self, file: sqlite3.Connection) -> None:
        (newest,) = file.execute("SELECT max(rowid) FROM answers").fetchone()
        (count,) = file.execute("SELECT count(*) FROM answers").fetchone()
        if count > self.LIMIT:
            file.execute("DELETE FROM answers WHERE rowid <= ?", (newest - self.LIMIT // 2,))

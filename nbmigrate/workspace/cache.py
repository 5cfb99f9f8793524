"""PostgreSQL's answers, kept on disk by content: the same question is asked once."""

from __future__ import annotations

import os
from collections.abc import Iterator, MutableMapping
from pathlib import Path


class DiskCache(MutableMapping[str, bytes]):
    """A folder as a map from digest to answer. A cache that cannot be written is empty."""

    #: About 20 MB of answers at 1,000 tables; the oldest go first.
    LIMIT = 200

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._memory: dict[str, bytes] = {}

    def __getitem__(self, key: str) -> bytes:
        if key not in self._memory:
            try:
                self._memory[key] = (self._folder / key).read_bytes()
            except OSError:
                raise KeyError(key) from None
        return self._memory[key]

    def __setitem__(self, key: str, value: bytes) -> None:
        self._memory[key] = value
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            ignore = self._folder.parent / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n")
            part = self._folder / f".{key}.{os.getpid()}"
            part.write_bytes(value)
            part.rename(self._folder / key)
            self._prune()
        except OSError:
            return

    def __delitem__(self, key: str) -> None:
        del self._memory[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._memory)

    def __len__(self) -> int:
        return len(self._memory)

    def _prune(self) -> None:
        files = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime)
        for path in files[: -self.LIMIT]:
            path.unlink(missing_ok=True)

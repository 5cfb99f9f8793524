"""Where the files of a migrations folder are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from nbmigrate.errors import JournalError
from nbmigrate.journal.entries import Entry

_V1_FOLDER = re.compile(r"\d{14}_.+")
_V1_FILES = ("migration.sql", "snapshot.json")


class Layout(NamedTuple):
    """The paths in one folder, as drizzle-kit 0.31 names them."""

    folder: Path

    @property
    def meta(self) -> Path:
        """The folder of the journal and the snapshots."""
        return self.folder / "meta"

    @property
    def journal(self) -> Path:
        """The journal."""
        return self.meta / "_journal.json"

    def sql(self, entry: Entry) -> Path:
        """The migration's SQL."""
        return self.folder / f"{entry.tag}.sql"

    def snapshot(self, entry: Entry) -> Path:
        """The snapshot after the migration; drizzle names it by the prefix alone."""
        return self.meta / f"{entry.prefix}_snapshot.json"

    def sidecar(self, entry: Entry) -> Path:
        """What the snapshot cannot hold."""
        return self.meta / f"_{entry.prefix}_extra.json"

    def nearest_sidecar(self, entry: Entry, entries: Sequence[Entry]) -> Path | None:
        """The sidecar of the migration or of the last one before it that has any."""
        for candidate in reversed(entries[: entries.index(entry) + 1]):
            if (path := self.sidecar(candidate)).exists():
                return path
        return None

    def has_sidecar(self, entries: Sequence[Entry]) -> bool:
        """True when a migration of the folder has a sidecar."""
        return bool(entries) and self.nearest_sidecar(entries[-1], entries) is not None

    def snapshots(self) -> tuple[Path, ...]:
        """What drizzle-kit takes for snapshots, in its order: the last one is "previous"."""
        if not self.meta.is_dir():
            return ()
        return tuple(sorted(p for p in self.meta.iterdir() if not p.name.startswith("_")))


def require_classic(folder: Path) -> None:
    """Nothing for a folder of drizzle-kit 0.x, or one that is not there yet.

    Raises:
        JournalError: when it is no folder, or has the layout of drizzle-kit 1.0.
    """
    if folder.exists() and not folder.is_dir():
        raise JournalError("not a folder", path=folder)
    if v1 := next((p for p in _subfolders(folder) if _is_v1(p)), None):
        raise JournalError(
            f"the folder has the layout of drizzle-kit 1.0 (`{v1.name}/{_V1_FILES[0]}`), which"
            " is not supported",
            path=folder,
            hint="keep migrations where drizzle-kit 0.31 writes them (meta/_journal.json), or"
            " choose another folder; nothing was written",
        )


def _subfolders(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []


def _is_v1(path: Path) -> bool:
    named = _V1_FOLDER.fullmatch(path.name)
    return bool(named) and any((path / name).exists() for name in _V1_FILES)

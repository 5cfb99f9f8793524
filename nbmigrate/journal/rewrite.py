"""Putting files of a folder in the place of others, so that a crash at any moment loses nothing.

Each new text is written beside its place and synced; then one file says what is to be done, and
with it the rewrite is decided: whoever writes next does the rest. The texts take their places,
the journal the last of them, and only then old files go; so at every moment the journal lists
SQL files that are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nbmigrate.errors import JournalError
from nbmigrate.journal.write import NewFile, sync_folder, write_synced
from nbmigrate.model.codec import dump_document
from nbmigrate.model.json_text import parse_json

REWRITE_NAME = "_nbmigrate_rewrite.json"


def rewrite(meta: Path, files: Sequence[NewFile], removed: Sequence[Path]) -> None:
    """Write the files, the journal the last of them, and remove others; the lock is held.

    Raises:
        JournalError: when they cannot be written; nothing is changed then.
    """
    decision = NewFile(meta / REWRITE_NAME, dump_document(_describe(meta, files, removed)))
    try:
        for file in (*files, decision):
            write_synced(file)
        sync_folder(meta.parent)
        sync_folder(meta)
        decision.beside.replace(decision.path)
    except BaseException as error:
        for file in (*files, decision):
            file.beside.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise JournalError(
            f"cannot be written: {error.strerror}; nothing was changed", path=meta
        ) from error
    finish_rewrite(meta)


def finish_rewrite(meta: Path) -> None:
    """Do what is left of a rewrite that was decided; the lock is held.

    Raises:
        JournalError: when that cannot be done now.
    """
    decided = meta / REWRITE_NAME
    if not decided.exists():
        return
    try:
        sync_folder(meta)
        for path in _listed(decided, "files"):
            beside = NewFile(path, "").beside
            if beside.exists():
                beside.replace(path)
        for path in _listed(decided, "removed"):
            path.unlink(missing_ok=True)
        sync_folder(meta.parent)
        sync_folder(meta)
        decided.unlink(missing_ok=True)
    except OSError as error:
        raise JournalError(
            f"cannot be written: {error.strerror}; the next command that writes goes on",
            path=meta,
        ) from error


def _describe(
    meta: Path, files: Sequence[NewFile], removed: Sequence[Path]
) -> dict[str, list[str]]:
    def name(path: Path) -> str:
        return path.relative_to(meta.parent).as_posix()

    return {"files": [name(file.path) for file in files], "removed": [name(p) for p in removed]}


def _listed(decided: Path, kind: str) -> list[Path]:
    """What is to be done; nothing when nothing was decided, or the file is not ours."""
    folder = decided.parent.parent
    try:
        document = parse_json(decided.read_text(encoding="utf-8"))
        found = [folder / name for name in document[kind]]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return []
    inside = all(folder.resolve() in path.resolve().parents for path in found)
    return found if inside else []

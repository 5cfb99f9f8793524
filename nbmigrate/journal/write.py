"""Writing several files of a folder so that all of them are there or none.

Each file is written beside its place and synced; an *attempt* file says what is
about to appear; then the files are renamed into place, the journal last. That
last rename is the commit: what an attempt left behind without it is removed by
the next writer. Names in ``meta/`` begin with ``_``: drizzle-kit skips those.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from nbmigrate.errors import JournalError
from nbmigrate.journal.entries import read_journal
from nbmigrate.model.codec import dump_document
from nbmigrate.model.json_text import parse_json

LOCK_NAME = "_nbmigrate.lock"
ATTEMPT_NAME = "_nbmigrate_attempt.json"
LOCK_TIMEOUT_S = 30.0

_POLL_S = 0.02


class NewFile(NamedTuple):
    """A file to be written."""

    path: Path
    text: str

    @property
    def beside(self) -> Path:
        """Where it is written before it is renamed."""
        return self.path.with_name(f"_nbmigrate_{self.path.name}.tmp")


# --- the lock ----------------------------------------------------------------


@contextmanager
def locked(meta: Path, *, timeout_s: float = LOCK_TIMEOUT_S) -> Iterator[None]:
    """Holds the folder against other writers; makes ``meta`` and takes it back if unused.

    Raises:
        JournalError: when another process holds it all the time.
    """
    made = [folder for folder in (meta, meta.parent) if not folder.exists()]
    descriptor = _acquire(meta, time.monotonic() + timeout_s)
    try:
        yield
    finally:
        (meta / LOCK_NAME).unlink(missing_ok=True)
        os.close(descriptor)
        _remove_empty(made)


def _acquire(meta: Path, deadline: float) -> int:
    while True:
        if (descriptor := _try_lock(meta)) is not None:
            return descriptor
        if time.monotonic() > deadline:
            raise JournalError(
                "another process is writing to this folder",
                path=meta / LOCK_NAME,
                hint="wait for it to end, then try again",
            )
        time.sleep(_POLL_S)


def _try_lock(meta: Path) -> int | None:
    try:
        meta.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(meta / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except FileNotFoundError:  # the previous writer has just taken an empty folder back
        return None
    except OSError as error:
        raise JournalError(f"cannot be written: {error.strerror}", path=meta) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The previous holder unlinks the file: a lock on a name that is gone locks nobody out.
        if _is_current(descriptor, meta):
            return descriptor
    except BlockingIOError:
        pass
    os.close(descriptor)
    return None


def _is_current(descriptor: int, meta: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), (meta / LOCK_NAME).stat())
    except FileNotFoundError:
        return False


def _remove_empty(folders: Sequence[Path]) -> None:
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:  # it has files, as a rule
            return


# --- all or nothing ----------------------------------------------------------


def commit(files: Sequence[NewFile], *, journal: NewFile, tag: str) -> None:
    """Writes the files and then the journal, which must list ``tag``; the lock is held.

    Raises:
        JournalError: when a file is already there or cannot be written; none is written then.
    """
    for file in files:
        if file.path.exists():
            raise JournalError(
                "the file is there but the journal does not list it",
                path=file.path,
                hint="remove or rename it; nothing was written",
            )
    try:
        _write_all(files, journal, tag)
    except OSError as error:
        undo_attempt(journal.path)
        raise JournalError(
            f"cannot be written: {error.strerror}; nothing was changed", path=journal.path.parent
        ) from error
    except BaseException:
        undo_attempt(journal.path)
        raise


def replace_all(files: Sequence[NewFile]) -> None:
    """Writes files over those that are there, one after the other; the lock is held.

    Raises:
        JournalError: when one cannot be written.
    """
    try:
        for file in files:
            _write_synced(file)
        for file in files:
            file.beside.replace(file.path)
            _sync_folder(file.path.parent)
    except OSError as error:
        folder = files[0].path.parent
        raise JournalError(f"cannot be written: {error.strerror}", path=folder) from error
    finally:
        for file in files:
            file.beside.unlink(missing_ok=True)


def _write_all(files: Sequence[NewFile], journal: NewFile, tag: str) -> None:
    meta = journal.path.parent
    attempt = NewFile(meta / ATTEMPT_NAME, dump_document(_describe(files, meta, tag)))
    _write_synced(attempt)
    attempt.beside.replace(attempt.path)
    for file in (*files, journal):
        _write_synced(file)
    for file in files:
        file.beside.replace(file.path)
    _sync_folder(meta.parent)
    _sync_folder(meta)
    journal.beside.replace(journal.path)
    _sync_folder(meta)
    attempt.path.unlink()


def _describe(files: Sequence[NewFile], meta: Path, tag: str) -> dict[str, object]:
    listed = [
        {
            "path": file.path.relative_to(meta.parent).as_posix(),
            "sha256": hashlib.sha256(file.text.encode()).hexdigest(),
        }
        for file in files
    ]
    return {"tag": tag, "files": listed}


def _write_synced(file: NewFile) -> None:
    with file.beside.open("wb") as stream:
        stream.write(file.text.encode())
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def undo_attempt(journal: Path) -> None:
    """Removes what an attempt without commit left behind; the lock is held.

    Files that were changed since then are kept.
    """
    meta = journal.parent
    attempt = meta / ATTEMPT_NAME
    listed, tag = _read_attempt(attempt)
    committed = journal.exists() and tag in {e.tag for e in read_journal(journal).entries}
    for path, digest in listed:
        NewFile(path, "").beside.unlink(missing_ok=True)
        if not committed and path.is_file() and _digest(path) == digest:
            path.unlink()
    for leftover in (journal, attempt):
        NewFile(leftover, "").beside.unlink(missing_ok=True)
    attempt.unlink(missing_ok=True)


def _read_attempt(attempt: Path) -> tuple[list[tuple[Path, str]], str]:
    """What an attempt announced; nothing when there is none or it is not ours."""
    try:
        document = parse_json(attempt.read_text(encoding="utf-8"))
        folder = attempt.parent.parent
        listed = [(folder / file["path"], file["sha256"]) for file in document["files"]]
        inside = all(folder.resolve() in path.resolve().parents for path, _ in listed)
        return (listed if inside else []), document["tag"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return [], ""


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

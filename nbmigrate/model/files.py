"""Snapshot files on the disk; those that were read or written last are at hand."""

from __future__ import annotations

from collections import deque
from collections.abc import Container
from pathlib import Path
from typing import NamedTuple

import msgspec

from nbmigrate.errors import SnapshotFormatError
from nbmigrate.model.codec import Dumped, SnapshotFile, damaged, dump_document, load
from nbmigrate.model.json_text import DamagedText, Json, decode_text
from nbmigrate.model.sidecar import extra_of, format_extra


def load_file(path: Path, *, extra: Path | None = None) -> SnapshotFile:
    """The snapshot file at ``path`` with its sidecar, when there is one.

    Raises:
        SnapshotFormatError: when a file is missing, damaged or no snapshot.
        SnapshotVersionError: when it is of a version that is not read.
    """
    content = _Content.of(path, extra)
    found = next((file for known, file in _recent if known == content), None)
    if found is None:
        own = _decoded(content.own, path)
        beside = _decoded(content.extra, extra) if extra else None
        found = load(own, path=str(path), extra=beside)
        _recent.append((content, found))
    return found


class _Content(NamedTuple):
    """What a file and its sidecar hold; bytes are compared sooner than made a text of."""

    path: Path
    own: bytes
    extra: bytes

    @classmethod
    def of(cls, path: Path, extra: Path | None) -> _Content:
        return cls(path, _read(path), _read(extra) if extra else b"")


#: One command asks for the last snapshot, and the one before, several times.
_recent: deque[tuple[_Content, SnapshotFile]] = deque(maxlen=2)


def remember(
    dumped: Dumped, path: Path, *, extra: Path | None, before: SnapshotFile | None
) -> None:
    """Have what was written at hand, as :func:`load_file` would read it again.

    Tables that are the very values of ``before`` need not be read; where most are others, all is
    read when it is asked for.
    """
    tables = before.snapshot.tables if before else {}
    same = {k: t for k, t in dumped.file.snapshot.tables.items() if tables.get(k) is t}
    document, beside = dumped.file.layout, dumped.file.extra or {}
    if document is None or len(same) * 2 < len(document["tables"]):
        return
    content = _Content.of(path, extra)
    if content.own != dumped.text.encode():
        return
    others = {key: part for key, part in document["tables"].items() if key not in same}
    read = load(
        dump_document({**document, "tables": others}),
        path=str(path),
        extra=format_extra(_without_tables(beside, same)) if beside else None,
    ).snapshot
    now = {key: same.get(key) or read.tables[key] for key in document["tables"]}
    snapshot = msgspec.structs.replace(read, tables=now)
    # what was read has the order of the document, whatever it had when it was dumped
    parts = beside.get("tables", {})
    known = extra_of(snapshot, {id(table): parts.get(key, {}) for key, table in same.items()})
    _recent.append((content, msgspec.structs.replace(dumped.file, snapshot=snapshot, extra=known)))


def _without_tables(extra: Json, keys: Container[str]) -> Json:
    tables = {key: part for key, part in extra.get("tables", {}).items() if key not in keys}
    return {**extra, "tables": tables}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SnapshotFormatError(f"cannot be read: {error.strerror}", path=path) from error


def _decoded(raw: bytes, path: Path) -> str:
    try:
        return decode_text(raw)
    except DamagedText as error:
        raise damaged(error, path) from error

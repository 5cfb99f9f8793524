"""What differs between the snapshots around a migration, without reading what does not.

A folder of many migrations holds every table in every snapshot. The texts of the tables are
compared first; only those that differ become values.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from nbmigrate.errors import NbmigrateError, SnapshotFormatError, SnapshotVersionError
from nbmigrate.journal.entries import Entry
from nbmigrate.journal.folder import Journal
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.model.codec import VERSION, load
from nbmigrate.model.files import load_file
from nbmigrate.model.sidecar import is_silent

_Raws = dict[str, msgspec.Raw]
#: What tells one snapshot file from another, and says nothing of the schema.
_ITS_OWN = {"id": "", "prevId": ""}


class _File(NamedTuple):
    """A snapshot file, its parts and its tables not read yet."""

    raws: _Raws
    tables: _Raws

    @classmethod
    def read(cls, path: Path) -> _File:
        """The file.

        Raises:
            msgspec.DecodeError: it holds no JSON object.
            UnicodeDecodeError: likewise.
            OSError: it cannot be read.
        """
        raws = msgspec.json.decode(path.read_bytes(), type=_Raws)
        tables = msgspec.json.decode(raws["tables"], type=_Raws) if "tables" in raws else {}
        return cls(raws, tables)


def say_the_same(one: Path, other: Path) -> bool:
    """Whether two snapshot files say the same of the schema, whatever their sidecars say.

    Raises:
        SnapshotFormatError: one cannot be read.
    """
    parts = _parts(one), _parts(other)
    return parts[0].keys() == parts[1].keys() and all(
        raw == parts[1][name] or _decoded(raw) == _decoded(parts[1][name])
        for name, raw in parts[0].items()
    )


def _parts(path: Path) -> dict[tuple[str, str], msgspec.Raw]:
    """Each table, and all else that the file says of the schema."""
    try:
        raws, tables = _File.read(path)
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        load_file(path)  # says what is amiss, and where
        raise SnapshotFormatError(f"not a snapshot: {error}", path=path) from error
    rest = {("", name): raw for name, raw in raws.items() if name not in {"tables", *_ITS_OWN}}
    return rest | {("tables", name): raw for name, raw in tables.items()}


def _decoded(raw: msgspec.Raw) -> object:
    return msgspec.json.decode(raw)


class Changes:
    """The journal as it is now; its snapshots are read as they are asked for, once each."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._entries = journal.entries
        self._places = {entry.tag: at for at, entry in enumerate(self._entries)}
        self._has_sidecar = not all(map(_is_silent, journal.layout.meta.glob("_*_extra.json")))
        self._last: tuple[Path, _File] | None = None
        #: What was read to see whether it is sound, and is asked for next.
        self._read: dict[str, tuple[Snapshot, Snapshot]] = {}

    def entry(self, tag: str) -> Entry:
        """The entry of the migration."""
        return self._entries[self._places[tag]]

    def require(self, tag: str) -> None:
        """Refuse damage in what tells what the migration does; a newer version may stay.

        Raises:
            MissingFileError: a snapshot is not there.
            SnapshotFormatError: one is cut off, in conflict or no snapshot.
        """
        with suppress(SnapshotVersionError):
            found = self.around(tag)
            if not self._has_sidecar:  # else these are whole snapshots: too much to keep
                self._read[tag] = found

    def around(self, tag: str) -> tuple[Snapshot, Snapshot]:
        """The snapshots before and after it; tables that are the same in both may be missing.

        Raises:
            SnapshotError: when one cannot be read.
            OSError: likewise.
        """
        if (known := self._read.pop(tag, None)) is not None:
            return known
        try:
            found = None if self._has_sidecar else self._differing(tag)
        except (msgspec.DecodeError, UnicodeDecodeError, NbmigrateError, OSError):
            found = None  # the whole files are read, and say what is wrong with them
        return found or self.whole(tag)

    def whole(self, tag: str) -> tuple[Snapshot, Snapshot]:
        """The snapshots before and after it.

        Raises:
            SnapshotError: when one cannot be read.
            OSError: likewise.
        """
        at = self._places[tag]
        # the old one first: it was the new one of the migration before, and is still known
        old = self._journal.read_snapshot(self._entries[at - 1].tag) if at else None
        new = self._journal.read_snapshot(tag)
        return old.snapshot if old else EMPTY, new.snapshot if new else EMPTY

    def _differing(self, tag: str) -> tuple[Snapshot, Snapshot] | None:
        at = self._places[tag]
        before = self._file(self._entries[at - 1]) if at else None
        after = self._file(self._entries[at])
        if any(_version(file.raws) != VERSION for file in (before, after) if file is not None):
            return None
        old, new = before.tables if before else {}, after.tables
        gone = {name: raw for name, raw in old.items() if new.get(name) != raw}
        come = {name: raw for name, raw in new.items() if old.get(name) != raw}
        return _load(before, gone) if before else EMPTY, _load(after, come)

    def _file(self, entry: Entry) -> _File:
        path = self._journal.layout.snapshot(entry)
        if self._last is None or self._last[0] != path:
            self._last = (path, _File.read(path))
        return self._last[1]


def _is_silent(sidecar: Path) -> bool:
    try:
        return is_silent(sidecar.read_bytes())
    except (msgspec.DecodeError, OSError):
        return False  # the whole files are read, and say what is wrong with them


def _version(raws: _Raws) -> str:
    return msgspec.json.decode(raws["version"], type=str) if "version" in raws else ""


def _load(file: _File, tables: _Raws) -> Snapshot:
    """The snapshot of a file with these of its tables."""
    return _loaded(msgspec.json.encode({**file.raws, **_ITS_OWN, "tables": tables}))


@lru_cache(maxsize=4)  # where migrations make tables, what is left of the ones before is the same
def _loaded(text: bytes) -> Snapshot:
    return load(text.decode()).snapshot

"""``meta/_journal.json``: the list of migrations, in the order they are applied.

Keys that are not known here survive: the document is kept whole and only ever
appended to. What drizzle-kit never checks (version, dialect) is checked, because a
folder of another kind must not be written to.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from nbmigrate.errors import JournalError
from nbmigrate.model.codec import dump_document
from nbmigrate.model.json_text import DamagedText, Json, MergeConflict, decode_text, parse_json

VERSION = "7"
DIALECT = "postgresql"

#: Our own data in an entry, an extra key that drizzle-kit carries along.
OWN_KEY = "nbmigrate"

_VERSIONS = ("5", "6", VERSION)
_DIALECTS = (DIALECT, "pg")
_KEYS = {"idx": int, "version": str, "when": int, "tag": str}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One migration as the journal lists it; ``rest`` are keys that are not drizzle's."""

    idx: int
    version: str
    when: int
    tag: str
    breakpoints: bool = True
    rest: Mapping[str, Any] = {}

    @property
    def prefix(self) -> str:
        """The part before the first ``_``: the name of the snapshot file begins with it."""
        return self.tag.partition("_")[0]

    @property
    def renames(self) -> tuple[str, ...]:
        """The renames that were answered when it was generated (``OLD->NEW``)."""
        own = self.rest.get(OWN_KEY)
        renames = own.get("renames", ()) if isinstance(own, dict) else ()
        return tuple(renames) if isinstance(renames, list) else ()

    def as_document(self) -> dict[str, Any]:
        """The entry as the journal holds it."""
        known = {
            "idx": self.idx,
            "version": self.version,
            "when": self.when,
            "tag": self.tag,
            "breakpoints": self.breakpoints,
        }
        return known | dict(self.rest)


class JournalFile(msgspec.Struct, frozen=True, kw_only=True):
    """A decoded journal. ``document`` is the whole file."""

    document: dict[str, Any]
    entries: tuple[Entry, ...]

    def text_with(self, entry: Entry) -> str:
        """The file's text with one more entry."""
        listed = [*self.document["entries"], entry.as_document()]
        return dump_document(self.document | {"entries": listed})

    def text_with_missing(self, tag: str, *, when: int) -> str:
        """The file's text with an entry of this tag, where its time says, if there is none."""
        if any(entry.tag == tag for entry in self.entries):
            return dump_document(self.document)
        found = list(self.document["entries"])
        at = sum(entry.when < when for entry in self.entries)
        idx = max((entry.idx + 1 for entry in self.entries[:at]), default=0)
        found.insert(at, Entry(idx=idx, version=VERSION, when=when, tag=tag).as_document())
        return dump_document(self.document | {"entries": found})


def new_journal() -> JournalFile:
    """The journal of a folder that has none yet."""
    document = {"version": VERSION, "dialect": DIALECT, "entries": []}
    return JournalFile(document=document, entries=())


def read_journal(path: Path) -> JournalFile:
    """The journal at ``path``.

    Raises:
        JournalError: when it is damaged, of another product or of a newer version.
    """
    try:
        text = decode_text(path.read_bytes())
    except OSError as error:
        raise JournalError(f"cannot be read: {error.strerror}", path=path) from error
    except DamagedText as error:
        raise _damaged(error, path) from error
    return parse_journal(text, path)


def parse_journal(text: str, path: Path) -> JournalFile:
    """The journal in a file's text.

    Raises:
        JournalError: when it is damaged, of another product or of a newer version.
    """
    try:
        document = parse_json(text)
    except DamagedText as error:
        raise _damaged(error, path) from error
    if not isinstance(document, dict) or not isinstance(document.get("entries"), list):
        raise JournalError("not a journal: it has no list `entries`", path=path)
    _require_version(document, path)
    entries = tuple(_entry(item, at, path) for at, item in enumerate(document["entries"]))
    return JournalFile(document=document, entries=entries)


def _damaged(error: DamagedText, path: Path) -> JournalError:
    hint = "restore it from version control"
    if isinstance(error, MergeConflict):
        hint = f"nbmigrate rebase takes both sides of a merge; else {hint}"
    return JournalError(error.message, path=f"{path}:{error.line}", hint=hint)


def _require_version(document: dict[str, Any], path: Path) -> None:
    version, dialect = document.get("version"), document.get("dialect")
    if str(version) not in _VERSIONS:
        supported = ", ".join(_VERSIONS)
        raise JournalError(
            f"journal version {version!r} is not supported (supported: {supported})",
            path=path,
            hint="upgrade nbmigrate, or use the tool that wrote the folder",
        )
    if dialect not in _DIALECTS:
        raise JournalError(
            f"a journal of `{dialect}`, expected `{DIALECT}`",
            path=path,
            hint="nbmigrate reads migrations of PostgreSQL only",
        )


def _entry(item: Json, at: int, path: Path) -> Entry:
    if not isinstance(item, dict):
        raise JournalError(f"entries[{at}] is no object", path=path)
    for key, kind in _KEYS.items():
        if type(item.get(key)) is not kind:
            message = f"entries[{at}].{key} is {item.get(key)!r}, expected {kind.__name__}"
            raise JournalError(message, path=path)
    tag = item["tag"]
    if not tag or "/" in tag or "\\" in tag or tag.startswith("."):
        raise JournalError(f"entries[{at}].tag {tag!r} is no file name", path=path)
    known = {*_KEYS, "breakpoints"}
    return Entry(
        idx=item["idx"],
        version=item["version"],
        when=item["when"],
        tag=tag,
        breakpoints=item.get("breakpoints") is not False,
        rest={key: value for key, value in item.items() if key not in known},
    )

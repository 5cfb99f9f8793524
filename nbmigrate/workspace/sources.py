"""The grammar of a source: anything that yields a snapshot may stand on either side."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from nbmigrate.errors import MissingFileError, SourceError
from nbmigrate.journal import Journal
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.model.files import load_file

URL = re.compile(r"(postgres(ql)?(\+\w+)?://|embedded(:|$)|host=|dbname=)")


class Source(NamedTuple):
    """A snapshot, what it is called, and how much its silence means.

    ``is_live``: read from a database. ``is_complete``: a whole file, so that what it lacks
    is not there; the declarations of a kernel are not complete. ``renames``: what the
    declarations themselves say (``renamed_from``).
    """

    snapshot: Snapshot
    name: str
    is_live: bool = False
    is_complete: bool = True
    renames: tuple[str, ...] = ()


def read_folder(text: str, root: Path) -> Source:
    """``migrations`` or ``migrations@0003``: the last snapshot, or that of one migration.

    Raises:
        MissingFileError: the folder has no such migration.
    """
    folder, _, tag = text.partition("@")
    journal = Journal(root / folder)
    if not tag:
        return Source(recorded(journal), text)
    for entry in journal.entries:
        if entry.tag == tag or entry.tag.split("_", 1)[0] == tag:
            found = journal.read_snapshot(entry.tag)
            return Source(found.snapshot if found else EMPTY, text)
    tags = ", ".join(entry.tag for entry in journal.entries) or "none"
    raise MissingFileError(f"no migration `{tag}`", tag=tag, path=folder, hint=f"there are: {tags}")


def recorded(journal: Journal) -> Snapshot:
    """What the migrations folder says the schema is; empty for a folder that is not there."""
    found = journal.read_snapshot(None)
    return found.snapshot if found else EMPTY


def read_snapshot_file(text: str, root: Path) -> Source:
    """A snapshot file by its path."""
    return Source(load_file(root / text).snapshot, text)


def unknown(text: str) -> SourceError:
    """The error for a text that is no source."""
    return SourceError(
        f"`{text}` is not a source: there is no such file, folder or word",
        source=text,
        hint="give a database URL, a migrations folder, a .json, .sql, .py or .ipynb file, "
        "module:attribute, or one of: live, declared, recorded, empty",
    )

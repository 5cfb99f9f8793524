"""A file that says nothing although its snapshot does: it was cut off, and must not count as applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmigrate.errors import MigrationFileError, NbmigrateError
from nbmigrate.model import EMPTY, Snapshot

if TYPE_CHECKING:
    from nbmigrate.journal.folder import Journal
    from nbmigrate.journal.migration import Migration


def require_not_emptied(journal: Journal, migration: Migration) -> None:
    """Refuse a file without a statement whose snapshot is another than the one before it.

    Raises:
        MigrationFileError: it is such a file, or one that must not run anyhow.
    """
    if migration.statements() or migration.is_commented_baseline:
        return
    tags = [entry.tag for entry in journal.entries]
    at = tags.index(migration.tag)
    try:
        before, after = _snapshot(journal, tags[at - 1] if at else ""), _snapshot(journal, tags[at])
    except NbmigrateError:
        return  # a damaged snapshot is told by whoever needs it
    if before != after:
        raise MigrationFileError(
            "no statement is in the file, but its snapshot is not the one before: was it cut off?",
            path=migration.path,
            line=1,
            hint="put the file back from version control, or write its SQL; nothing was run",
        )


def _snapshot(journal: Journal, tag: str) -> Snapshot:
    file = journal.read_snapshot(tag) if tag else None
    return file.snapshot if file else EMPTY

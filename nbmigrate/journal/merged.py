"""A folder as a merge left it: of a journal in conflict, both sides count."""

from __future__ import annotations

import re
from pathlib import Path

from nbmigrate.journal.entries import JournalFile, parse_journal, read_journal
from nbmigrate.journal.folder import Journal

#: What ``git merge`` writes; the middle part is there with ``merge.conflictStyle=diff3``.
_CONFLICT = re.compile(
    r"^<{7}[^\n]*\n(?P<ours>.*?)(?:^\|{7}[^\n]*\n.*?)?^={7}\r?\n(?P<theirs>.*?)^>{7}[^\n]*(?:\n|\Z)",
    re.MULTILINE | re.DOTALL,
)


class MergedJournal(Journal):
    """The folder, with the entries of both sides where its journal is in conflict."""

    def read(self) -> JournalFile:
        """The journal; an empty one for a folder that has none.

        Raises:
            JournalError: when it, or one side of it, cannot be used.
        """
        path = self.layout.journal
        return read_merged(path) if path.exists() else super().read()


def read_merged(path: Path) -> JournalFile:
    """The journal; of one in conflict, the entries of both sides.

    Raises:
        JournalError: when it, or one side of it, cannot be used.
    """
    try:
        text = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return read_journal(path)  # which says what is wrong
    if not _CONFLICT.search(text):
        return read_journal(path)
    ours = parse_journal(_CONFLICT.sub(lambda m: m["ours"], text), path)
    theirs = parse_journal(_CONFLICT.sub(lambda m: m["theirs"], text), path)
    tags = {entry.tag for entry in ours.entries}
    more = [entry for entry in theirs.entries if entry.tag not in tags]
    documents = [*ours.document["entries"], *(entry.as_document() for entry in more)]
    return JournalFile(
        document=ours.document | {"entries": documents}, entries=(*ours.entries, *more)
    )

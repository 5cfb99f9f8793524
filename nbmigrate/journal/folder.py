"""A migrations folder, shared with drizzle-kit 0.31: what it says and how it grows.

Nothing is cached: every call reads the files, so that two processes may use one
folder. Files of other tools in the folder are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from nbmigrate.errors import (
    BrokenChainError,
    JournalError,
    MigrationFileError,
    MissingFileError,
    SnapshotError,
    SnapshotFormatError,
)
from nbmigrate.journal import checks, draft
from nbmigrate.journal.entries import Entry, JournalFile, new_journal, read_journal
from nbmigrate.journal.layout import Layout, require_classic
from nbmigrate.journal.migration import Migration, read_migration
from nbmigrate.journal.prefix import PrefixMode, deduce_mode
from nbmigrate.journal.rewrite import finish_rewrite, rewrite
from nbmigrate.journal.words import require_name
from nbmigrate.journal.write import NewFile, commit, locked, replace_all, undo_attempt
from nbmigrate.model import Snapshot
from nbmigrate.model.codec import NO_PREVIOUS, SnapshotFile, dump_both, following
from nbmigrate.model.files import load_file, remember

if TYPE_CHECKING:
    from nbmigrate.journal.draft import Draft, Recordable


@dataclass(frozen=True)
class Journal:
    """The folder at ``folder``, which need not exist yet.

    ``prefix`` and ``breakpoints`` are for a folder without migrations; any other keeps
    to what it has.
    """

    folder: Path
    prefix: PrefixMode = "index"
    breakpoints: bool = True

    # --- reading -------------------------------------------------------------

    @property
    def layout(self) -> Layout:
        """Where the files of the folder are."""
        return Layout(self.folder)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The migrations in the order they are applied.

        Raises:
            JournalError: when the journal cannot be used.
        """
        return self.read().entries

    def read(self) -> JournalFile:
        """The journal; an empty one for a folder that has none.

        Raises:
            JournalError: when it cannot be used.
        """
        require_classic(self.folder)
        path = self.layout.journal
        return read_journal(path) if path.exists() else new_journal()

    def entry(self, tag: str) -> Entry:
        """The entry with this tag, prefix (``0003``) or name.

        Raises:
            JournalError: when there is none, or more than one.
        """
        entries = self.entries
        found = [e for e in entries if e.tag == tag] or [
            e for e in entries if tag in (e.prefix, e.tag.partition("_")[2])
        ]
        if len(found) == 1:
            return found[0]
        reason = f"{len(found)} migrations are called" if found else "no migration is called"
        tags = ", ".join(e.tag for e in entries) or "none"
        raise JournalError(f"{reason} `{tag}`", path=self.folder, hint=f"there are: {tags}")

    def migrations(self) -> tuple[Migration, ...]:
        """All migrations with their files' text, also of such that must not be run.

        Raises:
            MissingFileError: when the journal lists a file that is not there.
        """
        return tuple(self._migration(entry) for entry in self.entries)

    def there(self) -> tuple[Migration, ...]:
        """The migrations whose files are there; others may still be told about."""
        return tuple(self._migration(e) for e in self.entries if self.layout.sql(e).exists())

    def _migration(self, entry: Entry) -> Migration:
        path = self.layout.sql(entry)
        try:
            return read_migration(path, tag=entry.tag, when=entry.when)
        except FileNotFoundError as error:
            message = f"the journal lists `{entry.tag}` but its file is missing"
            hint = f"if it was applied: nbmigrate restore {entry.tag}; else from version control"
            raise MissingFileError(message, tag=entry.tag, path=path, hint=hint) from error
        except OSError as error:
            message = f"cannot be read: {error.strerror}"
            hint = "put the file back from version control; nothing was run"
            raise MigrationFileError(message, path=path, hint=hint) from error

    def read_snapshot(self, tag: str | None = None) -> SnapshotFile | None:
        """The snapshot after the migration, by default after the last one.

        ``None`` for a folder without migrations. A snapshot that drizzle-kit wrote has no
        sidecar; the one of the nearest migration before it still holds for what is left.

        Raises:
            MissingFileError: when the file is not there.
            SnapshotError: when it cannot be used.
        """
        entries = self.entries
        if tag is None and not entries:
            return None
        entry = self.entry(tag) if tag is not None else entries[-1]
        path = self.layout.snapshot(entry)
        hint = f"nbmigrate repair {entry.tag} makes it again, by running the files"
        if not path.exists():
            raise MissingFileError(
                f"the snapshot of `{entry.tag}` is missing", tag=entry.tag, path=path, hint=hint
            )
        try:
            return load_file(path, extra=self.layout.nearest_sidecar(entry, entries))
        except SnapshotFormatError as error:
            error.hint = hint
            raise

    @property
    def head_id(self) -> str:
        """The id of the last snapshot; a plan made from it is outdated when this has changed."""
        last = self.read_snapshot()
        return last.id if last else NO_PREVIOUS

    def check(self) -> tuple[checks.Problem, ...]:
        """Everything that is wrong or doubtful; nothing is raised and nothing written."""
        return checks.check(self)

    # --- writing -------------------------------------------------------------

    def append(  # noqa: PLR0913 - one argument per fact of the entry
        self,
        plan: Recordable,
        *,
        name: str | None = None,
        now_ms: int,
        words: Callable[[], str],
        applied_ms: int = 0,
        expected_id: str | None = None,
        header: str = "",
    ) -> Migration:
        """Writes the plan as the next migration: all its files, or none.

        ``words`` supplies a name when there is none; ``applied_ms`` is the largest
        ``created_at`` known of a database; ``expected_id`` the :attr:`head_id` that the plan
        was made from; ``header`` are lines of comment at the head of the file.

        Raises:
            JournalError: when the folder cannot be used, or has changed since the plan.
            UsageConflictError: when no file can have this name.
        """
        chosen = require_name(name if name is not None else words())
        wanted = draft.from_plan(plan, name=chosen, header=header)
        return self.append_draft(
            wanted, now_ms=max(now_ms, applied_ms + 1), expected_id=expected_id
        )

    def append_draft(
        self, wanted: Draft, *, now_ms: int, expected_id: str | None = None
    ) -> Migration:
        """Writes a migration that was not planned, such as SQL written by hand.

        Raises:
            JournalError: when the folder cannot be used, or has changed meanwhile.
            UsageConflictError: when no file can have this name.
        """
        require_name(wanted.name)
        self._mode(self.read())  # before the first file is made
        layout = self.layout
        with self._writing():
            journal, previous = self.read(), self.read_snapshot()
            self._require_unchanged(previous, expected_id)
            entry = draft.next_entry(wanted, self._mode(journal), journal.entries, now_ms=now_ms)
            files = draft.files_of(
                wanted, entry, previous, layout=layout, marks=layout.has_sidecar(journal.entries)
            )
            last = NewFile(layout.journal, journal.text_with(entry))
            commit(files.new, journal=last, tag=entry.tag)
            extra = layout.nearest_sidecar(entry, [*journal.entries, entry])
            # It is written: who needs it reads it, and says then what is amiss.
            with suppress(SnapshotError):
                remember(files.dumped, layout.snapshot(entry), extra=extra, before=previous)
        return self._migration(entry)

    def restore(self, tag: str, sql: str, *, when: int) -> None:
        """Write the file of a migration that is gone, and its entry if that is gone as well.

        Raises:
            JournalError: when the folder cannot be used or written.
        """
        layout = self.layout
        with self._writing():
            journal = self.read()
            entry = next((e for e in journal.entries if e.tag == tag), None)
            last = NewFile(layout.journal, journal.text_with_missing(tag, when=when))
            path = layout.sql(entry) if entry else self.folder / f"{tag}.sql"
            commit([NewFile(path, sql)], journal=last, tag=tag)

    def refresh(self, snapshot: Snapshot, *, expected_id: str) -> Migration:
        """Writes what the last migration leads to, where its SQL was written after its snapshot.

        The snapshot's file goes last, so that one that was not reached still shows what is amiss.
        It gets an id of its own: who began from the former one must begin again.

        Raises:
            JournalError: when the folder cannot be written, or has changed meanwhile.
        """
        layout = self.layout
        with locked(layout.meta):
            undo_attempt(layout.journal)
            last, entries = self.read_snapshot(), self.entries
            self._require_unchanged(last, expected_id)
            file = following(snapshot, last)
            if last is not None:
                file = msgspec.structs.replace(file, prev_id=last.prev_id)
            files = draft.snapshot_files(
                dump_both(file), entries[-1], layout=layout, marks=layout.has_sidecar(entries)
            )
            replace_all(files[::-1])
        return self._migration(entries[-1])

    def replace(self, files: Sequence[NewFile], removed: Sequence[Path]) -> None:
        """Put files, the journal the last of them, in the place of others: all of it or nothing.

        Raises:
            JournalError: when the folder cannot be written.
        """
        with self._writing():
            rewrite(self.layout.meta, files, removed)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Alone in the folder, after what a writer that died has left is cleared up."""
        with locked(self.layout.meta):
            finish_rewrite(self.layout.meta)
            undo_attempt(self.layout.journal)
            yield

    def _mode(self, journal: JournalFile) -> draft.Mode:
        """What the folder's files are like, told from those it has."""
        prefix = deduce_mode(journal.entries, folder=self.folder) or self.prefix
        last = journal.entries[-1] if journal.entries else None
        return draft.Mode(prefix, breakpoints=last.breakpoints if last else self.breakpoints)

    def _require_unchanged(self, previous: SnapshotFile | None, expected_id: str | None) -> None:
        found = previous.id if previous else NO_PREVIOUS
        if expected_id is not None and expected_id != found:
            raise BrokenChainError(
                f"the last snapshot is now {found}, the plan was made from {expected_id}",
                path=self.folder,
                hint="another migration was written meanwhile: generate again",
            )

"""What may be wrong with a migrations folder. Every finding is a value; nothing is raised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from nbmigrate.errors import JournalError, NbmigrateError, SnapshotError
from nbmigrate.journal import branches, touching
from nbmigrate.journal.emptied import require_not_emptied
from nbmigrate.journal.entries import Entry
from nbmigrate.journal.prefix import deduce_mode
from nbmigrate.journal.rewrite import REWRITE_NAME
from nbmigrate.journal.write import ATTEMPT_NAME
from nbmigrate.model.codec import NO_PREVIOUS, SnapshotFile
from nbmigrate.model.files import load_file

if TYPE_CHECKING:
    from nbmigrate.journal.folder import Journal

Severity = Literal["error", "warning"]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One finding. An error stops ``generate`` or ``migrate``; a warning is lived with."""

    code: str
    path: str
    text: str
    hint: str = ""
    severity: Severity = "error"


def check(journal: Journal) -> tuple[Problem, ...]:
    """All findings about the folder, those of the journal first."""
    try:
        entries = journal.entries
    except JournalError as error:
        return (_from_error("journal", error),)
    found: list[Problem] = []
    for examine in _EXAMINATIONS:
        found += examine(journal, entries)
    return tuple(found)


def head_warning(journal: Journal) -> Problem | None:
    """A warning when drizzle-kit would go on from another snapshot than we do."""
    entries, files = journal.entries, journal.layout.snapshots()
    if not entries or not files or files[-1] == journal.layout.snapshot(entries[-1]):
        return None
    ours = journal.layout.snapshot(entries[-1])
    return Problem(
        code="last-by-name",
        path=str(files[-1]),
        text=f"drizzle-kit would go on from `{files[-1].name}`, the last by name; the journal"
        f" ends with `{ours.name}`",
        hint="remove or rename the file that the journal does not list",
        severity="warning",
    )


def _from_error(code: str, error: NbmigrateError) -> Problem:
    path = str(getattr(error, "path", ""))
    text = error.message.removeprefix(f"{path}: ")
    return Problem(code=code, path=path, text=text, hint=error.hint)


# --- the journal -------------------------------------------------------------


def _prefixes(journal: Journal, entries: tuple[Entry, ...]) -> Iterator[Problem]:
    try:
        deduce_mode(entries, folder=journal.folder)
    except JournalError as error:
        yield _from_error("prefix", error)


def _duplicates(journal: Journal, entries: tuple[Entry, ...]) -> Iterator[Problem]:
    path = str(journal.layout.journal)
    for tag, count in Counter(entry.tag for entry in entries).items():
        if count > 1:
            yield Problem(code="duplicate-tag", path=path, text=f"`{tag}` is listed {count} times")
    for pair in branches.pairs(journal.layout, entries):
        if pair.first.prefix == pair.later.prefix:
            yield Problem(
                code="duplicate-prefix",
                path=path,
                text=f"`{pair.first.tag}` and `{pair.later.tag}` begin with one number and share"
                f" one snapshot file{_both_touch(journal, pair)}",
                hint=f"nbmigrate rebase {pair.later.tag} puts it behind the others",
            )


def _both_touch(journal: Journal, pair: branches.Pair) -> str:
    both = touching.both(journal, pair.first, pair.later)
    return f"; both touch {', '.join(both)}" if both else "; they touch nothing in common"


def _times(journal: Journal, entries: tuple[Entry, ...]) -> Iterator[Problem]:
    newest = 0
    for entry in entries:
        if entry.when <= newest:
            yield Problem(
                code="when-order",
                path=str(journal.layout.journal),
                text=f"`{entry.tag}` is not newer than the entries before it: drizzle-orm's"
                " migrator skips it where those are applied",
                hint="nbmigrate migrate applies it all the same",
                severity="warning",
            )
        newest = max(newest, entry.when)


# --- the files ---------------------------------------------------------------


def _sql_files(journal: Journal, entries: tuple[Entry, ...]) -> Iterator[Problem]:
    for entry in entries:
        path = journal.layout.sql(entry)
        if not path.is_file():
            text = f"the journal lists `{entry.tag}` but its file is missing"
            hint = f"if it was applied: nbmigrate restore {entry.tag}; else from version control"
            yield Problem(code="missing-sql", path=str(path), text=text, hint=hint)
    listed = {journal.layout.sql(entry) for entry in entries}
    for path in sorted(journal.folder.glob("*.sql")):
        if path not in listed:
            yield Problem(
                code="orphan-sql",
                path=str(path),
                text="the journal does not list the file, so it is never run",
                severity="warning",
            )


def _sql_texts(journal: Journal, entries: tuple[Entry, ...]) -> Iterator[Problem]:
    for migration in journal.migrations() if _all_there(journal, entries) else ():
        try:
            require_not_emptied(journal, migration)
        except JournalError as error:
            yield _from_error("bad-sql", error)
        if migration.is_commented_baseline:
            yield Problem(
                code="commented-baseline",
                path=str(migration.path),
                text="all statements are in a comment, as drizzle-kit's pull writes them: the"
                " migration counts as applied and creates nothing in an empty database",
                severity="warning",
            )


def _all_there(journal: Journal, entries: tuple[Entry, ...]) -> bool:
    return all(journal.layout.sql(entry).is_file() for entry in entries)


def _snapshot_names(journal: Journal, entries: tuple[Entry, ...]) -> Iterator[Problem]:
    expected = {journal.layout.snapshot(entry): entry for entry in entries}
    for path, entry in expected.items():
        if not path.is_file():
            yield Problem(
                code="missing-snapshot",
                path=str(path),
                text=f"the snapshot of `{entry.tag}` is missing",
                hint=f"nbmigrate repair {entry.tag} makes it again, by running the files",
                severity="error" if entry is entries[-1] else "warning",
            )
    for path in journal.layout.snapshots():
        if path not in expected:
            yield Problem(
                code="orphan-snapshot",
                path=str(path),
                text="no migration has this snapshot; drizzle-kit may go on from it",
                hint="remove it, or restore its journal entry",
                severity="warning",
            )
    if (warning := head_warning(journal)) is not None:
        yield warning


def _chain(journal: Journal, entries: tuple[Entry, ...]) -> Iterator[Problem]:
    files: dict[Path, SnapshotFile] = {}
    for path in dict.fromkeys(journal.layout.snapshot(entry) for entry in entries):
        if path.is_file():
            try:
                files[path] = load_file(path)
            except SnapshotError as error:
                problem = _from_error("bad-snapshot", error)
                tag = next(e.tag for e in entries if journal.layout.snapshot(e) == path)
                hint = f"nbmigrate repair {tag} makes it again, by running the files"
                yield msgspec.structs.replace(problem, hint=hint)
    # drizzle-kit's pull writes an empty prevId.
    known = {NO_PREVIOUS, "", *(file.id for file in files.values())}
    for path, file in files.items():
        if file.prev_id not in known:
            yield Problem(
                code="dangling-prev-id",
                path=str(path),
                text=f"`{path.name}` follows snapshot {file.prev_id}, which is not in the folder",
                hint="harmless after drizzle-kit drop; otherwise restore the missing snapshot",
                severity="warning",
            )
    for pair in branches.pairs(journal.layout, entries):
        if pair.first.prefix != pair.later.prefix:
            yield _one_parent(journal, pair)


def _one_parent(journal: Journal, pair: branches.Pair) -> Problem:
    return Problem(
        code="duplicate-prev-id",
        path=str(journal.layout.snapshot(pair.later)),
        text=f"`{pair.first.tag}` and `{pair.later.tag}` follow one snapshot: two branches were"
        f" merged{_both_touch(journal, pair)}",
        hint=f"nbmigrate rebase {pair.later.tag} puts it behind the others",
    )


def _attempts(journal: Journal, entries: tuple[Entry, ...]) -> Iterator[Problem]:
    rewriting = journal.layout.meta / REWRITE_NAME
    if rewriting.exists():
        yield Problem(
            code="unfinished-rewrite",
            path=str(rewriting),
            text="rewriting the folder was interrupted",
            hint="nbmigrate generate, rebase and repair go on with it first",
            severity="warning",
        )
    path = journal.layout.meta / ATTEMPT_NAME
    if path.exists():
        yield Problem(
            code="unfinished-attempt",
            path=str(path),
            text=f"writing the migration after number {len(entries) - 1} was interrupted",
            hint="nbmigrate generate removes what is left of it",
            severity="warning",
        )


_EXAMINATIONS: tuple[Callable[[Journal, tuple[Entry, ...]], Iterator[Problem]], ...] = (
    _prefixes,
    _duplicates,
    _times,
    _sql_files,
    _sql_texts,
    _snapshot_names,
    _chain,
    _attempts,
)

"""Migrations whose SQL a person wrote: their snapshot is what PostgreSQL has after running them.

``--custom`` writes an empty file with the snapshot of the one before. When SQL is put into it
later, that snapshot is no longer true; it can be told without a server which files may be such.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
import psycopg

from nbmigrate.errors import (
    ConnectFailedError,
    JournalError,
    NbmigrateError,
    ServerError,
)
from nbmigrate.journal import Draft, Migration, two_words
from nbmigrate.journal.changes import say_the_same
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.model.files import load_file
from nbmigrate.postgresql import statements
from nbmigrate.results import GenerateResult, Problem
from nbmigrate.workspace import files
from nbmigrate.workspace.proof import Replayed, replay
from nbmigrate.workspace.sources import Source, recorded

if TYPE_CHECKING:
    from nbmigrate.journal import Journal
    from nbmigrate.workspace.project import Project

#: Statements that begin so change rows at most.
_ON_ROWS = frozenset({"insert", "update", "delete", "merge", "set", "analyze", "vacuum", "refresh"})


def by_hand(workspace: Project, name: str | None, sql: str) -> GenerateResult:
    """Write SQL as the next migration, with the snapshot that PostgreSQL gives it.

    Raises:
        JournalError: the SQL fails after the migrations that are there; nothing is written.
        ServerError: there is nobody to run it.
    """
    refresh_if_stale(workspace)
    journal = workspace.journal
    head, earlier, before = journal.head_id, journal.migrations(), recorded(workspace.journal)
    found = _replay(workspace, earlier, sql, before)
    plan, _ = workspace.compare(Source(before, "recorded"), Source(found.plan.new, "the SQL"))
    wanted = name if name is not None else two_words(random.Random())  # noqa: S311 - no secret
    draft = Draft(wanted, (sql.rstrip() + "\n",), found.plan.new)
    migration = journal.append_draft(draft, now_ms=int(time.time() * 1000), expected_id=head)
    plan = msgspec.structs.replace(plan, questions=())
    return files.generated(journal, workspace.root, migration.tag, plan, found.text)


def refresh(workspace: Project, tag: str) -> GenerateResult:
    """Write the snapshot of the last migration anew: what PostgreSQL has after all of them.

    Raises:
        JournalError: it is not the last one, or the files fail on an empty database.
        ServerError: there is nobody to run them.
    """
    journal = workspace.journal
    entry, last = journal.entry(tag), journal.entries[-1]
    if entry != last:
        raise JournalError(
            f"`{entry.tag}` is not the last migration: later ones were made from its snapshot",
            path=workspace.settings.folder,
            hint=f"nbmigrate generate --refresh {last.tag}",
        )
    head, found = journal.head_id, _replayed(workspace)
    if not found.plan.is_empty:
        journal.refresh(found.plan.new, expected_id=head)
    plan = msgspec.structs.replace(found.plan, questions=(), hazards=())
    return files.generated(journal, workspace.root, last.tag, plan, found.text)


def refresh_if_stale(workspace: Project) -> str:
    """Give the last migration its true snapshot, when its SQL was written after it; what was done."""
    journal = workspace.journal
    if not may_be_stale(journal):
        return ""
    head, tag = journal.head_id, journal.entries[-1].tag
    try:
        found = _known(workspace)
    except NbmigrateError as error:
        return f"`{tag}` was written by hand and could not be run ({error.message}): what it does to the schema is not recorded"
    if found is None:
        return ""
    journal.refresh(found.plan.new, expected_id=head)
    return f"`{tag}` was written by hand: its snapshot now says what its SQL does ({_size(found)})"


def find_stale(workspace: Project) -> tuple[Problem, ...]:
    """The finding about a last migration that does not lead to its snapshot."""
    journal = workspace.journal
    try:
        found = _known(workspace) if may_be_stale(journal) else None
    except (JournalError, ServerError, ConnectFailedError):
        return ()  # the other findings say so, or there is nobody to ask
    if found is None:
        return ()
    entry = journal.entries[-1]
    return (
        Problem(
            code="stale-snapshot",
            path=str(journal.layout.sql(entry)),
            text=f"the SQL of `{entry.tag}` does more than its snapshot says ({_size(found)})",
            hint=f"nbmigrate generate --refresh {entry.tag}",
        ),
    )


def may_be_stale(journal: Journal) -> bool:
    """True when the last migration has SQL for more than rows, and the snapshot of the one before."""
    try:
        entries, migrations = journal.entries, journal.migrations()
        if not entries or not _changes_schema(migrations[-1]):
            return False
        if len(entries) == 1:
            return load_file(journal.layout.snapshot(entries[-1])).snapshot == EMPTY
        # as documents: a migration by hand begins as a copy of the snapshot before
        return say_the_same(*(journal.layout.snapshot(entry) for entry in entries[-2:]))
    except NbmigrateError:
        return False  # a folder in disorder is the business of others


def _changes_schema(migration: Migration) -> bool:
    firsts = (statements.first_words(chunk.sql, 1) for chunk in migration.statements())
    return any(not _ON_ROWS.intersection(words) for words in firsts)


def _known(workspace: Project) -> Replayed | None:
    """What is missing in the snapshot; ``None`` for nothing. The same files are run once."""
    journal = workspace.journal
    mark = hashlib.sha256(msgspec.json.encode(recorded(journal), order="deterministic"))
    for migration in journal.migrations():
        mark.update(migration.normalized_hash.encode())
    digest = f"settled {mark.hexdigest()}"
    if digest in workspace.answers_kept:
        return None
    found = _replayed(workspace)
    if not found.plan.is_empty:
        return found
    workspace.answers_kept[digest] = b"1"
    return None


def _replayed(workspace: Project) -> Replayed:
    """All migrations run, and compared with the last snapshot.

    Raises:
        JournalError: one of them fails.
        ServerError: there is nobody to run them.
    """
    *earlier, last = workspace.journal.migrations()
    return _replay(workspace, earlier, last.sql, recorded(workspace.journal))


def _replay(
    workspace: Project, earlier: Sequence[Migration], sql: str, before: Snapshot
) -> Replayed:
    try:
        return replay(workspace.arena(), earlier, sql, before)
    except psycopg.Error as error:
        raise ServerError(
            f"the SQL cannot be tried in this database: {error.diag.message_primary or error}",
            hint='pip install "nbmigrate[embedded]" for a PostgreSQL to try it on',
        ) from error


def _size(found: Replayed) -> str:
    number = len(found.plan.operations)
    return "1 change" if number == 1 else f"{number} changes"

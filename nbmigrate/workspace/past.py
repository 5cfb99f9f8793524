"""How a schema came about: what each migration of the folder changed, and any two compared.

Only files are read: no database is needed, and none is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from nbmigrate import results
from nbmigrate.errors import MissingFileError, RenameError
from nbmigrate.journal import Entry
from nbmigrate.model import EMPTY
from nbmigrate.plan import NO_ANSWERS, Plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.workspace.compare import compare, ownership_of, with_declared_renames
from nbmigrate.workspace.sources import Source

if TYPE_CHECKING:
    from nbmigrate.workspace.project import Project

#: Before the first migration.
START = "empty"


def steps(workspace: Project, last: int) -> results.HistoryResult:
    """The last migrations, the newest first, each with what it changed."""
    entries = workspace.journal.entries
    shown = entries[-last:]
    before = entries[: len(entries) - len(shown)]
    found = tuple(_steps(workspace, shown, before[-1].tag if before else START))
    return results.HistoryResult(
        folder=workspace.settings.folder.name,
        steps=found[::-1],
        older=len(before),
        tags=tuple(entry.tag for entry in entries),
    )


def between(workspace: Project, old: str, new: str) -> results.DiffResult:
    """The difference between the schemas after two migrations, with the renames on the way."""
    entries = workspace.journal.entries
    names = [START, *(entry.tag for entry in entries)]
    first, last = (_tag(workspace, text) for text in (old, new))
    way = entries[names.index(first) : names.index(last)]
    plan = _plan(_source(workspace, first), _source(workspace, last), way)
    return results.DiffResult(plan=plan, old_name=first, new_name=last)


def _tag(workspace: Project, text: str) -> str:
    return START if text == START else workspace.journal.entry(text).tag


def _steps(
    workspace: Project, entries: Sequence[Entry], before: str
) -> Iterator[results.HistoryStep]:
    old = _source(workspace, before)
    for entry in entries:
        when = datetime.fromtimestamp(entry.when / 1000, UTC)
        try:
            new = _source(workspace, entry.tag)
        except MissingFileError as error:
            yield results.HistoryStep(tag=entry.tag, when=when, note=error.message)
            continue
        plan = _plan(old, new, (entry,))
        note = "" if not plan.is_empty else "no change of the schema"
        yield results.HistoryStep(entry.tag, when, tuple(plan.operations), note)
        old = new


def _source(workspace: Project, tag: str) -> Source:
    found = None if tag == START else workspace.journal.read_snapshot(tag)
    return Source(found.snapshot if found else EMPTY, tag)


def _plan(old: Source, new: Source, way: Sequence[Entry]) -> Plan:
    """The plan; what was asked then was answered then."""
    renames = tuple(rename for entry in way for rename in entry.renames)
    try:
        plan = _compared(old, new._replace(renames=renames))
    except RenameError:  # one of several on the way that cannot be told in one step
        plan = _compared(old, new)
    return msgspec.structs.replace(plan, questions=())


def _compared(old: Source, new: Source) -> Plan:
    answers = with_declared_renames(NO_ANSWERS, old, new)
    ownership = ownership_of(old, new, answers=answers, removed=frozenset(), ours=frozenset)
    canonical = POSTGRESQL.canonical_pair
    return compare(old, new, answers=answers, ownership=ownership, canonical=canonical).plan

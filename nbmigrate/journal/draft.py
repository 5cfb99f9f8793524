"""The next migration before it is written: its entry and the text of its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from nbmigrate.dialect import Statement
from nbmigrate.errors import JournalError
from nbmigrate.journal.entries import OWN_KEY, VERSION, Entry
from nbmigrate.journal.layout import Layout
from nbmigrate.journal.prefix import PrefixMode, next_prefix
from nbmigrate.journal.split import MARKER
from nbmigrate.journal.write import NewFile
from nbmigrate.model.codec import (
    SnapshotFile,
    dump,
    dump_document,
    dump_extra,
    dump_no_extra,
    following,
)
from nbmigrate.model.json_text import parse_json
from nbmigrate.model.snapshot import Snapshot


class Answered(Protocol):
    """The part of a plan's answers that the journal keeps."""

    @property
    def renames(self) -> tuple[str, ...]:
        """As ``OLD->NEW``."""
        ...


class Recordable(Protocol):
    """What the journal asks of a plan (:class:`nbmigrate.plan.Plan`)."""

    @property
    def new(self) -> Snapshot:
        """The schema after it."""
        ...

    @property
    def statements(self) -> Sequence[Statement]:
        """What is run, in order."""
        ...

    @property
    def answers(self) -> Answered:
        """What a person has said."""
        ...


class Mode(NamedTuple):
    """How the folder names and joins."""

    prefix: PrefixMode
    breakpoints: bool


class Draft(NamedTuple):
    """A migration to be written."""

    name: str
    statements: tuple[str, ...]
    snapshot: Snapshot
    renames: tuple[str, ...] = ()
    down: Mapping[str, object] | None = None


def from_plan(plan: Recordable, *, name: str) -> Draft:
    """The plan as a migration called ``name``."""
    statements = tuple(statement.sql for statement in plan.statements)
    return Draft(name, statements, plan.new, tuple(plan.answers.renames))


def next_entry(draft: Draft, mode: Mode, entries: Sequence[Entry], *, now_ms: int) -> Entry:
    """The draft's entry.

    ``when`` grows from entry to entry even where clocks do not: drizzle-orm's migrator
    runs only what is newer than everything applied.
    """
    last = entries[-1] if entries else None
    when = max([now_ms, *(entry.when + 1 for entry in entries)])
    idx = last.idx + 1 if last else 0
    prefix = next_prefix(mode.prefix, idx=idx, when_ms=when, last=last.prefix if last else "")
    return Entry(
        idx=idx,
        version=VERSION,
        when=when,
        tag=f"{prefix}_{draft.name}",
        breakpoints=mode.breakpoints,
        rest={OWN_KEY: {"renames": list(draft.renames)}} if draft.renames else {},
    )


def files_of(
    draft: Draft, entry: Entry, previous: SnapshotFile | None, *, layout: Layout, marks: bool
) -> list[NewFile]:
    """The files of the migration, but for the journal.

    ``marks`` asks for a sidecar even when it has nothing to say, so that an older one no
    longer counts.
    """
    sql = _join(draft.statements, breakpoints=entry.breakpoints)
    files = [
        NewFile(layout.sql(entry), sql),
        NewFile(layout.snapshot(entry), dump(following(draft.snapshot, previous))),
    ]
    extra = dump_extra(draft.snapshot)
    if extra is not None or marks or draft.down is not None:
        files.append(NewFile(layout.sidecar(entry), _with_down(extra or dump_no_extra(), draft)))
    return files


def _with_down(extra: str, draft: Draft) -> str:
    """The sidecar with the down script; who reads a snapshot passes over it."""
    if draft.down is None:
        return extra
    return dump_document({**parse_json(extra), "down": dict(draft.down)})


def _join(statements: Sequence[str], *, breakpoints: bool) -> str:
    """As drizzle-kit joins them: no header, nothing behind the last one."""
    for sql in statements:
        if MARKER in sql and breakpoints and len(statements) > 1:
            raise JournalError(
                f"a statement contains the text `{MARKER}`, at which the file would be split:"
                f" {sql.splitlines()[0][:60]}",
                hint="write the text in two parts joined by ||",
            )
    return (f"{MARKER}\n" if breakpoints else "\n").join(statements)

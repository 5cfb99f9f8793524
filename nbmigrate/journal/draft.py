"""The next migration before it is written: its entry and the text of its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from nbmigrate.dialect import Statement
from nbmigrate.errors import JournalError
from nbmigrate.journal.entries import OWN_KEY, VERSION, Entry
from nbmigrate.journal.layout import Layout
from nbmigrate.journal.prefix import PrefixMode, next_prefix
from nbmigrate.journal.split import MARKER
from nbmigrate.journal.write import NewFile
from nbmigrate.model.codec import (
    Dumped,
    SnapshotFile,
    dump_both,
    dump_document,
    dump_no_extra,
    following,
)
from nbmigrate.model.json_text import parse_json
from nbmigrate.model.snapshot import EMPTY, Snapshot
from nbmigrate.postgresql.recorded import as_recorded


class Answered(Protocol):
    """The part of a plan's answers that the journal keeps."""

    @property
    def renames(self) -> tuple[str, ...]:
        """As ``OLD->NEW``."""
        ...

    @property
    def drops(self) -> tuple[str, ...]:
        """Paths that may go."""
        ...

    @property
    def backfills(self) -> Mapping[str, str]:
        """Columns and the SQL that fills them."""
        ...

    @property
    def casts(self) -> Mapping[str, str]:
        """Columns and the SQL of USING."""
        ...

    @property
    def labels(self) -> Mapping[str, str]:
        """Labels that go and those that take their place."""
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
    answers: Mapping[str, Any] = MappingProxyType({})
    down: Mapping[str, object] | None = None


def from_plan(plan: Recordable, *, name: str, header: str = "") -> Draft:
    """The plan as a migration called ``name``; ``header`` are lines of comment at its head."""
    statements = tuple(statement.sql for statement in plan.statements)
    if statements:
        statements = (header + statements[0], *statements[1:])
    return Draft(name, statements, plan.new, _kept(plan.answers))


def _kept(answers: Answered) -> dict[str, Any]:
    """What was said, as it stands in the journal; what was not is left out."""
    found: dict[str, Any] = {
        "renames": list(answers.renames),
        "drops": list(answers.drops),
        "backfills": dict(answers.backfills),
        "casts": dict(answers.casts),
        "labels": dict(answers.labels),
    }
    return {kind: said for kind, said in found.items() if said}


_WORDS = {
    "renames": "renamed",
    "drops": "may go",
    "backfills": "filled",
    "casts": "cast",
    "labels": "label",
}


def answers_header(answers: Mapping[str, Any]) -> str:
    """The answers as comments on top of the file: a line for each."""
    lines = []
    for kind, said in answers.items():
        texts = [f"{path} = {sql}" for path, sql in said.items()] if _is_map(said) else said
        lines += [f"-- answer: {_WORDS[kind]}: {_one_line(text)}\n" for text in texts]
    return "".join(lines)


def _is_map(said: object) -> bool:
    return isinstance(said, dict)


def _one_line(text: str) -> str:
    """The text without what would end a comment, or be taken for a border of statements."""
    return " ".join(text.split()).replace("-->", "-- >")


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
        rest={OWN_KEY: dict(draft.answers)} if draft.answers else {},
    )


class Files(NamedTuple):
    """The files of a migration but for the journal, and its snapshot as it stands in them."""

    new: list[NewFile]
    dumped: Dumped


def files_of(
    draft: Draft, entry: Entry, previous: SnapshotFile | None, *, layout: Layout, marks: bool
) -> Files:
    """The files of the migration.

    ``marks`` asks for a sidecar even when it has nothing to say, so that an older one no
    longer counts.
    """
    sql = answers_header(draft.answers) + _join(draft.statements, breakpoints=entry.breakpoints)
    recorded = as_recorded(previous.snapshot if previous else EMPTY, draft.snapshot)
    dumped = dump_both(following(recorded, previous), previous)
    files = [
        NewFile(layout.sql(entry), sql),
        *snapshot_files(dumped, entry, layout=layout, marks=marks),
    ]
    if draft.down is not None:
        written = {file.path: file.text for file in files}
        extra = written.get(layout.sidecar(entry)) or dump_no_extra()
        files = [file for file in files if file.path != layout.sidecar(entry)]
        files.append(NewFile(layout.sidecar(entry), _with_down(extra, draft)))
    return Files(files, dumped)


def snapshot_files(dumped: Dumped, entry: Entry, *, layout: Layout, marks: bool) -> list[NewFile]:
    """The snapshot and, where it has something to say, the sidecar."""
    files = [NewFile(layout.snapshot(entry), dumped.text)]
    if dumped.extra is not None or marks:
        files.append(NewFile(layout.sidecar(entry), dumped.extra or dump_no_extra()))
    return files


def _with_down(extra: str, draft: Draft) -> str:
    """The sidecar with the down script; who reads a snapshot passes over it."""
    if draft.down is None:
        return extra
    return dump_document({**parse_json(extra), "down": dict(draft.down)})


def _join(statements: Sequence[str], *, breakpoints: bool) -> str:
    """As drizzle-kit joins them: nothing behind the last one."""
    for sql in statements:
        if MARKER in sql and breakpoints and len(statements) > 1:
            raise JournalError(
                f"a statement contains the text `{MARKER}`, at which the file would be split:"
                f" {sql.splitlines()[0][:60]}",
                hint="write the text in two parts joined by ||",
            )
    return (f"{MARKER}\n" if breakpoints else "\n").join(statements)

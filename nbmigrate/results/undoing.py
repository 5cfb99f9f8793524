"""Results of undo: what was or would be brought back, the stack, the trash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nbmigrate.display import Block, Changes, Code, Heading, TableBlock, Text
from nbmigrate.operations import Operation
from nbmigrate.plan import Choice, Question
from nbmigrate.results.changes import counts_text, tree
from nbmigrate.results.plans import questions_blocks
from nbmigrate.results.result import Framed, Record
from nbmigrate.results.words import copied_text, count, duration, size


@dataclass(frozen=True)
class Restored:
    """Rows that came back. ``columns`` is empty for a whole table; -1 rows: not run yet."""

    path: str
    columns: tuple[str, ...]
    kept: int
    rows: int
    is_moved: bool = False


@dataclass(frozen=True)
class Keeps:
    """What a push puts into the trash of a table before anything else; no seconds for one that is moved."""

    path: str
    columns: tuple[str, ...]
    rows: int
    bytes: int
    seconds: float
    is_moved: bool = False


def keeps_blocks(keeps: tuple[Keeps, ...]) -> tuple[Block, ...]:
    """The copies that come first, in one line; nothing where nothing is copied."""
    copied = [one for one in keeps if one.rows and not one.is_moved]
    if not copied:
        return ()
    # two losses of one table are two copies of the same rows
    largest = {one.path: one for one in sorted(copied, key=lambda one: one.bytes)}.values()
    text = copied_text(
        sum(one.rows for one in largest),
        sum(one.bytes for one in largest),
        sum(one.seconds for one in copied),
    )
    return (Text(f"Kept for an undo first: {text} (--no-keep keeps nothing).", "muted"),)


@dataclass(frozen=True, repr=False)
class UndoResult(Framed):
    """What ``undo`` took back, or would take back.

    ``asked`` is what stands in its way: rows that break what would come back.
    """

    number: int
    what: tuple[str, ...]
    operations: tuple[Operation, ...]
    sql: tuple[str, ...]
    restored: tuple[Restored, ...]
    ms: float
    database: str
    dry_run: bool = False
    with_data: bool = True
    asked: tuple[Question, ...] = ()

    not_in_json: ClassVar[frozenset[str]] = frozenset({"frame"})

    @property
    def questions(self) -> tuple[Question, ...]:
        """What rows made since ask; none in a dry run, which only shows it."""
        return () if self.dry_run else self.asked

    def blocks(self) -> tuple[Block, ...]:
        """What comes back, then the changes and the SQL."""
        nodes = tree(self.operations)
        data = () if self.with_data else (Text("Without its data: structure only.", "warn"),)
        return (
            self._heading(),
            *data,
            *questions_blocks(self.asked),
            *self._rows(),
            Text(counts_text(nodes)),
            Changes(nodes),
            Code("\n".join(self.sql), f"SQL ({count(len(self.sql), 'statement')})"),
        )

    def _heading(self) -> Heading:
        what = ", ".join(self.what)
        if self.dry_run:
            return Heading(f"Nothing was changed in {self.database}: this would undo {what}")
        if self.asked:
            return Heading(f"Nothing was undone in {self.database}: an answer is needed for {what}")
        return Heading(f"Undone in {self.database} ({duration(self.ms)}): {what}")

    def _rows(self) -> tuple[Block, ...]:
        if not self.restored:
            return ()
        rows = tuple(
            (
                one.path,
                ", ".join(one.columns) or "the whole table",
                f"{one.kept:,}",
                f"{one.rows:,}" if one.rows >= 0 else "",
            )
            for one in self.restored
        )
        head = ("table", "columns", "rows kept", "rows brought back")
        return (TableBlock(head, rows, frozenset({2, 3})),)

    def records(self) -> list[Record]:
        """One row per table that gets something back."""
        return [
            {"table": one.path, "columns": list(one.columns), "kept": one.kept, "rows": one.rows}
            for one in self.restored
        ]


@dataclass(frozen=True)
class TrashEntry:
    """One push, migration or undo, and what of it lies in the trash now."""

    number: int
    kind: str
    tag: str
    state: str
    what: str
    done_at: str
    user: str
    rows: int
    bytes: int


@dataclass(frozen=True, repr=False)
class TrashResult(Framed):
    """The stack: what can be undone, newest first, and how much is kept for it."""

    entries: tuple[TrashEntry, ...]
    database: str

    def blocks(self) -> tuple[Block, ...]:
        """A table with a line per push."""
        if not self.entries:
            return (Text(f"Nothing to undo in {self.database}.", "muted"),)
        return (Heading(f"What can be undone in {self.database}"), trash_table(self.entries))

    def records(self) -> list[Record]:
        """One row per push."""
        return [vars(entry) for entry in self.entries]


def trash_table(entries: tuple[TrashEntry, ...]) -> TableBlock:
    """The entries as a table."""
    rows = tuple(
        (
            str(e.number),
            e.tag or e.kind,
            e.state,
            e.what,
            e.done_at,
            e.user,
            f"{e.rows:,}",
            size(e.bytes),
        )
        for e in entries
    )
    head = ("id", "by", "state", "what", "when (UTC)", "user", "rows kept", "size")
    return TableBlock(head, rows, frozenset({0, 6, 7}))


def trash_blocks(entries: tuple[TrashEntry, ...]) -> tuple[Block, ...]:
    """What is kept, for a status; nothing when the trash is empty."""
    if not entries:
        return ()
    rows, amount = sum(e.rows for e in entries), sum(e.bytes for e in entries)
    title = f"In the trash (%db_undo brings it back): {rows:,} rows, {size(amount)}"
    return (Heading(title, 2), trash_table(entries))


@dataclass(frozen=True, repr=False)
class PurgeResult(Framed):
    """What ``undo --purge`` threw away, or asks about."""

    entries: tuple[TrashEntry, ...]
    database: str
    purged: bool

    @property
    def questions(self) -> tuple[Question, ...]:
        """One, with the counts, as long as nobody agreed."""
        if self.purged or not self.entries:
            return ()
        rows, amount = sum(e.rows for e in self.entries), sum(e.bytes for e in self.entries)
        numbers = ", ".join(str(e.number) for e in self.entries)
        choice = Choice(text="throw it away for good", flag="--yes")
        text = f"throw away the data kept for undo {numbers}: {rows:,} rows, {size(amount)}?"
        return (Question(kind="drop", path="nbmigrate_trash", text=text, choices=(choice,)),)

    def blocks(self) -> tuple[Block, ...]:
        """What is gone, or the question."""
        if not self.entries:
            return (Text(f"The trash of {self.database} is empty.", "good"),)
        if not self.purged:
            question = self.questions[0]
            return (
                Heading(f"Nothing was thrown away in {self.database}: an answer is needed"),
                Text(f"? {question.text}"),
                Code("--yes"),
                trash_table(self.entries),
            )
        return (Heading(f"Thrown away in {self.database}"), trash_table(self.entries))

    def records(self) -> list[Record]:
        """One row per entry."""
        return [vars(entry) for entry in self.entries]

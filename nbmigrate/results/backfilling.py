"""Results of backfills: what was done, how fast, and what is still to be done."""

from __future__ import annotations

from dataclasses import dataclass

from nbmigrate.display import Block, Facts, Heading, TableBlock, Text
from nbmigrate.results.result import Framed, Record
from nbmigrate.results.words import count, duration


@dataclass(frozen=True)
class BackfillState:
    """A backfill that was begun and is not finished. ``cursor`` is the last key that is done."""

    table: str
    change: str
    rows: int
    cursor: tuple[str, ...]
    updated_at: str


@dataclass(frozen=True, repr=False)
class BackfillResult(Framed):
    """What a backfill did now, and all in all."""

    table: str
    change: str
    key: tuple[str, ...]
    rows: int
    total_rows: int
    batches: int
    ms: float
    resumed_rows: int | None = None
    was_done: bool = False

    @property
    def rows_per_second(self) -> float:
        """How fast it was."""
        return self.rows / (self.ms / 1000) if self.ms > 0 else 0.0

    def blocks(self) -> tuple[Block, ...]:
        """What was done, from where, by which key."""
        if self.was_done:
            text = f"Nothing to do: this backfill of {self.table} is done already"
            return (
                Text(f"{text}, {count(self.total_rows, 'row')}.", "good"),
                Text("--restart does it again.", "muted"),
            )
        speed = f"{self.rows_per_second:,.0f} rows/s"
        return (
            Heading(f"Backfilled {self.table}: {count(self.rows, 'row')} in {duration(self.ms)}"),
            *self._resumed(),
            Facts(
                (
                    ("change", self.change),
                    ("batches", f"{count(self.batches, 'batch')}, {speed}"),
                    ("by", ", ".join(self.key)),
                )
            ),
        )

    def _resumed(self) -> tuple[Block, ...]:
        if self.resumed_rows is None:
            return ()
        before = count(self.resumed_rows, "row")
        text = f"Resumed: an earlier run had done {before}; {self.total_rows:,} in all."
        return (Text(text),)

    def records(self) -> list[Record]:
        """One row."""
        return [{"table": self.table, "rows": self.rows, "batches": self.batches, "ms": self.ms}]


def unfinished_blocks(states: tuple[BackfillState, ...]) -> tuple[Block, ...]:
    """The backfills that wait to be gone on with."""
    if not states:
        return ()
    columns = ("unfinished backfill", "rows done", "last key", "last batch", "change")
    rows = tuple(
        (s.table, f"{s.rows:,}", ", ".join(s.cursor), s.updated_at, s.change) for s in states
    )
    return (
        TableBlock(columns, rows, frozenset({1})),
        Text("Run the same backfill again to go on behind them.", "warn"),
    )

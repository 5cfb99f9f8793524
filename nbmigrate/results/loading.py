"""The result of loading a DataFrame: the table it proposed, and the rows that went in."""

from __future__ import annotations

from dataclasses import dataclass

from nbmigrate.display import Block, Heading, TableBlock, Text
from nbmigrate.hazards import Hazard
from nbmigrate.plan import Question
from nbmigrate.results.changing import PushResult
from nbmigrate.results.result import Framed, Record
from nbmigrate.results.words import count, duration


@dataclass(frozen=True)
class LoadedColumn:
    """A column of a proposed table and what of the data says so."""

    name: str
    type: str
    evidence: str


@dataclass(frozen=True, repr=False)
class LoadResult(Framed):
    """What a load did. ``columns`` and ``push`` are those of a new table; ``rows`` went in."""

    table: str
    rows: int
    total: int
    ms: float
    columns: tuple[LoadedColumn, ...] = ()
    candidates: tuple[str, ...] = ()
    sql: str = ""
    push: PushResult | None = None
    dry_run: bool = False

    @property
    def questions(self) -> tuple[Question, ...]:
        """What the plan of the new table asks."""
        return self.push.questions if self.push else ()

    @property
    def held_for(self) -> tuple[Hazard, ...]:
        """What the plan of the new table waits for."""
        return self.push.held_for if self.push else ()

    def blocks(self) -> tuple[Block, ...]:
        """The table as it was proposed, then the rows."""
        rows = tuple((c.name, c.type, c.evidence) for c in self.columns)
        proposed: tuple[Block, ...] = ()
        if rows:
            proposed = (TableBlock(("column", "type", "because"), rows), *self._keys())
        plan = self.push.blocks() if self.push else ()
        return (Heading(f"Load into {self.table}"), *proposed, *plan, self._done())

    def _keys(self) -> tuple[Block, ...]:
        if not self.candidates:
            return ()
        names = " or ".join(f"--key {name}" for name in self.candidates)
        return (Text(f"No key. No NULL and nothing twice: {names}", "muted"),)

    def _done(self) -> Block:
        if self.dry_run or self.questions:
            return Text(
                f"{count(self.total, 'row')} would be loaded. Nothing was changed.", "muted"
            )
        return Text(f"{count(self.rows, 'row')} loaded in {duration(self.ms)}.", "good")

    def records(self) -> list[Record]:
        """One row per proposed column."""
        return [vars(column) for column in self.columns]

"""The result of ``history``: what each migration of the folder changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from nbmigrate.display import Block, Changes, Heading, Section, Text
from nbmigrate.operations import Operation
from nbmigrate.results.changes import counts, counts_text, tree
from nbmigrate.results.result import Framed, Record
from nbmigrate.results.words import count

#: So many of the newest are open.
_OPEN = 3


@dataclass(frozen=True)
class HistoryStep:
    """One migration: when it was made, and how the schema behind it differs from that before."""

    tag: str
    when: datetime
    operations: tuple[Operation, ...] = ()
    note: str = ""

    @property
    def summary(self) -> str:
        """What it changed, in numbers."""
        return self.note or counts_text(tree(self.operations))


@dataclass(frozen=True, repr=False)
class HistoryResult(Framed):
    """The migrations of a folder, the newest first; ``older`` are not shown."""

    folder: str
    steps: tuple[HistoryStep, ...]
    older: int = 0
    tags: tuple[str, ...] = ()

    def blocks(self) -> tuple[Block, ...]:
        """A section per migration."""
        if not self.steps:
            return (Text(f"{self.folder}/ has no migrations yet."),)
        title = Heading(f"{self.folder}/: {count(len(self.tags), 'migration')}")
        return (title, *self._sections(), *self._more())

    def records(self) -> list[Record]:
        """One row per migration."""
        return [
            {"tag": step.tag, "when": step.when, **counts(tree(step.operations)), "note": step.note}
            for step in self.steps
        ]

    def as_dict(self) -> Record:
        """The steps in numbers, as ``--json`` prints them."""
        rows = ({**row, "when": row["when"].isoformat()} for row in self.records())
        return {"folder": self.folder, "steps": list(rows), "older": self.older}

    def _sections(self) -> Iterator[Block]:
        for number, step in enumerate(self.steps):
            nodes = tree(step.operations)
            body = (Changes(nodes),) if nodes else (Text(step.note, "muted"),)
            note = f"{step.when:%Y-%m-%d %H:%M} UTC, {step.summary}"
            yield Section(step.tag, body, note, is_open=number < _OPEN)

    def _more(self) -> tuple[Block, ...]:
        if not self.older:
            return ()
        text = (
            f"{count(self.older, 'older migration')} not shown: --last {len(self.tags)} shows all."
        )
        return (Text(text, "muted"),)

"""What declaring gives back, and the text it starts from."""

from __future__ import annotations

from dataclasses import dataclass

from nbmigrate.model import Snapshot


@dataclass(frozen=True)
class CellText:
    """The text of a cell and where a person finds it."""

    text: str
    label: str
    filename: str
    first_line: int = 1

    def line(self, number: int) -> str:
        """A line of the text, counted from 1; empty when there is none."""
        lines = self.text.splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def shown(self, number: int) -> int:
        """The number of that line as the person sees it, with what stands above the text."""
        return number + self.first_line - 1


@dataclass(frozen=True)
class Declared:
    """What one cell, file or notebook declares.

    ``notes`` say what of a cell's DDL is no part of a schema; ``again`` are the other cells that
    were executed once more because they use what this one replaced; ``broken`` those of them that
    failed, and what each said.
    """

    cell: str
    objects: tuple[str, ...]
    snapshot: Snapshot
    renames: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    broken: tuple[tuple[str, str], ...] = ()

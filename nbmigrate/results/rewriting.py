"""Results of commands that put files of the migrations folder in order: rebase, repair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nbmigrate.display import Block, Code, Facts, Heading, Text
from nbmigrate.results.changing import WrittenFile
from nbmigrate.results.result import Framed, Record
from nbmigrate.results.words import count, size


@dataclass(frozen=True)
class MovedMigration:
    """A migration that stands elsewhere now; ``touching`` is what it and another branch touch."""

    old_tag: str
    new_tag: str
    touching: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class RebaseResult(Framed):
    """The migrations that were put behind the others, or that none had to be."""

    moved: tuple[MovedMigration, ...] = ()
    files: tuple[WrittenFile, ...] = ()
    removed: tuple[str, ...] = ()
    proof: str = ""
    git_command: str = ""

    not_in_json: ClassVar[frozenset[str]] = frozenset()

    def blocks(self) -> tuple[Block, ...]:
        """What moved, what both branches touch, the proof, the files."""
        if not self.moved:
            return (Text("Nothing to rebase: the migrations follow one another.", "good"),)
        return (
            Heading(f"Rebased {count(len(self.moved), 'migration')}"),
            Facts(tuple((m.old_tag, f"→ {m.new_tag}") for m in self.moved)),
            *self._touching(),
            Text(self.proof, "good"),
            *file_blocks(self.files, self.removed, self.git_command),
        )

    def _touching(self) -> tuple[Block, ...]:
        names = ", ".join(sorted({name for m in self.moved for name in m.touching}))
        return (Text(f"Both branches touch {names}: read these once more."),) if names else ()

    def records(self) -> list[Record]:
        """One row per migration."""
        return [{"old": m.old_tag, "new": m.new_tag} for m in self.moved]


@dataclass(frozen=True, repr=False)
class RepairResult(Framed):
    """The snapshot that was made again, or that it was sound."""

    tag: str
    files: tuple[WrittenFile, ...] = ()
    proof: str = ""
    git_command: str = ""

    not_in_json: ClassVar[frozenset[str]] = frozenset()

    def blocks(self) -> tuple[Block, ...]:
        """The proof and the files."""
        if not self.files:
            text = f"Nothing to repair: the snapshot of {self.tag} says what its SQL does."
            return (Text(text, "good"), Text(self.proof, "muted"))
        title = f"Repaired the snapshot of {self.tag}"
        shown = file_blocks(self.files, (), self.git_command)
        return (Heading(title), Text(self.proof, "good"), *shown)

    def records(self) -> list[Record]:
        """One row per file."""
        return [vars(file) for file in self.files]


def file_blocks(
    files: tuple[WrittenFile, ...], removed: tuple[str, ...], git_command: str
) -> tuple[Block, ...]:
    """Written and removed files, and the line that hands them to git."""
    gone = tuple(("removed", path) for path in removed)
    return (
        Facts((*((size(file.bytes), file.path) for file in files), *gone)),
        Code(git_command, "add them to git"),
    )

"""The result of ``export``: a file, or its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nbmigrate.display import Block, Code, Facts, Heading, Text
from nbmigrate.results.changing import WrittenFile
from nbmigrate.results.result import Framed, Record
from nbmigrate.results.words import count, size


@dataclass(frozen=True, repr=False)
class ExportResult(Framed):
    """A schema as code, and what of it the code does not say."""

    code: str
    language: Literal["python", "sql"]
    tables: tuple[str, ...] = ()
    not_expressed: tuple[str, ...] = ()
    files: tuple[WrittenFile, ...] = ()
    source: str = "declared"

    @property
    def is_different(self) -> bool:
        """True when what the code declares is not the whole schema."""
        return bool(self.not_expressed)

    @property
    def as_file(self) -> str | None:
        """The code, unless it was written to a file."""
        return None if self.files else self.code.rstrip()

    def blocks(self) -> tuple[Block, ...]:
        """The file, its proof, and the code where there is no file."""
        files = (Facts(tuple((size(f.bytes), f.path) for f in self.files)),) if self.files else ()
        return (
            Heading(f"Exported {count(len(self.tables), 'table')} from {self.source}"),
            *files,
            self._proof(),
            *(() if self.files else (Code(self.code, self.language, is_open=False),)),
        )

    def _proof(self) -> Block:
        if self.not_expressed:
            return Text(f"not expressed in the code: {', '.join(self.not_expressed)}", "warn")
        return Text(f"Proved: run again, it declares the schema of {self.source}.", "good")

    def records(self) -> list[Record]:
        """One row per table."""
        return [{"table": name} for name in self.tables]

"""The result of ``pull``: code, and what it could not say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nbmigrate.display import Block, Code, Facts, Heading, Text
from nbmigrate.results.changing import WrittenFile
from nbmigrate.results.result import Framed, Record
from nbmigrate.results.words import count, size


@dataclass(frozen=True, repr=False)
class PullResult(Framed):
    """The code of a schema, and in which ``place`` it is shown already.

    ``unmanaged`` is what the database has and nbmigrate leaves alone.
    """

    code: str
    language: Literal["python", "sql"]
    tables: tuple[str, ...] = ()
    not_expressed: tuple[str, ...] = ()
    unmanaged: tuple[str, ...] = ()
    files: tuple[WrittenFile, ...] = ()
    source: str = "live"
    baseline: bool = False
    place: str = ""

    @property
    def cell(self) -> str:
        """The code as a cell of a notebook."""
        return f"%%schema{' --sql' if self.language == 'sql' else ''}\n{self.code}"

    @property
    def as_file(self) -> str | None:
        """The code, unless it was written to a file."""
        return None if self.files else self.code.rstrip()

    def blocks(self) -> tuple[Block, ...]:
        """What was pulled, what is missing in it, the code."""
        files = Facts(tuple((size(file.bytes), file.path) for file in self.files))
        return (
            Heading(f"Pulled {count(len(self.tables), 'table')} from {self.source}"),
            *((files,) if self.files else ()),
            *self._baseline(),
            *_listed("not expressed in the code", self.not_expressed),
            *_listed("not managed", self.unmanaged),
            *self._code(),
        )

    def _code(self) -> tuple[Block, ...]:
        if self.place:
            return (Text(f"The code is in {self.place}.", "muted"),)
        return (Code(self.code, self.language, is_open=False),)

    def _baseline(self) -> tuple[Block, ...]:
        text = "The baseline is proved equal to the database and recorded as applied."
        return (Text(text, "good"),) if self.baseline else ()

    def records(self) -> list[Record]:
        """One row per table."""
        return [{"table": name} for name in self.tables]


def _listed(title: str, texts: tuple[str, ...]) -> tuple[Block, ...]:
    return (Text(f"{title}: {', '.join(texts)}", "warn"),) if texts else ()

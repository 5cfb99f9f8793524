"""Results about a database that is not what its migrations say."""

from __future__ import annotations

from dataclasses import dataclass

from nbmigrate.display import Block, Code, Facts, Heading, Section, Text
from nbmigrate.plan import Plan
from nbmigrate.results.changing import WrittenFile
from nbmigrate.results.plans import plan_blocks
from nbmigrate.results.result import Framed, Record
from nbmigrate.results.words import count, size


@dataclass(frozen=True, repr=False)
class DriftResult(Framed):
    """What differs between a database and its applied migrations.

    ``plan`` leads the database back; ``paths`` are the objects that differ. ``accepted`` is the
    migration that an acceptance wrote, ``ignored`` what nobody wants to hear of.
    """

    database: str
    tag: str | None = None
    plan: Plan | None = None
    paths: tuple[str, ...] = ()
    not_declared: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    accepted: str = ""
    files: tuple[WrittenFile, ...] = ()

    @property
    def is_different(self) -> bool:
        """True when something differs that is not ignored."""
        return self.plan is not None and not self.plan.is_empty

    def blocks(self) -> tuple[Block, ...]:
        """What differs, and the three answers."""
        return (*self._accepted(), *self._difference(), *self._ignored())

    def _accepted(self) -> tuple[Block, ...]:
        if not self.accepted:
            return ()
        written = Facts(tuple((size(file.bytes), file.path) for file in self.files))
        return (Heading(f"Accepted as {self.accepted}, applied here already"), written)

    def _difference(self) -> tuple[Block, ...]:
        if self.tag is None or self.plan is None:
            text = (
                f"No migration is applied in {self.database}: %db_migrate applies them,"
                " %db_adopt records them where the schema is there already."
            )
            return (Text(text, "muted"),)
        if not self.is_different:
            text = f"No drift: {self.database} is what its migrations made of it, up to {self.tag}."
            return (Text(text, "good"),)
        named = "".join(f' "{path}"' for path in self.paths[:1])
        # Lines for a cell as for a shell, where a comment behind a magic would be its argument.
        answers = (
            "# the database is right: a migration, applied here already\n%db_drift --accept\n"
            "# the migrations are right: the database is brought back\n%db_drift --revert\n"
            f"# it may differ\n%db_drift --ignore{named}"
        )
        return (
            Heading(f"{self.database} is not what {self.tag} made of it"),
            Text(f"{count(len(self.paths), 'object')}: {', '.join(self.paths)}", "warn"),
            Code(answers, "three answers; name objects to answer for these alone"),
            Section("What would bring it back", plan_blocks(self.plan)),
        )

    def _ignored(self) -> tuple[Block, ...]:
        if not self.ignored:
            return ()
        return (Text(f"Ignored: {', '.join(self.ignored)}", "muted"),)

    def records(self) -> list[Record]:
        """One row per object that differs."""
        return [{"object": path} for path in self.paths]


@dataclass(frozen=True, repr=False)
class AdoptResult(Framed):
    """The migrations that were marked as applied, since the database has their schema."""

    database: str
    tag: str
    adopted: tuple[str, ...] = ()

    def blocks(self) -> tuple[Block, ...]:
        """What was marked."""
        if not self.adopted:
            return (
                Text(f"Nothing to adopt: all up to {self.tag} is recorded as applied.", "good"),
            )
        listed = ", ".join(self.adopted)
        return (
            Heading(f"{self.database} is what {self.tag} makes"),
            Text(f"Recorded as applied, without running them: {listed}", "good"),
        )

    def records(self) -> list[Record]:
        """One row per migration."""
        return [{"tag": tag} for tag in self.adopted]

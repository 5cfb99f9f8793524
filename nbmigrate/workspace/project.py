"""A project: its settings, its database, what is declared and recorded, and plans between them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec
import psycopg

from nbmigrate import __version__, executor
from nbmigrate.journal import Journal, Migration
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.plan import NO_ANSWERS, Answers, Canonical
from nbmigrate.postgresql.ddl import Ddl, read_ddl
from nbmigrate.postgresql.facts import Facts
from nbmigrate.server import is_installed
from nbmigrate.workspace.arena import Opened, in_own_database, in_transaction
from nbmigrate.workspace.bare_paths import answers_in_public
from nbmigrate.workspace.cache import DiskCache
from nbmigrate.workspace.compare import (
    Compared,
    Verdicts,
    asking,
    compare,
    ownership_of,
    with_declared_renames,
)
from nbmigrate.workspace.live import LiveReader, RowCounts
from nbmigrate.workspace.ownership import Entry, Ownership, entries_of
from nbmigrate.workspace.proof import Shown
from nbmigrate.workspace.proof_database import in_kept_database
from nbmigrate.workspace.reading import read_source
from nbmigrate.workspace.settings import ProjectSettings, read_settings
from nbmigrate.workspace.sources import Source, recorded
from nbmigrate.workspace.target import Target

if TYPE_CHECKING:
    from nbmigrate.declare import Declarations

#: What a plan depends on.
_Asked = tuple[Source, Source, Answers, Ownership]


class Project:
    """What the commands of a workspace stand on.

    Args:
        url: the database; ``None`` follows DATABASE_URL, then pyproject.toml, then the
            embedded PostgreSQL. ``embedded:NAME`` is a database of the embedded one.
        folder: the migrations folder, relative to ``root``.
        root: the project's folder; the working directory by default.
        declarations: what cells declared; a new registry by default.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        folder: Path | str | None = None,
        root: Path | str | None = None,
        declarations: Declarations | None = None,
    ) -> None:
        self.root = Path(root) if root is not None else Path.cwd()
        self._declarations = declarations
        self._scratch: Target | None = None
        self._folder = folder
        self._cache = DiskCache(self.root / ".nbmigrate" / "cache")
        self.use(read_settings(self.root, os.environ, url=url, folder=folder))

    def use(self, settings: ProjectSettings) -> None:
        """Work with these settings from now on; the former connection is the caller's to close."""
        self.settings = settings
        self.target = Target(settings.url, self.root)
        self.live = LiveReader(self.target, settings.schemas)
        self._nothing: tuple[_Asked, Compared] | None = None
        #: By the last proof: what need not be compared again in the next one.
        self.shown: Shown | None = None
        self.facts = Facts(lambda: self.target.connection)

    @property
    def declarations(self) -> Declarations:
        """What cells declared; made when first asked for, since it loads SQLAlchemy."""
        if self._declarations is None:
            from nbmigrate.declare import Declarations

            self._declarations = Declarations()
        return self._declarations

    @property
    def declared(self) -> Snapshot:
        """The declared schema; empty as long as nothing was declared."""
        return EMPTY if self._declarations is None else self._declarations.snapshot

    @property
    def cells(self) -> tuple[str, ...]:
        """What the cells that declare something are called."""
        return () if self._declarations is None else self._declarations.cells

    @property
    def journal(self) -> Journal:
        """The migrations folder."""
        return Journal(self.settings.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the embedded server stops with its last user."""
        self.target.close()
        if self._scratch is not None:
            self._scratch.close()

    # --- sources ---------------------------------------------------------------

    def source(self, text: str) -> Source:
        """The snapshot that a source text stands for.

        Raises:
            SourceError: the text is no source.
        """
        return read_source(self, text)

    def read_ddl(self, text: str, base: Snapshot) -> Ddl:
        """What DDL declares, as PostgreSQL reads it; ``base`` is what it may refer to."""
        return read_ddl(self.target.connection, text, base)

    # --- comparing -------------------------------------------------------------

    def compare(self, old: Source, new: Source, answers: Answers = NO_ANSWERS) -> Compared:
        """The plan from one source to the other, and what of the old one stays undeclared."""
        answers = answers_in_public(answers, (old.snapshot, new.snapshot))
        answers = with_declared_renames(answers, old, new)
        allowed = {**self.settings.allow, **answers.allowed}
        answers = msgspec.structs.replace(answers, allowed=allowed)
        removed = self.declarations.removed if new.name == "declared" else frozenset()
        ownership = ownership_of(old, new, answers=answers, removed=removed, ours=self._ours)
        asked = (old, new, answers, ownership)
        if self._nothing is not None and _is_same(self._nothing[0], asked):
            return self._nothing[1]
        is_here = old.name == "live"
        rows = RowCounts(self.target.connection, old.snapshot) if is_here else None
        found = compare(
            old,
            new,
            answers=answers,
            ownership=ownership,
            canonical=self.asking(old),
            rows=rows,
            verdicts=self._verdicts() if is_here else None,
            facts=self.facts if is_here else None,
            server_version=self.target.connection.info.server_version if is_here else None,
        )
        if found.plan.is_empty:
            self._nothing = (asked, found)
        return found

    def _verdicts(self) -> Verdicts:
        info = self.target.connection.info
        return Verdicts(self._cache, f"{__version__} {info.server_version} {info.user}")

    def asking(self, old: Source) -> Canonical:
        """How a source and another one are brought into one spelling."""
        return asking(
            (lambda: self.target.connection, self._embedded_scratch),
            self._cache,
            old_is_live=old.is_live,
        )

    @property
    def answers_kept(self) -> DiskCache:
        """What PostgreSQL has answered before, by content."""
        return self._cache

    def _embedded_scratch(self) -> psycopg.Connection[Any] | None:
        """The embedded server as the one who is asked, where the database in use cannot be."""
        if self.target.is_embedded or not is_installed():
            return None
        return self.scratch.connection

    @property
    def scratch(self) -> Target:
        """A database of the embedded server that is free for questions and proofs."""
        if self._scratch is None:
            self._scratch = Target("embedded:scratch", self.root)
        return self._scratch

    def arena(self) -> Opened:
        """Where migrations can be tried: the embedded server, or else the database in use."""
        if is_installed():
            return in_own_database(self.scratch.url, self._cache)
        return in_transaction(self.target.connection, self._cache)

    def proof_arena(self, migrations: Sequence[Migration]) -> Opened:
        """Where what comes behind these migrations can be tried; they may have been run there."""
        if is_installed():
            folder = self.settings.folder.resolve()
            return in_kept_database(self.scratch.url, folder, migrations, self._cache)
        return self.arena()

    def _ours(self) -> frozenset[Entry]:
        """What nbmigrate made here, or the migrations hold."""
        ledger = frozenset(executor.read_ledger(self.target.connection))
        return ledger | entries_of(recorded(self.journal))

    def executor_settings(self, **more: Any) -> executor.Settings:  # noqa: ANN401 - fields of Settings
        """How patient a run is, and where its history is."""
        return executor.Settings(
            **more,
            history_schema=self.settings.history_schema,
            history_table=self.settings.history_table,
            folder=str(self.settings.folder),
        )


def _is_same(one: _Asked, other: _Asked) -> bool:
    """Whether a plan between the first must be the plan between the second.

    The live snapshot is compared by identity, which the reader keeps as long as nothing
    changed; the rest by value, in which unchanged tables are identical.
    """
    return one[0].snapshot is other[0].snapshot and one[1:] == other[1:] and one[0] == other[0]

"""The facade: one project, its declarations, its migrations folder and its database.

Every command is the difference between two snapshots and what is done with it. What
is decided where: :mod:`sources` reads, :mod:`ownership` says what may go,
:mod:`compare` plans, :mod:`nbmigrate.executor` applies.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import psycopg

from nbmigrate import executor, results
from nbmigrate.journal import Journal
from nbmigrate.model import EMPTY, Snapshot, parse_path
from nbmigrate.plan import NO_ANSWERS, Answers, Canonical, Plan
from nbmigrate.postgresql.scratch import read_ddl
from nbmigrate.server import is_installed
from nbmigrate.workspace import files, generating, looking, pulling
from nbmigrate.workspace.cache import DiskCache
from nbmigrate.workspace.compare import (
    Compared,
    asking,
    compare,
    ownership_of,
    with_declared_renames,
)
from nbmigrate.workspace.ledger_entries import ledger_change
from nbmigrate.workspace.live import LiveReader, RowCounts
from nbmigrate.workspace.ownership import Entry, entries_of
from nbmigrate.workspace.reading import read_source
from nbmigrate.workspace.settings import ProjectSettings, read_settings
from nbmigrate.workspace.sources import Source, recorded
from nbmigrate.workspace.target import Target

if TYPE_CHECKING:
    from nbmigrate.declare import Declarations

#: A push is somebody waiting at a screen: a running migrate is not waited for for long.
PUSH_WAIT_MS = 10_000


class Workspace:
    """A project: what is declared, recorded and live, and the commands between them.

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
        self._use(read_settings(self.root, os.environ, url=url, folder=folder))

    def _use(self, settings: ProjectSettings) -> None:
        self.settings = settings
        self.target = Target(settings.url, self.root)
        self.live = LiveReader(self.target, settings.schemas)

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

    def read_ddl(self, text: str, base: Snapshot) -> Snapshot:
        """What DDL creates, as PostgreSQL reads it; ``base`` is what it may refer to."""
        return read_ddl(self.target.connection, text, base)

    # --- comparing -------------------------------------------------------------

    def compare(self, old: Source, new: Source, answers: Answers = NO_ANSWERS) -> Compared:
        """The plan from one source to the other, and what of the old one stays undeclared."""
        answers = with_declared_renames(answers, old, new)
        removed = self.declarations.removed if new.name == "declared" else frozenset()
        ownership = ownership_of(old, new, answers=answers, removed=removed, ours=self._ours)
        rows = RowCounts(self.target.connection, old.snapshot) if old.name == "live" else None
        return compare(
            old,
            new,
            answers=answers,
            ownership=ownership,
            canonical=self.asking(old),
            rows=rows,
        )

    def asking(self, old: Source) -> Canonical:
        """How a source and another one are brought into one spelling."""
        return asking(
            (lambda: self.target.connection, self._embedded_scratch),
            self._cache,
            old_is_live=old.is_live,
        )

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

    def _ours(self) -> frozenset[Entry]:
        """What nbmigrate made here, or the migrations hold."""
        ledger = frozenset(executor.read_ledger(self.target.connection))
        return ledger | entries_of(recorded(self.journal))

    # --- commands --------------------------------------------------------------

    def connect(self, url: str | None = None) -> results.ConnectResult:
        """Choose the database, and say which it is.

        Raises:
            ConnectFailedError: it cannot be reached; the former one stays in use.
        """
        settings = read_settings(self.root, os.environ, url=url, folder=self._folder)
        former = self.target
        self._use(settings)
        try:
            self.target.connection  # noqa: B018 - opening it is the point
        except BaseException:
            self.target.close()
            self.target = former
            self.live = LiveReader(former, settings.schemas)
            raise
        former.close()
        return results.ConnectResult(
            database=self.target.database,
            server_version=self.target.server_version,
            url=self.target.shown_url,
            embedded=self.target.is_embedded,
        )

    def declare(
        self,
        text: str,
        *,
        cell: str,
        namespace: dict[str, Any],
        name: str | None = None,
        sql: bool = False,
        first_line: int = 1,
    ) -> results.DeclareResult:
        """Run a ``%%schema`` cell and say what it declared and what differs from the database.

        Raises:
            DeclarationError: the cell cannot be used; everything is as before.
        """
        declared = self.declarations.declare(
            text,
            cell=cell,
            namespace=namespace,
            name=name,
            parse_sql=self.read_ddl if sql else None,
            first_line=first_line,
        )
        plan, note = looking.preview(self)
        return results.DeclareResult(
            cell=declared.cell,
            objects=declared.objects,
            snapshot=declared.snapshot,
            plan=plan,
            note=note,
        )

    def schema(self) -> results.SchemaResult:
        """What is declared."""
        return results.SchemaResult(snapshot=self.declarations.snapshot, source="declared")

    def diff(
        self, old: str = "live", new: str = "declared", *, answers: Answers = NO_ANSWERS
    ) -> results.DiffResult:
        """The difference between two sources."""
        before, after = self.source(old), self.source(new)
        found = self.compare(before, after, answers)
        return results.DiffResult(plan=found.plan, old_name=before.name, new_name=after.name)

    def push(
        self, source: str = "declared", *, answers: Answers = NO_ANSWERS, dry_run: bool = False
    ) -> results.PushResult:
        """Bring the database to the source at once, all or nothing; without a file.

        With open questions, or with ``dry_run``, nothing is applied.

        Raises:
            StatementFailedError: PostgreSQL refused a statement; everything is as before.
            DriftError: the database changed since the plan was made.
        """
        new = self.source(source)
        live = self.live.read(new.snapshot)
        started = time.perf_counter()
        old = Source(live.snapshot, "live", is_live=True)
        plan, not_declared = self.compare(old, new, answers)
        applied: Sequence[Any] = ()
        if plan.statements and not plan.questions and not dry_run:
            applied = self._apply(plan, live.fingerprint)
        return results.PushResult(
            plan=plan,
            applied=tuple(
                results.AppliedStatement(sql=a.sql, ms=a.ms, rows=a.rows) for a in applied
            ),
            ms=(time.perf_counter() - started) * 1000,
            database=self.target.database,
            dry_run=dry_run,
            not_declared=not_declared,
        )

    def _apply(self, plan: Plan, mark: str) -> Sequence[Any]:
        connection = self.target.connection
        change = ledger_change(plan.operations, executor.read_ledger(connection))
        return executor.apply(
            connection,
            plan.statements,
            guard=lambda: self.live.require(connection, mark),
            finish=lambda: executor.record(connection, **change._asdict()),
            settings=self.executor_settings(lock_wait_ms=PUSH_WAIT_MS),
        )

    def executor_settings(self, **more: Any) -> executor.Settings:  # noqa: ANN401 - fields of Settings
        """How patient a run is, and where its history is."""
        return executor.Settings(
            **more,
            history_schema=self.settings.history_schema,
            history_table=self.settings.history_table,
            folder=str(self.settings.folder),
        )

    def generate(
        self,
        name: str | None = None,
        source: str = "declared",
        *,
        answers: Answers = NO_ANSWERS,
        custom: bool = False,
    ) -> results.GenerateResult:
        """Write what no migration holds yet as the next migration: all its files, or none.

        Raises:
            JournalError: the folder cannot be continued; nothing was written.
        """
        return generating.generate(self, name, source, answers=answers, custom=custom)

    def migrate(
        self,
        *,
        to: str | None = None,
        dry_run: bool = False,
        on_event: Callable[[Any], None] | None = None,
    ) -> results.MigrateResult:
        """Apply the pending migrations, in order, each once and in a transaction of its own.

        Raises:
            EditedMigrationError: an applied file was changed; nothing ran.
            StatementFailedError: the migration it is in left nothing behind.
        """
        return looking.migrate(self, to=to, dry_run=dry_run, on_event=on_event)

    def status(self) -> results.StatusResult:
        """Migrations and their state, and the difference between them and the database."""
        return looking.status(self)

    def check(self, source: str | None = None) -> results.CheckResult:
        """Is the folder sound, and does it hold what is declared? Needs no database."""
        plan = None
        if source or self.declared != EMPTY:
            old = Source(recorded(self.journal), "recorded")
            plan = self.compare(old, self.source(source or "declared"), NO_ANSWERS).plan
        problems = tuple(
            results.Problem(code=p.code, path=str(p.path), text=p.text, hint=p.hint)
            for p in self.journal.check()
        )
        return results.CheckResult(problems=problems, plan=plan)

    def table(
        self,
        name: str,
        *,
        where: str | None = None,
        order: str | None = None,
        columns: Sequence[str] = (),
        limit: int | None = 1000,
    ) -> results.TableResult:
        """The rows of a table as a DataFrame; ``name`` is ``table`` or ``schema.table``."""
        parts = parse_path(name)
        id_ = (parts[0], parts[1]) if len(parts) > 1 else ("public", parts[0])
        return looking.table(self, id_, where=where, order=order, columns=columns, limit=limit)

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> results.QueryResult:
        """Run SQL verbatim; named parameters are bound by the server."""
        return looking.query(self, sql, params)

    def studio(self) -> results.StudioResult:
        """The tables with their sizes and first rows."""
        return looking.studio(self)

    def pull(
        self,
        source: str = "live",
        *,
        sql: bool = False,
        baseline: bool = False,
        cell: bool = True,
        output: str | None = None,
    ) -> results.PullResult:
        """The code of a source (a cell or a module), run and compared with it before it is given.

        ``output`` is a file to write it to; with ``baseline`` the live schema also becomes the
        first migration, applied already.

        Raises:
            JournalError: a baseline for a folder that has migrations.
            DriftError: the database is not what its snapshot would build.
        """
        return pulling.pull(self, source, sql=sql, baseline=baseline, cell=cell, output=output)

    def init(self) -> results.InitResult:
        """Write the migrations folder, its ``.gitattributes`` and the settings."""
        return files.init(self.root, self.settings.folder)

    def table_names(self) -> tuple[str, ...]:
        """The tables of the database, for completion."""
        return looking.table_names(self)

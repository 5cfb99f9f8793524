"""Commands that change the database or the migrations: push, generate, migrate, status, check."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from nbmigrate import executor, results
from nbmigrate.model import EMPTY
from nbmigrate.plan import NO_ANSWERS, Answers, Plan
from nbmigrate.postgresql.releases import require_release
from nbmigrate.workspace import generating, git, handwritten, keeping, linting, looking, migrating
from nbmigrate.workspace.evidence import with_evidence
from nbmigrate.workspace.ledger_entries import ledger_change
from nbmigrate.workspace.migrating import MigrateOptions
from nbmigrate.workspace.prechecks import with_prechecks
from nbmigrate.workspace.project import Project
from nbmigrate.workspace.sources import Source, recorded

#: A push is somebody waiting at a screen: a running migrate is not waited for for long.
PUSH_WAIT_MS = 10_000


class MigrationCommands(Project):
    """Commands that change the database or the migrations: push, generate, migrate, status, check."""

    def push(  # noqa: PLR0913 - a source, answers, and how to go about it
        self,
        source: str = "declared",
        *,
        answers: Answers = NO_ANSWERS,
        dry_run: bool = False,
        agree: Callable[[Plan], bool] | None = None,
        keep: bool = True,
        release_own: bool = False,
        on_event: executor.OnEvent | None = None,
    ) -> results.PushResult:
        """Bring the database to the source at once, all or nothing; without a file.

        With open questions, with ``dry_run``, or when ``agree`` says no to the plan, nothing is
        applied.
        What is lost is kept for an undo unless ``keep`` is off. ``release_own`` rolls back
        transactions of this process that are in the way.

        Raises:
            StatementFailedError: PostgreSQL refused a statement; everything is as before.
            UnsupportedOperationError: the server is too old for something that is declared.
            DriftError: the database changed since the plan was made.
        """
        return self.push_source(
            self.source(source),
            answers=answers,
            dry_run=dry_run,
            agree=agree,
            keep=keep,
            release_own=release_own,
            on_event=on_event,
        )

    def push_source(  # noqa: PLR0913 - those of push
        self,
        new: Source,
        *,
        answers: Answers = NO_ANSWERS,
        dry_run: bool = False,
        agree: Callable[[Plan], bool] | None = None,
        keep: bool = True,
        release_own: bool = False,
        on_event: executor.OnEvent | None = None,
        fill: Callable[[], None] | None = None,
    ) -> results.PushResult:
        """Push a source that was read already; ``fill`` runs in the same transaction, at its end."""
        live = self.live.read(new.snapshot, (*new.renames, *answers.renames))
        started = time.perf_counter()
        old = Source(live.snapshot, "live", is_live=True)
        found, not_declared = self.compare(old, new, answers)
        require_release(found.operations, self.target.connection.info.server_version)
        checked = with_prechecks(self.target.connection, found)
        checked = with_evidence(self.target.connection, checked)
        kept = keeping.with_keeping(self, checked, keep=keep)
        plan = kept.plan
        applied: Sequence[Any] = ()
        is_asked = plan.questions or dry_run or (agree is not None and not agree(plan))
        if plan.statements and not is_asked:
            applied = self._apply(kept, live.fingerprint, on_event, fill, release_own=release_own)
        return results.PushResult(
            plan=plan,
            applied=tuple(
                results.AppliedStatement(sql=a.sql, ms=a.ms, rows=a.rows) for a in applied
            ),
            ms=(time.perf_counter() - started) * 1000,
            database=self.target.database,
            dry_run=dry_run,
            not_declared=not_declared,
            undo=kept.number if applied else 0,
            keeps=keeping.keeps(kept.holding),
        )

    def _apply(
        self,
        kept: keeping.KeptPlan,
        mark: str,
        on_event: executor.OnEvent | None,
        fill: Callable[[], None] | None,
        *,
        release_own: bool,
    ) -> Sequence[Any]:
        connection = self.target.connection
        change = ledger_change(kept.plan.operations, executor.read_ledger(connection))
        keeping.tell_copies(kept.holding, on_event)

        def guard() -> None:
            self.live.require(connection, mark)
            keeping.require_number(connection, kept.number)

        def finish() -> None:
            if fill is not None:
                fill()
            executor.record(connection, **change._asdict())
            after = self.live.read_inside(connection, (kept.plan.old, kept.plan.new))
            keeping.record_push(connection, kept, after)

        applied = executor.apply(
            connection,
            kept.plan.statements,
            guard=guard,
            finish=finish,
            on_event=on_event,
            settings=self.executor_settings(lock_wait_ms=PUSH_WAIT_MS, release_own=release_own),
            label=f"push {kept.number}",
        )
        keeping.record_rest(connection, kept, self.settings.schemas)
        return applied

    def generate(  # noqa: PLR0913 - what a migration can be made from
        self,
        name: str | None = None,
        source: str = "declared",
        *,
        answers: Answers = NO_ANSWERS,
        custom: bool = False,
        sql: str | None = None,
        refresh: str | None = None,
        git_add: bool = False,
    ) -> results.GenerateResult:
        """Write what no migration holds yet as the next migration: all its files, or none.

        ``custom`` writes an empty one; ``sql`` one that was written by hand, with the snapshot
        that replaying the folder gives it. ``refresh`` names the last migration: only its snapshot
        is written anew, from its SQL.
        ``git_add`` stages the written files.

        Raises:
            JournalError: the folder cannot be continued; nothing was written.
            GitError: there is nothing to stage them in; nothing was written.
        """
        if git_add:
            git.require_repository(self.root)
        if refresh is not None:
            result = handwritten.refresh(self, refresh)
        elif sql is not None:
            result = handwritten.by_hand(self, name, sql)
        else:
            result = generating.generate(self, name, source, answers=answers, custom=custom)
        return git.staged(result, self.root) if git_add else result

    def migrate(
        self,
        *,
        to: str | None = None,
        dry_run: bool = False,
        on_event: Callable[[Any], None] | None = None,
        **more: bool,
    ) -> results.MigrateResult:
        """Apply the pending migrations, in order, each once and in a transaction of its own.

        ``more`` are the switches of :class:`.MigrateOptions`: ``offline`` makes a script for
        psql, ``allow_missing`` and ``allow_late`` go on all the same, ``release_own`` rolls
        back transactions of this process that are in the way.

        Raises:
            EditedMigrationError: an applied file was changed; nothing ran.
            StatementFailedError: the migration it is in left nothing behind.
        """
        options = MigrateOptions(to=to, dry_run=dry_run, **more)
        return migrating.migrate(self, options, on_event)

    def restore(self, tag: str) -> results.InitResult:
        """Write the missing file of an applied migration again, from the database's journal.

        Raises:
            MissingFileError: the journal does not have it, or the file is there.
        """
        return migrating.restore(self, tag)

    def status(self) -> results.StatusResult:
        """Migrations and their state, and the difference between them and the database."""
        return looking.status(self)

    def check(self, source: str | None = None, *, strict: bool = False) -> results.CheckResult:
        """Is the folder sound, and does it hold what is declared? Needs no database.

        Hazards that the files do not accept are listed; with ``strict`` they count.
        Only SQL that somebody wrote by hand is run, once, on the embedded server.
        """
        plan = None
        if source or self.declared != EMPTY:
            old = Source(recorded(self.journal), "recorded")
            plan = self.compare(old, self.source(source or "declared"), NO_ANSWERS).plan
        problems = tuple(
            results.Problem(code=p.code, path=str(p.path), text=p.text, hint=p.hint)
            for p in self.journal.check()
        )
        problems += handwritten.find_stale(self)
        return results.CheckResult(
            problems=problems, plan=plan, findings=linting.lint(self), strict=strict
        )

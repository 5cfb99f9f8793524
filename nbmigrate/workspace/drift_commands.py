"""Commands about a database that is not what its migrations say: drift, adopt."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nbmigrate import results
from nbmigrate.executor import OnEvent
from nbmigrate.plan import NO_ANSWERS, Answers, Plan
from nbmigrate.workspace import drifting
from nbmigrate.workspace.migration_commands import MigrationCommands


class DriftCommands(MigrationCommands):
    """Commands about a database that is not what its migrations say: drift, adopt."""

    def drift(self) -> results.DriftResult:
        """What leads the database back to what its applied migrations say."""
        return drifting.find(self)

    def accept_drift(
        self, paths: Sequence[str] = (), *, name: str | None = None
    ) -> results.DriftResult:
        """Write the database's form of the objects as a migration that is applied here already.

        Raises:
            JournalError: migrations wait to be applied; what they make is no drift.
            SourceError: a path is none of the objects that differ.
        """
        return drifting.accept(self, paths, name)

    def ignore_drift(self, paths: Sequence[str] = ()) -> results.DriftResult:
        """Write down, in the migrations folder, that the objects may differ."""
        return drifting.ignore(self, paths)

    def revert_drift(
        self,
        *,
        answers: Answers = NO_ANSWERS,
        dry_run: bool = False,
        agree: Callable[[Plan], bool] | None = None,
        release_own: bool = False,
        on_event: OnEvent | None = None,
    ) -> results.PushResult:
        """Bring the database back to its applied migrations, as a push does: all or nothing.

        Raises:
            NothingAppliedError: no migration is applied here.
        """
        return self.push(
            drifting.APPLIED,
            answers=answers,
            dry_run=dry_run,
            agree=agree,
            release_own=release_own,
            on_event=on_event,
        )

    def adopt(self, tag: str | None = None) -> results.AdoptResult:
        """Mark the migrations as applied whose schema this database has already.

        Raises:
            DriftError: the database equals none of them; what would be missing is told.
        """
        return drifting.adopt(self, tag)

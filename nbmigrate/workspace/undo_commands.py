"""Commands that take back: undo, its stack, its trash."""

from __future__ import annotations

from nbmigrate import executor, results
from nbmigrate.plan import NO_ANSWERS, Answers
from nbmigrate.workspace import trash, undoing
from nbmigrate.workspace.project import Project


class UndoCommands(Project):
    """Commands that take back: undo, its stack, its trash."""

    def undo(
        self,
        *,
        answers: Answers = NO_ANSWERS,
        dry_run: bool = False,
        with_data: bool = True,
        number: int | None = None,
        release_own: bool = False,
        on_event: executor.OnEvent | None = None,
    ) -> results.UndoResult:
        """Take the last push or migration back, with its data, all or nothing.

        With a ``number`` only when that is the last one. ``release_own`` rolls back transactions
        of this process that are in the way.

        Raises:
            NothingToUndoError: nothing was pushed here, or all of it is undone.
            UndoOvertakenError: the last one is not ``number``; nothing was run.
            UndoConflictError: what it made was changed since; nothing was run.
            UndoPurgedError: its data is gone; ``with_data=False`` takes the schema back.
        """
        return undoing.undo(
            self,
            answers=answers,
            dry_run=dry_run,
            with_data=with_data,
            number=number,
            release_own=release_own,
            on_event=on_event,
        )

    def undo_list(self) -> results.TrashResult:
        """What can be undone, newest first, and what is kept for it."""
        return trash.stack(self)

    def undo_purge(self, number: int | None = None, *, agreed: bool = False) -> results.PurgeResult:
        """Throw kept data away for good; without ``agreed``, ask with the counts."""
        return trash.purge(self, number, agreed=agreed)

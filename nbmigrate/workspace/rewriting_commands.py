"""Commands that put the migrations folder in order: rebase, repair."""

from __future__ import annotations

from nbmigrate import results
from nbmigrate.workspace import rewriting
from nbmigrate.workspace.project import Project


class RewritingCommands(Project):
    """Commands that put the migrations folder in order: rebase, repair."""

    def rebase(self, *tags: str) -> results.RebaseResult:
        """Put migrations behind all others, by default the later one of each pair.

        Their numbers, snapshots and down scripts are made anew; the SQL stays word for word.
        Every file is run in the new order on an empty database first.

        Raises:
            JournalError: the SQL does not run in that order; nothing is written.
            ServerError: there is no embedded PostgreSQL to run it on.
        """
        return rewriting.rebase(self, tags)

    def repair(self, tag: str) -> results.RepairResult:
        """Make the damaged or missing snapshot of a migration again, by running the files.

        Raises:
            JournalError: they do not run; nothing is written.
            ServerError: there is no embedded PostgreSQL to run them on.
        """
        return rewriting.repair(self, tag)

"""The command that fills rows batch by batch: backfill."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from nbmigrate.commands.arguments import Argument, switch
from nbmigrate.commands.command import Command
from nbmigrate.errors import UsageConflictError

if TYPE_CHECKING:
    from nbmigrate.executor.backfilling import BatchDone
    from nbmigrate.executor.events import Retried
    from nbmigrate.results import Result
    from nbmigrate.workspace import Workspace


def _backfill(workspace: Workspace, given: argparse.Namespace) -> Result:
    change = getattr(given, "function", None) or given.set
    if not change:
        raise UsageConflictError(
            "a backfill needs what to set",
            hint=f'backfill {given.table} --set "column = expression"',
        )
    return workspace.backfill(
        given.table,
        change,
        where=given.where,
        batch=given.batch,
        resume=given.resume,
        restart=given.restart,
        on_event=getattr(given, "on_event", _tell),
    )


def _tell(event: BatchDone | Retried) -> None:
    """The progress on a terminal, in one line that is written over."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{progress_text(event)}\033[K")
        sys.stderr.flush()


def progress_text(event: BatchDone | Retried) -> str:
    """One line about how far it is."""
    from nbmigrate.executor.backfilling import BatchDone

    if isinstance(event, BatchDone):
        speed = f"{event.rows_per_second:,.0f} rows/s"
        return f"{event.table}: {event.total_rows:,} rows, batch {event.batch:,}, {speed}"
    blockers = "; ".join(map(str, event.blockers))
    return f"{event.tag}: a lock was not granted, attempt {event.attempt}. {blockers}"


COMMANDS: tuple[Command, ...] = (
    Command(
        "backfill",
        "Change the rows of a table in batches, each committed with its place; can be resumed.",
        (
            Argument(("table",), "the table, e.g. users or app.users", {}, values="table"),
            Argument(
                ("--set",),
                'what to set, in SQL: "age = 0, name = lower(name)"',
                {"metavar": "SQL"},
            ),
            Argument(("--where",), "only these rows, in SQL", {"metavar": "SQL"}),
            Argument(
                ("--batch",),
                "rows per transaction (10000)",
                {"type": int, "default": 10_000, "metavar": "N"},
            ),
            switch("--resume", help="go on behind an unfinished backfill that was another text"),
            switch("--restart", help="begin anew, also when it is done"),
            switch("--sql", help="the cell is the SET list in SQL", place="magic"),
        ),
        _backfill,
    ),
)

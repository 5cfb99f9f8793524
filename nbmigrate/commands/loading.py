"""The command that loads a DataFrame, or a file of rows, into a table."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from nbmigrate.commands.arguments import DRY_RUN, Argument, repeated, switch
from nbmigrate.commands.command import Command
from nbmigrate.errors import UsageConflictError

if TYPE_CHECKING:
    from nbmigrate.data.copy_in import RowsCopied
    from nbmigrate.results import Result
    from nbmigrate.workspace import Workspace


def _load(workspace: Workspace, given: argparse.Namespace) -> Result:
    frame = getattr(given, "frame", None)
    if frame is None:
        from nbmigrate.workspace.loading import read_file

        frame = read_file(given.rows, workspace.root)
    return workspace.load(
        frame,
        given.table,
        append=given.append,
        upsert=_names(given.upsert),
        key=_names(given.key),
        types=dict(map(_type, given.type)),
        dry_run=given.dry_run,
        on_event=getattr(given, "on_event", _tell),
    )


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def _type(text: str) -> tuple[str, str]:
    name, sign, type_ = text.partition("=")
    if not sign or not type_:
        raise UsageConflictError(f"`{text}` is not a type such as column=text")
    return name, type_


def progress_text(event: RowsCopied) -> str:
    """One line for an event."""
    return f"{event.rows:,} of {event.total:,} rows copied"


def _tell(event: RowsCopied) -> None:
    sys.stderr.write(progress_text(event) + "\n")
    sys.stderr.flush()


COMMANDS: tuple[Command, ...] = (
    Command(
        "load",
        "Load a DataFrame, or a CSV or Parquet file, into a table: all rows or none.",
        (
            Argument(("rows",), "a .csv or .parquet file; in a notebook also a variable", {}),
            Argument(("table",), "the table, e.g. users or app.users", {}, values="table"),
            switch("--append", help="add the rows to a table that is there"),
            Argument(
                ("--upsert",), "change the rows with this key, add the others", {"metavar": "KEY"}
            ),
            Argument(("--key",), "the primary key of a new table", {"metavar": "A,B"}),
            repeated("--type", "COLUMN=TYPE", "the type of a column of a new table"),
            DRY_RUN,
        ),
        _load,
    ),
)

"""Commands that show a schema, and how it came about: schema, history."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nbmigrate.commands.arguments import SOURCE_HELP, Argument, switch
from nbmigrate.commands.command import Command
from nbmigrate.errors import UsageConflictError

if TYPE_CHECKING:
    from nbmigrate.results import Result
    from nbmigrate.workspace import Workspace


def _schema(workspace: Workspace, given: argparse.Namespace) -> Result:
    return workspace.schema(given.tables, source=given.of, svg=given.svg, mermaid=given.mermaid)


def _history(workspace: Workspace, given: argparse.Namespace) -> Result:
    if given.old and given.new:
        return workspace.difference(given.old, given.new)
    if given.old:
        raise UsageConflictError(
            "one migration alone is compared with nothing",
            hint=f"name two: history empty {given.old}, or history 0001 {given.old}",
        )
    return workspace.history(last=given.last)


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


COMMANDS: tuple[Command, ...] = (
    Command(
        "schema",
        "Show tables, what is in them, and the diagram of their references.",
        (
            Argument(
                ("tables",),
                "names of tables, or patterns such as 'sales.*'; all by default",
                {"nargs": "*", "metavar": "TABLE"},
                values="table",
            ),
            Argument(
                ("--from",),
                SOURCE_HELP + "declared (default where something is declared), live, recorded; "
                "or the tag of a migration",
                {"dest": "of", "metavar": "SOURCE"},
            ),
            Argument(("--svg",), "write the diagram to this file", {"metavar": "FILE"}),
            switch("--mermaid", help="only the diagram, as text for Mermaid"),
        ),
        _schema,
    ),
    Command(
        "history",
        "Show what each migration changed, or the difference between two.",
        (
            Argument(
                ("old",),
                "a migration: tag, number or name; empty for the time before the first",
                {"nargs": "?", "metavar": "A"},
                values="migration",
            ),
            Argument(("new",), "another one", {"nargs": "?", "metavar": "B"}, values="migration"),
            Argument(
                ("--last",),
                "how many of the newest are listed (50)",
                {"type": _number, "default": 50, "metavar": "NUMBER"},
            ),
        ),
        _history,
    ),
)

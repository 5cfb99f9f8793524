"""The command that hands a schema to other programs: export."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nbmigrate.commands.arguments import SOURCE_HELP, Argument, source_argument, switch
from nbmigrate.commands.command import Command

if TYPE_CHECKING:
    from nbmigrate.results import Result
    from nbmigrate.workspace import Workspace


def _export(workspace: Workspace, given: argparse.Namespace) -> Result:
    return workspace.export(given.source or "declared", sql=given.sql, output=given.output)


COMMANDS: tuple[Command, ...] = (
    Command(
        "export",
        "Write the declared schema as a Python module or as SQL, run and compared first.",
        (
            source_argument("SOURCE", "source", SOURCE_HELP + "declared (default)"),
            Argument(("--output", "-o"), "the file to write", {"metavar": "FILE"}),
            switch("--sql", help="DDL instead of a Python module"),
        ),
        _export,
        "always",
    ),
)

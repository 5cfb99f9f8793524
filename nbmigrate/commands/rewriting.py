"""Commands that put the migrations folder in order: rebase, repair."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nbmigrate.commands.arguments import Argument
from nbmigrate.commands.command import Command

if TYPE_CHECKING:
    from nbmigrate.results import Result
    from nbmigrate.workspace import Workspace


def _rebase(workspace: Workspace, given: argparse.Namespace) -> Result:
    return workspace.rebase(*given.tags)


def _repair(workspace: Workspace, given: argparse.Namespace) -> Result:
    return workspace.repair(given.tag)


COMMANDS: tuple[Command, ...] = (
    Command(
        "rebase",
        "Put the later one of two branches behind the other: numbers, snapshots, proof.",
        (
            Argument(
                ("tags",),
                "the migrations to move; without one, the later of each pair",
                {"nargs": "*", "metavar": "TAG"},
                values="migration",
            ),
        ),
        _rebase,
    ),
    Command(
        "repair",
        "Make a damaged or missing snapshot again, by running the files.",
        (Argument(("tag",), "the migration", {"metavar": "TAG"}, values="migration"),),
        _repair,
    ),
)

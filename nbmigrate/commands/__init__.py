"""The commands: one table, read by the CLI, the magics, their help and their completion.

A command calls the workspace and returns its result; how it is shown is up to
the caller. Each module of this folder holds a family of commands.
"""

from __future__ import annotations

from nbmigrate.commands import (
    backfill,
    changing,
    drift,
    exporting,
    loading,
    project,
    rewriting,
    rows,
    studio,
    undo,
    viewing,
)
from nbmigrate.commands.command import Command, answer_needed
from nbmigrate.commands.project import DECLARE

__all__ = ["COMMANDS", "DECLARE", "Command", "answer_needed", "find"]

COMMANDS: tuple[Command, ...] = (
    *changing.COMMANDS,
    *undo.COMMANDS,
    *drift.COMMANDS,
    *rewriting.COMMANDS,
    *project.COMMANDS,
    *viewing.COMMANDS,
    *exporting.COMMANDS,
    *rows.COMMANDS,
    *loading.COMMANDS,
    *studio.COMMANDS,
    *backfill.COMMANDS,
)


def find(name: str) -> Command:
    """The command of that name."""
    return next(command for command in COMMANDS if command.name == name)

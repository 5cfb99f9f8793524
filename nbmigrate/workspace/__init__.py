"""The facade: one project, its declarations, its migrations folder and its database.

Every command is the difference between two snapshots and what is done with it. What
is decided where: :mod:`sources` reads, :mod:`ownership` says what may go,
:mod:`compare` plans, :mod:`nbmigrate.executor` applies. The methods stand in a module
per family of commands; this class is all of them.
"""

from __future__ import annotations

from nbmigrate.workspace.backfill_commands import BackfillCommands
from nbmigrate.workspace.drift_commands import DriftCommands
from nbmigrate.workspace.export_commands import ExportCommands
from nbmigrate.workspace.loading_commands import LoadingCommands
from nbmigrate.workspace.rewriting_commands import RewritingCommands
from nbmigrate.workspace.row_commands import RowCommands
from nbmigrate.workspace.schema_commands import SchemaCommands
from nbmigrate.workspace.undo_commands import UndoCommands

__all__ = ["Workspace"]


class Workspace(
    SchemaCommands,
    DriftCommands,
    LoadingCommands,
    RewritingCommands,
    RowCommands,
    BackfillCommands,
    UndoCommands,
    ExportCommands,
):
    """A project and every command on it; the arguments are those of :class:`.Project`."""

"""Undo: what a push or a migration would lose is kept, recorded, and brought back.

``keep`` writes the statements that put it into schema ``nbmigrate_trash``, ``records`` the
stack of what was done, ``restore`` the statements that bring it back, of many rows by ``rewrite``. When and in what order
is decided in :mod:`nbmigrate.workspace.undoing`.
"""

from nbmigrate.executor.undo.keep import Keeping, keeping
from nbmigrate.executor.undo.records import TrashTable, UndoRecord
from nbmigrate.executor.undo.trash import Holding, Kept

__all__ = ["Holding", "Keeping", "Kept", "TrashTable", "UndoRecord", "keeping"]

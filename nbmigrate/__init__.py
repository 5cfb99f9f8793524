"""PostgreSQL schemas in Jupyter notebooks: declare, push, generate, migrate.

In a notebook: ``%load_ext nbmigrate``. In a shell: ``nbmigrate --help``. In Python:

>>> import nbmigrate
>>> old = nbmigrate.load_snapshot("migrations/meta/0000_snapshot.json")  # doctest: +SKIP
>>> new = nbmigrate.introspect("postgresql://localhost/app")  # doctest: +SKIP
>>> print(nbmigrate.make_plan(old, new).sql)  # doctest: +SKIP

Names are loaded on first use, so that ``%load_ext`` and ``--help`` stay fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from nbmigrate.lazily import getattr_of

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbmigrate.api import introspect, load_snapshot, make_plan
    from nbmigrate.errors import (
        AnswerNeededError,
        BrokenChainError,
        ConnectFailedError,
        DeclarationError,
        DiffError,
        DriftError,
        DuplicateObjectError,
        EditedMigrationError,
        ExecutionError,
        JournalError,
        LockTimeoutError,
        MigrationFileError,
        MissingFileError,
        NbmigrateError,
        RenameError,
        ServerError,
        SnapshotError,
        SnapshotFormatError,
        SnapshotVersionError,
        SourceError,
        StatementFailedError,
        UnsupportedOperationError,
        UnsupportedTypeError,
        UsageConflictError,
    )
    from nbmigrate.model import Snapshot
    from nbmigrate.plan import Answers, Plan
    from nbmigrate.workspace import Workspace

__version__ = "0.1.0"

__all__ = [
    "AnswerNeededError",
    "Answers",
    "BrokenChainError",
    "ConnectFailedError",
    "DeclarationError",
    "DiffError",
    "DriftError",
    "DuplicateObjectError",
    "EditedMigrationError",
    "ExecutionError",
    "JournalError",
    "LockTimeoutError",
    "MigrationFileError",
    "MissingFileError",
    "NbmigrateError",
    "Plan",
    "RenameError",
    "ServerError",
    "Snapshot",
    "SnapshotError",
    "SnapshotFormatError",
    "SnapshotVersionError",
    "SourceError",
    "StatementFailedError",
    "UnsupportedOperationError",
    "UnsupportedTypeError",
    "UsageConflictError",
    "Workspace",
    "__version__",
    "introspect",
    "load_ipython_extension",
    "load_snapshot",
    "make_plan",
    "unload_ipython_extension",
]


_HOMES = {
    "Answers": "nbmigrate.plan",
    "Plan": "nbmigrate.plan",
    "Snapshot": "nbmigrate.model",
    "Workspace": "nbmigrate.workspace",
    "introspect": "nbmigrate.api",
    "load_snapshot": "nbmigrate.api",
    "make_plan": "nbmigrate.api",
} | {name: "nbmigrate.errors" for name in __all__ if name.endswith("Error")}

if not TYPE_CHECKING:  # a checker knows the names, and is to tell of any other
    __getattr__ = getattr_of(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """``%load_ext nbmigrate``: register the magics; connect to nothing."""
    importlib.import_module("nbmigrate.extension").load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """``%unload_ext nbmigrate``: take the magics away and close the connection."""
    importlib.import_module("nbmigrate.extension").unload(shell)

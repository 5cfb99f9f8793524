"""Results: what every command returns. A result is a value that shows itself.

In a notebook it is HTML, in a terminal text, as ``.frame`` a pandas DataFrame and
as ``.as_dict()`` what ``--json`` prints. A command needs one of them: they are loaded on first use.
"""

from typing import TYPE_CHECKING

from nbmigrate.lazily import getattr_of

if TYPE_CHECKING:
    from nbmigrate.results.backfilling import BackfillResult, BackfillState
    from nbmigrate.results.changing import (
        AppliedMigration,
        AppliedStatement,
        DeclareResult,
        DiffResult,
        GenerateResult,
        MigrateResult,
        PushResult,
        WrittenFile,
    )
    from nbmigrate.results.drifting import AdoptResult, DriftResult
    from nbmigrate.results.exporting import ExportResult
    from nbmigrate.results.findings import Finding
    from nbmigrate.results.frames import FrameRows, StreamResult
    from nbmigrate.results.history import HistoryResult, HistoryStep
    from nbmigrate.results.loading import LoadedColumn, LoadResult
    from nbmigrate.results.pulling import PullResult
    from nbmigrate.results.result import Result
    from nbmigrate.results.rewriting import MovedMigration, RebaseResult, RepairResult
    from nbmigrate.results.schemas import SchemaResult
    from nbmigrate.results.showing import (
        CheckResult,
        ConnectResult,
        InitResult,
        MigrationState,
        Problem,
        QueryResult,
        RanStatement,
        StatusResult,
        StudioEndedResult,
        StudioResult,
        TableCard,
        TableResult,
    )
    from nbmigrate.results.undoing import (
        Keeps,
        PurgeResult,
        Restored,
        TrashEntry,
        TrashResult,
        UndoResult,
    )

__all__ = [
    "AdoptResult",
    "AppliedMigration",
    "AppliedStatement",
    "BackfillResult",
    "BackfillState",
    "CheckResult",
    "ConnectResult",
    "DeclareResult",
    "DiffResult",
    "DriftResult",
    "ExportResult",
    "Finding",
    "FrameRows",
    "GenerateResult",
    "HistoryResult",
    "HistoryStep",
    "InitResult",
    "Keeps",
    "LoadResult",
    "LoadedColumn",
    "MigrateResult",
    "MigrationState",
    "MovedMigration",
    "Problem",
    "PullResult",
    "PurgeResult",
    "PushResult",
    "QueryResult",
    "RanStatement",
    "RebaseResult",
    "RepairResult",
    "Restored",
    "Result",
    "SchemaResult",
    "StatusResult",
    "StreamResult",
    "StudioEndedResult",
    "StudioResult",
    "TableCard",
    "TableResult",
    "TrashEntry",
    "TrashResult",
    "UndoResult",
    "WrittenFile",
]

_NAMES = {
    "backfilling": ("BackfillResult", "BackfillState"),
    "changing": (
        "AppliedMigration",
        "AppliedStatement",
        "DeclareResult",
        "DiffResult",
        "GenerateResult",
        "MigrateResult",
        "PushResult",
        "WrittenFile",
    ),
    "drifting": ("AdoptResult", "DriftResult"),
    "exporting": ("ExportResult",),
    "findings": ("Finding",),
    "frames": ("FrameRows", "StreamResult"),
    "history": ("HistoryResult", "HistoryStep"),
    "loading": ("LoadResult", "LoadedColumn"),
    "pulling": ("PullResult",),
    "result": ("Result",),
    "rewriting": ("MovedMigration", "RebaseResult", "RepairResult"),
    "schemas": ("SchemaResult",),
    "showing": (
        "CheckResult",
        "ConnectResult",
        "InitResult",
        "MigrationState",
        "Problem",
        "QueryResult",
        "RanStatement",
        "StatusResult",
        "StudioEndedResult",
        "StudioResult",
        "TableCard",
        "TableResult",
    ),
    "undoing": ("Keeps", "PurgeResult", "Restored", "TrashEntry", "TrashResult", "UndoResult"),
}

if not TYPE_CHECKING:  # a checker knows the names, and is to tell of any other
    __getattr__ = getattr_of(
        __name__, {name: f"{__name__}.{home}" for home, names in _NAMES.items() for name in names}
    )


def __dir__() -> list[str]:
    return __all__

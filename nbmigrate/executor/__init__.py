"""The executing side: a live database, changed with care.

``migrate`` runs the pending files of a folder, ``apply`` the statements of a plan
(push). Both hold the migrator lock, step back from locked tables instead of
blocking everybody, and leave all or nothing of a transaction, also after a crash.
"""

from nbmigrate.executor.activity import Activity, Monitor, read_activity
from nbmigrate.executor.apply import apply, require_same
from nbmigrate.executor.backfilling import BatchDone, Job, backfill
from nbmigrate.executor.backfills import Backfill, unfinished
from nbmigrate.executor.blockers import Blocker, find_blockers
from nbmigrate.executor.connections import connect, sibling
from nbmigrate.executor.events import (
    Applied,
    AppliedStatement,
    Blocked,
    Event,
    KeepingBegun,
    LeftoverDropped,
    LockWaited,
    MigrationStarted,
    OnEvent,
    Released,
    Retried,
    SnapshotsFound,
)
from nbmigrate.executor.history import Status, forget, read_journal, read_status
from nbmigrate.executor.ledger import read_ledger, record
from nbmigrate.executor.lock import Holder, MigratorLock
from nbmigrate.executor.migrate import baseline, migrate, pending, up_to
from nbmigrate.executor.settings import Settings
from nbmigrate.executor.statements import LoggedStatement, read_statements
from nbmigrate.executor.urls import mask_url
from nbmigrate.postgresql.secrets import mask_sql

__all__ = [
    "Activity",
    "Applied",
    "AppliedStatement",
    "Backfill",
    "BatchDone",
    "Blocked",
    "Blocker",
    "Event",
    "Holder",
    "Job",
    "KeepingBegun",
    "LeftoverDropped",
    "LockWaited",
    "LoggedStatement",
    "MigrationStarted",
    "MigratorLock",
    "Monitor",
    "OnEvent",
    "Released",
    "Retried",
    "Settings",
    "SnapshotsFound",
    "Status",
    "apply",
    "backfill",
    "baseline",
    "connect",
    "find_blockers",
    "forget",
    "mask_sql",
    "mask_url",
    "migrate",
    "pending",
    "read_activity",
    "read_journal",
    "read_ledger",
    "read_statements",
    "read_status",
    "record",
    "require_same",
    "sibling",
    "unfinished",
    "up_to",
]

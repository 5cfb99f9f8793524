"""The executing side: a live database, changed with care.

``migrate`` runs the pending files of a folder, ``apply`` the statements of a plan
(push). Both hold the migrator lock, step back from locked tables instead of
blocking everybody, and leave all or nothing of a transaction, also after a crash.
"""

from nbmigrate.executor.apply import apply, require_same
from nbmigrate.executor.blockers import Blocker, find_blockers
from nbmigrate.executor.connections import connect, sibling
from nbmigrate.executor.events import (
    Applied,
    AppliedStatement,
    Blocked,
    Event,
    LeftoverDropped,
    LockWaited,
    MigrationStarted,
    OnEvent,
    Released,
    Retried,
    SnapshotsFound,
)
from nbmigrate.executor.history import Status, read_journal, read_status
from nbmigrate.executor.ledger import read_ledger, record
from nbmigrate.executor.lock import Holder, MigratorLock
from nbmigrate.executor.migrate import baseline, migrate, pending, up_to
from nbmigrate.executor.settings import Settings
from nbmigrate.executor.urls import mask_sql, mask_url

__all__ = [
    "Applied",
    "AppliedStatement",
    "Blocked",
    "Blocker",
    "Event",
    "Holder",
    "LeftoverDropped",
    "LockWaited",
    "MigrationStarted",
    "MigratorLock",
    "OnEvent",
    "Released",
    "Retried",
    "Settings",
    "SnapshotsFound",
    "Status",
    "apply",
    "baseline",
    "connect",
    "find_blockers",
    "mask_sql",
    "mask_url",
    "migrate",
    "pending",
    "read_journal",
    "read_ledger",
    "read_status",
    "record",
    "require_same",
    "sibling",
    "up_to",
]

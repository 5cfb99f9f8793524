"""A hazard as a value, and the live figures that say what it means on a table now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec.structs import replace

from nbmigrate.model.tables import Value
from nbmigrate.operations import Id

#: ``loses data`` cannot be had back from the schema; ``blocks`` holds a heavy lock while it
#: scans or rewrites, or waits for one; ``fails on data`` depends on the rows there.
Severity = Literal["loses data", "blocks", "fails on data"]
#: PostgreSQL's names of table locks (docs, Explicit Locking); empty where no table is locked.
Lock = Literal[
    "",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "ACCESS EXCLUSIVE",
]
#: What PostgreSQL does while it holds the lock. ``instant`` touches the catalogs alone.
Work = Literal["instant", "scan", "rewrite", "index build"]

#: Locks that let reads and writes pass (PostgreSQL docs, table "Conflicting Lock Modes").
HARMLESS_LOCKS = frozenset({"", "SHARE UPDATE EXCLUSIVE"})
#: Reads or writes of others may wait so long before a plan is worth a question.
HARMLESS_SECONDS = 2.0


class TableFacts(Value, frozen=True, kw_only=True):
    """What a table is right now.

    ``heap_bytes`` is the table with its TOAST, ``total_bytes`` with its indexes too; of a
    partitioned table all of its partitions. ``writes_per_minute`` is ``None`` where
    nothing was counted yet. ``open_transactions`` are other sessions that hold a lock on it.
    """

    rows: int
    heap_bytes: int
    index_bytes: int
    total_bytes: int
    writes_per_minute: float | None = None
    open_transactions: int = 0
    oldest_seconds: float = 0.0


#: Asks the database about tables, by the names that they have there; all in one go.
ReadFacts = Callable[[frozenset[Id]], Mapping[Id, TableFacts]]


class Hazard(Value, frozen=True, kw_only=True):
    """One thing to know before a plan is applied.

    ``rows``, ``bytes`` and ``estimate_seconds`` are known where a database was asked;
    ``meaning`` says in words what it is on this table now. ``allowed`` is the reason for
    which somebody accepted it.
    """

    code: str
    severity: Severity
    path: str
    text: str
    lock: Lock = ""
    work: Work = "instant"
    table: Id | None = None
    rows: int | None = None
    bytes: int | None = None
    writes_per_minute: float | None = None
    open_transactions: int | None = None
    estimate_seconds: float | None = None
    meaning: str = ""
    advice: str = ""
    allowed: str = ""

    @property
    def is_momentary(self) -> bool:
        """True when it comes from what others do at the moment, not from the plan."""
        return self.code == "NB214"

    @property
    def is_harmless(self) -> bool:
        """True when nothing is lost and nobody waits for long, as far as that is known."""
        if self.severity == "loses data" or self.is_momentary:
            return False
        if not self.blocks_others or self.work == "instant":
            return True
        return self.estimate_seconds is not None and self.estimate_seconds <= HARMLESS_SECONDS

    @property
    def needs_agreement(self) -> bool:
        """True when others would wait so long that somebody should say yes first."""
        is_known = self.severity == "loses data" or self.is_momentary or self.allowed
        return not is_known and not self.is_harmless

    @property
    def without_facts(self) -> Hazard:
        """The hazard as it is without a database."""
        return replace(
            self,
            rows=None,
            bytes=None,
            writes_per_minute=None,
            open_transactions=None,
            estimate_seconds=None,
            meaning="",
        )

    @property
    def blocks_others(self) -> bool:
        """True when reads or writes of others wait while it is at work."""
        return self.lock not in HARMLESS_LOCKS

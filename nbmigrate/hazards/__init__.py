"""What an operation can cost: its code, lock and work, and what is lost for good.

Pure functions of operations and of figures that somebody else reads
(:mod:`nbmigrate.postgresql.facts`). What each code means, on which versions, and the safe way
is in ``docs/hazards``.
"""

from __future__ import annotations

from nbmigrate.hazards.codes import CODES
from nbmigrate.hazards.costs import Context, Cost, costs
from nbmigrate.hazards.demands import needs_backfill
from nbmigrate.hazards.finding import find_hazards
from nbmigrate.hazards.hazard import Hazard, Lock, ReadFacts, Severity, TableFacts, Work

__all__ = [
    "CODES",
    "Context",
    "Cost",
    "Hazard",
    "Lock",
    "ReadFacts",
    "Severity",
    "TableFacts",
    "Work",
    "costs",
    "find_hazards",
    "needs_backfill",
]

"""Questions to the rows before a plan runs: which of them would stop it, or lose something.

Every check is a query that reads; nothing here runs one (:mod:`nbmigrate.workspace.prechecks`).
"""

from nbmigrate.postgresql.prechecks.casting import CUT, FUNCTION, SAMPLE_ROWS, Cast, cast_function
from nbmigrate.postgresql.prechecks.checks import RowCheck, row_checks
from nbmigrate.postgresql.prechecks.future import Future, Place, places

__all__ = [
    "CUT",
    "FUNCTION",
    "SAMPLE_ROWS",
    "Cast",
    "Future",
    "Place",
    "RowCheck",
    "cast_function",
    "places",
    "row_checks",
]

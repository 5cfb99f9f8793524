"""How patient and how careful a run is. Every clock, environment and random source comes in here."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Time limits, the place of the history table, and what tests replace.

    ``lock_wait_ms`` is how long another migrator is waited for; ``lock_timeout_ms`` how
    long one statement may stand in a lock queue (and so keep others waiting behind it)
    before the whole transaction steps back and tries again, ``attempts`` times.
    """

    history_schema: str = "drizzle"
    history_table: str = "__drizzle_migrations"
    application_name: str = "nbmigrate"
    lock_wait_ms: int = 600_000
    lock_timeout_ms: int = 2_000
    #: CREATE INDEX CONCURRENTLY keeps nobody waiting while it waits, and is dear to repeat.
    concurrent_lock_timeout_ms: int = 60_000
    attempts: int = 20
    allow_missing: bool = False
    folder: str = ""
    #: Roll back open transactions of this very process that are in the way.
    release_own: bool = False
    #: Says why a late migration must not be run after others that are applied; empty: it may.
    judge_late: Callable[[str, Sequence[str]], str] | None = None
    failpoint: str | None = None
    environ: dict[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random.random

    def backoff_seconds(self, attempt: int) -> float:
        """The pause after a failed attempt (1, 2, ...): doubling up to 3 s, half of it random."""
        longest = min(0.25 * 2.0 ** (attempt - 1), 3.0)
        return longest * (0.5 + 0.5 * self.random())

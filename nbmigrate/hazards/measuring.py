"""What a hazard means on its table now: rows, bytes, and how long others would wait.

The rates are on the careful side for a server with a local SSD and data that is not in memory;
they are for telling instant from a coffee from a night, not for a stop-watch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from nbmigrate import operations as o
from nbmigrate.hazards.costs import Context, costs
from nbmigrate.hazards.hazard import Hazard, TableFacts, Work
from nbmigrate.model import format_path
from nbmigrate.operations import Id

_MB = 1024 * 1024
#: Bytes per second. A scan reads the heap; a build reads and sorts it; a rewrite reads and
#: writes heap and indexes, and the WAL.
_RATES: Mapping[Work, int] = {"scan": 400 * _MB, "index build": 100 * _MB, "rewrite": 80 * _MB}
#: Below it nobody would notice.
_INSTANT_SECONDS = 0.1


def measured(hazard: Hazard, facts: Mapping[Id, TableFacts]) -> Hazard:
    """The hazard with the figures of its table, where they are known."""
    found = facts.get(hazard.table) if hazard.table else None
    if found is None:
        return hazard
    seconds = seconds_of(hazard.work, found)
    with_facts = replace(
        hazard,
        rows=found.rows,
        bytes=found.total_bytes,
        writes_per_minute=found.writes_per_minute,
        open_transactions=found.open_transactions,
        estimate_seconds=round(seconds, 3),
    )
    return replace(with_facts, meaning=_meaning(with_facts, found))


def seconds_of(work: Work, facts: TableFacts) -> float:
    """About how long the work takes on a table of that size."""
    if work == "instant":
        return 0.0
    amount = facts.total_bytes if work == "rewrite" else facts.heap_bytes
    return amount / _RATES[work]


def queues(
    operations: Iterable[o.Operation], facts: Mapping[Id, TableFacts], context: Context
) -> Iterator[Hazard]:
    """One hazard per table whose lock would be waited for, since others are in a transaction there."""
    seen: set[Id] = set()
    for op in operations:
        for cost in costs(op, context):
            found = facts.get(cost.table)
            if cost.table in seen or found is None or not found.open_transactions:
                continue
            if cost.lock != "ACCESS EXCLUSIVE":
                continue
            seen.add(cost.table)
            yield measured(_queue(cost.table, found), facts)


def _queue(table: Id, found: TableFacts) -> Hazard:
    number = found.open_transactions
    who = "1 open transaction holds" if number == 1 else f"{number} open transactions hold"
    age = f", the oldest for {duration(found.oldest_seconds)}"
    return Hazard(
        code="NB214",
        severity="blocks",
        path=format_path(*table),
        text=f"{who} a lock on the table{age}: the change waits for it, and others behind the change",
        lock="ACCESS EXCLUSIVE",
        table=table,
        advice="let it end first; meanwhile each attempt gives up after lock_timeout and tries again",
    )


def _meaning(hazard: Hazard, facts: TableFacts) -> str:
    """``37 rows: instant``, ``41 GB: rewrite, about 9 min under ACCESS EXCLUSIVE``."""
    seconds = hazard.estimate_seconds or 0.0
    rows = "1 row" if facts.rows == 1 else f"{facts.rows:,} rows"
    if hazard.work == "instant" or seconds < _INSTANT_SECONDS:
        return f"{rows}: instant"
    lock = f" under {hazard.lock}" if hazard.lock else ""
    load = _load(hazard)
    size = f"{rows}, {_size(facts.total_bytes)}"
    return f"{size}: {hazard.work}, about {duration(seconds)}{lock}{load}"


def _load(hazard: Hazard) -> str:
    """What would wait meanwhile."""
    rate = hazard.writes_per_minute
    if not hazard.blocks_others or not rate or rate < 1:
        return ""
    return f", while {rate:,.0f} writes a minute wait"


def _size(amount: float) -> str:
    for unit in ("B", "kB", "MB"):
        if amount < 1024:
            return f"{amount:,.0f} {unit}"
        amount /= 1024
    return f"{amount:,.0f} GB" if amount >= 10 else f"{amount:,.1f} GB"


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 1:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"

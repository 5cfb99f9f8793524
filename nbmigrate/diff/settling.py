"""Backfills whose rows are checked at the end of the transaction only, which ALTER TABLE does not await."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from nbmigrate.model import Snapshot, Table, key
from nbmigrate.operations import AddColumn, Operation, SetNotNull

_DEFERRED = re.compile(r"\bINITIALLY\s+DEFERRED\b", re.IGNORECASE)


def settled(operations: Iterable[Operation], old: Snapshot) -> list[Operation]:
    """The operations; one that fills a table with deferred triggers has them run at once."""
    return [
        msgspec.structs.replace(op, settles=True)
        if isinstance(op, AddColumn | SetNotNull)
        and op.backfill is not None
        and (table := old.tables.get(key(*op.table)))
        and _defers(table)
        else op
        for op in operations
    ]


def _defers(table: Table) -> bool:
    """True when an update may leave something to do for the end of the transaction."""
    options = table.primary_key_options
    keys = (*table.composite_primary_keys.values(), *((options,) if options else ()))
    parts = (*table.foreign_keys.values(), *table.unique_constraints.values(), *keys)
    texts = (
        *(exclusion.definition for exclusion in table.exclusions.values()),
        *(trigger.definition for trigger in table.triggers.values()),
    )
    return any(part.initially_deferred for part in parts) or any(map(_DEFERRED.search, texts))

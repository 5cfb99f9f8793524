"""What a declaration rarely speaks of stays as it is on objects that others made.

That the storage of a column or the owner of a sequence is not declared does not mean that it shall
go: who declares the table may not know of it. On an object of ours it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from nbmigrate.model import Column, CompositeType, Domain, Enum, Index, Sequence, Table, View

_UNSAID: Mapping[type[Any], tuple[str, ...]] = {
    Table: (
        *("force_rls", "replica_identity", "clustered_on", "statistics", "partition_of", "options"),
        *("partition_key", "inherits", "comment", "using"),
        *("rls_off", "policies", "is_rls_enabled"),  # without them, rows that were hidden are shown
    ),
    Column: ("storage", "compression", "statistics", "options", "comment"),
    Index: ("comment", "tablespace"),
    View: ("comment", "column_comments", "indexes", "clustered_on", "statistics"),
    Enum: ("comment",),
    Sequence: ("comment", "owned_by", "unlogged"),
    Domain: ("check_comments",),
    CompositeType: ("attribute_comments",),
}
_INSIDE = ("columns", "indexes")


def _is_said(name: str, new: object) -> bool:
    """Who declares policies wants them to hold."""
    return name == "rls_off" and bool(getattr(new, "policies", None))


def with_unsaid(old: Any, new: Any) -> Any:  # noqa: ANN401 - any object of the model
    """The new object with what the old one has and the new one does not speak of."""
    if old == new:
        return new
    changed = {
        name: getattr(old, name)
        for name in _UNSAID.get(type(new), ())
        if not getattr(new, name) and getattr(old, name) and not _is_said(name, new)
    }
    for part in _INSIDE:
        items = getattr(new, part, None)
        if isinstance(items, Mapping) and items:
            there = getattr(old, part)
            # nearly all are equal: they are not worth a call each
            differing = (n for n, item in items.items() if n in there and there[n] != item)
            more = {n: with_unsaid(there[n], items[n]) for n in differing}
            if any(item is not items[name] for name, item in more.items()):
                changed[part] = {**items, **more}
    return msgspec.structs.replace(new, **changed) if changed else new

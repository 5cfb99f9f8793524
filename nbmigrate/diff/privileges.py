"""Who may do what with views, sequences and routines.

What is created again, because something under it changed, gets its privileges again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec

from nbmigrate import operations as o
from nbmigrate.model import Grant, Snapshot

_FAMILIES: tuple[tuple[Literal["view", "sequence", "routine"], str], ...] = (
    ("view", "views"),
    ("sequence", "sequences"),
    ("routine", "functions"),
)


def without_privileges(snapshot: Snapshot) -> Snapshot:
    """The snapshot without what is compared here alone."""
    changed = {family: _bare(getattr(snapshot, family)) for _, family in _FAMILIES}
    return msgspec.structs.replace(snapshot, **changed)


def _bare(items: Mapping[str, Any]) -> Mapping[str, Any]:
    if all(item.privileges is None for item in items.values()):
        return items
    return {n: msgspec.structs.replace(i, privileges=None) for n, i in items.items()}


def spoken(snapshot: Snapshot, now: Snapshot) -> Snapshot:
    """The snapshot, saying "none" of the privileges that ``now`` has and it does not.

    Said nothing, they would stay; that nothing was granted is known when it was read from
    a database.
    """
    changed = {
        family: _said(getattr(snapshot, family), getattr(now, family))
        for family in ("tables", *(family for _, family in _FAMILIES))
    }
    return msgspec.structs.replace(snapshot, **changed)


def _said(items: Mapping[str, Any], there: Mapping[str, Any]) -> Mapping[str, Any]:
    unsaid = {
        name: msgspec.structs.replace(item, privileges={})
        for name, item in items.items()
        if item.privileges is None and name in there and there[name].privileges
    }
    return {**items, **unsaid} if unsaid else items


def diff_privileges(
    old: Snapshot, new: Snapshot, operations: Iterable[o.Operation]
) -> Iterator[o.SetPrivileges]:
    """The privileges that differ, where the new snapshot speaks of them at all."""
    made = set(_made(operations))
    for kind, family in _FAMILIES:
        before: Mapping[str, Any] = getattr(old, family)
        for name, item in getattr(new, family).items():
            there = before[name].privileges if name in before else None
            wanted = there if item.privileges is None else item.privileges
            had = {} if (kind, item.id) in made else there or {}
            yield from _between(kind, item.id, had, wanted or {})


def _made(operations: Iterable[o.Operation]) -> Iterator[tuple[str, o.Id]]:
    for op in operations:
        match op:
            case o.CreateView(view=view):
                yield "view", view.id
            case o.CreateSequence(sequence=sequence):
                yield "sequence", sequence.id
            case o.CreateFunction(function=function):
                yield "routine", function.id
            case _:
                pass


def _between(
    kind: Literal["view", "sequence", "routine"],
    id_: o.Id,
    had: Mapping[str, Grant],
    wanted: Mapping[str, Grant],
) -> Iterator[o.SetPrivileges]:
    for role in dict.fromkeys((*had, *wanted)):
        before, after = had.get(role), wanted.get(role)
        if before != after:
            yield o.SetPrivileges(kind=kind, table=id_, old=before, new=after)

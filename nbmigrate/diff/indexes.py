"""Differences between the indexes of one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec

from nbmigrate.diff.match import Matched, match
from nbmigrate.model import Index, Value
from nbmigrate.operations import CreateIndex, DropIndex, Id, IndexOp, RenameIndex

V = TypeVar("V", bound=Value)


def diff_indexes(
    table: Id, old: Mapping[str, Index], new: Mapping[str, Index]
) -> Iterator[IndexOp]:
    """Indexes to create, rename and drop; a changed one is dropped and created."""
    found, renamed = split_renamed(match(old, new))
    yield from (RenameIndex(table=table, old=a.name, new=b.name) for a, b in renamed)
    yield from (DropIndex(table=table, index=index) for index in found.removed)
    for before, after in found.changed:
        if _same_index(before, after):
            continue
        yield DropIndex(table=table, index=before)
        yield CreateIndex(table=table, index=after)
    yield from (CreateIndex(table=table, index=index) for index in found.added)


def _same_index(old: Index, new: Index) -> bool:
    """``CONCURRENTLY`` says how an index is built, not what it is."""
    return msgspec.structs.replace(old, concurrently=new.concurrently, comment=new.comment) == new


def split_renamed(found: Matched[V]) -> tuple[Matched[V], list[tuple[V, V]]]:
    """Take out the pairs that differ in nothing but the name.

    For a constraint or an index this is no guess: both readings end in the same schema,
    and the rename neither scans nor rewrites anything.
    """
    removed, added, renamed = list(found.removed), [], []
    for item in found.added:
        twin = next((r for r in removed if _nameless(r) == _nameless(item)), None)
        if twin is None:
            added.append(item)
        else:
            removed.remove(twin)
            renamed.append((twin, item))
    return Matched(tuple(added), tuple(removed), found.changed), renamed


def _nameless(item: V) -> V:
    return msgspec.structs.replace(item, name="")

"""What a change only adds: then the schema before it is the schema after it without these names.

A change that adds and does nothing else is told apart by trying: the new snapshot without
its additions must be the old one. Names are all that is needed, so no spelling matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from nbmigrate.diff.respell import truncate_key
from nbmigrate.model import Snapshot, Table

#: Family and name of an object, or of its table; then family and name of the part.
Made = tuple[tuple[str, ...], ...]

#: Whatever else a snapshot holds is compared as a whole, and must not differ.
_FAMILIES = ("tables", "enums", "sequences", "schemas")
_PARTS = ("columns", "indexes", "foreign_keys", "unique_constraints", "check_constraints")
_OBJECT = 2


def additions(old: Snapshot, new: Snapshot) -> Made | None:
    """What is added from ``old`` to ``new``; ``None`` when anything else is different too."""
    made = tuple(_added(old, new))
    return made if made and without(new, made) == old else None


def _added(old: Snapshot, new: Snapshot) -> Iterator[tuple[str, ...]]:
    for family in _FAMILIES:
        for name in getattr(new, family).keys() - getattr(old, family).keys():
            yield (family, name)
    for name in new.tables.keys() & old.tables.keys():
        table, before = new.tables[name], old.tables[name]
        if table is before or table.partition_key is not None:
            continue  # what a partitioned table gets, its partitions get: not only what is named
        for family in _PARTS:
            for part in getattr(table, family).keys() - getattr(before, family).keys():
                yield ("tables", name, family, part)


def without(snapshot: Snapshot, made: Made) -> Snapshot:
    """The snapshot as it was before these were added; names are cut as PostgreSQL cuts them."""
    changed: dict[str, dict[str, Any]] = {}
    for path in made:
        family, name = path[0], _named(getattr(snapshot, path[0]), path[1])
        items = changed.setdefault(family, dict(getattr(snapshot, family)))
        if len(path) == _OBJECT:
            items.pop(name, None)
        elif name in items:
            items[name] = _without_part(items[name], path[2], path[3])
    return msgspec.structs.replace(snapshot, **changed)


def _without_part(table: Table, family: str, part: str) -> Table:
    parts = getattr(table, family)
    gone = _named(parts, part)
    rest = {name: item for name, item in parts.items() if name != gone}
    return msgspec.structs.replace(table, **{family: rest})


def _named(items: Mapping[str, Any], name: str) -> str:
    return name if name in items else truncate_key(name)


def touched(snapshot: Snapshot, made: Made) -> Snapshot:
    """Of the snapshot, only the objects that were added or got something added."""
    found: dict[str, dict[str, Any]] = {}
    for path in made:
        items = getattr(snapshot, path[0])
        name = _named(items, path[1])
        if name in items:
            found.setdefault(path[0], {})[name] = items[name]
    return Snapshot(**found)


def around(after: Snapshot, all_made: Iterable[Made]) -> Iterator[tuple[Snapshot, Snapshot]]:
    """What each of the changes touched, before and after it, the last of them first.

    ``after`` is the schema behind the last one, ``all_made`` what they added in their order.
    """
    for made in reversed(tuple(all_made)):
        before = without(after, made)
        yield touched(before, made), touched(after, made)
        after = before

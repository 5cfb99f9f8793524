"""What a change only adds: then the schema before it is the schema after it without these names.

A change that adds and does nothing else is told apart by trying: the new snapshot without
its additions must be the old one. Names are all that is needed, so no spelling matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from nbmigrate import operations as o
from nbmigrate.diff.respell import truncate_key
from nbmigrate.model import Snapshot, Table
from nbmigrate.model.names import key

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


def as_made(snapshot: Snapshot, operations: Iterable[o.Operation]) -> Snapshot:
    """The snapshot, of each table that the operations made only what they name: the rest came later."""
    tables = dict(snapshot.tables)
    for name, families in _parts_made(operations).items():
        found = _named(tables, name)
        if found in tables:
            tables[found] = _only(tables[found], families)
    return msgspec.structs.replace(snapshot, tables=tables)


def _parts_made(operations: Iterable[o.Operation]) -> dict[str, dict[str, set[str]]]:
    """By table and family, what the tables that are made have, there or by a later operation."""
    made: dict[str, dict[str, set[str]]] = {}
    for op in operations:
        match op:
            case o.CreateTable(table=table):
                made[key(*table.id)] = {family: {*getattr(table, family)} for family in _PARTS}
            case o.CreateIndex(table=at, index=index) if key(*at) in made:
                made[key(*at)]["indexes"].add(index.name)
            case o.AddUnique(table=at, unique=unique) if key(*at) in made:
                made[key(*at)]["unique_constraints"].add(unique.name)
            case o.AddCheck(table=at, check=check) if key(*at) in made:
                made[key(*at)]["check_constraints"].add(check.name)
            case _:
                pass
    return made


def _only(table: Table, families: Mapping[str, Iterable[str]]) -> Table:
    parts: dict[str, Any] = {"triggers": {}, "rules": {}, "policies": {}, "statistics": {}}
    for family, names in families.items():
        there = getattr(table, family)
        known = {_named(there, name) for name in names}
        parts[family] = {name: part for name, part in there.items() if name in known}
    return msgspec.structs.replace(table, **parts)


def around(after: Snapshot, all_made: Iterable[Made]) -> Iterator[tuple[Snapshot, Snapshot]]:
    """What each of the changes touched, before and after it, the last of them first.

    ``after`` is the schema behind the last one, ``all_made`` what they added in their order.
    """
    for made in reversed(tuple(all_made)):
        before = without(after, made)
        yield touched(before, made), touched(after, made)
        after = before

"""What objects of a snapshot are made of: those that must be there for some others to be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from nbmigrate.diff.match import NameIndex
from nbmigrate.diff.texts import domain_text, index_text, joined, table_text, type_names, type_text
from nbmigrate.model import Snapshot, Table, View

Place = tuple[str, str]

#: The maps of a snapshot whose objects are made of others.
FAMILIES = ("tables", "views", "enums", "domains", "types", "functions")


def reach(snapshot: Snapshot, names: Iterable[Place]) -> Snapshot:
    """The part of the snapshot that must stand for the objects (map, key) to stand.

    Sequences and schemas stay. What a text may speak of counts, so it is rather too much.
    """
    texts = dict(_texts(snapshot))
    named: defaultdict[str, set[Place]] = defaultdict(set)
    for place in texts:
        for name in _names(getattr(snapshot, place[0])[place[1]]):
            named[name].add(place)
    index = NameIndex(named)
    found: set[Place] = set()
    waiting = [place for place in names if place in texts]
    while waiting:
        place = waiting.pop()
        if place in found:
            continue
        found.add(place)
        waiting += [other for name in index.find(texts[place]) for other in named[name] - found]
    return _only(snapshot, found)


def _only(snapshot: Snapshot, found: set[Place]) -> Snapshot:
    maps = {
        family: {k: v for k, v in getattr(snapshot, family).items() if (family, k) in found}
        for family in FAMILIES
    }
    return msgspec.structs.replace(snapshot, **maps, roles={}, policies={})


def _names(item: Any) -> Iterator[str]:  # noqa: ANN401 - an object of any family
    if hasattr(item, "subtype"):
        yield from type_names(item)
    else:
        yield item.name


def _texts(snapshot: Snapshot) -> Iterator[tuple[Place, str]]:
    for key, table in snapshot.tables.items():
        yield ("tables", key), _table(table)
    for key, view in snapshot.views.items():
        yield ("views", key), joined((view.definition, _attached(view)))
    for key in snapshot.enums:
        yield ("enums", key), ""
    for key, domain in snapshot.domains.items():
        yield ("domains", key), domain_text(domain)
    for key, found in snapshot.types.items():
        yield ("types", key), type_text(found)
    for key, function in snapshot.functions.items():
        yield ("functions", key), function.definition


def _table(table: Table) -> str:
    policies = (t for p in table.policies.values() for t in (p.using, p.with_check))
    indexes = map(index_text, table.indexes.values())
    return joined((table_text(table), *indexes, *policies, _attached(table)))


def _attached(item: Table | View) -> str:
    triggers = (trigger.definition for trigger in item.triggers.values())
    return joined((*triggers, *(rule.definition for rule in item.rules.values())))

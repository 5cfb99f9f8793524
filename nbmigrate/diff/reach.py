"""What objects of a snapshot are made of: those that must be there for some others to be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

import msgspec

from nbmigrate.diff.components import components
from nbmigrate.diff.match import NameIndex
from nbmigrate.diff.texts import domain_text, index_text, joined, table_text, type_names, type_text
from nbmigrate.model import (
    CompositeType,
    Definition,
    Domain,
    Function,
    RangeType,
    Snapshot,
    Table,
    View,
)

Place = tuple[str, str]

#: The maps of a snapshot whose objects are made of others.
FAMILIES = ("tables", "views", "enums", "domains", "types", "functions", "definitions")


class Reach:
    """Which objects of a snapshot may speak of which; what a text may speak of counts."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._there = {(family, key) for family in FAMILIES for key in getattr(snapshot, family)}
        self._named: defaultdict[str, set[Place]] = defaultdict(set)
        for place in self._there:
            for name in _names(getattr(snapshot, place[0])[place[1]]):
                self._named[name].add(place)
        self._index = NameIndex(self._named)
        self._found: dict[Place, set[Place]] = {}

    def neighbours(self, place: Place) -> set[Place]:
        """What the object itself speaks of; never itself."""
        if place not in self._found:
            names = self._index.find(_text(self._snapshot, place))
            self._found[place] = {o for name in names for o in self._named[name]} - {place}
        return self._found[place]

    def part(self, places: Iterable[Place]) -> Snapshot:
        """The part of the snapshot that must stand for the objects to stand.

        Sequences and schemas stay. It is rather too much than too little.
        """
        found: set[Place] = set()
        waiting = [place for place in places if place in self._there]
        # no text speaks of a cast
        waiting += [
            ("definitions", key)
            for key, d in self._snapshot.definitions.items()
            if d.kind == "cast"
        ]
        while waiting:
            place = waiting.pop()
            if place not in found:
                found.add(place)
                waiting += self.neighbours(place) - found
        return _only(self._snapshot, found)

    def digests(self, places: Iterable[Place]) -> dict[Place, str]:
        """A digest of each object and of all that it stands on, however deep.

        Objects that speak of each other stand on each other (Tarjan's components).
        """
        known = {place for place in places if place in self._there}
        found: dict[Place, str] = {}
        for component in components(known, self.neighbours):
            inside = set(component)
            beneath = {found[n] for place in component for n in self.neighbours(place) - inside}
            text = [*sorted(map(self._own, component)), *sorted(beneath)]
            digest = sha256("\0".join(text).encode(errors="surrogatepass")).hexdigest()
            found.update(dict.fromkeys(component, digest))
        return {place: sha256(f"{place} {found[place]}".encode()).hexdigest() for place in known}

    def _own(self, place: Place) -> str:
        item = getattr(self._snapshot, place[0])[place[1]]
        body = msgspec.json.encode(item, order="deterministic")
        return f"{place}{sha256(body).hexdigest()}"


def reach(snapshot: Snapshot, names: Iterable[Place]) -> Snapshot:
    """The part of the snapshot that must stand for the objects (map, key) to stand."""
    return Reach(snapshot).part(names)


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


def _text(snapshot: Snapshot, place: Place) -> str:  # noqa: PLR0911 - one for each kind
    """All that the object says, as one text."""
    match getattr(snapshot, place[0])[place[1]]:
        case Table() as table:
            return _table(table)
        case View() as view:
            return joined((view.definition, _attached(view)))
        case Domain() as domain:
            return domain_text(domain)
        case CompositeType() | RangeType() as found:
            return type_text(found)
        case Function() as function:
            return function.definition
        case Definition() as whole:
            return joined((whole.definition, *_classes(whole, snapshot)))
        case _:
            return ""


def _classes(family: Definition, snapshot: Snapshot) -> Iterator[str]:
    """The operator classes of a family: what they hold may be the family's (GiST, GIN)."""
    if family.kind == "operator family":
        for found in snapshot.definitions.values():
            if found.kind == "operator class" and family.name in found.definition:
                yield found.name


def _table(table: Table) -> str:
    policies = (t for p in table.policies.values() for t in (p.using, p.with_check))
    indexes = map(index_text, table.indexes.values())
    return joined((table_text(table), *indexes, *policies, _attached(table)))


def _attached(item: Table | View) -> str:
    triggers = (trigger.definition for trigger in item.triggers.values())
    return joined((*triggers, *(rule.definition for rule in item.rules.values())))

"""Two snapshots in one spelling: where texts differ, PostgreSQL says whether they mean the same.

What it says about an object is kept by the content of the object and of all that
it stands on, so that only what changed is ever asked again.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from collections.abc import Set as AbstractSet
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
import psycopg

from nbmigrate.diff.reach import Place, Reach
from nbmigrate.errors import StatementFailedError
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
from nbmigrate.postgresql.built import with_texts
from nbmigrate.postgresql.keyless import with_keys, without_keys
from nbmigrate.postgresql.scratch import canonical_on_server
from nbmigrate.postgresql.spelling import canonical_pair

_replace = msgspec.structs.replace

#: Answers by digest of the question; the caller decides where they are kept.
Cache = MutableMapping[str, bytes]

SESSION_ROLES = frozenset({"current_user", "current_role", "session_user"})


def _resolved(roles: tuple[str, ...], user: str) -> tuple[str, ...]:
    return tuple(sorted(user if role in SESSION_ROLES else role for role in roles))


class Scratch(NamedTuple):
    """Brings two snapshots into one spelling, asking the server only where texts differ."""

    connection: psycopg.Connection[Any]
    cache: Cache

    @staticmethod
    def is_needed(old: Snapshot, new: Snapshot) -> bool:
        """True when two snapshots in our own spelling differ in a text that may mean the same."""
        policies = [p for t in new.tables.values() for p in t.policies.values()]
        return any(SESSION_ROLES.intersection(policy.to) for policy in policies) or any(
            _differing(old, new)
        )

    def pair(
        self,
        old: Snapshot,
        new: Snapshot,
        *,
        old_is_live: bool = False,
        built: AbstractSet[str] = frozenset(),
    ) -> tuple[Snapshot, Snapshot]:
        """``old`` and ``new`` in one spelling.

        Of the tables that are ``built`` the old ones were just made of the new ones' texts: the
        answers are there already.
        """
        old, new = canonical_pair(old, new)
        if built:
            new = self._learn(old, new, built)
        return self.settle(old, new, old_is_live=old_is_live)

    def _learn(self, live: Snapshot, new: Snapshot, built: AbstractSet[str]) -> Snapshot:
        places = [p for p in _differing(live, new) if p[0] == "tables" and p[1] in built]
        found = {key: with_texts(new.tables[key], live.tables[key]) for _, key in places}
        digests = self._digests(Reach(new), new, places)
        self.cache.update({d: msgspec.json.encode(found[key]) for (_, key), d in digests.items()})
        return _replace(new, tables={**new.tables, **found})

    def settle(
        self, old: Snapshot, new: Snapshot, *, old_is_live: bool = False
    ) -> tuple[Snapshot, Snapshot]:
        """Two snapshots that are in our own spelling already, in one spelling.

        A live snapshot is in PostgreSQL's words already and is asked about only when
        those differ from what PostgreSQL makes of the new one: its own words, read
        again, may come back in a third form.
        """
        same = self._with_roles(old), self._with_roles(new)
        for attempt in range(2):
            names = differing_texts(*same)
            if not names:
                break
            ask_old = attempt > 0 or not old_is_live
            first = self._ask_old(same[0], names) if ask_old else same[0]
            same = first, self._ask(same[1], names)
        return same

    def _with_roles(self, snapshot: Snapshot) -> Snapshot:
        """A policy TO current_user keeps who that was when it was created."""
        policies = [p for t in snapshot.tables.values() for p in t.policies.values()]
        if not any(SESSION_ROLES.intersection(p.to) for p in policies):
            return snapshot
        user = self.connection.info.user
        tables = {
            name: _replace(
                table,
                policies={
                    n: _replace(p, to=_resolved(p.to, user)) for n, p in table.policies.items()
                },
            )
            for name, table in snapshot.tables.items()
        }
        return _replace(snapshot, tables=tables)

    def _ask_old(self, snapshot: Snapshot, names: frozenset[Place]) -> Snapshot:
        """The old snapshot as far as it stands: a view may speak of what has another name now."""
        try:
            return self._ask(snapshot, names)
        except StatementFailedError:
            without = _replace(snapshot, views={})
        try:
            found = self._ask(without, names - snapshot.views.keys())
        except StatementFailedError:
            return snapshot
        return _replace(found, views=snapshot.views)

    def _ask(self, snapshot: Snapshot, names: frozenset[Place]) -> Snapshot:
        """The snapshot with the objects in PostgreSQL's words, each asked about once for ever."""
        reached = Reach(snapshot)
        digests = self._digests(reached, snapshot, names)
        unknown = [place for place, digest in digests.items() if digest not in self.cache]
        if unknown:
            part = reached.part(unknown)
            found = with_keys(canonical_on_server(self.connection, without_keys(part)), part)
            self.cache.update({digests[place]: _written(found, place) for place in unknown})
        changed: dict[str, dict[str, Any]] = {}
        for place, digest in digests.items():
            family, name = place
            items = changed.setdefault(family, dict(getattr(snapshot, family)))
            items[name] = msgspec.json.decode(self.cache[digest], type=_TYPES[family])
        return _replace(snapshot, **changed)

    def _digests(
        self, reached: Reach, snapshot: Snapshot, places: Iterable[Place]
    ) -> dict[Place, str]:
        """What is asked about each place."""
        context = f"{self.connection.info.server_version} {_extensions(snapshot)}"
        return {
            # objects that speak of each other have one digest, and an answer each
            place: sha256(f"{context} {place} {digest}".encode()).hexdigest()
            for place, digest in reached.digests(places).items()
        }


_TYPES: Mapping[str, Any] = {
    "tables": Table,
    "views": View,
    "domains": Domain,
    "types": CompositeType | RangeType,
    "functions": Function,
    "definitions": Definition,
}


def _extensions(snapshot: Snapshot) -> str:
    return msgspec.json.encode(snapshot.extensions, order="deterministic").decode()


def _written(snapshot: Snapshot, place: Place) -> bytes:
    family, name = place
    return msgspec.json.encode(getattr(snapshot, family)[name])


def differing_texts(old: Snapshot, new: Snapshot) -> frozenset[Place]:
    """The objects (map, key) that both have and in which some SQL text differs."""
    return frozenset(_differing(old, new))


def _differing(old: Snapshot, new: Snapshot) -> Iterator[Place]:
    yield from (("tables", name) for name in _common_keys(old.tables, new.tables, _texts_differ))
    yield from (("views", name) for name in _common_keys(old.views, new.views, _view_differs))
    for family in ("domains", "types", "functions"):
        before, after = getattr(old, family), getattr(new, family)
        yield from ((family, name) for name in _common_keys(before, after, operator.ne))
    found = _common_keys(old.definitions, new.definitions, _definition_differs)
    yield from (("definitions", name) for name in found)


def _common_keys(
    old: Mapping[str, Any], new: Mapping[str, Any], differ: Callable[[Any, Any], bool]
) -> Iterator[str]:
    for name, item in new.items():
        if name in old and item != old[name] and differ(old[name], item):
            yield name


def _definition_differs(old: Definition, new: Definition) -> bool:
    """An event trigger is in one spelling already; made for a look, it would fire."""
    return new.kind != "event trigger" and old.definition != new.definition


def _view_differs(old: View, new: View) -> bool:
    parts = (dict(_attached(old)), dict(_attached(new)))
    return old.definition != new.definition or _some_differ(*parts)


def _attached(item: Table | View) -> Iterator[tuple[tuple[str, str], object]]:
    for trigger in item.triggers.values():
        yield ("trigger", trigger.name), trigger.definition
    for rule in item.rules.values():
        yield ("rule", rule.name), rule.definition


def _texts_differ(old: Table, new: Table) -> bool:
    return _some_differ(dict(_texts(old)), dict(_texts(new)))


def _some_differ(before: Mapping[Any, object], after: Mapping[Any, object]) -> bool:
    """Whether a text of one name differs, or one that came may be one that went."""
    if any(name in before and before[name] != text for name, text in after.items()):
        return True
    gone = {kind for kind, _ in before.keys() - after.keys() if kind in _NAMELESS}
    return any(kind in gone for kind, _ in after.keys() - before.keys())


#: Kinds of texts that are one thing under another name when they say the same.
_NAMELESS = frozenset({"check", "index", "exclusion"})


def _texts(table: Table) -> Iterable[tuple[tuple[str, str], object]]:  # noqa: C901 - one loop per kind
    for column in table.columns.values():
        if column.default is not None:
            yield ("default", column.name), column.default
        if column.generated is not None:
            yield ("generated", column.name), column.generated.expression
        yield ("type", column.name), (column.type, column.type_schema)
    for check in table.check_constraints.values():
        yield ("check", check.name), check.value
    for index in table.indexes.values():
        yield ("index", index.name), (index.where, index.columns, index.options)
    for exclusion in table.exclusions.values():
        yield ("exclusion", exclusion.name), exclusion.definition
    for statistics in table.statistics.values():
        yield ("statistics", statistics.name), statistics.definition
    yield ("partition", ""), (table.partition_key, table.partition_of)
    for policy in table.policies.values():
        yield ("policy", policy.name), (policy.using, policy.with_check)
    yield from _attached(table)

"""What DDL adds to objects that were there before it: an index, a trigger, a comment, a grant.

Two readings of a schema, before and after the text ran, are compared leaf by leaf. A leaf that
had no value before is an *amendment*, which can be put into any snapshot that has the object; one
that had another value, or is gone, is a *change* of what somebody else declares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import msgspec

from nbmigrate.errors import DeclarationError, DuplicateObjectError
from nbmigrate.model import Snapshot, format_path

#: Families of a snapshot, and what one of each is called.
FAMILIES: Mapping[str, str] = {
    "tables": "table",
    "views": "view",
    "sequences": "sequence",
    "enums": "enum",
    "domains": "domain",
    "types": "type",
    "functions": "function",
    "definitions": "definition",
    "extensions": "extension",
}

#: Where names stand in a path, after their family: what a thing of each is called.
_PARTS: Mapping[str, str] = {
    "columns": "column",
    "indexes": "index",
    "foreign_keys": "foreign key",
    "composite_primary_keys": "primary key",
    "unique_constraints": "unique constraint",
    "check_constraints": "check constraint",
    "exclusions": "exclusion constraint",
    "statistics": "statistics",
    "policies": "policy",
    "privileges": "grant to",
    "column_privileges": "grant on column",
    "sequence_privileges": "grant on the sequence of column",
    "triggers": "trigger",
    "rules": "rule",
    "options": "option",
}

_MISSING = object()


class Leaf(NamedTuple):
    """A place in a snapshot: the family, the key of the object, and the way into it."""

    family: str
    name: str
    steps: tuple[str, ...] = ()

    def said(self, identity: tuple[str, ...]) -> str:
        """The place in words: ``index `a` of table `public.t```."""
        whole = f"{FAMILIES[self.family]} `{format_path(*identity)}`"
        words, steps = "", list(self.steps)
        while steps:
            step = steps.pop(0)
            inner = f"{_PARTS[step]} `{steps.pop(0)}`" if step in _PARTS and steps else _plain(step)
            words = f"{inner} of {words}" if words else inner
        return f"{words} of {whole}" if words else whole


def _plain(field: str) -> str:
    return field.replace("_", " ").strip()


@dataclass(frozen=True)
class Amendment:
    """One thing that DDL adds to an object which another cell declares."""

    is_late: ClassVar[bool] = True

    leaf: Leaf
    identity: tuple[str, ...]
    value: Any

    @property
    def name(self) -> str:
        """What is added, in words."""
        return self.leaf.said(self.identity)

    def into(self, snapshot: Snapshot, sql: Callable[[object], str]) -> Snapshot:  # noqa: ARG002 - one protocol
        """The snapshot with the thing in it.

        Raises:
            DeclarationError: the object is not declared.
            DuplicateObjectError: it has another such thing already.
        """
        family, key, steps = self.leaf
        there = getattr(snapshot, family)
        if key not in there:
            raise DeclarationError(f"{self.name}: it is not declared", source=key)
        changed = self._put(there[key], steps)
        return msgspec.structs.replace(snapshot, **{family: {**there, key: changed}})

    def _put(self, item: Any, steps: tuple[str, ...]) -> Any:  # noqa: ANN401 - any value of the model
        if not steps:
            return self._settled(item)
        first, rest = steps[0], steps[1:]
        if isinstance(item, msgspec.Struct):
            old = getattr(item, first)
            unset = old == _default(item, first)
            new = self.value if unset and not rest else self._put(old, rest)
            return msgspec.structs.replace(item, **{first: new})
        held: Mapping[str, Any] = item or {}
        if first not in held and rest:
            raise DeclarationError(f"{self.name}: `{first}` is not declared", source=self.leaf.name)
        new = self.value if first not in held else self._put(held[first], rest)
        return {**held, first: new}

    def _settled(self, item: object) -> object:
        if item != self.value:
            raise DuplicateObjectError(f"{self.name} is declared twice")
        return item

    def index_table(self) -> None:
        """Indexes are among what is added."""

    def renames(self) -> tuple[str, ...]:
        """DDL says no renames."""
        return ()


class Change(NamedTuple):
    """What DDL does to a thing that had a value before."""

    leaf: Leaf
    identity: tuple[str, ...]
    is_gone: bool

    @property
    def said(self) -> str:
        """It in words."""
        verb = "drops or renames" if self.is_gone else "changes"
        return f"this {verb} the {self.leaf.said(self.identity)}"


class Compared(NamedTuple):
    """What came to the objects of the first snapshot, and what of them was changed."""

    amendments: tuple[Amendment, ...]
    changes: tuple[Change, ...]


def compared(before: Snapshot, after: Snapshot) -> Compared:
    """What became of the objects of ``before``; new objects are not told."""
    amendments: list[Amendment] = []
    changes: list[Change] = []
    for family in FAMILIES:
        now = getattr(after, family)
        for name, item in getattr(before, family).items():
            identity = getattr(item, "id", (name,))
            for steps, is_new, value in _leaves(item, now.get(name, _MISSING), ()):
                leaf = Leaf(family, name, steps)
                if is_new:
                    amendments.append(Amendment(leaf, identity, value))
                else:
                    changes.append(Change(leaf, identity, is_gone=value is _MISSING))
    return Compared(tuple(amendments), tuple(changes))


def _leaves(
    before: Any,  # noqa: ANN401 - any value of the model
    after: Any,  # noqa: ANN401 - any value of the model
    steps: tuple[str, ...],
) -> Iterator[tuple[tuple[str, ...], bool, Any]]:
    """The way to each difference, whether there was nothing before, and what there is now."""
    if before == after:
        return
    if isinstance(before, msgspec.Struct) and type(before) is type(after):
        for field in before.__struct_fields__:
            old, new = getattr(before, field), getattr(after, field)
            is_unset = old == _default(before, field)
            if is_unset and not isinstance(new, Mapping) and old != new:
                yield (*steps, field), True, new
            else:
                yield from _leaves(_map(old, new), new, (*steps, field))
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            if key not in before:
                yield (*steps, key), True, after[key]
            else:
                yield from _leaves(before[key], after.get(key, _MISSING), (*steps, key))
    else:
        yield steps, False, after


def _map(old: object, new: object) -> object:
    """No map is an empty one where there is one now: privileges that nobody spoke of."""
    return {} if old is None and isinstance(new, Mapping) else old


def _default(item: msgspec.Struct, field: str) -> object:
    """What the field is when nothing is said."""
    found = next(f for f in msgspec.structs.fields(item) if f.name == field)
    if found.default is not msgspec.NODEFAULT:
        return found.default
    if found.default_factory is not msgspec.NODEFAULT:
        return found.default_factory()
    return _MISSING

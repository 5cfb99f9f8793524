"""Never lose what is not ours: what a declaration does not speak of stays as it is.

An object that is not declared may be dropped only when it is ours (the ledger or the
migrations hold it) and its declaration was seen and then removed, or when the
user names it. Everything else that the old snapshot has is carried over to the new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

import msgspec

from nbmigrate.diff.candidates import find_candidates
from nbmigrate.model import Snapshot, Table, View, format_path, parse_path
from nbmigrate.model.names import PUBLIC
from nbmigrate.workspace.unsaid import with_unsaid

Path = tuple[str, ...]
Entry = tuple[str, str, str]
Attached = TypeVar("Attached", Table, View)

KINDS = {
    "tables": "table",
    "enums": "enum",
    "sequences": "sequence",
    "views": "view",
    "domains": "domain",
    "types": "type",
    "functions": "function",
    "definitions": "definition",
}

#: What hangs on a table or view and may be somebody else's: a declaration need not know it.
ATTACHED = {"triggers": "trigger", "rules": "rule"}


class Ownership(NamedTuple):
    """What is known about who made what.

    ``ours``: objects that nbmigrate made; ``None`` when the old snapshot is a file, which
    is ours as a whole. ``is_complete``: the new snapshot is a whole file, so that
    what it lacks is removed. ``removed``: declared earlier in this kernel and now gone.
    ``named``: what the user's answers speak of.
    """

    ours: frozenset[Entry] | None
    is_complete: bool
    removed: frozenset[Path]
    named: frozenset[Path]

    def is_ours(self, kind: str, path: Path) -> bool:
        """True when nbmigrate made the object, which has a schema and a name."""
        return self.ours is None or (kind, *path) in self.ours

    def may_drop(self, kind: str, path: Path) -> bool:
        """True when the absence of the object from the declaration means that it shall go."""
        if path in self.named:
            return True
        schema, name = (path[0], format_path(*path[1:])) if len(path) > 2 else ("", *path)[-2:]
        is_ours = self.ours is None or (kind, schema, name) in self.ours
        return is_ours and (self.is_complete or path in self.removed)


class Kept(NamedTuple):
    """The new snapshot with what stays, and the paths of what stays undeclared."""

    snapshot: Snapshot
    not_declared: tuple[str, ...]


def keep_undeclared(old: Snapshot, new: Snapshot, ownership: Ownership) -> Kept:
    """``new``, and everything of ``old`` that must not go.

    Ours, undeclared, and so like a new object that it may be the same under an old
    name: such an object is not kept, so that the plan asks.
    """
    asked = {c.old for c in find_candidates(old, new, set()) if _is_ours(c.kind, c.old, ownership)}
    kept: list[str] = []
    maps: dict[str, dict[str, Any]] = {}
    for family, kind in KINDS.items():
        here, there = getattr(old, family), getattr(new, family)
        stays = {}
        for key, item in here.items():
            path = item.id
            if key not in there and not (ownership.may_drop(kind, path) or path in asked):
                stays[key] = item
                kept.append(format_path(*path))
        maps[family] = {**there, **stays}
    for family in ("tables", "views"):
        for key, item in getattr(old, family).items():
            if key in getattr(new, family):
                maps[family][key] = _with_attached(item, maps[family][key], ownership)
    _keep_unsaid(old, new, ownership, maps)
    maps["schemas"] = _schemas(old, new, ownership, maps)
    for family, kind in (("roles", "role"), ("extensions", "extension")):
        stays = {
            n: item
            for n, item in getattr(old, family).items()
            if not ownership.may_drop(kind, (n,))
        }
        maps[family] = {**stays, **getattr(new, family)}
    return Kept(msgspec.structs.replace(new, **maps), tuple(sorted(kept)))


def _keep_unsaid(
    old: Snapshot, new: Snapshot, ownership: Ownership, maps: dict[str, dict[str, Any]]
) -> None:
    """What a declaration has no words for, on what is declared and not ours."""
    for family, kind in KINDS.items():
        for key, item in getattr(old, family).items():
            if key in getattr(new, family) and not _is_ours(kind, item.id, ownership):
                maps[family][key] = with_unsaid(item, maps[family][key])
    for said in ("schema_comments", "schema_privileges"):
        stays = {} if ownership.is_complete else getattr(old, said)
        maps[said] = {**stays, **getattr(new, said)}


def _with_attached(old: Attached, new: Attached, ownership: Ownership) -> Attached:
    """The new table or view with the triggers and rules of the old one that must not go."""
    stays = {
        family: {
            name: part
            for name, part in getattr(old, family).items()
            if name not in getattr(new, family) and not ownership.may_drop(kind, (*old.id, name))
        }
        for family, kind in ATTACHED.items()
    }
    if not any(stays.values()):
        return new
    maps = {family: {**getattr(new, family), **kept} for family, kept in stays.items()}
    return msgspec.structs.replace(new, **maps)


def _is_ours(kind: str, path: Path, ownership: Ownership) -> bool:
    return len(path) == 2 and ownership.is_ours(kind, path)


def _schemas(
    old: Snapshot, new: Snapshot, ownership: Ownership, maps: dict[str, dict[str, Any]]
) -> dict[str, str]:
    """A schema goes only when it may and nothing that stays is in it."""
    used = {item.schema for family in KINDS for item in maps[family].values()}
    stays = {
        name: name
        for name in old.schemas
        if name in used or not ownership.may_drop("schema", (name,))
    }
    return {**{n: n for n in used if n and n != PUBLIC}, **stays, **new.schemas}


def paths_of(texts: Iterable[str]) -> Iterator[Path]:
    """The object that each path speaks of, and the object that holds it."""
    for text in texts:
        path = parse_path(text)
        yield path
        yield path[:2]


def entries_of(snapshot: Snapshot) -> frozenset[Entry]:
    """The ledger entries of all objects of a snapshot."""
    found = [
        (kind, *item.id)
        for family, kind in KINDS.items()
        for item in getattr(snapshot, family).values()
    ]
    found += [
        (kind, item.id[0], format_path(item.id[1], name))
        for owner in ("tables", "views")
        for item in getattr(snapshot, owner).values()
        for family, kind in ATTACHED.items()
        for name in getattr(item, family)
    ]
    found += [("extension", "", name) for name in snapshot.extensions]
    found += [("schema", "", name) for name in snapshot.schemas]
    found += [("role", "", name) for name in snapshot.roles]
    return frozenset(found)

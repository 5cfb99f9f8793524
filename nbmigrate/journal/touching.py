"""What a migration touches, and whether two of them may change places.

Read from the two snapshots around a migration. Statements on rows leave no trace in a
snapshot; for a migration with such statements, every object whose name its SQL mentions
counts as touched. Two migrations commute when neither touches what the other touches,
contains it or is part of it, and neither mentions what the other takes away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from nbmigrate.errors import NbmigrateError
from nbmigrate.journal.migration import read_migration
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.model.codec import SnapshotFile
from nbmigrate.model.files import load_file
from nbmigrate.postgresql import statements

if TYPE_CHECKING:
    from nbmigrate.journal.entries import Entry
    from nbmigrate.journal.folder import Journal

#: Kind, name of the object, kind of its part, name of the part.
Place = tuple[str, ...]

_DEPTH = 4
_ON_ROWS = frozenset(
    {"insert", "update", "delete", "merge", "truncate", "copy", "do", "call", "select", "with"}
)
_WORD = re.compile(r"\w+")


class Touched(NamedTuple):
    """The places a migration changes, those it takes away, and the words of what it adds."""

    places: frozenset[Place]
    removed: frozenset[Place] = frozenset()
    words: frozenset[str] = frozenset()


def touched(journal: Journal, tag: str) -> Touched:
    """What the migration touches; every name of its SQL where its snapshots cannot be read.

    Raises:
        JournalError: when its file is not there.
    """
    migration = next(m for m in journal.migrations() if m.tag == tag)
    old, new = _around(journal, tag)
    found = _difference(old, new)
    firsts = {
        words[0]
        for p in statements.split(migration.sql)
        if (words := statements.first_words(p.sql))
    }
    if found.places and not firsts & _ON_ROWS:
        return found
    mentioned = _mentioned(migration.sql, (old, new))
    return Touched(found.places | mentioned, found.removed, found.words | _names(migration.sql))


def conflicts(one: Touched, other: Touched) -> tuple[str, ...]:
    """Why two migrations do not commute, one name each; empty when they do."""
    both = {
        max(a, b, key=len)
        for a in one.places
        for b in other.places
        if a[: len(b)] == b or b[: len(a)] == a
    }
    for removed, words in ((one.removed, other.words), (other.removed, one.words)):
        both |= {place for place in removed if _last(place) in words}
    return tuple(sorted({shown(place) for place in both}))


def reason(journal: Journal, tag: str, later: Sequence[str]) -> str:
    """Why a migration must not run after those of ``later``; empty when the order is all the same."""
    mine = touched(journal, tag)
    listed = {entry.tag for entry in journal.entries}
    return "\n".join(
        f"both `{tag}` and `{other}` touch {', '.join(both)}"
        for other in later
        if other in listed and (both := conflicts(mine, touched(journal, other)))
    )


def both(journal: Journal, one: Entry, other: Entry) -> tuple[str, ...]:
    """What two migrations of two branches both touch, one name each.

    Two with one number have one snapshot between them: then it is told from their SQL.
    """
    try:
        if one.prefix != other.prefix:
            return conflicts(touched(journal, one.tag), touched(journal, other.tag))
        texts = [
            read_migration(journal.layout.sql(e), tag=e.tag, when=e.when) for e in (one, other)
        ]
    except (NbmigrateError, OSError):  # a file that is not there is reported by itself
        return ()
    around = _around(journal, one.tag)
    spoken = [_mentioned(text.sql, around) for text in texts]
    words = _names(texts[0].sql) & _names(texts[1].sql)
    found = set()
    for place in spoken[0] & spoken[1]:
        columns = {c for s in around for c in _columns(s, place) if c.lower() in words}
        found |= {(*place, "columns", column) for column in columns} or {place}
    return tuple(sorted(shown(place) for place in found))


def _columns(snapshot: Snapshot, place: Place) -> Sequence[str]:
    """The columns of a place that is a table; a key is not spoken of by chance."""
    table = snapshot.tables.get(place[1]) if place[0] == "tables" else None
    return [name for name, c in table.columns.items() if not c.primary_key] if table else []


def shown(place: Place) -> str:
    """A place as a person would name it: ``public.users.age``."""
    return ".".join((place[1], *place[3:])) if len(place) > 1 else place[0]


def _last(place: Place) -> str:
    return place[-1].rpartition(".")[2].lower()


def _around(journal: Journal, tag: str) -> tuple[Snapshot, Snapshot]:
    """The snapshots before and after; twice the same where one of them cannot be read."""
    files = list(_files(journal))
    at = next((at for at, (name, _) in enumerate(files) if name == tag), None)
    if at is None:
        return EMPTY, EMPTY
    new = files[at][1]
    parent = next((f for _, f in files if f.id == new.prev_id), None)
    if parent is None and at > 0:
        parent = files[at - 1][1]
    return (parent.snapshot if parent else EMPTY), new.snapshot


def _files(journal: Journal) -> Iterator[tuple[str, SnapshotFile]]:
    for entry in journal.entries:
        try:
            yield entry.tag, load_file(journal.layout.snapshot(entry))
        except NbmigrateError:  # a damaged one is reported by check
            continue


def _difference(old: Snapshot, new: Snapshot) -> Touched:
    places: set[Place] = set()
    removed: set[Place] = set()
    words: set[str] = set()
    for place, _before, after in _walk((), msgspec.to_builtins(old), msgspec.to_builtins(new)):
        places.add(place)
        if after is None:
            removed.add(place)
        else:
            words |= _names(json.dumps(after))
    return Touched(frozenset(places), frozenset(removed), frozenset(words))


def _walk(place: Place, old: object, new: object) -> Iterator[tuple[Place, object, object]]:
    if old == new:
        return
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)) or len(place) == _DEPTH:
        yield place, old, new
        return
    for key in sorted({*old, *new}):
        yield from _walk((*place, key), old.get(key), new.get(key))


def _names(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(text))


def _mentioned(sql: str, snapshots: Sequence[Snapshot]) -> frozenset[Place]:
    words = _names(sql)
    found = set()
    for snapshot in snapshots:
        for kind, objects in msgspec.to_builtins(snapshot).items():
            found |= {(kind, key) for key in objects if key.rpartition(".")[2].lower() in words}
    return frozenset(found)

"""Two branches in one folder: which migrations begin with one number or follow one snapshot.

Version control merges such folders file by file: the SQL of both branches is there, the journal
is in conflict or lists both, and of two snapshots with one name one is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nbmigrate.errors import JournalError, SnapshotError
from nbmigrate.journal.entries import Entry
from nbmigrate.journal.prefix import PrefixMode, next_prefix
from nbmigrate.model.codec import SnapshotFile
from nbmigrate.model.files import load_file

if TYPE_CHECKING:
    from nbmigrate.journal.layout import Layout


class Pair(NamedTuple):
    """Two migrations that stand at one place; ``later`` is the one to be moved."""

    first: Entry
    later: Entry


def pairs(layout: Layout, entries: Sequence[Entry]) -> tuple[Pair, ...]:
    """All pairs with one number or one parent, in the journal's order."""
    listed = tuple({entry.tag: entry for entry in entries}.values())
    parents = _parents(layout, listed)
    found = [
        (one, other)
        for at, one in enumerate(listed)
        for other in listed[at + 1 :]
        if one.prefix == other.prefix
        or (one.tag in parents and parents[one.tag] == parents.get(other.tag))
    ]
    # Either all of the former migrations move or all of the latter: never some of each branch.
    swapped = bool(found) and found[0][0].when > found[0][1].when
    return tuple(Pair(*reversed(pair)) if swapped else Pair(*pair) for pair in found)


def moved(layout: Layout, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The later migrations of all pairs, and those that follow them, in the journal's order."""
    tags = {pair.later.tag for pair in pairs(layout, entries)}
    files = _files(layout, _alone(entries))
    ids = {files[tag].id for tag in tags if tag in files}
    for entry in entries:
        file = files.get(entry.tag)
        if file is not None and file.prev_id in ids:
            tags.add(entry.tag)
            ids.add(file.id)
    return tuple(entry for entry in entries if entry.tag in tags)


def follower(
    layout: Layout, kept: Sequence[Entry], moving: Sequence[Entry]
) -> tuple[Entry, Entry] | None:
    """A migration that stays although it was made after one that moves."""
    files = _files(layout, _alone((*kept, *moving)))
    ids = {files[entry.tag].id: entry for entry in moving if entry.tag in files}
    for entry in kept:
        file = files.get(entry.tag)
        if file is not None and file.prev_id in ids:
            return entry, ids[file.prev_id]
    return None


def renumbered(
    kept: Sequence[Entry], moving: Sequence[Entry], mode: PrefixMode
) -> tuple[Entry, ...]:
    """The entries of what moves, behind what stays; one that stands there already keeps its name."""
    listed = list(kept)
    for entry in moving:
        last = listed[-1] if listed else None
        idx = last.idx + 1 if last else 0
        when = max([entry.when, *(other.when + 1 for other in listed)])
        prefix = entry.prefix
        if mode == "index" or (last is not None and prefix <= last.prefix):
            prefix = next_prefix(mode, idx=idx, when_ms=when, last=last.prefix if last else "")
        name = entry.tag.partition("_")[2]
        listed.append(
            Entry(
                idx=idx,
                version=entry.version,
                when=when,
                tag=f"{prefix}_{name}",
                breakpoints=entry.breakpoints,
                rest=entry.rest,
            )
        )
    return tuple(listed[len(kept) :])


def require_named(entries: Sequence[Entry], names: Sequence[str], folder: Path) -> None:
    """Nothing when each name is that of a migration.

    Raises:
        JournalError: when one is not.
    """
    tags = [entry.tag for entry in entries]
    for name in names:
        if name not in tags:
            listed = ", ".join(tags) or "none"
            raise JournalError(
                f"no migration is called `{name}`", path=folder, hint=f"there are: {listed}"
            )


def _parents(layout: Layout, entries: Sequence[Entry]) -> dict[str, str]:
    return {tag: file.prev_id for tag, file in _files(layout, _alone(entries)).items()}


def _alone(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Those that share their snapshot's name with no other migration."""
    prefixes = [entry.prefix for entry in {e.tag: e for e in entries}.values()]
    return tuple(entry for entry in entries if prefixes.count(entry.prefix) == 1)


def _files(layout: Layout, entries: Sequence[Entry]) -> dict[str, SnapshotFile]:
    found = {}
    for entry in entries:
        try:
            found[entry.tag] = load_file(layout.snapshot(entry))
        except SnapshotError:  # a damaged or missing one is reported by check
            continue
    return found

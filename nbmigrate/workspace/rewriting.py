"""Rebase and repair: snapshots of the folder made again by running its files, all or nothing."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from nbmigrate import results
from nbmigrate.errors import BrokenChainError, JournalError, SnapshotError
from nbmigrate.journal import Entry, Migration, branches, touching
from nbmigrate.journal.entries import JournalFile
from nbmigrate.journal.merged import MergedJournal
from nbmigrate.journal.migration import read_migration
from nbmigrate.journal.prefix import deduce_mode
from nbmigrate.journal.write import NewFile
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.model.codec import (
    NO_PREVIOUS,
    SnapshotFile,
    dump,
    dump_document,
    dump_extra,
    dump_no_extra,
    following,
    load_document,
)
from nbmigrate.model.files import load_file
from nbmigrate.model.json_text import parse_json
from nbmigrate.plan import Answers, make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.workspace import files
from nbmigrate.workspace.down import BY_HAND, down_of, way_back
from nbmigrate.workspace.proof import prove
from nbmigrate.workspace.replaying import Wanted, snapshots

if TYPE_CHECKING:
    from nbmigrate.workspace.project import Project

_ID = re.compile(r'"id":\s*"([0-9a-f-]{36})"')


class Place(NamedTuple):
    """A migration where it shall stand: its entry before and after, and the file it has."""

    old: Entry
    new: Entry
    file: SnapshotFile | None
    is_asked: bool = False


def rebase(workspace: Project, tags: Sequence[str] = ()) -> results.RebaseResult:
    """Put the migrations, by default the later one of each pair, behind all others.

    Raises:
        JournalError: the SQL does not run in the new order; nothing is written.
        ServerError: there is no embedded PostgreSQL to run it on.
    """
    journal = MergedJournal(workspace.settings.folder)
    layout, before = journal.layout, journal.read()
    found = branches.pairs(layout, before.entries)
    branches.require_named(before.entries, tags, journal.folder)
    named = tuple(entry for entry in before.entries if entry.tag in tags)
    moving = named or branches.moved(layout, before.entries)
    if not moving:
        return results.RebaseResult()
    kept = [entry for entry in before.entries if entry not in moving]
    _require_independent(workspace, kept, moving)
    mode = deduce_mode(kept, folder=journal.folder) or workspace.journal.prefix
    entries = (*kept, *branches.renumbered(kept, moving, mode))
    places = _places(workspace, (*kept, *moving), entries, moving)
    common = {
        entry.tag: {n for p in found if entry in p for n in touching.both(journal, *p)}
        for entry in moving
    }
    text, written, removed = _rewrite(workspace, before, places)
    return results.RebaseResult(
        moved=tuple(
            results.MovedMigration(p.old.tag, p.new.tag, tuple(sorted(common[p.old.tag])))
            for p in places
            if p.old in moving
        ),
        files=tuple(files.written(path, workspace.root) for path in written),
        removed=tuple(files.relative(path, workspace.root) for path in removed),
        proof=text,
        git_command=_git(workspace, (*written, *removed)),
    )


def repair(workspace: Project, tag: str) -> results.RepairResult:
    """Make the snapshot of a migration again, by running the files up to it.

    Raises:
        JournalError: the files do not run; nothing is written.
        ServerError: there is no embedded PostgreSQL to run them on.
    """
    journal = workspace.journal
    before, entry = journal.read(), journal.entry(tag)
    at = before.entries.index(entry)
    places = _places(workspace, before.entries, before.entries, [entry])
    places = [place._replace(is_asked=i == at) for i, place in enumerate(places)]
    text, written, _ = _rewrite(workspace, before, places, until=at + 1)
    return results.RepairResult(
        tag=entry.tag,
        files=tuple(files.written(path, workspace.root) for path in written),
        proof=text,
        git_command=_git(workspace, written),
    )


# --- what stands where -----------------------------------------------------------


def _require_independent(
    workspace: Project, kept: Sequence[Entry], moving: Sequence[Entry]
) -> None:
    found = branches.follower(workspace.journal.layout, kept, moving)
    if found:
        names = " ".join((*(entry.tag for entry in moving), found[0].tag))
        raise BrokenChainError(
            f"`{found[0].tag}` was made after `{found[1].tag}` and cannot stay before it",
            path=workspace.journal.folder,
            hint=f"nbmigrate rebase {names}",
        )


def _places(
    workspace: Project, old: Sequence[Entry], new: Sequence[Entry], moving: Sequence[Entry]
) -> list[Place]:
    """Every migration; asked for is what moves, shares a snapshot with that, or cannot be read."""
    layout = workspace.journal.layout
    shared = {layout.snapshot(entry) for entry in moving}
    found = []
    for before, after in zip(old, new, strict=True):
        path = layout.snapshot(before)
        file = _readable(path, layout.nearest_sidecar(before, old))
        found.append(Place(before, after, file, file is None or path in shared))
    return found


def _readable(path: Path, extra: Path | None) -> SnapshotFile | None:
    try:
        return load_file(path, extra=extra)
    except SnapshotError:
        return None


# --- the new files ---------------------------------------------------------------


def _rewrite(
    workspace: Project, before: JournalFile, places: Sequence[Place], *, until: int | None = None
) -> tuple[str, tuple[Path, ...], tuple[Path, ...]]:
    """The proof, and what was written and removed; nothing is written before it is proved."""
    migrations = [_migration(workspace, place) for place in places]
    first = next(at for at, place in enumerate(places) if place.is_asked)
    replayed = snapshots(
        workspace.scratch.url,
        migrations[:until],
        {m.tag: _wanted(places, at) for at, m in enumerate(migrations) if places[at].is_asked},
        {m.tag: p.file.snapshot for m, p in zip(migrations, places, strict=True) if p.file},
    )
    chain = _chain(workspace, places, replayed.snapshots)
    wanted: list[NewFile] = []
    for at in range(first, len(places)):
        wanted += _files(workspace, places, chain, migrations, at)
    document = before.document | {"entries": [p.new.as_document() for p in places]}
    layout = workspace.journal.layout
    changed = [file for file in wanted if _differs(file)]
    removed = _removed(workspace, places, {file.path for file in wanted})
    last = NewFile(layout.journal, dump_document(document))
    if _differs(last):
        changed.append(last)
    if changed or removed:
        workspace.journal.replace(changed, removed)
    return replayed.text, tuple(file.path for file in changed), removed


def _migration(workspace: Project, place: Place) -> Migration:
    path = workspace.journal.layout.sql(place.old)
    try:
        return read_migration(path, tag=place.new.tag, when=place.new.when)
    except FileNotFoundError as error:
        hint = f"if it was applied: nbmigrate restore {place.old.tag}; else from version control"
        raise JournalError(
            "the journal lists the file, which is missing", path=path, hint=hint
        ) from error


def _wanted(places: Sequence[Place], at: int) -> Wanted:
    """In the words of the migration's own snapshot, or of the next one that can be read."""
    place = places[at]
    is_here = place.old == place.new
    after = next((p.file for p in places[at + 1 :] if p.file and not p.is_asked), None)
    own = place.file or after
    return Wanted(
        recorded=place.file.snapshot if place.file and is_here else None,
        words=(own.snapshot,) if own else (),
    )


def _chain(
    workspace: Project, places: Sequence[Place], told: Mapping[str, Snapshot]
) -> list[SnapshotFile | None]:
    """The snapshot files in their order, each behind the one before it."""
    chain: list[SnapshotFile | None] = []
    previous: SnapshotFile | None = None
    for at, place in enumerate(places):
        snapshot = told.get(place.new.tag)
        if snapshot is None:
            current = place.file
        elif place.file is not None and place.file.snapshot == snapshot and place.old == place.new:
            current = _behind(place.file, previous) if at else place.file
        else:
            current = msgspec.structs.replace(
                following(snapshot, previous), id=_identity(workspace, places, at)
            )
        if current is not None and place.old != place.new:
            current = _behind(current, previous)
        chain.append(current)
        previous = current or previous
    return chain


def _behind(file: SnapshotFile, previous: SnapshotFile | None) -> SnapshotFile:
    wanted = previous.id if previous else NO_PREVIOUS
    return file if file.prev_id == wanted else msgspec.structs.replace(file, prev_id=wanted)


def _identity(workspace: Project, places: Sequence[Place], at: int) -> str:
    """The id by which the next snapshot knows this one, or that of the damaged file, or a new one."""
    place = places[at]
    if place.old != place.new:
        return str(uuid.uuid4())
    after = places[at + 1].file if at + 1 < len(places) else None
    taken = {p.file.id for p in places if p.file and p is not place}
    if after and not places[at + 1].is_asked and after.prev_id not in {NO_PREVIOUS, "", *taken}:
        return after.prev_id
    path = workspace.journal.layout.snapshot(place.old)
    text = path.read_bytes().decode(errors="replace") if path.is_file() else ""
    found = place.file.id if place.file else next(iter(_ID.findall(text)), "")
    return found if found and found not in taken else str(uuid.uuid4())


def _files(
    workspace: Project,
    places: Sequence[Place],
    chain: Sequence[SnapshotFile | None],
    migrations: Sequence[Migration],
    at: int,
) -> Iterator[NewFile]:
    """The files of one migration that must be there; most of them are, word for word."""
    place, file, layout = places[at], chain[at], workspace.journal.layout
    if place.old != place.new:
        yield NewFile(layout.sql(place.new), migrations[at].sql)
    if file is None or file is place.file:
        return
    yield NewFile(layout.snapshot(place.new), dump(file))
    if place.file is not None and file.snapshot is place.file.snapshot and place.old == place.new:
        return
    extra, down = dump_extra(file.snapshot), _down(workspace, places, chain, migrations, at)
    if extra is not None or down is not None or layout.has_sidecar([p.old for p in places]):
        document = parse_json(extra or dump_no_extra()) | ({"down": down} if down else {})
        yield NewFile(layout.sidecar(place.new), dump_document(document))


def _down(
    workspace: Project,
    places: Sequence[Place],
    chain: Sequence[SnapshotFile | None],
    migrations: Sequence[Migration],
    at: int,
) -> Mapping[str, object] | None:
    """The way back from where the migration stands now; of one by hand, what was said of it."""
    place, file = places[at], chain[at]
    said = _said(workspace.journal.layout.sidecar(place.old))
    if file is None or said == BY_HAND.as_document():
        return said
    before = next((f.snapshot for f in reversed(chain[:at]) if f), EMPTY)
    plan = make_plan(
        before, file.snapshot, dialect=POSTGRESQL, answers=Answers(renames=place.new.renames)
    )
    if plan.is_empty:
        return said
    back = way_back(plan)
    proof = prove(workspace.arena(), migrations[:at], plan, back)
    return down_of(plan, back, proof).as_document()


def _said(sidecar: Path) -> Mapping[str, object] | None:
    try:
        found = load_document(sidecar.read_text("utf-8"), path=sidecar).get("down")
    except (OSError, UnicodeDecodeError, SnapshotError, AttributeError):
        return None
    return found if isinstance(found, dict) else None


def _differs(file: NewFile) -> bool:
    return not file.path.is_file() or file.path.read_bytes() != file.text.encode()


def _removed(workspace: Project, places: Sequence[Place], wanted: set[Path]) -> tuple[Path, ...]:
    """The files of the places that were left, but for those that are somebody's still."""
    layout = workspace.journal.layout
    kinds = (layout.sql, layout.snapshot, layout.sidecar)
    used = wanted | {kind(p.new) for p in places for kind in kinds}
    left = {kind(p.old) for p in places for kind in kinds if p.old != p.new}
    return tuple(sorted(path for path in left - used if path.exists()))


def _git(workspace: Project, paths: Sequence[Path]) -> str:
    names = (files.shell_quoted(files.relative(path, workspace.root)) for path in paths)
    return f"git add -A {' '.join(names)}"

"""What points to an index: CLUSTER ON and REPLICA IDENTITY USING INDEX go with it, and must be said again.

PostgreSQL 18 docs, ALTER TABLE: both name an index that is there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from nbmigrate.diff.match import mentioned
from nbmigrate.model import Snapshot, Table, View, key
from nbmigrate.model.names import primary_key_name
from nbmigrate.operations import (
    AddExclusion,
    AddPrimaryKey,
    AddUnique,
    AlterTable,
    AlterViewOptions,
    CreateIndex,
    CreateTable,
    CreateView,
    Id,
    Operation,
)

_POINTERS = ("clustered_on", "replica_identity")


def pointed_again(operations: Iterable[Operation], new: Snapshot) -> list[Operation]:
    """For tables and views that stay: what their new indexes are to be, as those before them were."""
    operations = list(operations)
    made = indexes_made(operations)
    said: defaultdict[Id, set[str]] = defaultdict(set)
    for op in operations:
        match op:
            case CreateTable(table=created) | CreateView(view=created):
                made.pop(created.id, None)  # that says all
            case AlterTable(old=old, new=changed) | AlterViewOptions(old=old, new=changed):
                said[changed.id] |= {n for n in _POINTERS if _get(old, n) != _get(changed, n)}
            case _:
                pass
    return [op for id_, names in made.items() for op in _pointing(new, id_, names, said[id_])]


def points_to(operation: AlterTable | AlterViewOptions, names: set[str]) -> bool:
    """Whether it lets something point to one of the indexes."""
    old, new = operation.old, operation.new
    changed = (n for n in _POINTERS if _get(old, n) != _get(new, n))
    return any(_points(_get(new, n), names) for n in changed)


def indexes_made(operations: Iterable[Operation]) -> defaultdict[Id, set[str]]:
    """The names of the indexes that the operations make at once, by table or view."""
    made: defaultdict[Id, set[str]] = defaultdict(set)
    for op in operations:
        match op:
            case CreateIndex(table=table, index=index) if not index.concurrently:
                made[table].add(index.name)
            case AddUnique(table=table, unique=unique):
                made[table].add(unique.name)
            case AddExclusion(table=table, exclusion=exclusion):
                made[table].add(exclusion.name)
            case AddPrimaryKey(table=table, name=name):
                made[table].add(name or primary_key_name(table[1]))
            case _:
                pass
    return made


def _pointing(new: Snapshot, id_: Id, names: set[str], said: set[str]) -> Iterator[Operation]:
    """An operation with the pointers to the named indexes, but for those that another one says."""
    table, view = new.tables.get(key(*id_)), new.views.get(key(*id_))
    item = table or view
    if item is None:
        return
    lost = {n: None for n in _POINTERS if n not in said and _points(_get(item, n), names)}
    if table is not None and lost:
        yield AlterTable(old=replace(table, **lost), new=table)
    elif view is not None and lost:
        yield AlterViewOptions(old=replace(view, **lost), new=view)


def _get(item: Table | View, pointer: str) -> str | None:
    found: str | None = getattr(item, pointer, None)
    return found


def _points(pointer: str | None, names: set[str]) -> bool:
    """Whether it is one of the names, or ``USING INDEX`` with one of them."""
    head, using, index = (pointer or "").partition("USING INDEX ")
    return pointer in names or (using != "" and not head and bool(mentioned(index, names)))

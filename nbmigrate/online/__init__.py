"""The online form of a plan: the same schema in the end, and nobody waits for a scan or a build.

One operation becomes several, cut where a transaction must end. What changes catalogs
alone stays where it was, in the first transaction; what takes long comes behind it, in
order: indexes are built CONCURRENTLY, constraints are validated after their lock is gone, rows are
filled in batches. PostgreSQL docs: ALTER TABLE, Notes; CREATE INDEX, Building Indexes
Concurrently.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from nbmigrate import operations as o
from nbmigrate.model import Snapshot
from nbmigrate.online.columns import column_steps
from nbmigrate.online.constraints import constraint_steps
from nbmigrate.online.indexes import index_steps
from nbmigrate.online.scene import Scene, Steps

__all__ = ["go_online"]


def go_online(
    operations: Iterable[o.Operation], old: Snapshot, new: Snapshot, *, server_version: int
) -> tuple[o.Operation, ...]:
    """The operations in their online form, where there is one; the others as they are."""
    planned = tuple(operations)
    scene = Scene(planned, old, new, server_version)
    steps = [_steps(op, scene) for op in planned]
    first = [op for step in steps for op in step.now]
    return (*first, *_later(steps))


def _steps(op: o.Operation, scene: Scene) -> Steps:
    if scene.is_new(op):
        return Steps((op,))
    if isinstance(op, o.AlterTable | o.AlterViewOptions) and scene.waits_for_an_index(op):
        return Steps(later=(replace(op, apart=True),))
    for family in (column_steps, constraint_steps, index_steps):
        if (found := family(op, scene)) is not None:
            return found
    return Steps((op,))


def _later(steps: Iterable[Steps]) -> Iterator[o.Operation]:
    """What comes behind the first transaction: what can fail on the data comes last.

    Drops of indexes come first, to free their names.
    """
    later = [op for step in steps for op in step.later]
    yield from (op for op in later if isinstance(op, o.DropIndex))
    yield from (op for op in later if isinstance(op, o.FillColumn))
    yield from (op for op in later if not isinstance(op, o.DropIndex | o.FillColumn))

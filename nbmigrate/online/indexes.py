"""Indexes online: built and dropped CONCURRENTLY, on a partitioned table part by part."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from nbmigrate import operations as o
from nbmigrate.model import Index, truncate
from nbmigrate.online.scene import Scene, Steps
from nbmigrate.operations import Id

#: What an index may be made of, and what cannot change below it.
_BENEATH = (
    o.RecreateEnum,
    o.RecreateDomain,
    o.RecreateType,
    o.DropFunction,
    o.DropDefinition,
    o.DropEnum,
    o.DropDomain,
    o.DropType,
)


def index_steps(op: o.Operation, scene: Scene) -> Steps | None:
    """The online form of an operation on an index, where there is one."""
    match op:
        case o.CreateIndex(table=table, index=index):
            return Steps((), tuple(_built(table, index, scene)))
        case o.DropIndex(table=table, index=index) if _can_go_later(op, scene):
            gone = replace(index, concurrently=True)
            return Steps((), (o.DropIndex(table=table, index=gone),))
        case _:
            return None


def _built(table: Id, index: Index, scene: Scene) -> Iterator[o.Operation]:
    """On a partitioned table the parent's index is valid with the last part that is attached."""
    if not scene.is_partitioned(table):
        yield o.CreateIndex(table=table, index=replace(index, concurrently=True))
        return
    yield o.CreateIndex(table=table, index=replace(index, concurrently=False), only=True)
    for part in scene.partitions(table):
        own = replace(index, name=_part_name(index.name, part.name), comment=None)
        yield from _built(part.id, own, scene)
        yield o.AttachIndex(table=table, index=index.name, part=(part.id[0], own.name))


def _part_name(index: str, part: str) -> str:
    """A name for the index of a partition, which nobody types."""
    return truncate(f"{part}__{index}")


def _can_go_later(op: o.DropIndex, scene: Scene) -> bool:
    """Not where it is in the way: of a column that goes, or of what it is made of.

    A partitioned table has no concurrent form.
    """
    gone = scene.changes(op.table, o.DropColumn, o.AlterColumnType)
    rebuilt = any(isinstance(other, _BENEATH) for other in scene.operations)
    return not gone and not rebuilt and not scene.is_partitioned(op.table)

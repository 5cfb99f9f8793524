"""Constraints online: NOT VALID and validated later, or made of an index that was built before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec.structs import replace

from nbmigrate import operations as o
from nbmigrate.diff.columns import SERIAL
from nbmigrate.model import Index, IndexColumn, KeyOptions, Unique, key
from nbmigrate.model.names import NAME_BYTES
from nbmigrate.online.columns import staged_not_null
from nbmigrate.online.scene import Scene, Steps
from nbmigrate.operations import Id

#: NOT VALID for a foreign key of a partitioned table (PostgreSQL 18 release notes).
_PARTITIONED_KEYS = 180_000


def constraint_steps(op: o.Operation, scene: Scene) -> Steps | None:
    """The online form of an operation on a constraint, where there is one."""
    match op:
        case o.AddCheck(table=table, check=check) if not (check.not_valid or check.not_enforced):
            held = o.AddCheck(table=table, check=replace(check, not_valid=True))
            later = o.ValidateConstraint(table=table, kind="check", name=check.name, apart=True)
            return Steps((), (held, later))
        case o.AddForeignKey():
            return _foreign_key(op, scene)
        case o.AddUnique(table=table, unique=unique) if _can_be_built(op, scene):
            index = _index(unique.name, unique.columns, unique)
            return Steps((), tuple(_from_index(table, "unique", index, unique)))
        case o.AddPrimaryKey(table=table) if _can_be_built(op, scene):
            return Steps((), tuple(_primary_key(op, scene)))
        case _:
            return None


def _foreign_key(op: o.AddForeignKey, scene: Scene) -> Steps | None:
    fk, table = op.foreign_key, op.table
    if fk.not_valid or fk.not_enforced:
        return None
    is_behind = _is_key_built_later(op, scene)
    if scene.is_partitioned(table) and scene.server_version < _PARTITIONED_KEYS:
        return Steps((), (op,)) if is_behind else None
    held = o.AddForeignKey(table=table, foreign_key=replace(fk, not_valid=True))
    checked = o.ValidateConstraint(table=table, kind="foreign key", name=fk.name, apart=True)
    return Steps((), (held, checked)) if is_behind else Steps((held,), (checked,))


def _is_key_built_later(op: o.AddForeignKey, scene: Scene) -> bool:
    """True when what it refers to is a key that is itself made online."""
    return any(
        isinstance(other, o.AddUnique | o.AddPrimaryKey | o.CreateIndex)
        and other.table == op.foreign_key.target
        and not scene.is_new(other)
        for other in scene.operations
    )


def _can_be_built(op: o.AddUnique | o.AddPrimaryKey, scene: Scene) -> bool:
    """USING INDEX is not for partitioned tables; a key that replaces another leaves no gap.

    Nor is it for keys WITHOUT OVERLAPS: no CREATE INDEX makes their index.
    """
    table, options = op.table, op.unique if isinstance(op, o.AddUnique) else op.options
    if options and options.without_overlaps:
        return False
    if isinstance(op, o.AddPrimaryKey):
        replaced = scene.changes(table, o.DropPrimaryKey)
        is_long = len(_key_name(op).encode()) > NAME_BYTES
        return not (scene.is_partitioned(table) or replaced or is_long)
    names = [
        other.unique.name
        for other in scene.operations
        if isinstance(other, o.DropUnique) and other.table == table
    ]
    return not scene.is_partitioned(table) and op.unique.name not in names


def _primary_key(op: o.AddPrimaryKey, scene: Scene) -> Iterator[o.Operation]:
    for name in op.columns:
        if not _is_required(op.table, name, scene):
            yield from staged_not_null(op.table, name, scene)
    options = op.options or KeyOptions()
    index = _index(_key_name(op), op.columns, options)
    yield from _from_index(op.table, "primary key", index, options)


def _key_name(op: o.AddPrimaryKey) -> str:
    """What PostgreSQL calls it when nobody does."""
    return op.name or f"{op.table[1]}_pkey"


def _is_required(table: Id, column: str, scene: Scene) -> bool:
    """True when no row can have NULL there before the key comes."""
    before = scene.old.tables.get(key(*table))
    found = before.columns.get(column) if before else None
    if found is None:
        after = scene.table(table)
        found = after.columns.get(column) if after else None
    if found is None:
        return False
    is_set = scene.changes(table, o.SetNotNull) and any(
        isinstance(op, o.SetNotNull) and (op.table, op.column) == (table, column)
        for op in scene.operations
    )
    return bool(found.not_null or found.identity or found.type in SERIAL or is_set)


def _index(name: str, columns: tuple[str, ...], options: Unique | KeyOptions) -> Index:
    return Index(
        name=name,
        columns=tuple(IndexColumn(expression=column) for column in columns),
        is_unique=True,
        concurrently=True,
        include=options.include,
        options=options.parameters,
        nulls_not_distinct=isinstance(options, Unique) and options.nulls_not_distinct,
    )


def _from_index(
    table: Id,
    kind: Literal["primary key", "unique"],
    index: Index,
    options: Unique | KeyOptions,
) -> Iterator[o.Operation]:
    yield o.CreateIndex(table=table, index=index)
    yield o.AddKeyFromIndex(
        table=table,
        kind=kind,
        name=index.name,
        columns=tuple(column.expression for column in index.columns),
        deferrable=options.deferrable,
        initially_deferred=options.initially_deferred,
        comment=options.comment,
    )

"""Columns online: added empty, filled in batches, and NOT NULL by a check that proves it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from msgspec.structs import replace

from nbmigrate import operations as o
from nbmigrate.diff.columns import SERIAL
from nbmigrate.hazards.filling import is_written_to_rows
from nbmigrate.hazards.retyping import domain_of
from nbmigrate.model import Check, Column, key, truncate
from nbmigrate.online.scene import Scene, Steps
from nbmigrate.operations import Id


def column_steps(op: o.Operation, scene: Scene) -> Steps | None:
    """The online form of an operation on a column, where there is one."""
    match op:
        case o.AddColumn(table=table, column=column, backfill=backfill):
            return _added(op, scene) if _is_stageable(column, backfill, scene) else None
        case o.SetNotNull(table=table, column=name, backfill=backfill):
            filled = () if backfill is None else tuple(_filled(table, name, backfill, scene))
            # The check behind the filling: a row that breaks it could not be updated either.
            return Steps((), (*filled, *staged_not_null(table, name, scene)))
        case _:
            return None


def _is_stageable(column: Column, backfill: str | None, scene: Scene) -> bool:
    """Whether the values can come later: not those that PostgreSQL computes by itself."""
    if column.generated or column.identity or column.type in SERIAL:
        return False
    domain = domain_of(column, scene.new)
    if domain is not None and domain.not_null:
        return False
    if backfill is not None:
        return True
    return column.default is not None and is_written_to_rows(
        column, scene.new, scene.server_version
    )


def _added(op: o.AddColumn, scene: Scene) -> Steps:
    table, column = op.table, op.column
    bare = replace(column, default=None, not_null=False)
    default = () if column.default is None else (o.SetDefault(table=table, column=column),)
    value = op.backfill if op.backfill is not None else str(column.default)
    later: list[o.Operation] = list(_filled(table, column.name, value, scene))
    if column.not_null:
        later += staged_not_null(table, column.name, scene)
    return Steps((o.AddColumn(table=table, column=bare), *default), tuple(later))


def _filled(table: Id, column: str, value: str, scene: Scene) -> Iterator[o.Operation]:
    for leaf in scene.leaves(table):
        yield o.FillColumn(table=leaf, column=column, value=value)


def staged_not_null(table: Id, column: str, scene: Scene) -> Iterator[o.Operation]:
    """NOT NULL without a scan under a heavy lock: a check, validated beside others, proves it."""
    yield from _held(table, column, scene)
    yield from _proved(table, column)


def _held(table: Id, column: str, scene: Scene) -> Iterator[o.AddCheck]:
    """The check; one that an earlier, broken-off run left is taken up."""
    name = check_name(table, column)
    before = scene.old.tables.get(key(*table))
    goes = any(isinstance(op, o.DropCheck) and op.check.name == name for op in scene.operations)
    if before is None or name not in before.check_constraints or goes:
        value = f'"{column.replace(chr(34), chr(34) * 2)}" IS NOT NULL'
        yield o.AddCheck(table=table, check=Check(name=name, value=value, not_valid=True))


def _proved(table: Id, column: str) -> Iterator[o.Operation]:
    name = check_name(table, column)
    yield o.ValidateConstraint(table=table, kind="check", name=name, apart=True)
    yield o.SetNotNull(table=table, column=column, apart=True)
    yield o.DropCheck(table=table, check=Check(name=name, value=""))


def check_name(table: Id, column: str) -> str:
    """The name of the check that is there for a moment; equal for equal columns."""
    digest = hashlib.sha256(".".join((*table, column)).encode()).hexdigest()[:8]
    return f"{truncate(column)[:40]}__there_{digest}"

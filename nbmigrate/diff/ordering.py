"""The order of operations: one table of phases; within a phase, dependency and then name.

The phases follow from what PostgreSQL accepts: names are settled first, then
whatever stands in the way goes (from the outside in), types and tables come, columns
change, and what stands on them comes back (from the inside out).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from nbmigrate import operations as o
from nbmigrate.diff.views import in_order

PHASES: tuple[tuple[type[object], ...], ...] = (
    (o.RenameSchema,),
    (o.CreateSchema,),
    (o.RenameRole,),
    (o.CreateRole, o.AlterRole),
    (
        o.MoveEnum,
        o.RenameEnum,
        o.RenameEnumValue,
        o.MoveSequence,
        o.RenameSequence,
        o.MoveTable,
        o.RenameTable,
        o.RenameColumn,
        o.MoveView,
        o.RenameView,
        o.RenamePolicy,
    ),
    (o.DropView,),
    (o.DropPolicy,),
    (o.DropForeignKey,),
    (o.DropIndex,),
    (o.DropCheck,),
    (o.DropUnique,),
    (o.DropPrimaryKey,),
    (o.DropTable,),
    (o.RenameConstraint, o.RenameIndex),
    (o.CreateEnum,),
    (o.AddEnumValue,),
    (o.RecreateEnum,),
    (o.CreateSequence, o.AlterSequence),
    (o.CreateTable,),
    (
        o.DropSerial,
        o.DropIdentity,
        o.DropExpression,
        o.DropDefault,
        o.AlterColumnType,
        o.SetDefault,
        o.DropNotNull,
        o.AddSerial,
        o.SetNotNull,
        o.AddIdentity,
        o.AlterIdentity,
    ),
    (o.AddColumn,),
    (o.DropColumn,),
    (o.AddPrimaryKey,),
    (o.AddUnique,),
    (o.CreateIndex,),
    (o.AddCheck,),
    (o.AddForeignKey,),
    (o.CreateView,),
    (o.AlterViewOptions,),
    (o.SetRowSecurity,),
    (o.CreatePolicy, o.AlterPolicy),
    (o.DropSequence,),
    (o.DropEnum,),
    (o.DropRole,),
    (o.DropSchema,),
)

_PHASE = {kind: number for number, kinds in enumerate(PHASES) for kind in kinds}
#: A generated column that is built anew must be gone before what it is computed from changes.
_BEFORE_COLUMNS = _PHASE[o.CreateTable]
#: An index that is built concurrently leaves the transaction, so it comes last.
_CONCURRENT = len(PHASES)


def ordered(operations: Iterable[o.Operation]) -> tuple[o.Operation, ...]:
    """The operations in the order in which they run; each once."""
    unique = _once(operations)
    rebuilt = {(op.table, op.column.name) for op in unique if isinstance(op, o.AddColumn)}
    created, dropped = _view_ranks(unique, o.CreateView), _view_ranks(unique, o.DropView)
    moved = {op.old for op in unique if isinstance(op, o.MoveTable)}
    keyed = [
        ((_phase(op, rebuilt, moved), _rank(op, created, dropped)), position, op)
        for position, op in enumerate(unique)
    ]
    return tuple(op for _, _, op in sorted(keyed, key=lambda item: item[:2]))


def _once(operations: Iterable[o.Operation]) -> list[o.Operation]:
    """Two causes may ask for the same drop; it happens once."""
    return list({msgspec.json.encode(op): op for op in operations}.values())


def _phase(op: o.Operation, rebuilt: set[tuple[o.Id, str]], moved: set[o.Id]) -> int:
    match op:
        case o.DropColumn(table=table, column=column) if (table, column.name) in rebuilt:
            return _BEFORE_COLUMNS
        case o.RenameConstraint(table=table) if table in moved:
            return _PHASE[o.MoveTable]  # to free the name in the schema it moves to
        case o.CreateIndex(index=index) if index.concurrently:
            return _CONCURRENT
        case _:
            return _PHASE[type(op)]


def _rank(op: o.Operation, created: dict[o.Id, int], dropped: dict[o.Id, int]) -> int:
    """Views in the order of their references; generated columns behind plain ones."""
    match op:
        case o.CreateView(view=view):
            return created[view.id]
        case o.DropView(view=view):
            return -dropped[view.id]
        case o.AddColumn(column=column):
            return int(column.generated is not None)
        case o.DropColumn(column=column):
            return int(column.generated is None)
        case _:
            return 0


def _view_ranks(
    operations: Iterable[o.Operation], kind: type[o.CreateView | o.DropView]
) -> dict[o.Id, int]:
    views = [op.view for op in operations if isinstance(op, kind)]
    return {view.id: rank for rank, view in enumerate(in_order(views))}

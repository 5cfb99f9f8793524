"""An interpreter of operations in memory: what PostgreSQL would have after running them.

It is the oracle of the diff and shares no code with it. It is strict: an operation on
something that is not there, or that leaves a reference to nothing, is an error. Objects
that hang on a column or table are not dropped along with it silently either: PostgreSQL
would do that for some, but a plan is to say so.
"""

from __future__ import annotations

from collections.abc import Iterable

from nbmigrate import operations as o
from nbmigrate.model import Snapshot
from tests.replaying.columns import replay_column
from tests.replaying.constraints import replay_constraint, replay_index
from tests.replaying.naming import rename_object, rename_range
from tests.replaying.objects import replay_enum, replay_role, replay_schema, replay_sequence
from tests.replaying.parts import ReplayError, physical
from tests.replaying.tables import replay_policy, replay_table, replay_view
from tests.support_definitions import rename_function, step


def replay(operations: Iterable[o.Operation], snapshot: Snapshot) -> Snapshot:
    """The snapshot after the operations, in the form of :func:`physical`."""
    snapshot = physical(snapshot)
    for operation in operations:
        snapshot = _step(operation, snapshot)
    return physical(snapshot)


def _step(op: o.Operation, snapshot: Snapshot) -> Snapshot:
    for family, handler in (
        (o.SchemaOp, replay_schema),
        (o.EnumOp, replay_enum),
        (o.SequenceOp, replay_sequence),
        (o.RoleOp, replay_role),
        (o.TableOp, replay_table),
        (o.ColumnOp, replay_column),
        (o.ConstraintOp, replay_constraint),
        (o.IndexOp, replay_index),
        (o.ViewOp, replay_view),
        (o.PolicyOp, replay_policy),
    ):
        if isinstance(op, family):
            return handler(op, snapshot)  # type: ignore[operator]  # the family chooses the handler
    match op:
        case o.RenameDomain(old=old, new=new) | o.MoveDomain(old=old, new=new):
            return rename_object(snapshot, "domains", old, new)
        case o.RenameType(old=old, new=new) | o.MoveType(old=old, new=new):
            return rename_range(op, rename_object(snapshot, "types", old, new))
        case o.RenameFunction() | o.MoveFunction():
            return rename_function(op, snapshot)
    found = step(op, snapshot)
    if found is None:
        raise ReplayError(f"unknown operation {op!r}")
    return found

"""Objects that both snapshots have, also when a plan renames or alters them in place.

What is in the way of another change is dropped and created, whatever else was
planned for it: then the rename or the change in place has nothing left to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from nbmigrate.diff.match import pairs
from nbmigrate.model import Table
from nbmigrate.operations import (
    AlterPolicy,
    AlterViewOptions,
    DropCheck,
    DropDefault,
    DropForeignKey,
    DropIndex,
    DropPolicy,
    DropPrimaryKey,
    DropUnique,
    DropView,
    Id,
    Operation,
    RecreateEnum,
    RenameConstraint,
    RenameIndex,
    RenamePolicy,
    SetDefault,
)

_PARTS = {
    "primary key": "composite_primary_keys",
    "unique": "unique_constraints",
    "check": "check_constraints",
    "foreign key": "foreign_keys",
    "exclusion": "exclusions",
}


class Twins:
    """The pairs of a table's parts: those of one name, and those that a plan renames."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._renamed: dict[tuple[Id, str], list[tuple[str, str]]] = {}
        for op in operations:
            match op:
                case RenameConstraint(table=table, kind=kind, old=old, new=new):
                    part = _PARTS[kind]
                case RenameIndex(table=table, old=old, new=new):
                    part = "indexes"
                case RenamePolicy(table=table, old=old, new=new):
                    part = "policies"
                case _:
                    continue
            self._renamed.setdefault((table, part), []).append((old, new))

    def of(self, part: str, old: Table, new: Table) -> Iterator[tuple[Any, Any]]:
        """The pairs of one map of the table, such as ``indexes``."""
        before, after = getattr(old, part), getattr(new, part)
        yield from pairs(before, after)
        for a, b in self._renamed.get((new.id, part), ()):
            # an answered rename has been applied to the old snapshot: there the name is gone
            if a in before and a not in after and b in after and b not in before:
                yield before[a], after[b]


def without_replaced(operations: Iterable[Operation]) -> list[Operation]:
    """The operations but for changes in place of what is dropped and created anyway."""
    operations = list(operations)
    dropped = {name for op in operations if (name := _dropped(op)) is not None}
    # a type that is built anew takes the defaults of its columns off and sets the new ones
    types = [op for op in operations if isinstance(op, RecreateEnum)]
    dropped |= {(use.table, "default", use.column.name) for op in types for use in op.uses}
    return [op for op in operations if _changed(op) not in dropped]


def _dropped(op: Operation) -> tuple[object, ...] | None:  # noqa: PLR0911 - one case per operation
    match op:
        case DropPolicy(table=table, policy=policy):
            return (table, "policies", policy.name)
        case DropIndex(table=table, index=index):
            return (table, "indexes", index.name)
        case DropUnique(table=table, unique=unique):
            return (table, "unique_constraints", unique.name)
        case DropCheck(table=table, check=check):
            return (table, "check_constraints", check.name)
        case DropForeignKey(table=table, foreign_key=key):
            return (table, "foreign_keys", key.name)
        case DropPrimaryKey(table=table, name=name):
            return (table, "composite_primary_keys", name)
        case DropView(view=view):
            return (view.id,)
        case _:
            return None


def _changed(op: Operation) -> tuple[object, ...] | None:  # noqa: PLR0911 - one case per operation
    match op:
        case AlterPolicy(table=table, old=policy):
            return (table, "policies", policy.name)
        case RenamePolicy(table=table, old=name):
            return (table, "policies", name)
        case RenameIndex(table=table, old=name):
            return (table, "indexes", name)
        case RenameConstraint(table=table, kind=kind, old=name):
            return (table, _PARTS[kind], name)
        case AlterViewOptions(old=view):
            return (view.id,)
        case SetDefault(table=table, column=column) | DropDefault(table=table, column=column):
            return (table, "default", column.name)
        case _:
            return None

"""SQL that changes the type of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmigrate.postgresql import casts
from nbmigrate.postgresql.render.clauses import closed
from nbmigrate.postgresql.render.column_clauses import alter, collate, default_action
from nbmigrate.postgresql.types import SERIAL_TYPES, render_type

if TYPE_CHECKING:
    from nbmigrate.model import Column
    from nbmigrate.operations import AlterColumnType


def alter_type(operation: AlterColumnType) -> tuple[str, ...]:
    """SET DATA TYPE, the default taken off before and set after when its type changes too."""
    table, old, new = operation.table, operation.old, operation.new
    aside = old.default is not None and not casts.is_same_type(old, new)
    restore = aside and new.default is not None
    change = not aside and old.default is not None and _differs(old, new)
    return (
        *((alter(table, new.name, "DROP DEFAULT"),) if aside else ()),
        alter(table, new.name, _set_data_type(operation)),
        *((alter(table, new.name, default_action(new)),) if restore or change else ()),
    )


def _set_data_type(operation: AlterColumnType) -> str:
    """The action; COLLATE must be repeated, or the column gets the collation of its type."""
    new = operation.new
    using = operation.using or casts.using(operation.old, new)
    # serial is no type but a shorthand that only a new column takes
    written = SERIAL_TYPES.get(new.type) or render_type(new)
    cast = f" USING {closed(using)}" if using else ""
    return f"SET DATA TYPE {written}{collate(new.collation)}{cast}"


def _differs(old: Column, new: Column) -> bool:
    # 1 == True in Python, and a default of true is not a default of 1
    return old.default != new.default or type(old.default) is not type(new.default)

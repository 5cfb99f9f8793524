"""Differences between enums: labels are added in place, or the type is built anew.

PostgreSQL can add and rename a label, not remove or move one (PostgreSQL 18 docs,
ALTER TYPE). A label added in place cannot be used before the transaction
commits, so an enum whose new label the same plan uses is built anew as well:
then the plan stays one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator

from nbmigrate.diff.match import match, mentions
from nbmigrate.diff.propagated import has_it_from_above
from nbmigrate.model import Column, Enum, Snapshot, View
from nbmigrate.operations import (
    AddEnumValue,
    CreateEnum,
    DropEnum,
    EnumOp,
    EnumUse,
    Id,
    RecreateEnum,
)


def diff_enums(old: Snapshot, new: Snapshot) -> Iterator[EnumOp]:
    """Enums to create, extend, build anew and drop."""
    found = match(old.enums, new.enums)
    yield from (CreateEnum(enum=enum) for enum in found.added)
    for before, after in found.changed:
        yield from _diff_enum(before, after, old, new)
    yield from (DropEnum(enum=enum) for enum in found.removed)


def _diff_enum(before: Enum, after: Enum, old: Snapshot, new: Snapshot) -> Iterator[EnumOp]:
    if before.values == after.values:
        return
    added = [value for value in after.values if value not in before.values]
    kept = tuple(value for value in after.values if value in before.values)
    if kept != before.values or _uses_label(added, after, old, new):
        yield RecreateEnum(old=before, new=after, uses=tuple(enum_uses(after.id, old, new)))
        return
    known = list(before.values)
    for position, value in enumerate(after.values):
        if value in known:
            continue
        following = next((v for v in after.values[position + 1 :] if v in known), None)
        yield AddEnumValue(id=after.id, value=value, before=following)
        known.append(value)


def enum_uses(enum: Id, old: Snapshot, new: Snapshot) -> Iterator[EnumUse]:
    """The columns, there before and after, whose type is the enum or an array of it."""
    for name, table in new.tables.items():
        before = old.tables.get(name)
        for column in table.columns.values() if before else ():
            was = before.columns.get(column.name) if before else None
            if was is None or has_it_from_above(table, column.name, old, new):
                continue
            if is_of_enum(was, enum) and is_of_enum(column, enum):
                yield EnumUse(table=table.id, column=column, old_default=was.default)


def is_of_enum(column: Column, enum: Id) -> bool:
    """True when the column's type is the enum, or an array of it."""
    return (column.type_schema, column.element_type) == enum


def _uses_label(labels: list[str], enum: Enum, old: Snapshot, new: Snapshot) -> bool:
    """True when something that the plan would create or set speaks of a new label."""
    texts = list(_texts(new, enum, old))
    return any(mentions(text, label.replace("'", "''")) for label in labels for text in texts)


def _texts(new: Snapshot, enum: Enum, old: Snapshot) -> Iterator[str]:
    for path, table in new.tables.items():
        before = old.tables.get(path)
        if table == before or not any(is_of_enum(c, enum.id) for c in table.columns.values()):
            continue
        yield from (c.default for c in table.columns.values() if isinstance(c.default, str))
        yield from (check.value for check in table.check_constraints.values())
        for index in table.indexes.values():
            yield index.where or ""
            yield from (column.expression for column in index.columns if column.is_expression)
    yield from (view.definition or "" for view in _changed_views(old, new))


def _changed_views(old: Snapshot, new: Snapshot) -> Iterator[View]:
    return (view for path, view in new.views.items() if old.views.get(path) != view)

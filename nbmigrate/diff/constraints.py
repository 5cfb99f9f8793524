"""Differences between the constraints of one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec

from nbmigrate.diff.comments import without_comment
from nbmigrate.diff.indexes import split_renamed
from nbmigrate.diff.match import Matched, match
from nbmigrate.model import Check, Exclusion, ForeignKey, KeyOptions, Table, Unique, Value
from nbmigrate.operations import (
    AddCheck,
    AddExclusion,
    AddForeignKey,
    AddPrimaryKey,
    AddUnique,
    ConstraintOp,
    DropCheck,
    DropExclusion,
    DropForeignKey,
    DropPrimaryKey,
    DropUnique,
    Id,
    RenameConstraint,
    ValidateConstraint,
)

V = TypeVar("V", bound=Value)


def diff_constraints(old: Table, new: Table) -> Iterator[ConstraintOp]:
    """All constraints of a table that both snapshots have."""
    yield from _diff_primary_key(old, new)
    yield from _diff_uniques(new.id, old.unique_constraints, new.unique_constraints)
    yield from _diff_checks(new.id, old.check_constraints, new.check_constraints)
    yield from _diff_foreign_keys(new.id, old.foreign_keys, new.foreign_keys)
    yield from _diff_exclusions(new.id, old.exclusions, new.exclusions)


def primary_key_name(table: Table) -> str | None:
    """The name that a file holds for the primary key; ``None`` when PostgreSQL chose it."""
    return next(iter(table.composite_primary_keys), None) or table.primary_key_name


def drop_primary_key(table: Table) -> DropPrimaryKey:
    """The operation that takes the table's primary key away."""
    return DropPrimaryKey(
        table=table.id, name=primary_key_name(table), columns=table.primary_key_columns
    )


def add_primary_key(table: Table) -> AddPrimaryKey:
    """The operation that gives the table its primary key."""
    options = _key_options(table)
    return AddPrimaryKey(
        table=table.id,
        name=primary_key_name(table),
        columns=table.primary_key_columns,
        options=None if options == KeyOptions() else options,
    )


def _key_options(table: Table) -> KeyOptions:
    for found in table.composite_primary_keys.values():
        return found.options
    return table.primary_key_options or KeyOptions()


def _diff_primary_key(old: Table, new: Table) -> Iterator[ConstraintOp]:
    before, after = primary_key_name(old), primary_key_name(new)
    is_same = without_comment(_key_options(old)) == without_comment(_key_options(new))
    if old.primary_key_columns == new.primary_key_columns and is_same:
        if before and after and before != after:
            yield RenameConstraint(table=new.id, kind="primary key", old=before, new=after)
        return
    if old.primary_key_columns:
        yield drop_primary_key(old)
    if new.primary_key_columns:
        yield add_primary_key(new)


def _diff_uniques(
    table: Id, old: Mapping[str, Unique], new: Mapping[str, Unique]
) -> Iterator[ConstraintOp]:
    found, renamed = split_renamed(match(old, new))
    for a, b in renamed:
        yield RenameConstraint(table=table, kind="unique", old=a.name, new=b.name)
    changed = _really_changed(found)
    for unique in (*found.removed, *(a for a, _ in changed)):
        yield DropUnique(table=table, unique=unique)
    for unique in (*(b for _, b in changed), *found.added):
        yield AddUnique(table=table, unique=unique)


def _diff_checks(
    table: Id, old: Mapping[str, Check], new: Mapping[str, Check]
) -> Iterator[ConstraintOp]:
    found, renamed = split_renamed(match(old, new))
    for a, b in renamed:
        yield RenameConstraint(table=table, kind="check", old=a.name, new=b.name)
    changed = _really_changed(found)
    validated = [b for a, b in changed if _becomes_valid(a, b)]
    yield from (ValidateConstraint(table=table, kind="check", name=b.name) for b in validated)
    changed = [(a, b) for a, b in changed if not _becomes_valid(a, b)]
    for check in (*found.removed, *(a for a, _ in changed)):
        yield DropCheck(table=table, check=check)
    for check in (*(b for _, b in changed), *found.added):
        yield AddCheck(table=table, check=check)


def _diff_foreign_keys(
    table: Id, old: Mapping[str, ForeignKey], new: Mapping[str, ForeignKey]
) -> Iterator[ConstraintOp]:
    found, renamed = split_renamed(match(old, new))
    for a, b in renamed:
        yield RenameConstraint(table=table, kind="foreign key", old=a.name, new=b.name)
    changed = _really_changed(found)
    validated = [b for a, b in changed if _becomes_valid(a, b)]
    yield from (ValidateConstraint(table=table, kind="foreign key", name=b.name) for b in validated)
    changed = [(a, b) for a, b in changed if not _becomes_valid(a, b)]
    for key in (*found.removed, *(a for a, _ in changed)):
        yield DropForeignKey(table=table, foreign_key=key)
    for key in (*(b for _, b in changed), *found.added):
        yield AddForeignKey(table=table, foreign_key=key)


def _diff_exclusions(
    table: Id, old: Mapping[str, Exclusion], new: Mapping[str, Exclusion]
) -> Iterator[ConstraintOp]:
    found, renamed = split_renamed(match(old, new))
    for a, b in renamed:
        yield RenameConstraint(table=table, kind="exclusion", old=a.name, new=b.name)
    changed = _really_changed(found)
    for exclusion in (*found.removed, *(a for a, _ in changed)):
        yield DropExclusion(table=table, exclusion=exclusion)
    for exclusion in (*(b for _, b in changed), *found.added):
        yield AddExclusion(table=table, exclusion=exclusion)


def _really_changed(found: Matched[V]) -> list[tuple[V, V]]:
    """The changed pairs but for those that differ in their comment alone."""
    return [(a, b) for a, b in found.changed if without_comment(a) != without_comment(b)]


def _becomes_valid(old: Check | ForeignKey, new: Check | ForeignKey) -> bool:
    """True when nothing differs but that the rows were not looked at."""
    if not old.not_valid or new.not_valid:
        return False
    valid = msgspec.structs.replace(old, not_valid=False)
    return bool(without_comment(valid) == without_comment(new))

"""Differences between the constraints of one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nbmigrate.diff.indexes import split_renamed
from nbmigrate.diff.match import match
from nbmigrate.model import Check, ForeignKey, Table, Unique
from nbmigrate.operations import (
    AddCheck,
    AddForeignKey,
    AddPrimaryKey,
    AddUnique,
    ConstraintOp,
    DropCheck,
    DropForeignKey,
    DropPrimaryKey,
    DropUnique,
    Id,
    RenameConstraint,
)


def diff_constraints(old: Table, new: Table) -> Iterator[ConstraintOp]:
    """All constraints of a table that both snapshots have."""
    yield from _diff_primary_key(old, new)
    yield from _diff_uniques(new.id, old.unique_constraints, new.unique_constraints)
    yield from _diff_checks(new.id, old.check_constraints, new.check_constraints)
    yield from _diff_foreign_keys(new.id, old.foreign_keys, new.foreign_keys)


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
    return AddPrimaryKey(
        table=table.id, name=primary_key_name(table), columns=table.primary_key_columns
    )


def _diff_primary_key(old: Table, new: Table) -> Iterator[ConstraintOp]:
    before, after = primary_key_name(old), primary_key_name(new)
    if old.primary_key_columns == new.primary_key_columns:
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
    for unique in (*found.removed, *(a for a, _ in found.changed)):
        yield DropUnique(table=table, unique=unique)
    for unique in (*(b for _, b in found.changed), *found.added):
        yield AddUnique(table=table, unique=unique)


def _diff_checks(
    table: Id, old: Mapping[str, Check], new: Mapping[str, Check]
) -> Iterator[ConstraintOp]:
    found, renamed = split_renamed(match(old, new))
    for a, b in renamed:
        yield RenameConstraint(table=table, kind="check", old=a.name, new=b.name)
    for check in (*found.removed, *(a for a, _ in found.changed)):
        yield DropCheck(table=table, check=check)
    for check in (*(b for _, b in found.changed), *found.added):
        yield AddCheck(table=table, check=check)


def _diff_foreign_keys(
    table: Id, old: Mapping[str, ForeignKey], new: Mapping[str, ForeignKey]
) -> Iterator[ConstraintOp]:
    found, renamed = split_renamed(match(old, new))
    for a, b in renamed:
        yield RenameConstraint(table=table, kind="foreign key", old=a.name, new=b.name)
    for key in (*found.removed, *(a for a, _ in found.changed)):
        yield DropForeignKey(table=table, foreign_key=key)
    for key in (*(b for _, b in found.changed), *found.added):
        yield AddForeignKey(table=table, foreign_key=key)

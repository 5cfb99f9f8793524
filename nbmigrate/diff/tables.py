"""Differences between tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from nbmigrate.diff.apart import made_apart
from nbmigrate.diff.columns import diff_columns
from nbmigrate.diff.constraints import diff_constraints
from nbmigrate.diff.definitions import create_attached, diff_rules, diff_triggers
from nbmigrate.diff.detached import Former, with_inherited
from nbmigrate.diff.dropping import drop_tables
from nbmigrate.diff.indexes import diff_indexes
from nbmigrate.diff.match import match
from nbmigrate.diff.partitions import (
    ancestors,
    defaulted_columns,
    inherited_columns,
    moves,
    refuse_repartition,
    required_columns,
    storage_of_child,
    undefaulted_columns,
)
from nbmigrate.diff.policies import diff_policies
from nbmigrate.diff.statistics import diff_statistics
from nbmigrate.model import Snapshot, Table, parse_path
from nbmigrate.operations import (
    AddForeignKey,
    AlterTable,
    CreateIndex,
    CreatePolicy,
    CreateStatistics,
    CreateTable,
    Id,
    Operation,
    SetRowSecurity,
)


def diff_tables(
    old: Snapshot, new: Snapshot, backfills: Mapping[str, str], renames: Iterable[Operation] = ()
) -> Iterator[Operation]:
    """Tables to create, alter and drop, with all that is in them."""
    former, as_they_are = Former(renames), Former()
    found = match(old.tables, new.tables)
    by_table = _by_table(backfills)
    for table in found.added:
        yield from create_table(table, new)
    for before, after in found.changed:
        refuse_repartition(before, after)
        yield from moves(before, after)
        yield from _alter_table(before, after)
        if before.parents != after.parents or before.partition_of != after.partition_of:
            before = with_inherited(before, old, former)  # noqa: PLW2901
            after = with_inherited(after, new, as_they_are)  # noqa: PLW2901
        yield from diff_columns(before, after, _fills(after, new, by_table))
        yield from diff_constraints(before, after)
        yield from diff_indexes(after.id, before.indexes, after.indexes)
        yield from diff_policies(after.id, before.policies, after.policies)
        yield from _diff_row_security(before, after)
        yield from diff_statistics(after.id, before.statistics, after.statistics)
        yield from diff_triggers(after.id, before.triggers, after.triggers)
        yield from diff_rules(after.id, before.rules, after.rules)
    yield from drop_tables(found.removed, old, new)


def create_table(table: Table, snapshot: Snapshot) -> Iterator[Operation]:
    """The operations that build one table of a snapshot."""
    if alone := made_apart(table, snapshot):
        yield CreateTable(table=table, apart=alone)
    else:
        yield _create_table(table, snapshot)
    yield from storage_of_child(table, snapshot)
    bare = msgspec.structs.replace(table, replica_identity=None, clustered_on=None)
    if bare != table:
        yield AlterTable(old=bare, new=table)
    for statistics in table.statistics.values():
        yield CreateStatistics(table=table.id, statistics=statistics)
    for key in table.foreign_keys.values():
        yield AddForeignKey(table=table.id, foreign_key=key)
    for index in table.indexes.values():
        yield CreateIndex(table=table.id, index=index)
    if has_row_security(table):
        yield SetRowSecurity(table=table.id, enabled=True)
    for policy in table.policies.values():
        yield CreatePolicy(table=table.id, policy=policy)
    yield from create_attached(table.id, table.triggers, table.rules)


def _create_table(table: Table, snapshot: Snapshot) -> CreateTable:
    return CreateTable(
        table=table,
        inherited=inherited_columns(table, snapshot),
        undefaulted=undefaulted_columns(table, snapshot),
        defaulted=defaulted_columns(table, snapshot),
        required=required_columns(table, snapshot),
    )


def _alter_table(old: Table, new: Table) -> Iterator[Operation]:
    """What ALTER TABLE changes of the table as a whole; parents count when it is no partition."""
    kept = tuple(parent for parent in old.inherits if parent in new.inherits)
    free = msgspec.structs.replace(old, inherits=kept)
    if _whole(old) != _whole(free):
        yield AlterTable(old=old, new=free)
    if _whole(free) != _whole(new):
        yield AlterTable(old=free, new=new)


def _whole(table: Table) -> tuple[object, ...]:
    inherits = () if table.partition_of else table.inherits
    options = {name: str(value).lower() for name, value in table.options.items()}
    pointed = (table.replica_identity, table.clustered_on)
    return (options, table.using, table.unlogged, table.force_rls, *pointed, inherits)


def has_row_security(table: Table) -> bool:
    """True when row security is to be on: said so, or implied by a policy (drizzle-kit 0.31)."""
    return table.is_rls_enabled or (bool(table.policies) and not table.rls_off)


def _diff_row_security(old: Table, new: Table) -> Iterator[Operation]:
    if has_row_security(old) != has_row_security(new):
        yield SetRowSecurity(table=new.id, enabled=has_row_security(new))


def _by_table(backfills: Mapping[str, str]) -> dict[Id, dict[str, str]]:
    found: dict[Id, dict[str, str]] = {}
    for path, sql in backfills.items():
        schema, table, column = parse_path(path)
        found.setdefault((schema, table), {})[column] = sql
    return found


def _fills(table: Table, new: Snapshot, by_table: Mapping[Id, dict[str, str]]) -> dict[str, str]:
    """What rows of the table get; the rows of a partition get what was said of the whole."""
    above = list(ancestors(table.id, new)) if table.partition_of else []
    fills: dict[str, str] = {}
    for id_ in (*reversed(above), table.id):
        fills |= by_table.get(id_, {})
    return fills

"""Differences between tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from nbmigrate.diff.columns import diff_columns
from nbmigrate.diff.constraints import diff_constraints
from nbmigrate.diff.definitions import create_attached, diff_rules, diff_triggers
from nbmigrate.diff.indexes import diff_indexes
from nbmigrate.diff.match import match
from nbmigrate.diff.policies import diff_policies
from nbmigrate.model import Snapshot, Table, parse_path
from nbmigrate.operations import (
    AddForeignKey,
    CreateIndex,
    CreatePolicy,
    CreateTable,
    DropForeignKey,
    DropTable,
    Id,
    Operation,
    SetRowSecurity,
)


def diff_tables(old: Snapshot, new: Snapshot, backfills: Mapping[str, str]) -> Iterator[Operation]:
    """Tables to create, alter and drop, with all that is in them."""
    found = match(old.tables, new.tables)
    by_table = _by_table(backfills)
    for table in found.added:
        yield from create_table(table)
    for before, after in found.changed:
        yield from diff_columns(before, after, by_table.get(after.id, {}))
        yield from diff_constraints(before, after)
        yield from diff_indexes(after.id, before.indexes, after.indexes)
        yield from diff_policies(after.id, before.policies, after.policies)
        yield from _diff_row_security(before, after)
        yield from diff_triggers(after.id, before.triggers, after.triggers)
        yield from diff_rules(after.id, before.rules, after.rules)
    yield from _drop_tables(found.removed)


def create_table(table: Table) -> Iterator[Operation]:
    """The operations that build one table."""
    yield CreateTable(table=table)
    for key in table.foreign_keys.values():
        yield AddForeignKey(table=table.id, foreign_key=key)
    for index in table.indexes.values():
        yield CreateIndex(table=table.id, index=index)
    if has_row_security(table):
        yield SetRowSecurity(table=table.id, enabled=True)
    for policy in table.policies.values():
        yield CreatePolicy(table=table.id, policy=policy)
    yield from create_attached(table.id, table.triggers, table.rules)


def has_row_security(table: Table) -> bool:
    """True when row security is to be on: said so, or implied by a policy (drizzle-kit 0.31)."""
    return table.is_rls_enabled or bool(table.policies)


def _diff_row_security(old: Table, new: Table) -> Iterator[Operation]:
    if has_row_security(old) != has_row_security(new):
        yield SetRowSecurity(table=new.id, enabled=has_row_security(new))


def _by_table(backfills: Mapping[str, str]) -> dict[Id, dict[str, str]]:
    found: dict[Id, dict[str, str]] = {}
    for path, sql in backfills.items():
        schema, table, column = parse_path(path)
        found.setdefault((schema, table), {})[column] = sql
    return found


def _drop_tables(tables: Iterable[Table]) -> Iterator[Operation]:
    """Drop referencing tables first; in a circle a foreign key goes before its table."""
    rest = {table.id: table for table in sorted(tables, key=lambda table: table.id)}
    while rest:
        wanted = {
            key.target
            for t in rest.values()
            for key in t.foreign_keys.values()
            if key.target != t.id
        }
        free = [id_ for id_ in rest if id_ not in wanted]
        if not free:
            first = next(iter(rest))
            yield from _release(first, rest)
            free = [first]
        for id_ in free:
            yield DropTable(table=rest.pop(id_))


def _release(target: Id, tables: Mapping[Id, Table]) -> Iterator[DropForeignKey]:
    for table in tables.values():
        for key in table.foreign_keys.values():
            if key.target == target != table.id:
                yield DropForeignKey(table=table.id, foreign_key=key)

"""Differences between row security policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nbmigrate.diff.indexes import split_renamed
from nbmigrate.diff.match import match
from nbmigrate.model import Policy, Snapshot, parse_path
from nbmigrate.operations import (
    AlterPolicy,
    CreatePolicy,
    DropPolicy,
    Id,
    PolicyOp,
    RenamePolicy,
)


def diff_policies(
    table: Id, old: Mapping[str, Policy], new: Mapping[str, Policy]
) -> Iterator[PolicyOp]:
    """Policies of one table to create, alter, rename and drop."""
    found, renamed = split_renamed(match(old, new))
    for a, b in renamed:
        yield RenamePolicy(table=table, old=a.name, new=b.name)
    yield from (DropPolicy(table=table, policy=policy) for policy in found.removed)
    for before, after in found.changed:
        if _can_alter(before, after):
            yield AlterPolicy(table=table, old=before, new=after)
        else:
            yield DropPolicy(table=table, policy=before)
            yield CreatePolicy(table=table, policy=after)
    yield from (CreatePolicy(table=table, policy=policy) for policy in found.added)


def _can_alter(old: Policy, new: Policy) -> bool:
    """ALTER POLICY changes roles and expressions, and cannot take an expression away."""
    return (
        (old.as_, old.for_) == (new.as_, new.for_)
        and not (old.using and not new.using)
        and not (old.with_check and not new.with_check)
    )


def diff_linked_policies(old: Snapshot, new: Snapshot) -> Iterator[PolicyOp]:
    """Policies on tables that the snapshot does not hold."""
    for table in sorted(linked_tables(old) | linked_tables(new)):
        yield from diff_policies(table, _on(old, table), _on(new, table))


def linked_tables(snapshot: Snapshot) -> set[Id]:
    """The tables that linked policies speak of."""
    return {policy_table(policy) for policy in snapshot.policies.values()}


def policy_table(policy: Policy) -> Id:
    """The table of a linked policy; ``on`` is ``"schema"."table"``."""
    parts = parse_path(policy.on or "")
    return (parts[-2] if len(parts) > 1 else policy.schema or "public", parts[-1])


def _on(snapshot: Snapshot, table: Id) -> dict[str, Policy]:
    return {p.name: p for p in snapshot.policies.values() if policy_table(p) == table}

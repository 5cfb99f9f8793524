"""Differences between extensions, domains, other types, functions, triggers and rules.

What can be changed in place is: PostgreSQL 18 docs, ALTER DOMAIN, ALTER TYPE, and the notes of
CREATE FUNCTION on OR REPLACE. All else is built anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from nbmigrate.diff.match import match
from nbmigrate.diff.propagated import has_it_from_above
from nbmigrate.model import (
    Attribute,
    Column,
    CompositeType,
    Domain,
    Extension,
    Function,
    Parameter,
    Rule,
    Snapshot,
    Trigger,
)
from nbmigrate.operations import (
    AlterDomain,
    AlterRule,
    AlterTrigger,
    AlterType,
    CreateDomain,
    CreateExtension,
    CreateFunction,
    CreateRule,
    CreateTrigger,
    CreateType,
    DomainOp,
    DropDomain,
    DropExtension,
    DropFunction,
    DropRule,
    DropTrigger,
    DropType,
    ExtensionOp,
    FunctionOp,
    Id,
    MoveExtension,
    RecreateDomain,
    RecreateType,
    ReplaceFunction,
    RuleOp,
    TriggerOp,
    TypeOp,
    TypeUse,
    UserType,
)

_replace = msgspec.structs.replace


def diff_extensions(
    old: Mapping[str, Extension], new: Mapping[str, Extension]
) -> Iterator[ExtensionOp]:
    """Extensions to create, move and drop; one without a schema may be anywhere."""
    found = match(old, new)
    yield from (CreateExtension(extension=extension) for extension in found.added)
    for before, after in found.changed:
        if before.schema and after.schema:
            yield MoveExtension(extension=after)
    yield from (DropExtension(extension=extension) for extension in found.removed)


def diff_domains(old: Snapshot, new: Snapshot) -> Iterator[DomainOp]:
    """Domains to create, alter, build anew and drop."""
    found = match(old.domains, new.domains)
    yield from (CreateDomain(domain=domain) for domain in found.added)
    for before, after in found.changed:
        uses = tuple(type_uses(after.id, old, new))
        in_arrays = any(use.column.type != use.column.element_type for use in uses)
        if _same_values(before, after) and not (in_arrays and _is_stricter(before, after)):
            yield AlterDomain(old=before, new=after)
        else:
            yield RecreateDomain(old=before, new=after, uses=uses)
    yield from (DropDomain(domain=domain) for domain in found.removed)


def renamed_checks(old: Domain, new: Domain) -> dict[str, str]:
    """The checks that say the same under another name: old name and new name."""
    come = {
        (c.value, c.not_valid): name for name, c in new.checks.items() if name not in old.checks
    }
    gone = {
        (c.value, c.not_valid): name for name, c in old.checks.items() if name not in new.checks
    }
    return {gone[said]: come[said] for said in gone if said in come}


def _same_values(old: Domain, new: Domain) -> bool:
    return (old.type, old.collation) == (new.type, new.collation)


def _is_stricter(old: Domain, new: Domain) -> bool:
    """PostgreSQL checks the rows of a column and refuses to look into arrays."""
    known = renamed_checks(old, new).values()
    added = (c for n, c in new.checks.items() if old.checks.get(n) != c and n not in known)
    return (new.not_null and not old.not_null) or any(not c.not_valid for c in added)


def diff_types(old: Snapshot, new: Snapshot) -> Iterator[TypeOp]:
    """Composite and range types to create, alter, build anew and drop."""
    found = match(old.types, new.types)
    yield from (CreateType(type=created) for created in found.added)
    for before, after in found.changed:
        uses = tuple(type_uses(after.id, old, new))
        if _can_alter(before, after, is_used=bool(uses)):
            yield AlterType(old=before, new=after)
        else:
            yield RecreateType(old=before, new=after, uses=uses)
    yield from (DropType(type=dropped) for dropped in found.removed)


def _can_alter(old: UserType, new: UserType, *, is_used: bool) -> bool:
    if not isinstance(old, CompositeType) or not isinstance(new, CompositeType):
        return old == _replace(new, comment=old.comment)
    before = {a.name: a for a in old.attributes}
    names = {a.name for a in new.attributes}
    kept = [a.name for a in old.attributes if a.name in names]
    if [a.name for a in new.attributes][: len(kept)] != kept:
        return False
    return not is_used or all(_is_same(before.get(a.name), a) for a in new.attributes)


def _is_same(old: Attribute | None, new: Attribute) -> bool:
    return old is None or old == new


def type_uses(type_: Id, old: Snapshot, new: Snapshot) -> Iterator[TypeUse]:
    """The columns, there before and after, whose type is that one or an array of it."""
    for name, table in new.tables.items():
        before = old.tables.get(name)
        for column in table.columns.values() if before else ():
            was = before.columns.get(column.name) if before else None
            if was is None or has_it_from_above(table, column.name, old, new):
                continue
            if is_of_type(was, type_) and is_of_type(column, type_):
                yield TypeUse(table=table.id, column=column, old_default=was.default)


def is_of_type(column: Column, type_: Id) -> bool:
    """True when the column's type is that one, or an array of it."""
    return (column.type_schema, column.element_type) == type_


def diff_functions(
    old: Mapping[str, Function], new: Mapping[str, Function]
) -> Iterator[FunctionOp]:
    """Functions to create, replace and drop; one that cannot be replaced is dropped first."""
    found = match(old, new)
    yield from (DropFunction(function=function) for function in found.removed)
    for before, after in found.changed:
        if can_replace(before, after):
            yield ReplaceFunction(old=before, new=after)
        else:
            yield DropFunction(function=before)
            yield CreateFunction(function=after)
    yield from (CreateFunction(function=function) for function in found.added)


def can_replace(old: Function, new: Function) -> bool:
    """True when CREATE OR REPLACE leads from one to the other."""
    if (old.kind, old.returns) != (new.kind, new.returns) or old.kind == "aggregate":
        return False  # nobody but PostgreSQL knows what an aggregate returns
    if len(old.parameters) != len(new.parameters):
        return False
    return all(map(_can_become, old.parameters, new.parameters))


def _can_become(old: Parameter, new: Parameter) -> bool:
    """A name or default may come and not go."""
    return (
        (old.mode, old.type) == (new.mode, new.type)
        and old.name in (None, new.name)
        and (old.default is None or new.default is not None)
    )


def diff_triggers(
    table: Id, old: Mapping[str, Trigger], new: Mapping[str, Trigger]
) -> Iterator[TriggerOp]:
    """Triggers of one table or view to create, alter and drop."""
    found = match(old, new)
    yield from (DropTrigger(table=table, trigger=trigger) for trigger in found.removed)
    for before, after in found.changed:
        if before.definition == after.definition:
            yield AlterTrigger(table=table, old=before, new=after)
        else:
            yield DropTrigger(table=table, trigger=before)
            yield CreateTrigger(table=table, trigger=after)
    yield from (CreateTrigger(table=table, trigger=trigger) for trigger in found.added)


def diff_rules(table: Id, old: Mapping[str, Rule], new: Mapping[str, Rule]) -> Iterator[RuleOp]:
    """Rules of one table or view to create, alter and drop."""
    found = match(old, new)
    yield from (DropRule(table=table, rule=rule) for rule in found.removed)
    for before, after in found.changed:
        if before.definition == after.definition:
            yield AlterRule(table=table, old=before, new=after)
        else:
            yield DropRule(table=table, rule=before)
            yield CreateRule(table=table, rule=after)
    yield from (CreateRule(table=table, rule=rule) for rule in found.added)


def create_attached(
    table: Id, triggers: Mapping[str, Trigger], rules: Mapping[str, Rule]
) -> Iterator[CreateRule | CreateTrigger]:
    """What hangs on a new table or view."""
    yield from (CreateRule(table=table, rule=rule) for rule in rules.values())
    yield from (CreateTrigger(table=table, trigger=trigger) for trigger in triggers.values())

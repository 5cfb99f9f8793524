"""What stands on a function, type or view that goes for a while, and goes and comes with it.

PostgreSQL refuses to drop what something else uses. :mod:`nbmigrate.diff.dependants` knows
what stands on columns; here is what stands on code and on types: it is found in the texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

import msgspec

from nbmigrate import operations as o
from nbmigrate.diff.definitions import create_attached
from nbmigrate.diff.dependants import with_dependants
from nbmigrate.diff.match import NameIndex, calls, pairs
from nbmigrate.diff.texts import (
    column_text,
    definition_text,
    domain_text,
    dropped_names,
    dropped_text,
    function_header,
    index_text,
    joined,
    spoken_names,
    type_text,
)
from nbmigrate.diff.views import managed
from nbmigrate.model import Domain, Snapshot, Table, View, key

_replace = msgspec.structs.replace

#: In the way of these is nothing that is there.
_ADDING = o.CreateSchema | o.CreateTable | o.CreateIndex | o.AddForeignKey


def with_rebuilt(operations: list[o.Operation], old: Snapshot, new: Snapshot) -> list[o.Operation]:
    """The operations, and those that take what is in the way away and bring it back."""
    if all(isinstance(op, _ADDING) for op in operations):
        return operations
    while True:
        called = _Calls(_gone_functions(operations, new))
        parts = list(_parts(called, old, new)) if called else []
        # a domain that is bared first has two steps in the place of one
        bared = {op.new.id for op in parts if isinstance(op, o.AlterDomain)}
        rest = [op for op in operations if not _is_of_domain(op, bared)]
        result = with_dependants(_without_moot([*rest, *parts]), old, new)
        standing = list(_standing(result, old, new))
        known = {op.function.id for op in operations if isinstance(op, o.DropFunction)}
        again = [
            op
            for op in standing
            if isinstance(op, o.DropFunction | o.CreateFunction) and op.function.id not in known
        ]
        if not again:
            result += standing
            return _without_moot([*result, *_attached(result), *_released(result)])
        operations = _without_moot([*operations, *again])


def _is_of_domain(op: o.Operation, domains: set[o.Id]) -> bool:
    return isinstance(op, o.AlterDomain) and op.new.id in domains


def _without_moot(operations: list[o.Operation]) -> list[o.Operation]:
    """What is dropped and created needs no change in place."""
    functions = {op.function.id for op in operations if isinstance(op, o.DropFunction)}
    domains = {op.domain.id for op in operations if isinstance(op, o.DropDomain)}
    types = {op.type.id for op in operations if isinstance(op, o.DropType)}
    defined = {op.definition.id for op in operations if isinstance(op, o.DropDefinition)}
    triggers = {(op.table, op.trigger.name) for op in operations if isinstance(op, o.DropTrigger)}
    rules = {(op.table, op.rule.name) for op in operations if isinstance(op, o.DropRule)}
    views = {op.view.id for op in operations if isinstance(op, o.DropView)}

    def is_moot(op: o.Operation) -> bool:  # noqa: PLR0911 - one case per kind
        match op:
            case o.ReplaceFunction(old=function):
                return function.id in functions
            case o.AlterDomain(old=domain) | o.RecreateDomain(old=domain):
                return domain.id in domains
            case o.AlterType(old=type_) | o.RecreateType(old=type_):
                return type_.id in types
            case o.AlterDefinition(old=definition):
                return definition.id in defined
            case o.AlterTrigger(table=table, old=trigger):
                return (table, trigger.name) in triggers
            case o.AlterRule(table=table, old=rule):
                return (table, rule.name) in rules
            case _:
                return False

    return [op for op in operations if not is_moot(op) and not _goes_along(op, views)]


def _goes_along(op: o.Operation, views: AbstractSet[o.Id]) -> bool:
    """True for a change in place of what went with one of the views, and comes with it as it is to be."""
    if isinstance(op, o.AlterViewOptions):
        return op.new.id in views
    hanging = o.DropIndex | o.RenameIndex | o.DropStatistics | o.AlterTrigger | o.AlterRule
    return isinstance(op, hanging) and op.table in views


def _attached(operations: Iterable[o.Operation]) -> Iterator[o.Operation]:
    """Triggers and rules of views that are created: they went with the old view."""
    for op in operations:
        if isinstance(op, o.CreateView):
            yield from create_attached(op.view.id, op.view.triggers, op.view.rules)


def _released(operations: Iterable[o.Operation]) -> Iterator[o.Operation]:
    """A dropped table that calls a function of its own rows lets go of it first."""
    operations = list(operations)
    tables = {op.table.name: op.table for op in operations if isinstance(op, o.DropTable)}
    index = NameIndex(tables)
    functions = [op.function for op in operations if isinstance(op, o.DropFunction)]
    for function in functions if tables else ():
        called = _Calls({function.name})
        for name in index.find(function_header(function)):
            table = tables[name]
            parts = (*_columns(table, table, called), *_constraints(table, table, called))
            yield from (op for op in parts if dropped_text(op))


# --- what calls a function ---------------------------------------------------


def _gone_functions(operations: Iterable[o.Operation], new: Snapshot) -> set[str]:
    """The names of functions that go while one of that name is there afterwards."""
    dropped = {op.function.name for op in operations if isinstance(op, o.DropFunction)}
    return {function.name for function in new.functions.values()} & dropped if dropped else set()


class _Calls:
    """Whether a text calls one of some functions."""

    def __init__(self, names: AbstractSet[str]) -> None:
        self._index = NameIndex(names)
        self._names = names

    def __bool__(self) -> bool:
        return bool(self._names)

    def are_in(self, text: str | None) -> bool:
        """True when the text calls one of them."""
        return any(calls(text, name) for name in self._index.find(text))


def _parts(called: _Calls, old: Snapshot, new: Snapshot) -> Iterator[o.Operation]:
    """Defaults, generated columns, checks, indexes, policies and domains that call a function."""
    for before, after in pairs(old.tables, new.tables):
        yield from _columns(before, after, called)
        yield from _constraints(before, after, called)
    for domain, domain_after in pairs(old.domains, new.domains):
        if called.are_in(domain_text(domain)):
            bare = _bare(domain, called)
            yield o.AlterDomain(old=domain, new=bare)
            yield o.AlterDomain(old=bare, new=domain_after)


def _columns(old: Table, new: Table, called: _Calls) -> Iterator[o.Operation]:
    for before, after in pairs(old.columns, new.columns):
        if not called.are_in(column_text(before)):
            continue
        if before.generated:
            yield o.DropColumn(table=new.id, column=before)
            yield o.AddColumn(table=new.id, column=after)
            continue
        yield o.DropDefault(table=new.id, column=before)
        if after.default is not None:
            yield o.SetDefault(table=new.id, column=after)


def _constraints(old: Table, new: Table, called: _Calls) -> Iterator[o.Operation]:
    for check, check_after in pairs(old.check_constraints, new.check_constraints):
        if called.are_in(check.value):
            yield o.DropCheck(table=new.id, check=check)
            yield o.AddCheck(table=new.id, check=check_after)
    for index, index_after in pairs(old.indexes, new.indexes):
        if called.are_in(index_text(index)):
            yield o.DropIndex(table=new.id, index=index)
            yield o.CreateIndex(table=new.id, index=index_after)
    for policy, policy_after in pairs(old.policies, new.policies):
        if called.are_in(joined((policy.using, policy.with_check))):
            yield o.DropPolicy(table=new.id, policy=policy)
            yield o.CreatePolicy(table=new.id, policy=policy_after)


def _bare(domain: Domain, called: _Calls) -> Domain:
    """The domain without what calls one of the functions."""
    checks = {n: c for n, c in domain.checks.items() if not called.are_in(c.value)}
    default = None if called.are_in(domain.default) else domain.default
    return _replace(domain, checks=checks, default=default)


# --- what stands on functions, types and views -------------------------------


class _Stand(msgspec.Struct, frozen=True):
    """Something that may have to go: what it is made of, and how it goes and comes."""

    text: str
    name: str
    go: o.Operation
    come: o.Operation


def _standing(operations: list[o.Operation], old: Snapshot, new: Snapshot) -> Iterator[o.Operation]:
    """Views, functions, triggers and rules that are made of what goes."""
    names, functions = _gone_names(operations, new), _gone_functions(operations, new)
    moved = _moved_columns(operations)
    if not names and not functions and not moved:
        return
    dropped = {msgspec.json.encode(op) for op in operations}
    waiting = [s for s in _stands(old, new) if msgspec.json.encode(s.go) not in dropped]
    while names or functions or moved:
        index, called, tables = NameIndex(names), _Calls(functions), NameIndex(moved)
        going: list[_Stand] = []
        rest: list[_Stand] = []
        for stand in waiting:
            is_bound = bool(index.find(stand.text)) or called.are_in(stand.text)
            is_bound = is_bound or _uses_column(stand.text, tables, moved)
            (going if is_bound else rest).append(stand)
        for stand in going:
            yield stand.go
            yield stand.come
        waiting, moved = rest, {}
        names = {s.name for s in going if not isinstance(s.go, o.DropFunction)} - {""}
        functions = {s.name for s in going if isinstance(s.go, o.DropFunction)}


def _uses_column(text: str, tables: NameIndex, moved: Mapping[str, set[str]]) -> bool:
    return any(NameIndex(moved[table]).find(text) for table in tables.find(text))


def _gone_names(operations: list[o.Operation], new: Snapshot) -> set[str]:
    """The names of what goes for a while, and of types that are built anew."""
    made = {t.name for t in new.types.values()} | {d.name for d in new.domains.values()}
    made |= {v.name for v in new.views.values()} | {
        name for d in new.definitions.values() for name in spoken_names(d)
    }
    made |= {op.table.name for op in operations if isinstance(op, o.CreateTable)}
    drops = (
        op for op in operations if not isinstance(op, o.DropFunction) and not _is_gone(op, new)
    )
    found = {name for op in drops for name in dropped_names(op) if name in made}
    for op in operations:
        match op:
            case o.RecreateEnum(new=enum):
                found.add(enum.name)
            case o.RecreateDomain(new=domain):
                found.add(domain.name)
            case o.RecreateType(new=type_):
                found.add(type_.name)
            case _:
                pass
    return found


def _is_gone(op: o.Operation, new: Snapshot) -> bool:
    """True for a definition that goes for good, though another schema may have one of its name."""
    return isinstance(op, o.DropDefinition) and key(*op.definition.id) not in new.definitions


def _moved_columns(operations: list[o.Operation]) -> dict[str, set[str]]:
    """The columns that get another type or go, by the name of their table."""
    moved: dict[str, set[str]] = {}
    for op in operations:
        match op:
            case (
                o.AlterColumnType(table=(_, table), old=column)
                | o.DropColumn(table=(_, table), column=column)
            ):
                moved.setdefault(table, set()).add(column.name)
            case (
                o.RecreateEnum(uses=uses) | o.RecreateDomain(uses=uses) | o.RecreateType(uses=uses)
            ):
                for use in uses:
                    moved.setdefault(use.table[1], set()).add(use.column.name)
            case _:
                pass
    return moved


def _stands(old: Snapshot, new: Snapshot) -> Iterator[_Stand]:
    for view, view_after in pairs(managed(old.views), managed(new.views)):
        go, come = o.DropView(view=view), o.CreateView(view=view_after)
        yield _Stand(view.definition or "", view.name, go, come)
        yield from _hanging(view_after.id, view, view_after)
    for function, function_after in pairs(old.functions, new.functions):
        away, back = o.DropFunction(function=function), o.CreateFunction(function=function_after)
        yield _Stand(function_header(function), function.name, away, back)
    for table, table_after in pairs(old.tables, new.tables):
        if table.triggers or table.rules:
            yield from _hanging(table_after.id, table, table_after)
        if not table.policies:
            continue
        for policy, policy_after in pairs(table.policies, table_after.policies):
            gone = o.DropPolicy(table=table_after.id, policy=policy)
            again = o.CreatePolicy(table=table_after.id, policy=policy_after)
            yield _Stand(joined((policy.using, policy.with_check)), "", gone, again)
    yield from _unused_types(old, new)
    for defined, defined_after in pairs(old.definitions, new.definitions):
        drop, create = (
            o.DropDefinition(definition=defined),
            o.CreateDefinition(definition=defined_after),
        )
        name = next(spoken_names(defined), "")
        yield _Stand(definition_text(defined), name, drop, create)


def _unused_types(old: Snapshot, new: Snapshot) -> Iterator[_Stand]:
    """Types that no column has; one that a column has cannot go for a while."""
    if not old.domains and not old.types:
        return
    used = {
        (c.type_schema, c.element_type) for t in old.tables.values() for c in t.columns.values()
    }
    for domain, domain_after in pairs(old.domains, new.domains):
        if domain.id not in used:
            go, come = o.DropDomain(domain=domain), o.CreateDomain(domain=domain_after)
            yield _Stand(domain_text(domain), domain.name, go, come)
    for type_, type_after in pairs(old.types, new.types):
        if type_.id not in used:
            away, back = o.DropType(type=type_), o.CreateType(type=type_after)
            yield _Stand(type_text(type_), type_.name, away, back)


def _hanging(table: o.Id, old: Table | View, new: Table | View) -> Iterator[_Stand]:
    for trigger, after in pairs(old.triggers, new.triggers):
        go = o.DropTrigger(table=table, trigger=trigger)
        come = o.CreateTrigger(table=table, trigger=after)
        yield _Stand(trigger.definition, "", go, come)
    for rule, rule_after in pairs(old.rules, new.rules):
        away = o.DropRule(table=table, rule=rule)
        yield _Stand(rule.definition, "", away, o.CreateRule(table=table, rule=rule_after))

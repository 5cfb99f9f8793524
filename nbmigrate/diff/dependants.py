"""What must be dropped and created again because something it stands on is altered.

PostgreSQL refuses to alter the type of a column that a view, policy or generated
column uses, and drops what belongs to a dropped column (PostgreSQL 18 docs,
ALTER TABLE, "Notes"). Each of these objects is in both snapshots, unchanged;
here the pair of operations is added that takes it out of the way and brings it back.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from nbmigrate.diff.columns import base_type
from nbmigrate.diff.constraints import add_primary_key, drop_primary_key
from nbmigrate.diff.match import mentioned, pairs
from nbmigrate.diff.twins import Twins, without_replaced
from nbmigrate.diff.views import managed
from nbmigrate.model import Index, Snapshot, Table
from nbmigrate.operations import (
    AddCheck,
    AddColumn,
    AddForeignKey,
    AddUnique,
    AlterColumnType,
    CreateIndex,
    CreatePolicy,
    CreateView,
    DropCheck,
    DropColumn,
    DropForeignKey,
    DropIndex,
    DropPolicy,
    DropPrimaryKey,
    DropTable,
    DropUnique,
    DropView,
    Id,
    Operation,
    RecreateDomain,
    RecreateEnum,
    RecreateType,
    RenameColumn,
)

#: Where a view uses columns without their names: all of them (``count(*)`` counts rows), those that
#: tables have in common, or those of a table that the view names by their place.
_UNSAID = re.compile(
    r"""(?<!\()\*\s*(?=[,);]|--|/\*|from\b|$) | \b(?:natural|table)\b
    | \b(?:from|join)\b\s*\(*\s*(?:only\s+)?(?:[\w$.]|"[^"]*")+\s+(?:as\s+)?
    (?!where\b|on\b|using\b)(?:[\w$]+|"[^"]*")\s*\(""",
    re.IGNORECASE | re.VERBOSE,
)


class Touched(NamedTuple):
    """Columns by table: ``retyped`` get another type, ``rebuilt`` are dropped and added."""

    retyped: dict[Id, set[str]]
    rebuilt: dict[Id, set[str]]
    reshaped: set[Id]

    @property
    def tables(self) -> set[Id]:
        """Tables with any such column."""
        return set(self.retyped) | set(self.rebuilt) | self.reshaped


def with_dependants(operations: list[Operation], old: Snapshot, new: Snapshot) -> list[Operation]:
    """The operations, and those that take dependants out of the way and bring them back."""
    operations = operations + list(_generated_columns(operations, old, new))
    touched = _touched(operations)
    for step in (_parts_of_columns, _foreign_keys, _policies):
        operations = operations + list(step(operations, touched, old, new))
    return without_replaced([*operations, *_views(operations, touched, old, new)])


def _touched(operations: Iterable[Operation]) -> Touched:
    retyped: dict[Id, set[str]] = defaultdict(set)
    rebuilt: dict[Id, set[str]] = defaultdict(set)
    reshaped: set[Id] = set()
    dropped: set[tuple[Id, str]] = set()
    for op in operations:
        match op:
            case AlterColumnType(table=table, old=before, new=after):
                reshaped.add(table)
                retyped[table] |= {after.name} if base_type(before) != base_type(after) else set()
            case RecreateEnum(uses=uses):
                for use in uses:
                    retyped[use.table].add(use.column.name)
            case DropColumn(table=table, column=column):
                reshaped.add(table)
                dropped.add((table, column.name))
            case AddColumn(table=table, column=column) if (table, column.name) in dropped:
                rebuilt[table].add(column.name)
            case DropTable(table=gone):
                reshaped.add(gone.id)
            case _:
                continue
    return Touched(dict(retyped), dict(rebuilt), reshaped)


def _tables(old: Snapshot, new: Snapshot, ids: Iterable[Id]) -> Iterator[tuple[Table, Table]]:
    for schema, name in sorted(ids):
        key = f"{schema}.{name}"
        if key in old.tables and key in new.tables:
            yield old.tables[key], new.tables[key]


def _generated_columns(
    operations: list[Operation], old: Snapshot, new: Snapshot
) -> Iterator[Operation]:
    touched = _touched(operations)
    busy = {
        (op.table, op.column.name) for op in operations if isinstance(op, (DropColumn, AddColumn))
    }
    for before, after in _tables(old, new, touched.tables):
        moved = touched.retyped.get(after.id, set()) | touched.rebuilt.get(after.id, set())
        moved |= {c for c in before.columns if _is_resized(before, after, c)}
        for was, column in pairs(before.columns, after.columns):
            used = column.generated and mentioned(column.generated.expression, moved)
            if used and (after.id, column.name) not in busy:
                yield DropColumn(table=after.id, column=was)
                yield AddColumn(table=after.id, column=column)


def _is_resized(old: Table, new: Table, column: str) -> bool:
    """varchar(10) to varchar(20), or another collation, is refused while a generated column uses it."""
    if column not in new.columns:
        return False
    was, is_ = old.columns[column], new.columns[column]
    return (was.type, was.collation) != (is_.type, is_.collation)


def _parts_of_columns(
    operations: list[Operation], touched: Touched, old: Snapshot, new: Snapshot
) -> Iterator[Operation]:
    for before, after in _tables(old, new, {*touched.retyped, *touched.rebuilt}):
        retyped = touched.retyped.get(after.id, set())
        rebuilt = touched.rebuilt.get(after.id, set())
        yield from _indexes(operations, before, after, retyped, rebuilt)
        yield from _constraints(operations, before, after, retyped, rebuilt)


def _indexes(
    operations: list[Operation], old: Table, new: Table, retyped: set[str], rebuilt: set[str]
) -> Iterator[Operation]:
    busy = {op.index.name for op in operations if isinstance(op, DropIndex) and op.table == new.id}
    for before, after in Twins(operations).of("indexes", old, new):
        if before.name not in busy and _index_uses(before, retyped, rebuilt):
            yield DropIndex(table=new.id, index=before)
            yield CreateIndex(table=new.id, index=after)


def _index_uses(index: Index, retyped: set[str], rebuilt: set[str]) -> bool:
    plain = {c.expression for c in index.columns if not c.is_expression} | set(index.include)
    text = " ".join([index.where or "", *(c.expression for c in index.columns if c.is_expression)])
    has_opclass = any(c.opclass and c.expression in retyped for c in index.columns)
    return bool(plain & rebuilt or mentioned(text, retyped | rebuilt)) or has_opclass


def _constraints(
    operations: list[Operation], old: Table, new: Table, retyped: set[str], rebuilt: set[str]
) -> Iterator[Operation]:
    busy = {name for op in operations if (name := _dropped_constraint(op, new.id)) is not None}
    twins = Twins(operations)
    for before, after in twins.of("check_constraints", old, new):
        if before.name not in busy and mentioned(before.value, retyped | rebuilt):
            yield DropCheck(table=new.id, check=before)
            yield AddCheck(table=new.id, check=after)
    for unique, unique_after in twins.of("unique_constraints", old, new):
        if unique.name not in busy and set(unique.columns) & rebuilt:
            yield DropUnique(table=new.id, unique=unique)
            yield AddUnique(table=new.id, unique=unique_after)
    if "" not in busy and set(old.primary_key_columns) & rebuilt:
        yield drop_primary_key(old)
        yield add_primary_key(new)


def _dropped_constraint(op: Operation, table: Id) -> str | None:
    """The name of the constraint that ``op`` drops; ``""`` is the primary key."""
    match op:
        case DropCheck(table=at, check=check) if at == table:
            return check.name
        case DropUnique(table=at, unique=unique) if at == table:
            return unique.name
        case DropPrimaryKey(table=at) if at == table:
            return ""
        case _:
            return None


def _foreign_keys(
    operations: list[Operation], touched: Touched, old: Snapshot, new: Snapshot
) -> Iterator[Operation]:
    busy = {(op.table, op.foreign_key.name) for op in operations if isinstance(op, DropForeignKey)}
    keys = {*_lost_keys(operations), *_rebuilt_keys(operations, old, new)}
    moved = {
        (table, column)
        for family in (touched.retyped, touched.rebuilt)
        for table, columns in family.items()
        for column in columns
    }
    if not keys and not moved:
        return
    yield from _going_keys(operations, keys)
    twins = Twins(operations)
    for before, after in _tables(old, new, (table.id for table in new.tables.values())):
        for key, key_after in twins.of("foreign_keys", before, after):
            if (after.id, key.name) in busy:
                continue
            ends = {(after.id, c) for c in key.columns_from}
            ends |= {(key.target, c) for c in key.columns_to}
            if ends & moved or (key.target, frozenset(key.columns_to)) in keys:
                yield DropForeignKey(table=after.id, foreign_key=key)
                yield AddForeignKey(table=after.id, foreign_key=key_after)


def _going_keys(
    operations: Iterable[Operation], keys: set[tuple[Id, frozenset[str]]]
) -> Iterator[Operation]:
    """The foreign keys of tables that go, as long as the key that they point to stands."""
    for table in [op.table for op in operations if isinstance(op, DropTable)]:
        for key in table.foreign_keys.values():
            if key.target != table.id and (key.target, frozenset(key.columns_to)) in keys:
                yield DropForeignKey(table=table.id, foreign_key=key)


def _lost_keys(operations: Iterable[Operation]) -> Iterator[tuple[Id, frozenset[str]]]:
    """The unique keys that go away for a while: a foreign key to one goes first."""
    for op in operations:
        match op:
            case DropPrimaryKey(table=table, columns=columns):
                yield table, frozenset(columns)
            case DropUnique(table=table, unique=unique):
                yield table, frozenset(unique.columns)
            case DropIndex(table=table, index=index) if index.is_unique:
                yield table, frozenset(c.expression for c in index.columns)
            case _:
                pass


def _rebuilt_keys(
    operations: Iterable[Operation], old: Snapshot, new: Snapshot
) -> Iterator[tuple[Id, frozenset[str]]]:
    """The unique keys that PostgreSQL builds again with a column that they only INCLUDE.

    A foreign key to one is taken along with a column of the key, and with no other
    (tablecmds.c, RememberAllDependentForRebuilding).
    """
    retyped: dict[Id, set[str]] = defaultdict(set)
    for op in operations:
        if isinstance(op, AlterColumnType):
            retyped[op.table].add(op.new.name)
        elif isinstance(op, (RecreateEnum, RecreateDomain, RecreateType)):
            for use in op.uses:
                retyped[use.table].add(use.column.name)
    for table, _ in _tables(old, new, retyped):
        for included, columns in _including(table):
            if retyped[table.id] & {*included}:
                yield table.id, frozenset(columns)


def _including(table: Table) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """What the unique keys of a table include, and the columns of the key."""
    yield from ((u.include, u.columns) for u in table.unique_constraints.values())
    yield from ((k.include, k.columns) for k in table.composite_primary_keys.values())
    if table.primary_key_options:
        yield table.primary_key_options.include, table.primary_key_columns
    for index in table.indexes.values():
        if index.is_unique:
            yield index.include, tuple(c.expression for c in index.columns)


def _policies(
    operations: list[Operation], touched: Touched, old: Snapshot, new: Snapshot
) -> Iterator[Operation]:
    rebuilt = (op for op in operations if isinstance(op, (RecreateDomain, RecreateType)))
    moved = touched.tables | {use.table for op in rebuilt for use in op.uses}
    if not moved:
        return
    busy = {(op.table, op.policy.name) for op in operations if isinstance(op, DropPolicy)}
    names = {name for _, name in moved}
    twins = Twins(operations)
    for before, after in _tables(old, new, (t.id for t in new.tables.values() if t.policies)):
        for policy, policy_after in twins.of("policies", before, after):
            text = f"{policy.using or ''} {policy.with_check or ''}"
            columns = _changed_columns(operations, after.id)
            if (after.id, policy.name) in busy:
                continue
            if mentioned(text, columns) or mentioned(text, names - {after.name}):
                yield DropPolicy(table=after.id, policy=policy)
                yield CreatePolicy(table=after.id, policy=policy_after)


def _changed_columns(operations: Iterable[Operation], table: Id) -> set[str]:
    found: set[str] = set()
    for op in operations:
        match op:
            case AlterColumnType(table=at, new=column) if at == table:
                found.add(column.name)
            case DropColumn(table=at, column=column) if at == table:
                found.add(column.name)
            case RecreateEnum(uses=uses) | RecreateDomain(uses=uses) | RecreateType(uses=uses):
                found |= {use.column.name for use in uses if use.table == table}
            case _:
                pass
    return found


def _views(
    operations: list[Operation], touched: Touched, old: Snapshot, new: Snapshot
) -> Iterator[Operation]:
    dropped = {op.view.id for op in operations if isinstance(op, DropView)}
    gone = {name for _, name in dropped}
    gone |= {op.table.name for op in operations if isinstance(op, DropTable)}
    grown = {op.table[1] for op in operations if isinstance(op, (AddColumn, RenameColumn))}
    changed = _changed_columns_by_name(operations, touched)
    rest = {
        view.id: (view, after)
        for view, after in pairs(managed(old.views), managed(new.views))
        if view.id not in dropped
    }
    while found := [
        i for i, (v, _) in rest.items() if _must_go(v.definition, gone, changed, grown)
    ]:
        for id_ in found:
            before, after = rest.pop(id_)
            yield DropView(view=before)
            yield CreateView(view=after)
            gone |= {before.name}


def _changed_columns_by_name(
    operations: Iterable[Operation], touched: Touched
) -> dict[str, set[str]]:
    """The changed columns of the tables of each name."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for (_, name), columns in touched.retyped.items():
        found[name] |= columns
    for op in operations:
        match op:
            case AlterColumnType(table=table, new=column) | DropColumn(table=table, column=column):
                found[table[1]].add(column.name)
            case _:
                pass
    return dict(found)


def _must_go(
    definition: str | None, gone: set[str], changed: Mapping[str, set[str]], grown: set[str]
) -> bool:
    """Whether a view uses what goes, or a column that changes; ``SELECT *`` is expanded anew."""
    if mentioned(definition, gone):
        return True
    tables = mentioned(definition, {*changed, *grown})
    if not tables or definition is None:
        return False
    if _UNSAID.search(definition):
        return True
    return any(mentioned(definition, changed[table]) for table in tables if table in changed)

"""Which locks an operation takes, and what PostgreSQL does while it holds them.

One line per statement of the PostgreSQL docs, "Explicit Locking" and ALTER TABLE, "Notes",
measured on 15, 16 and 18 by the tests: a rewrite is a new ``relfilenode``, a lock a row of
``pg_locks``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nbmigrate import operations as o
from nbmigrate.diff.definitions import renamed_checks
from nbmigrate.hazards.filling import is_written_to_rows
from nbmigrate.hazards.hazard import Lock, Work
from nbmigrate.hazards.retyping import is_in_catalog
from nbmigrate.model import EMPTY, Column, ForeignKey, Snapshot, Table, key
from nbmigrate.operations import Id

#: The newest version whose locks were measured; assumed where nobody was asked.
NEWEST = 180_000


class Cost(NamedTuple):
    """One table that an operation locks: how, and for how much work."""

    table: Id
    lock: Lock
    work: Work = "instant"


class Context(NamedTuple):
    """What a cost depends on besides the operation: the schema around it and the server."""

    old: Snapshot = EMPTY
    new: Snapshot = EMPTY
    server_version: int = NEWEST


ANY = Context()

#: Catalogs alone, but nobody reads or writes the table meanwhile.
_SHORT = (
    o.RenameColumn
    | o.DropColumn
    | o.SetDefault
    | o.DropDefault
    | o.DropNotNull
    | o.AlterIdentity
    | o.DropIdentity
    | o.AlterSerial
    | o.DropSerial
    | o.DropExpression
    | o.DropUnique
    | o.DropCheck
    | o.DropExclusion
    | o.RenameConstraint
    | o.SetRowSecurity
    | o.CreatePolicy
    | o.AlterPolicy
    | o.RenamePolicy
    | o.DropPolicy
    | o.DropTrigger
    | o.CreateRule
    | o.AlterRule
    | o.DropRule
)


def costs(op: o.Operation, context: Context = ANY) -> tuple[Cost, ...]:
    """The tables that the operation locks, the one that it is about first."""
    match op:
        case o.RenameTable(new=table) | o.MoveTable(new=table):
            return (Cost(table, "ACCESS EXCLUSIVE"),)
        case o.CreateTrigger(table=table) | o.AlterTrigger(table=table):
            return (Cost(table, "SHARE ROW EXCLUSIVE"),)
        case o.CreateStatistics(table=table) | o.DropStatistics(table=table):
            return (Cost(table, "SHARE UPDATE EXCLUSIVE"),)
        case o.RecreateEnum(uses=uses) | o.RecreateDomain(uses=uses) | o.RecreateType(uses=uses):
            return _once(Cost(use.table, "ACCESS EXCLUSIVE", "rewrite") for use in uses)
        case o.AlterDomain():
            return _domain(op, context)
        case _:
            return (
                *_table_costs(op),
                *_column_costs(op, context),
                *_constraint_costs(op),
                *_index_costs(op),
            )


def _table_costs(op: o.Operation) -> Iterator[Cost]:
    match op:
        case o.CreateTable(table=made):
            yield from (Cost(k.target, "SHARE ROW EXCLUSIVE") for k in made.foreign_keys.values())
        case o.DropTable(table=gone):
            yield Cost(gone.id, "ACCESS EXCLUSIVE")
            keys = gone.foreign_keys.values()
            yield from (Cost(k.target, "ACCESS EXCLUSIVE") for k in keys if k.target != gone.id)
        case o.AlterTable(old=was, new=now):
            yield _altered(was, now)
        case o.AttachPartition(table=table, partition=partition):
            yield Cost(table, "ACCESS EXCLUSIVE", "scan")
            yield Cost(partition.parent, "SHARE UPDATE EXCLUSIVE")
        case o.DetachPartition(table=table, partition=partition):
            yield Cost(table, "ACCESS EXCLUSIVE")
            yield Cost(partition.parent, "ACCESS EXCLUSIVE")
        case _:
            return


def _altered(old: Table, new: Table) -> Cost:
    if (old.unlogged, old.using) != (new.unlogged, new.using):
        return Cost(new.id, "ACCESS EXCLUSIVE", "rewrite")
    heavy = (
        old.force_rls != new.force_rls
        or old.replica_identity != new.replica_identity
        or old.inherits != new.inherits
    )
    return Cost(new.id, "ACCESS EXCLUSIVE" if heavy else "SHARE UPDATE EXCLUSIVE")


def _column_costs(op: o.Operation, context: Context) -> Iterator[Cost]:
    match op:
        case o.AddColumn(table=table, column=column, backfill=backfill):
            rewrites = backfill is not None or is_written_to_rows(
                column, context.new, context.server_version
            )
            yield Cost(table, "ACCESS EXCLUSIVE", "rewrite" if rewrites else "instant")
        case o.SetNotNull(table=table, backfill=backfill, apart=is_proved):
            work: Work = "scan" if backfill is None else "rewrite"
            yield Cost(table, "ACCESS EXCLUSIVE", "instant" if is_proved else work)
        case o.FillColumn(table=table):
            # ROW EXCLUSIVE, as any UPDATE: a batch of rows is locked, never the table.
            yield Cost(table, "", "rewrite")
        case o.AlterColumnType(table=table):
            yield Cost(table, "ACCESS EXCLUSIVE", retyping_work(op, context))
        case o.AddIdentity(table=table) | o.AddSerial(table=table):
            yield Cost(table, "ACCESS EXCLUSIVE", "scan")
        case o.SetColumnStorage(table=table, old=old, new=new):
            yield Cost(table, _storage_lock(old, new))
        case _ if isinstance(op, _SHORT):
            yield Cost(op.table, "ACCESS EXCLUSIVE")
        case _:
            return


def retyping_work(op: o.AlterColumnType, context: Context) -> Work:
    """What a change of type, or of collation alone, makes PostgreSQL do."""
    if op.using is None and is_in_catalog(op.old, op.new, context.server_version):
        is_sorted = op.old.collation != op.new.collation and _is_indexed(op, context.new)
        return "index build" if is_sorted else "instant"
    return "rewrite"


def _is_indexed(op: o.AlterColumnType, schema: Snapshot) -> bool:
    table, name = schema.tables.get(key(*op.table)), op.new.name
    if table is None:
        return True
    uniques = (name in unique.columns for unique in table.unique_constraints.values())
    keys = (
        c.is_expression or c.expression == name for i in table.indexes.values() for c in i.columns
    )
    return name in table.primary_key_columns or any(uniques) or any(keys)


def _storage_lock(old: Column, new: Column) -> Lock:
    only_statistics = (old.storage, old.compression) == (new.storage, new.compression)
    return "SHARE UPDATE EXCLUSIVE" if only_statistics else "ACCESS EXCLUSIVE"


def _constraint_costs(op: o.Operation) -> Iterator[Cost]:
    match op:
        case o.AddPrimaryKey(table=table) | o.AddUnique(table=table) | o.AddExclusion(table=table):
            yield Cost(table, "ACCESS EXCLUSIVE", "index build")
        case o.AddCheck(table=table, check=check):
            is_held = check.not_valid or check.not_enforced
            yield Cost(table, "ACCESS EXCLUSIVE", "instant" if is_held else "scan")
        case o.AddForeignKey(table=table, foreign_key=fk):
            work: Work = "instant" if fk.not_valid or fk.not_enforced else "scan"
            yield Cost(table, "SHARE ROW EXCLUSIVE", work)
            yield from _parent(table, fk, "SHARE ROW EXCLUSIVE", work)
        case o.DropForeignKey(table=table, foreign_key=fk):
            yield Cost(table, "ACCESS EXCLUSIVE")
            yield from _parent(table, fk, "ACCESS EXCLUSIVE", "instant")
        case o.DropPrimaryKey(table=table):
            yield Cost(table, "ACCESS EXCLUSIVE")
        case o.AddKeyFromIndex(table=table):
            yield Cost(table, "ACCESS EXCLUSIVE")
        case o.ValidateConstraint(table=table):
            yield Cost(table, "SHARE UPDATE EXCLUSIVE", "scan")
        case _:
            return


def _parent(table: Id, fk: ForeignKey, lock: Lock, work: Work) -> Iterator[Cost]:
    if fk.target != table:
        yield Cost(fk.target, lock, work)


def _index_costs(op: o.Operation) -> Iterator[Cost]:
    match op:
        case o.CreateIndex(table=table, index=index, only=only):
            lock: Lock = "SHARE UPDATE EXCLUSIVE" if index.concurrently else "SHARE"
            yield Cost(table, lock, "instant" if only else "index build")
        case o.DropIndex(table=table, index=index):
            yield Cost(
                table, "SHARE UPDATE EXCLUSIVE" if index.concurrently else "ACCESS EXCLUSIVE"
            )
        case o.AttachIndex(table=table):
            yield Cost(table, "ACCESS EXCLUSIVE")
        case o.RenameIndex(table=table):
            yield Cost(table, "")
        case _:
            return


def _domain(op: o.AlterDomain, context: Context) -> tuple[Cost, ...]:
    """A new condition is held against every column of the domain; the tables stay readable."""
    known = renamed_checks(op.old, op.new).values()
    added = [
        c
        for n, c in op.new.checks.items()
        if op.old.checks.get(n) != c and not c.not_valid and n not in known
    ]
    if not added and not (op.new.not_null and not op.old.not_null):
        return ()
    users = context.old.tables.values() or context.new.tables.values()
    return _once(
        Cost(table.id, "SHARE", "scan")
        for table in users
        for column in table.columns.values()
        if (column.type_schema, column.element_type) == op.new.id
    )


def _once(found: Iterator[Cost]) -> tuple[Cost, ...]:
    return tuple(dict.fromkeys(found))

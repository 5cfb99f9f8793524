"""Operations that reach a table from its parent: PostgreSQL takes no other, or has done it already.

PostgreSQL 18 docs, "Table Partitioning" and "Inheritance". What changes a column goes down the
links that are there meanwhile: a partition that is detached is a table of its own by then, and one
that is attached still is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from nbmigrate import operations as o
from nbmigrate.diff.columns import is_required
from nbmigrate.diff.partitions import counted, inherited_columns
from nbmigrate.model import Snapshot, Table, key

Links = Mapping[o.Id, tuple[o.Id, ...]]


def without_propagated(
    operations: list[o.Operation], old: Snapshot, new: Snapshot
) -> list[o.Operation]:
    """The operations but for those that reach a table from its parent.

    What a parent's operation may leave on a child is taken from it behind that.
    """
    if not any(table.parents for table in (*old.tables.values(), *new.tables.values())):
        return operations
    links, renaming = _links(old, new), {t.id: t.parents for t in old.tables.values()}
    if not any(links.values()) and not any(renaming.values()):
        return operations
    places = {sign: at for at, op in enumerate(operations) for sign in _signs(op)}
    above = [list(_above(op, places, links, renaming)) for op in operations]
    behind: defaultdict[int, list[tuple[int, o.Operation]]] = defaultdict(list)
    for op, found in zip(operations, above, strict=True):
        if found and _may_stay(op, old):
            root = max(at for at in found if not above[at])
            behind[root].append((len(found), op))
    return [
        each
        for at, op in enumerate(operations)
        if not above[at]
        for each in (op, *_kept(op, links, old, new), *_in_order(behind[at]))
    ]


def _links(old: Snapshot, new: Snapshot) -> Links:
    """The parents of each table while columns change."""
    return {table.id: _linked(table, old) for table in new.tables.values()}


def _linked(table: Table, old: Snapshot) -> tuple[o.Id, ...]:
    before = old.tables.get(key(*table.id))
    if before is None:
        return table.parents
    is_same = before.partition_of == table.partition_of
    return tuple(id_ for id_ in table.parents if is_same and id_ in before.parents)


def has_it_from_above(table: Table, column: str, old: Snapshot, new: Snapshot) -> bool:
    """True when ALTER TABLE of a parent reaches the column, and PostgreSQL takes no other."""
    above = (new.tables.get(key(*id_)) for id_ in _linked(table, old))
    return any(
        parent is not None
        and (column in parent.columns or has_it_from_above(parent, column, old, new))
        for parent in above
    )


def _ancestors(table: o.Id, links: Links) -> Iterator[o.Id]:
    for id_ in links.get(table, ()):
        yield id_
        yield from _ancestors(id_, links)


def _above(
    op: o.Operation, places: Mapping[tuple[object, ...], int], links: Links, renaming: Links
) -> Iterator[int]:
    """The numbers of the operations that do the same to an ancestor of the table."""
    sign = _sign(op)
    if sign is None:
        return
    kind, table, *rest = sign
    assert isinstance(table, tuple)
    for id_ in _ancestors(table, renaming if isinstance(op, o.RenameColumn) else links):
        if (at := places.get((kind, id_, *rest))) is not None:
            yield at


def _may_stay(op: o.Operation, old: Snapshot) -> bool:
    """True when the table may have as its own what the operation takes from its parent.

    Whether a NOT NULL is a table's own as well is told nowhere; to drop it twice is no error.
    """
    match op:
        case o.DropNotNull():
            return True
        case o.DropColumn(table=table, column=column):
            before = old.tables.get(key(*table))
            return bool(
                before is not None
                and before.inherits
                and column.name not in inherited_columns(before, old)
            )
        case _:
            return False


def _kept(op: o.Operation, links: Links, old: Snapshot, new: Snapshot) -> Iterator[o.SetNotNull]:
    """NOT NULL of the tables that keep what goes from their parent: it may go with that."""
    if not isinstance(op, o.DropNotNull):
        return
    keeping = {
        table.id
        for name, table in new.tables.items()
        if _takes_no_null(table, op.column) and _takes_no_null(old.tables.get(name), op.column)
    }
    for id_ in sorted(keeping):
        is_below = op.table in _ancestors(id_, links)
        if is_below and not keeping.intersection(links[id_]):  # else it comes from there
            yield o.SetNotNull(table=id_, column=op.column)


def _takes_no_null(table: Table | None, column: str) -> bool:
    return bool(table and column in table.columns and is_required(table, table.columns[column]))


def _in_order(found: list[tuple[int, o.Operation]]) -> Iterator[o.Operation]:
    """Those of tables with fewer ancestors first."""
    return (op for _, op in sorted(found, key=lambda item: item[0]))


def _signs(op: o.Operation) -> Iterator[tuple[object, ...]]:
    """All that an operation does to the tables below: an identity is NOT NULL, which goes down alone."""
    if (sign := _sign(op)) is not None:
        yield sign
    if isinstance(op, o.AddIdentity):
        yield o.SetNotNull, op.table, op.column.name


def _sign(op: o.Operation) -> tuple[object, ...] | None:  # noqa: C901, PLR0911 - one case per operation
    """What an operation does, and to which table; None for one that stays on its table."""
    match op:
        case o.AddColumn(table=table, column=column) | o.DropColumn(table=table, column=column):
            return type(op), table, column.name
        case o.AlterColumnType(table=table, new=column):
            return type(op), table, column.name, column.type
        case o.SetDefault(table=table, column=column):
            return type(op), table, column.name, str(column.default)
        case o.DropDefault(table=table, column=column):
            return type(op), table, column.name
        case o.SetNotNull() | o.DropNotNull() | o.DropExpression():
            return type(op), op.table, op.column
        case o.AddSerial(table=table, column=column):
            return o.SetDefault, table, column.name, counted(table, column)
        case o.DropSerial(table=table, column=column):
            return o.DropDefault, table, column.name
        case o.SetColumnStorage(table=table, old=old, new=new) if (
            old.compression,
            old.options,
        ) == (new.compression, new.options):
            # SET COMPRESSION and SET (...) never reach a child (tablecmds.c, ATPrepCmd)
            return type(op), table, new.name, new.storage, new.statistics
        case o.RenameColumn(table=table, old=old, new=now):
            return type(op), table, old, now
        case _:
            return None

"""Tables that have their columns from other tables: partitions and INHERITS.

PostgreSQL 18 docs, "Table Partitioning" and "Inheritance": a change of the parent's columns and
checks reaches its children by itself; the indexes and constraints that a partition has from its
parent are listed nowhere but on the parent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from nbmigrate import operations as o
from nbmigrate.diff.columns import base_type, diff_storage, is_required
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.model import Column, Index, Snapshot, Table, key
from nbmigrate.model.names import NAME_BYTES, PUBLIC, object_name, truncate
from nbmigrate.model.tables import Default

_replace = msgspec.structs.replace
#: ``pg_constraint.contype``, and what the names of such indexes end in.
_LABELS = {"p": "pkey", "u": "key", "x": "excl"}
_FOLDED = re.compile(r"[a-z_][a-z0-9_]*")


def inherited_columns(table: Table, snapshot: Snapshot) -> tuple[str, ...]:
    """The columns that the table has from its parents alone."""
    return _inherited(table, snapshot.tables)


def _inherited(table: Table, tables: Mapping[str, Table]) -> tuple[str, ...]:
    parents = [t for id_ in table.parents if (t := tables.get(key(*id_)))]
    return tuple(
        column.name
        for column in table.columns.values()
        if any(_is_inherited(parent, column) for parent in parents)
    )


def _is_inherited(parent: Table, column: Column) -> bool:
    """Whether it is just as the parent has it, or said not to be listed."""
    above = parent.columns.get(column.name)
    if above is None:
        return False
    return _is_as_parent(parent, above, column) if column.local is None else not column.local


def with_local(tables: Mapping[str, Table]) -> dict[str, Table]:
    """The tables of a catalog; ``local`` is told of those columns alone that do not show it."""
    return {
        name: _with_local(table, tables) if table.inherits else table
        for name, table in tables.items()
    }


def _with_local(table: Table, tables: Mapping[str, Table]) -> Table:
    silent = {name: _replace(column, local=None) for name, column in table.columns.items()}
    shown = {*_inherited(_replace(table, columns=silent), tables)}
    columns = {
        name: column if column.local is (name in shown) else silent[name]
        for name, column in table.columns.items()
    }
    return _replace(table, columns=columns)


def defaulted_columns(table: Table, snapshot: Snapshot) -> tuple[str, ...]:
    """The inherited columns with a default that no parent of the table has."""
    return tuple(
        column.name
        for column, above in _inherited_pairs(table, snapshot)
        if column.default is not None and all(column.default != old.default for _, old in above)
    )


def required_columns(table: Table, snapshot: Snapshot) -> tuple[str, ...]:
    """The inherited columns that are NOT NULL, as they are in no parent of the table."""
    return tuple(
        column.name
        for column, above in _inherited_pairs(table, snapshot)
        if is_required(table, column) and not any(is_required(*pair) for pair in above)
    )


def _inherited_pairs(
    table: Table, snapshot: Snapshot
) -> Iterator[tuple[Column, list[tuple[Table, Column]]]]:
    """The columns of a table with INHERITS that are said not to be listed, and its parents'."""
    parents = [t for id_ in table.parents if (t := snapshot.tables.get(key(*id_)))]
    for name, column in table.columns.items() if table.inherits else ():
        if column.local is False:
            yield column, [(p, p.columns[name]) for p in parents if name in p.columns]


def undefaulted_columns(table: Table, snapshot: Snapshot) -> tuple[str, ...]:
    """The columns without the default that a parent of the table has."""
    parents = [t for id_ in table.parents if (t := snapshot.tables.get(key(*id_)))]
    return tuple(
        name
        for name, column in table.columns.items()
        if column.default is None
        and any(_has_default(parent.columns.get(name)) for parent in parents)
    )


def _has_default(column: Column | None) -> bool:
    return column is not None and (column.default is not None or column.type != base_type(column))


def _is_as_parent(parent: Table, old: Column, new: Column) -> bool:
    is_counted = old.type != base_type(old) and str(new.default).startswith("nextval(")
    plain = _replace(
        old,
        type=base_type(old),
        default=new.default if is_counted else old.default,
        not_null=is_required(parent, old),
        # said of both where a table beside them has it too: NOT NULL is inherited with its name
        not_null_name=new.not_null_name if new.not_null_name == old.not_null_name else None,
        **_OWN,
    )
    return plain == _replace(new, **_OWN)


#: What a partition does not have from its parent, or not in its own name.
_OWN: Mapping[str, Any] = {
    "comment": None,
    "statistics": None,
    "primary_key": False,
    "identity": None,
    "sequence_name": None,
    "sequence_comment": None,
    "local": None,
    "options": {},
}


def storage_of_child(table: Table, snapshot: Snapshot) -> Iterator[o.Operation]:
    """Where columns of a new child keep their values otherwise than its parents' do.

    It is created with the storage and compression of its parents' columns; its statistics
    targets, and a storage that it names itself, are said as it is created. A compression is not:
    another than that of a parent is refused there (tablecmds.c, MergeChildAttribute).
    """
    parents = [t for id_ in table.parents if (t := snapshot.tables.get(key(*id_)))]
    inherited = inherited_columns(table, snapshot)
    for name, column in table.columns.items() if parents else ():
        above = next((t.columns[name] for t in parents if name in t.columns), None)
        named = column.storage if name not in inherited else None
        storage = named or (above.storage if above else None)
        compression = above.compression if above else None
        was = _replace(column, storage=storage, compression=compression)
        yield from diff_storage(table.id, was, column)


def columns_of_partition(parent: Table) -> dict[str, Column]:
    """The columns of a partition that says nothing of its own, as a catalog has them."""
    return {
        name: _replace(
            column,
            type=base_type(column),
            default=_counted(parent.id, column),
            not_null=is_required(parent, column),
            not_null_name=None,
            **_OWN,
        )
        for name, column in parent.columns.items()
    }


def _counted(parent: o.Id, column: Column) -> Default | None:
    """The default; a serial column's is the next number of the parent's sequence."""
    if column.type == base_type(column):
        return column.default
    name = column.sequence_name or object_name(parent[1], column.name, "seq")
    parts = (name,) if parent[0] == PUBLIC else (parent[0], name)
    sequence = ".".join(_as_catalog(part) for part in parts)
    return "nextval('{}')".format(sequence.replace("'", "''"))


def _as_catalog(name: str) -> str:
    """The name as the catalog writes it in a text: quoted where folding would change it."""
    return name if _FOLDED.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def refuse_repartition(old: Table, new: Table) -> None:
    """Stop at what has no ALTER: how a table is partitioned.

    Raises:
        UnsupportedOperationError: the rows would have to move to another table.
    """
    if old.partition_key != new.partition_key:
        was, now = old.partition_key or "not partitioned", new.partition_key or "not partitioned"
        raise UnsupportedOperationError(
            f"table `{key(*new.id)}` cannot be partitioned otherwise in place: {was} -> {now}",
            operation="AlterTable",
            hint="create a table under another name, copy the rows, drop the old one",
        )


def moves(old: Table, new: Table) -> Iterator[o.Operation]:
    """DETACH and ATTACH where a table is another's partition, or with another bound."""
    if old.partition_of == new.partition_of:
        return
    if old.partition_of:
        yield o.DetachPartition(table=new.id, partition=old.partition_of)
    if new.partition_of:
        yield o.AttachPartition(table=new.id, partition=new.partition_of)


def with_inherited(table: Table, snapshot: Snapshot) -> Table:
    """A table with what it has from its parents as its own, as it is once it has none."""
    for id_ in table.parents if table.inherits else ():
        if above := snapshot.tables.get(key(*id_)):
            checks = with_inherited(above, snapshot).check_constraints
            passed = {name: check for name, check in checks.items() if not check.no_inherit}
            table = _replace(table, check_constraints={**passed, **table.check_constraints})
    parent = snapshot.tables.get(key(*table.partition_of.parent)) if table.partition_of else None
    if parent is None:
        return table
    parent = with_inherited(parent, snapshot)
    uniques = {
        name: _replace(u, name=name, comment=None)
        for u in parent.unique_constraints.values()
        for name in (_automatic(table.name, u.columns, "key"),)
    }
    indexes = {
        name: _replace(i, name=name, comment=None)
        for i in parent.indexes.values()
        for name in (_automatic(table.name, _names(i), "idx"),)
    }
    keys = {n: _replace(k, table_from=table.name) for n, k in parent.foreign_keys.items()}
    table = _replace(
        table,
        check_constraints={**parent.check_constraints, **table.check_constraints},
        foreign_keys={**keys, **table.foreign_keys},
        unique_constraints={**uniques, **table.unique_constraints},
        indexes={**indexes, **table.indexes},
    )
    return table if table.primary_key_columns else _with_key(table, parent)


def _with_key(table: Table, parent: Table) -> Table:
    columns = parent.primary_key_columns
    if not parent.composite_primary_keys:
        flagged = {
            name: _replace(column, primary_key=column.primary_key or name in columns)
            for name, column in table.columns.items()
        }
        return _replace(table, columns=flagged)
    name = _automatic(table.name, (), "pkey")
    (found,) = parent.composite_primary_keys.values()
    return _replace(table, composite_primary_keys={name: _replace(found, name=name, comment=None)})


def _names(index: Index) -> tuple[str, ...]:
    return tuple("expr" if c.is_expression else c.expression for c in index.columns)


def part_name(table: str, columns: Iterable[str], kind: str | None) -> str:
    """How PostgreSQL calls a partition's part of an index, or of a constraint of that kind."""
    label = _LABELS.get(kind or "", "idx")
    return _automatic(table, () if kind == "p" else columns, label)


def _automatic(table: str, columns: Iterable[str], label: str) -> str:
    """The name that PostgreSQL gives (``indexcmds.c``, ChooseIndexName)."""
    return object_name(table, _joined(columns), label)


def _joined(columns: Iterable[str]) -> str:
    """Names until there are 63 bytes of them (``ChooseIndexNameAddition``)."""
    joined = ""
    for column in columns:
        joined += f"_{column}" if joined else column
        if len(joined.encode()) >= NAME_BYTES:
            break
    return truncate(joined)


def without_propagated(
    operations: list[o.Operation], old: Snapshot, new: Snapshot
) -> list[o.Operation]:
    """The operations but for those that reach a table from its parent."""
    if not any(table.parents for table in new.tables.values()):
        return operations
    signs = {sign for op in operations if (sign := _sign(op)) is not None}
    return [op for op in operations if not _is_propagated(op, signs, old, new)]


def _is_propagated(
    op: o.Operation, signs: set[tuple[object, ...]], old: Snapshot, new: Snapshot
) -> bool:
    sign = _sign(op)
    table = getattr(op, "table", None)
    if sign is None or not isinstance(table, tuple):
        return False
    above = _ancestors_throughout((table[0], table[1]), old, new)
    return any((sign[0], id_, *sign[2:]) in signs for id_ in above)


def ancestors(table: o.Id, snapshot: Snapshot) -> Iterator[o.Id]:
    """The tables that a table has its columns from, at any distance."""
    found = snapshot.tables.get(key(*table))
    for id_ in found.parents if found else ():
        yield id_
        yield from ancestors(id_, snapshot)


def _ancestors_throughout(table: o.Id, old: Snapshot, new: Snapshot) -> Iterator[o.Id]:
    """Those that are above the table while its columns change.

    It is detached before that and attached behind it; one that is made has its parents at once.
    """
    found, was = new.tables.get(key(*table)), old.tables.get(key(*table))
    if found is None or (was is not None and was.partition_of != found.partition_of):
        return
    for id_ in found.parents:
        if was is None or id_ in was.parents:
            yield id_
            yield from _ancestors_throughout(id_, old, new)


def has_it_from_above(table: Table, column: str, old: Snapshot, new: Snapshot) -> bool:
    """True when ALTER TABLE of a parent reaches the column, and PostgreSQL takes no other."""
    return any(
        all(above is not None and column in above.columns for above in _both(id_, old, new))
        for id_ in _ancestors_throughout(table.id, old, new)
    )


def _both(table: o.Id, old: Snapshot, new: Snapshot) -> tuple[Table | None, Table | None]:
    return old.tables.get(key(*table)), new.tables.get(key(*table))


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
            return o.SetDefault, table, column.name, _counted(table, column)
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


def view_indexes(operations: Iterable[o.Operation]) -> Iterator[o.Operation]:
    """The indexes of materialized views that are created: they went with the old view."""
    for op in operations:
        if isinstance(op, o.CreateView):
            for index in op.view.indexes.values():
                yield o.CreateIndex(table=op.view.id, index=index)

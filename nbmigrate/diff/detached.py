"""What a table has from its parents, as its own: what stays on it once it is detached.

PostgreSQL chooses the names of the indexes and keys that a partition has from its parent: here
they are told as ``indexcmds.c`` tells them (ChooseIndexName), but for those that the snapshot holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from nbmigrate import operations as o
from nbmigrate.model import Index, KeyOptions, Snapshot, Table, Unique, key
from nbmigrate.model.names import NAME_BYTES, object_name, primary_key_name, truncate

_replace = msgspec.structs.replace
#: ``pg_constraint.contype``, and what the names of such indexes end in.
_LABELS = {"p": "pkey", "u": "key", "x": "excl"}
_IDENTIFIER = r'(?:[a-z_][\w$]*|"(?:[^"]|"")+")'
_CALL = re.compile(rf"(?:{_IDENTIFIER}\.)?({_IDENTIFIER})\(")
_CAST = re.compile(rf"\(?({_IDENTIFIER})\)?::[^()]*(?:\([\d, ]*\))?")


class Former:
    """What tables and columns were called before the renames of a plan: names keep to that."""

    def __init__(self, renames: Iterable[o.Operation] = ()) -> None:
        self._tables: dict[o.Id, str] = {}
        self._columns: dict[tuple[o.Id, str], str] = {}
        for op in renames:
            match op:
                case o.RenameTable(old=old, new=new) | o.MoveTable(old=old, new=new):
                    self._tables[new] = self._tables.pop(old, old[1])
                case o.RenameColumn(table=table, old=was, new=name):
                    self._columns[table, name] = self._columns.pop((table, was), was)
                case _:
                    pass

    def table(self, table: o.Id) -> str:
        """The name that the table had."""
        return self._tables.get(table, table[1])

    def column(self, table: o.Id, name: str) -> str:
        """The name that the column had."""
        return self._columns.get((table, name), name)


def with_inherited(table: Table, snapshot: Snapshot, former: Former) -> Table:
    """A table with what it has from its parents as its own, as it is once it has none."""
    for id_ in table.parents if table.inherits else ():
        if above := snapshot.tables.get(key(*id_)):
            checks = with_inherited(above, snapshot, former).check_constraints
            passed = {name: check for name, check in checks.items() if not check.no_inherit}
            table = _replace(table, check_constraints={**passed, **table.check_constraints})
    parent = snapshot.tables.get(key(*table.partition_of.parent)) if table.partition_of else None
    if parent is None:
        return table
    parent = with_inherited(parent, snapshot, former)
    names = _Names(table, parent, former)
    uniques = [
        _replace(u, name=names.of(u.name, _of_unique(u), _label(u)), comment=None)
        for u in parent.unique_constraints.values()
    ]
    indexes = [
        _replace(i, name=names.of(i.name, _of_index(i), "idx"), comment=None)
        for i in parent.indexes.values()
    ]
    keys = {n: _replace(k, table_from=table.name) for n, k in parent.foreign_keys.items()}
    table = _replace(
        table,
        check_constraints={**parent.check_constraints, **table.check_constraints},
        foreign_keys={**keys, **table.foreign_keys},
        unique_constraints={**{u.name: u for u in uniques}, **table.unique_constraints},
        indexes={**{i.name: i for i in indexes}, **table.indexes},
    )
    return table if table.primary_key_columns else _with_key(table, parent, names)


def _with_key(table: Table, parent: Table, names: _Names) -> Table:
    columns = parent.primary_key_columns
    usual = primary_key_name(parent.name)
    name = names.of(
        next(iter(parent.composite_primary_keys), parent.primary_key_name or usual), (), "pkey"
    )
    if not parent.composite_primary_keys:
        flagged = {
            name: _replace(column, primary_key=column.primary_key or name in columns)
            for name, column in table.columns.items()
        }
        usual = primary_key_name(table.name)
        said = name if columns and name != usual else table.primary_key_name
        options = _replace(parent.primary_key_options or KeyOptions(), comment=None)
        return _replace(
            table,
            columns=flagged,
            primary_key_name=said,
            primary_key_options=None if options == KeyOptions() else options,
        )
    (found,) = parent.composite_primary_keys.values()
    return _replace(table, composite_primary_keys={name: _replace(found, name=name, comment=None)})


class _Names:
    """The names that PostgreSQL gives to what a partition has from its parent, each once."""

    def __init__(self, table: Table, parent: Table, former: Former) -> None:
        self._table = former.table(table.id)
        self._parent = parent.id
        self._former = former
        self._own = table.part_names
        self._taken = {*table.indexes, *table.unique_constraints, *table.composite_primary_keys}

    def of(self, whole: str, columns: Iterable[str], label: str) -> str:
        """The name for the part of an index of the columns; numbered where one is taken."""
        if whole in self._own:
            return self._own[whole]
        were = _distinct(self._former.column(self._parent, column) for column in columns)
        joined, number, name = _joined(were), 0, ""
        while not name or name in self._taken:
            name = object_name(self._table, joined, f"{label}{number or ''}")
            number += 1
        self._taken.add(name)
        return name


def _label(unique: Unique) -> str:
    """PostgreSQL calls a partition's part of a unique WITHOUT OVERLAPS as it calls an exclusion."""
    return _LABELS["x" if unique.without_overlaps else "u"]


def _of_unique(unique: Unique) -> tuple[str, ...]:
    return (*unique.columns, *unique.include)


def _of_index(index: Index) -> tuple[str, ...]:
    parts = (
        _of_expression(c.expression) if c.is_expression else c.expression for c in index.columns
    )
    return (*parts, *index.include)


def _of_expression(text: str) -> str:
    """What the column of an index is called: a function, or the column that is cast."""
    found = _CALL.match(text) if text.endswith(")") else None
    found = found or _CAST.fullmatch(text)
    if found is None:
        return "expr"
    name = found[1]
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _distinct(names: Iterable[str]) -> Iterator[str]:
    """The names, a number behind one that was there (ChooseIndexColumnNames)."""
    taken: set[str] = set()
    for name in names:
        chosen, number = name, 0
        while chosen in taken:
            number += 1
            chosen = truncate(name[: NAME_BYTES - len(str(number))]) + str(number)
        taken.add(chosen)
        yield chosen


def part_name(table: str, columns: Iterable[str], kind: str | None) -> str:
    """How PostgreSQL calls a partition's part of an index, or of a constraint of that kind."""
    label = _LABELS.get(kind or "", "idx")
    return object_name(table, "" if kind == "p" else _joined(columns), label)


def _joined(columns: Iterable[str]) -> str:
    """Names until there are 63 bytes of them (``ChooseIndexNameAddition``)."""
    joined = ""
    for column in columns:
        joined += f"_{column}" if joined else column
        if len(joined.encode()) >= NAME_BYTES:
            break
    return truncate(joined)


def without_released(operations: Iterable[o.Operation]) -> Iterator[o.Operation]:
    """The operations without keys of partitions that go with one of the whole to itself.

    That one goes before the partition is detached, which PostgreSQL refuses while it is referred to.
    """
    operations = list(operations)
    wholes = {
        op.table: op.partition.parent for op in operations if isinstance(op, o.DetachPartition)
    }
    gone = {
        (op.table, op.foreign_key.name)
        for op in operations
        if isinstance(op, o.DropForeignKey) and op.foreign_key.target == op.table
    }
    for op in operations:
        whole = wholes.get(op.table) if isinstance(op, o.DropForeignKey) else None
        if not isinstance(op, o.DropForeignKey) or (whole, op.foreign_key.name) not in gone:
            yield op

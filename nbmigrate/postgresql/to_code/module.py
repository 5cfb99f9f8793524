"""The whole code: types, tables, classes, and what stands beside them."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator

from nbmigrate.model import Snapshot, Table, key
from nbmigrate.postgresql.to_code import names
from nbmigrate.postgresql.to_code.classes import TableCode, relate
from nbmigrate.postgresql.to_code.constraints import late_foreign_key, references
from nbmigrate.postgresql.to_code.imports import IMPORTABLE, import_lines, names_of
from nbmigrate.postgresql.to_code.layout import Group, call, flat, lines_of
from nbmigrate.postgresql.to_code.objects import after_tables, before_tables, sequence_node
from nbmigrate.postgresql.to_code.own_types import OwnTypes
from nbmigrate.postgresql.to_code.parts import is_plain_partition
from nbmigrate.postgresql.to_code.relationships import relationship_pairs
from nbmigrate.postgresql.to_code.types import OTHER_TYPE

_OTHER_TYPE = f"""\
class {OTHER_TYPE}(sa.types.UserDefinedType):
    \"\"\"A type of PostgreSQL that SQLAlchemy has no class for.\"\"\"

    cache_ok = True

    def __init__(self, spelling):
        self.spelling = spelling

    def get_col_spec(self, **options):
        return self.spelling"""
_BASE = "class Base(DeclarativeBase):\n    pass\n\n\nmetadata = Base.metadata"
_BUILTINS = frozenset({"bool", "bytes", "dict", "float", "int", "list", "str"})
_KNOWN = IMPORTABLE | _BUILTINS


class Module:
    """The code of one snapshot."""

    def __init__(self, snapshot: Snapshot, *, with_relationships: bool = True) -> None:
        self._snapshot = snapshot
        self._with_relationships = with_relationships

    def code(self, *, cell: bool) -> str:
        """The text. A first draft tells which names the code itself needs."""
        parts = list(self._parts(frozenset(), cell=cell))
        found = names_of(*parts)
        needed = found.used & _KNOWN
        if needed & found.bound:  # else the names would be the same again
            parts = list(self._parts(needed, cell=cell))
            found = names_of(*parts)
        if not cell:
            words = found.used | names_of(_BASE).used
            parts[:0] = ["\n".join(import_lines(words)), _BASE]
        return "\n\n\n".join(part for part in parts if part) + "\n"

    def _parts(self, used: frozenset[str], *, cell: bool) -> Iterator[str]:
        """The code in pieces that stand two lines apart."""
        # A cell binds its names for the whole notebook: none of them hides one of Python's.
        taken = {*used, *vars(builtins), "Base", "metadata", OTHER_TYPE}
        tables = _spelled(self._snapshot)
        classes = [name for name, table in tables.items() if _is_class(table, self._snapshot)]
        called = _called(tables, classes, taken)
        own = OwnTypes(self._snapshot, {*taken, *called.values()}, cell=cell)
        everything = self._snapshot.tables
        coded = {
            name: TableCode.of(table, called[name], keys, own.codes, everything)
            for name, table in tables.items()
            for keys in ([*references(table, self._snapshot)],)
        }
        self._relate(coded, classes)
        cores = [coded[name].table_lines() for name in tables if name not in classes]
        bodies = [coded[name].class_lines() for name in classes]
        if any(OTHER_TYPE in flat(c.type.node) for t in coded.values() for c in t.columns):
            yield _OTHER_TYPE
        yield from own.definitions()
        yield "\n".join(_sequences(self._snapshot, {*taken, *called.values()}, cell=cell))
        yield _values(before_tables(self._snapshot), cell=cell)
        yield from map("\n".join, (*cores, *bodies))
        yield "\n".join(_late(coded, classes))
        yield _values(after_tables(self._snapshot, called), cell=cell)

    def _relate(self, coded: dict[str, TableCode], classes: list[str]) -> None:
        cores = {name: coded[name].name for name in coded if name not in classes}
        for name in classes:
            coded[name].name_attributes(cores.values())
        if self._with_relationships:
            keys = {name: code.keys for name, code in coded.items()}
            tables = {name: code.table for name, code in coded.items()}
            joins = [name for name in cores if _is_association(tables[name], self._snapshot)]
            relate(relationship_pairs(keys, tables, classes, joins), coded)


def _spelled(snapshot: Snapshot) -> dict[str, Table]:
    """The tables in order, without the partitions that one line is enough for."""
    targets = {t for table in snapshot.tables.values() for t in _targets(table)}
    return {
        name: table
        for name, table in _ordered(snapshot).items()
        if name in targets or not is_plain_partition(table, snapshot)
    }


def _values(nodes: Iterable[Group], *, cell: bool) -> str:
    """Values that stand by themselves; in a module they are attached by name."""
    found = []
    for node in nodes:
        attached = "" if cell else ".on(metadata)"
        found.append("\n".join(lines_of(node, suffix=attached)))
    return "\n".join(found)


def _sequences(snapshot: Snapshot, taken: set[str], *, cell: bool) -> Iterator[str]:
    """Sequences; those of a module have names, by which they are found in any MetaData."""
    for sequence in snapshot.sequences.values():
        name = "" if cell else names.variable_name(sequence.name, taken)
        taken.add(name)
        yield from lines_of(sequence_node(sequence), prefix=f"{name} = " if name else "")


def _late(coded: dict[str, TableCode], classes: list[str]) -> Iterator[str]:
    for name, code in coded.items():
        for foreign_key in code.late:
            other = key(*foreign_key.target)
            target = _table_of(coded[other].name, is_class=other in classes)
            here = _table_of(code.name, is_class=name in classes)
            node = late_foreign_key(foreign_key, code.table, target)
            yield from lines_of(call(f"{here}.append_constraint", node))


def _table_of(name: str, *, is_class: bool) -> str:
    return f"{name}.__table__" if is_class else name


def _called(tables: dict[str, Table], classes: list[str], taken: set[str]) -> dict[str, str]:
    """The class or variable of every table."""
    found: dict[str, str] = {}
    for name, table in tables.items():
        make = names.class_name if name in classes else names.variable_name
        found[name] = make(table.name, {*taken, *found.values()})
    return found


def _is_class(table: Table, snapshot: Snapshot) -> bool:
    is_partition = table.partition_of is not None
    return bool(table.primary_key_columns) and not (
        is_partition or _is_association(table, snapshot)
    )


def _is_association(table: Table, snapshot: Snapshot) -> bool:
    """Whether it only connects two tables: its key is two foreign keys and nothing else."""
    found = [*references(table, snapshot)]
    columns = [name for foreign_key in found for name in foreign_key.columns_from]
    return (
        table.partition_of is None
        and len(found) == 2
        and sorted(columns) == sorted(table.columns) == sorted(table.primary_key_columns)
        and all(foreign_key.target != table.id for foreign_key in found)
    )


def _ordered(snapshot: Snapshot) -> dict[str, Table]:
    """The tables, those that are referred to first, as far as there is such an order.

    In rounds, each of the tables whose targets are there already; where there is none, the first.
    """
    tables = snapshot.tables
    places = {name: place for place, name in enumerate(tables)}
    needs = {name: _targets(table) & tables.keys() - {name} for name, table in tables.items()}
    users: dict[str, list[str]] = {}
    for name, targets in needs.items():
        for target in targets:
            users.setdefault(target, []).append(name)
    found: dict[str, Table] = {}
    rest = iter(tables)
    ready = [name for name in tables if not needs[name]]
    while len(found) < len(tables):
        turn = ready or [next(name for name in rest if name not in found)]
        ready = []
        for name in turn:
            found[name] = tables[name]
            for user in users.get(name, ()):
                needs[user].discard(name)
                if not needs[user] and user not in found:
                    ready.append(user)
        ready.sort(key=places.__getitem__)
    return found


def _targets(table: Table) -> set[str]:
    return {key(*foreign_key.target) for foreign_key in table.foreign_keys.values()}

"""In which order tables are dropped: those that refer to others first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from nbmigrate.diff.partitions import ancestors
from nbmigrate.model import ForeignKey, Snapshot, Table
from nbmigrate.operations import DetachPartition, DropForeignKey, DropTable, Id, Operation


def drop_tables(tables: Iterable[Table], old: Snapshot, new: Snapshot) -> Iterator[Operation]:
    """Drop referencing tables first; in a circle a foreign key goes before its table.

    A partition of a table that foreign keys point to is refused to be dropped as one.
    """
    rest = {table.id: table for table in sorted(tables, key=lambda table: table.id)}
    above = {id_: tuple(ancestors(id_, old)) for id_ in rest}
    targets = {key.target for t in new.tables.values() for key in t.foreign_keys.values()}
    for table in rest.values():
        if table.partition_of and not targets.isdisjoint(above[table.id]):
            yield DetachPartition(table=table.id, partition=table.partition_of)
    split = {parent for id_ in rest for parent in above[id_]}
    yield from _released_from_themselves(rest[id_] for id_ in rest if id_ in split)
    yield from _Falling(rest, above).all()


def _released_from_themselves(tables: Iterable[Table]) -> Iterator[DropForeignKey]:
    """A partition is not dropped while a foreign key points to the whole, its own among them."""
    for table in tables:
        for key in table.foreign_keys.values():
            if key.target == table.id:
                yield DropForeignKey(table=table.id, foreign_key=key)


class _Falling:
    """The tables that still stand, and what holds each: its children, and who points to it.

    What falls tells which of the others it held; nobody else is looked at again.
    """

    def __init__(self, rest: dict[Id, Table], above: dict[Id, tuple[Id, ...]]) -> None:
        self._rest = rest
        self._above = above
        self._children = Counter(parent for t in rest.values() for parent in t.parents)
        self._pointing: defaultdict[Id, dict[tuple[Id, str], ForeignKey]] = defaultdict(dict)
        for table in rest.values():
            for key in table.foreign_keys.values():
                if key.target != table.id:
                    self._pointing[key.target][table.id, key.name] = key
        self._below: defaultdict[Id, list[Id]] = defaultdict(list)
        for id_ in rest:
            for one in (id_, *above[id_]):
                self._below[one].append(id_)

    def all(self) -> Iterator[Operation]:
        """Drop them round by round: all that nothing holds, in the order of their names."""
        seen: Iterable[Id] = self._rest
        while self._rest:
            free = [id_ for id_ in seen if id_ in self._rest and self._is_free(id_)]
            changed: set[Id] = set()
            if not free:
                free = [next(id_ for id_ in self._rest if not self._children[id_])]
                for target in (*free, *self._above[free[0]]):
                    yield from self._release(target)
                    changed.update(self._below[target])
            for id_ in free:
                changed |= self._fall(id_)
                yield DropTable(table=self._rest.pop(id_))
            seen = sorted(changed)

    def _is_free(self, id_: Id) -> bool:
        return not self._children[id_] and not any(
            self._pointing.get(one) for one in (id_, *self._above[id_])
        )

    def _fall(self, id_: Id) -> set[Id]:
        """Whom it held."""
        table, held = self._rest[id_], set(self._below[id_])
        for parent in table.parents:
            self._children[parent] -= 1
            held.add(parent)
        for key in table.foreign_keys.values():
            self._pointing[key.target].pop((id_, key.name), None)
            held.update(self._below[key.target])
        return held

    def _release(self, target: Id) -> Iterator[DropForeignKey]:
        for (table, _), key in self._pointing.pop(target, {}).items():
            yield DropForeignKey(table=table, foreign_key=key)

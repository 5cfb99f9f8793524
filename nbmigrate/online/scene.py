"""What the online form of one operation depends on: the rest of the plan and the schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from nbmigrate import operations as o
from nbmigrate.diff.pointing import indexes_made, points_to
from nbmigrate.model import Snapshot, Table, key
from nbmigrate.operations import Id


class Steps(NamedTuple):
    """An operation taken apart: what is done in the first transaction, and what behind it."""

    now: tuple[o.Operation, ...] = ()
    later: tuple[o.Operation, ...] = ()


@dataclass(frozen=True)
class Scene:
    """The whole plan and the two schemas it is about, in the names of the new one."""

    operations: tuple[o.Operation, ...]
    old: Snapshot
    new: Snapshot
    server_version: int

    @cached_property
    def made(self) -> frozenset[Id]:
        """Tables and views that the plan makes: nobody waits for them."""
        tables = {op.table.id for op in self.operations if isinstance(op, o.CreateTable)}
        views = {op.view.id for op in self.operations if isinstance(op, o.CreateView)}
        return frozenset(tables | views)

    @cached_property
    def _indexes(self) -> Mapping[Id, set[str]]:
        return indexes_made(self.operations)

    def waits_for_an_index(self, op: o.AlterTable | o.AlterViewOptions) -> bool:
        """True when it lets something point to an index that the plan makes."""
        return op.new.id not in self.made and points_to(op, self._indexes.get(op.new.id, set()))

    def is_new(self, op: o.Operation) -> bool:
        """True when the operation is about such a table."""
        table = getattr(op, "table", None)
        return isinstance(table, tuple) and table in self.made

    def table(self, id_: Id) -> Table | None:
        """The table as it will be."""
        return self.new.tables.get(key(*id_))

    def is_partitioned(self, id_: Id) -> bool:
        """True for a table that has its rows in partitions."""
        table = self.table(id_)
        return table is not None and table.partition_key is not None

    def partitions(self, id_: Id) -> Iterator[Table]:
        """The direct partitions of a table."""
        for table in self.new.tables.values():
            if table.partition_of is not None and table.partition_of.parent == id_:
                yield table

    def leaves(self, id_: Id) -> Iterator[Id]:
        """The tables that hold the rows of a table."""
        if not self.is_partitioned(id_):
            yield id_
            return
        for part in self.partitions(id_):
            yield from self.leaves(part.id)

    def changes(self, id_: Id, *kinds: type[o.Operation]) -> bool:
        """True when the plan has an operation of such a kind on the table."""
        return any(
            isinstance(op, kinds) and getattr(op, "table", None) == id_ for op in self.operations
        )

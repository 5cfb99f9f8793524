"""Changes of a random schema that rows survive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from hypothesis import strategies as st

from nbmigrate.model import Column, ForeignKey, Snapshot, Table, format_path, key
from nbmigrate.plan import Answers
from tests.properties import strategies as s

change = msgspec.structs.replace
PARTS = (
    "indexes",
    "foreign_keys",
    "unique_constraints",
    "check_constraints",
    "policies",
)


def some_part(world: s.World) -> tuple[Table, str, str] | None:
    """A table, and the kind and name of a part of it."""
    tables = world.snapshot.tables.values()
    found = [(t, part, name) for t in tables for part in PARTS for name in getattr(t, part)]
    return world.one(found) if found else None


def drop_part(world: s.World) -> None:
    """A constraint, index or policy goes."""
    if found := some_part(world):
        table, part, gone = found
        items = {n: i for n, i in getattr(table, part).items() if n != gone}
        world.put(change(table, **{part: items}))


def rename_part(world: s.World) -> None:
    """A constraint, index or policy has another name."""
    if found := some_part(world):
        table, part, old = found
        new = world.name()
        items = {(new if n == old else n): i for n, i in getattr(table, part).items()}
        items[new] = change(items[new], name=new)
        world.put(change(table, **{part: items}))


def drop_column(world: s.World) -> None:
    """A column goes that nothing speaks of."""
    if table := s.any_table(world):
        free = [c for c in table.columns.values() if is_free(world.snapshot, table, c)]
        if free:
            gone = world.one(free).name
            columns = {n: c for n, c in table.columns.items() if n != gone}
            world.put(change(table, columns=columns))


def is_free(snapshot: Snapshot, table: Table, column: Column) -> bool:
    """True when no key and no text of the snapshot names the column; names are unique."""
    names = set(table.primary_key_columns)
    texts = [view.definition or "" for view in snapshot.views.values()]
    for one in snapshot.tables.values():
        for fk in one.foreign_keys.values():
            names.update(fk.columns_from, fk.columns_to)
        for unique in one.unique_constraints.values():
            names.update(unique.columns)
        for index in one.indexes.values():
            names.update(c.expression for c in index.columns)
            texts += [index.where or "", *(c.expression for c in index.columns)]
        texts += [check.value for check in one.check_constraints.values()]
        texts += [policy.using or "" for policy in one.policies.values()]
        texts += [c.generated.expression for c in one.columns.values() if c.generated]
    return column.name not in names and not any(s.quote(column.name) in text for text in texts)


def retype_column(world: s.World) -> None:
    """A column has another type; its default follows."""
    if found := s.some_column(world):
        table, column = found
        if is_referenced(world.snapshot, table, column):
            return
        type_ = world.one(s.NUMBERS)
        default = world.one(s.NUMBERS[type_]) if column.default is not None else None
        world.put(_edited(table, change(column, type=type_, default=default)))


def is_referenced(snapshot: Snapshot, table: Table, column: Column) -> bool:
    """True when a foreign key or generated column would need the same change."""
    keys = [fk for fk in table.foreign_keys.values() if column.name in fk.columns_from]
    keys += [
        fk
        for other in snapshot.tables.values()
        for fk in other.foreign_keys.values()
        if fk.target == table.id and column.name in fk.columns_to
    ]
    texts = [c.generated.expression for c in table.columns.values() if c.generated]
    return bool(keys) or any(s.quote(column.name) in text for text in texts)


def _edited(table: Table, column: Column) -> Table:
    return change(table, columns={**table.columns, column.name: column})


def change_default(world: s.World) -> None:
    """A default comes, changes or goes."""
    if found := s.some_column(world):
        table, column = found
        if column.primary_key or not world.is_filled(column):
            return
        default = world.one([None, *s.NUMBERS[column.type]])
        world.put(_edited(table, change(column, default=default)))


def change_not_null(world: s.World) -> None:
    """A column becomes required, or not any more; no row has NULL there."""
    if found := s.some_column(world):
        table, column = found
        if column.name not in table.primary_key_columns and world.is_filled(column):
            world.put(_edited(table, change(column, not_null=not column.not_null)))


def drop_table(world: s.World) -> None:
    """A table goes, and what refers to it."""
    if table := s.any_table(world):
        tables = {n: t for n, t in world.snapshot.tables.items() if n != key(*table.id)}
        tables = {
            n: change(
                t, foreign_keys={k: f for k, f in t.foreign_keys.items() if f.target != table.id}
            )
            for n, t in tables.items()
        }
        named = s.quote(table.name)
        views = {n: v for n, v in world.snapshot.views.items() if named not in (v.definition or "")}
        world.snapshot = change(world.snapshot, tables=tables, views=views)


def drop_view(world: s.World) -> None:
    """A view goes."""
    if world.snapshot.views:
        gone = world.one(world.snapshot.views)
        views = {n: v for n, v in world.snapshot.views.items() if n != gone}
        world.snapshot = change(world.snapshot, views=views)


def rename_table(world: s.World) -> None:
    """A table of the old schema has another name; foreign keys and views follow."""
    table = s.any_table(world)
    if table is None or world.tables is None or table.id not in world.tables:
        return
    new = change(table, name=world.name())
    world.tables[new.id] = world.tables.pop(table.id)
    tables = {(key(*new.id) if t is table else n): t for n, t in world.snapshot.tables.items()}
    tables[key(*new.id)] = new

    def follow(fk: ForeignKey) -> ForeignKey:
        fk = change(fk, table_from=new.name) if fk.table_from == table.name else fk
        return change(fk, table_to=new.name) if fk.table_to == table.name else fk

    tables = {
        n: change(t, foreign_keys={k: follow(f) for k, f in t.foreign_keys.items()})
        for n, t in tables.items()
    }
    views = {
        n: change(v, definition=(v.definition or "").replace(s.qualified(table), s.qualified(new)))
        for n, v in world.snapshot.views.items()
    }
    world.snapshot = change(world.snapshot, tables=tables, views=views)


def rename_column(world: s.World) -> None:
    """A column of the old schema, of which nothing speaks, has another name."""
    table = s.any_table(world)
    if table is None:
        return
    columns = table.columns.values()
    free = [c for c in columns if c.name in world.columns and is_free(world.snapshot, table, c)]
    if free:
        column, new = world.one(free), world.name()
        renamed = {(new if n == column.name else n): c for n, c in table.columns.items()}
        renamed[new] = change(column, name=new)
        world.columns[new] = world.columns.pop(column.name)
        world.put(change(table, columns=renamed))


def change_enum(world: s.World) -> None:
    """Labels come in front, in the middle or at the end, or change places."""
    if world.snapshot.enums:
        enum = world.one(world.snapshot.enums.values())
        labels = list(enum.values)
        if world.maybe() and labels:
            labels.reverse()
        labels.insert(world.draw(st.integers(0, len(labels))), world.name())
        enums = {**world.snapshot.enums, key(*enum.id): change(enum, values=tuple(labels))}
        world.snapshot = change(world.snapshot, enums=enums)


CHANGES = (
    s.add_table,
    s.add_enum,
    s.add_column,
    s.add_column,
    *s.ADDITIONS,
    drop_part,
    rename_part,
    drop_column,
    retype_column,
    retype_column,
    change_default,
    change_not_null,
    drop_table,
    drop_view,
    rename_table,
    rename_column,
    change_enum,
)


@dataclass(frozen=True, repr=False)
class Pair:
    """Two schemas and the renames between them."""

    old: Snapshot
    new: Snapshot
    tables: dict[tuple[str, str], tuple[str, str]]
    columns: dict[str, str]

    def __repr__(self) -> str:
        old, new = (msgspec.json.encode(snapshot).decode() for snapshot in (self.old, self.new))
        return f"Pair(\n{old},\n{new},\n{self.answers.renames})"

    @property
    def answers(self) -> Answers:
        """What a person would say."""
        return Answers(renames=tuple(self._renames()))

    def _renames(self) -> Iterator[str]:
        for table, before in self._kept():
            if table.id != before:
                yield f"{format_path(*before)}->{format_path(*table.id)}"
        for table, before in self._kept():
            for name in table.columns:
                if self.columns.get(name, name) != name:
                    old = (*before, self.columns[name])
                    yield f"{format_path(*old)}->{format_path(*table.id, name)}"

    def _kept(self) -> Iterator[tuple[Table, tuple[str, str]]]:
        for table in self.new.tables.values():
            if table.id in self.tables:
                yield table, self.tables[table.id]

    def kept_columns(self) -> Iterator[tuple[str, Table, Column, Column]]:
        """Old table, new table, old and new column of whatever both schemas have."""
        for table, before in self._kept():
            old = self.old.tables[key(*before)]
            for name, column in table.columns.items():
                if name in self.columns:
                    yield s.qualified(old), table, old.columns[self.columns[name]], column


@st.composite
def pairs(draw: Any) -> Pair:
    """A schema, and what becomes of it after a few changes."""
    world = draw(s.worlds())
    old = world.snapshot
    world.tables = {table.id: table.id for table in old.tables.values()}
    world.columns = {name: name for table in old.tables.values() for name in table.columns}
    for step in draw(st.lists(st.sampled_from(CHANGES), min_size=2, max_size=12)):
        step(world)
    return Pair(old, world.snapshot, world.tables, world.columns)

"""Random pairs of schemas with rows: ``random_pair(seed)`` is the same pair for ever.

What is drawn is one world and what becomes of it; both are written as DDL. The steps by which
a pair was made can be left out one by one, which is how a failing pair is made small.
"""

from __future__ import annotations

import random
from collections.abc import Container, Iterator
from dataclasses import dataclass

from nbmigrate.model import format_path
from nbmigrate.plan import Answers
from tests.properties import growing
from tests.properties.changing import ANSWERED, CHANGES, GROWTH
from tests.properties.contents import ROWS, converted, value
from tests.properties.defining import DEFINING, REDEFINING
from tests.properties.elsewhere import CHANGED_ELSEWHERE, ELSEWHERE, EVERY, THESE
from tests.properties.rarely import RARELY
from tests.properties.world import Thing, World, quote

#: Things are made by this many steps at most, and changed by as many.
STEPS = 26
#: Definitions are made by this many steps more, and changed by as many.
DEFINED_STEPS = 5
#: The steps of both schemas.
ALL_STEPS = STEPS + STEPS // 2 + 4 * DEFINED_STEPS


@dataclass(frozen=True)
class Kept:
    """A column that both schemas have: the rows it must have afterwards."""

    name: str
    before: str
    after: str
    labels: bool = False


@dataclass(frozen=True, repr=False)
class Pair:
    """Two worlds: the one with rows, and what becomes of it."""

    seed: int
    old: World
    new: World

    def __repr__(self) -> str:
        return f"pair {self.seed}"

    @property
    def old_ddl(self) -> str:
        """The script of the old schema."""
        return self.old.ddl()

    @property
    def new_ddl(self) -> str:
        """The script of the new schema."""
        return self.new.ddl()

    @property
    def rows(self) -> tuple[str, ...]:
        """Statements that fill the old schema; foreign keys and triggers are to be off."""
        return tuple(_rows(self.old))

    @property
    def answers(self) -> Answers:
        """What a person would say about renames and backfills."""
        backfills = {
            format_path(*path): self.new.sql(text)
            for number, text in self.new.backfills.items()
            if number in self.new.things
            for path in self._places(self.new.things[number])
        }
        return Answers(renames=tuple(self._renames()), backfills=backfills)

    def _places(self, column: Thing) -> Iterator[tuple[str, ...]]:
        """Where the column is: in its table, and in what could or is to be a partition of that."""
        yield self.new.path(column.id)
        root = self.new.things[column.owner]
        for number in {t.id: None for world in (self.old, self.new) for t in world.loose(root)}:
            if number in self.new.things:
                yield (*self.new.path(number), self.new.names[column.id])

    def _beside(self, column: Thing) -> Iterator[str]:
        """The renames of a column in what stands beside its table."""
        for table in self.old.loose(self.old.things[column.owner]):
            if table.id in self.new.things:
                old = (*self.old.path(table.id), self.old.names[column.id])
                yield _arrow(old, (*self.new.path(table.id), self.new.names[column.id]))

    def _renames(self) -> Iterator[str]:
        for number, thing in self.new.things.items():
            before = self.old.things.get(number)
            if before is None or thing.kind not in ANSWERED:
                continue
            is_moved = before.owner != thing.owner
            if is_moved or self.old.names[number] != self.new.names[number]:
                yield _arrow(self.old.path(number), self.new.path(number))
                yield from self._beside(thing) if thing.kind == "column" else ()
            for label in thing.data.get("labels", ()):
                if label in before.data["labels"] and self._is_renamed(label):
                    old = (*self.old.path(number), self.old.names[label])
                    yield _arrow(old, (*self.new.path(number), self.new.names[label]))

    def _is_renamed(self, number: int) -> bool:
        return self.old.names[number] != self.new.names[number]

    @property
    def labels(self) -> dict[str, str]:
        """Old labels of enums that have another name."""
        return {
            self.old.names[label]: self.new.names[label]
            for enum in self.new.all("enum")
            for label in enum.data["labels"]
            if label in self.old.names
        }

    @property
    def kept(self) -> tuple[Kept, ...]:
        """Queries whose rows must be the same in the old schema and in the new one."""
        return tuple(self._kept())

    def _kept(self) -> Iterator[Kept]:
        for table in self.old.all("table"):
            after = self.new.things.get(table.id)
            if after is None or "bound" in table.data:
                continue
            yield self._query(table, None)
            for column in _columns(self.old, table):
                kept = self.new.things.get(column.id)
                if kept and not {"generated"} & column.data.keys() & kept.data.keys():
                    yield self._query(table, column)

    def _query(self, table: Thing, column: Thing | None) -> Kept:
        rid = table.data["rid"]
        old = new = "1"
        if column is not None:
            after = self.new.things[column.id].data
            old = _read(self.old, column, after["type"])
            new = f"{quote(self.new.names[column.id])}{_as_text(after)}"
            if self._has_grown(str(column.data["content"])):
                new = f"regexp_replace({new}, ',[)]$', ')')"
            if after.get("not_null") and column.id in self.new.backfills:
                old = f"coalesce({old}, ({self.old_words(self.new.backfills[column.id])}){_as_text(after)})"
        return Kept(
            self.old.names[column.id] if column else "",
            _select(self.old, table, rid, old),
            _select(self.new, self.new.things[table.id], rid, new),
            labels=column is not None and str(column.data["content"]).startswith("enum"),
        )

    def _has_grown(self, content: str) -> bool:
        """True when a composite type has one part more, in which rows have NULL."""
        kind, _, number = content.partition(":")
        made = self.new.things.get(int(number)) if kind == "composite" else None
        return made is not None and "more" in made.text

    def old_words(self, text: str) -> str:
        """A text of the new world in the names of the old one."""
        return self.old.sql(text)


def _arrow(old: tuple[str, ...], new: tuple[str, ...]) -> str:
    return f"{format_path(*old)}->{format_path(*new)}"


def _select(world: World, table: Thing, rid: int, shown: str) -> str:
    """The rows of a table; of a partitioned one with those that stand beside it."""
    only = "" if "by" in table.data else "ONLY "
    places = [f"{only}{_name(world, table)}", *(_name(world, t) for t in world.loose(table))]
    number = quote(world.names[rid])
    rows = [f"SELECT {number}::numeric AS n, {shown} FROM {place}" for place in places]
    return " UNION ALL ".join(rows) + " ORDER BY n"


def _columns(world: World, table: Thing) -> list[Thing]:
    if "like" in table.data:
        return [world.things[n] for n in table.data["like"] if n in world.things]
    return world.columns(table)


def _name(world: World, table: Thing) -> str:
    return f"{quote(world.names[table.owner])}.{quote(world.names[table.id])}"


def _as_text(data: dict[str, object]) -> str:
    return "::text[]" if str(data["content"]).startswith("enums") else "::text"


def _read(world: World, column: Thing, type_: str) -> str:
    name = quote(world.names[column.id])
    old = column.data["type"]
    if "«" in old or "«" in type_:
        return f"{name}{_as_text(column.data)}"
    plain = {"serial": "integer", "bigserial": "bigint"}
    return f"{converted(plain.get(old, old), plain.get(type_, type_), name)}::text"


def _rows(world: World) -> Iterator[str]:
    for table in world.all("table"):
        if "bound" in table.data:
            if table.data["loose"]:
                yield _insert(world, world.things[table.data["root"]], table, table.data["rids"])
            continue
        beside = {n for t in world.loose(table) for n in t.data["rids"]}
        if numbers := tuple(n for n in ROWS if n not in beside):
            yield _insert(world, table, table, numbers)


def _insert(world: World, like: Thing, table: Thing, numbers: tuple[int, ...]) -> str:
    columns = [c for c in _columns(world, like) if "generated" not in c.data]
    names = ", ".join(quote(world.names[c.id]) for c in columns)
    rows = (", ".join(value(world, c, n) for c in columns) for n in numbers)
    said = f"INSERT INTO {_name(world, table)} ({names}) OVERRIDING SYSTEM VALUE VALUES"
    return f"{said} {', '.join(f'({row})' for row in rows)}"


# --- drawing -----------------------------------------------------------------


def random_pair(seed: int, without: Container[int] = ()) -> Pair:
    """The pair of a seed, made without some of its steps."""
    dice, more = random.Random(seed), random.Random(f"definitions {seed}")
    world = World(random.Random(f"{seed}"))
    for _ in range(dice.randint(0, 2)):
        growing.add_schema(world)
    for _ in range(dice.randint(1, 3)):
        growing.add_table(world)
    behind = STEPS + STEPS // 2
    _take_all(world, seed, range(dice.randint(6, STEPS)), GROWTH, without)
    _take_all(world, seed, _some_from(behind, more), DEFINING, without)
    beyond = behind + 2 * DEFINED_STEPS
    away = _some_from(beyond, more) if seed % EVERY in THESE else range(0)
    _take_all(world, seed, away, ELSEWHERE, without)
    for table in world.all("table"):  # what inherits was made before its parent was done
        if "like" in table.data:
            parent = next(iter(table.needs() & {t.id for t in world.all("table")}))
            table.data["like"] = [c.id for c in world.columns(world.things[parent])]
    old = world.copied()
    world.is_old = False
    changes = range(STEPS, STEPS + dice.randint(2, STEPS // 2))
    _take_all(world, seed, changes, (*CHANGES, *RARELY), without)
    _take_all(world, seed, _some_from(behind + DEFINED_STEPS, more), REDEFINING, without)
    away = range(beyond + DEFINED_STEPS, beyond + DEFINED_STEPS + len(away))
    _take_all(world, seed, away, CHANGED_ELSEWHERE, without)
    return Pair(seed, old, world)


def _some_from(first: int, dice: random.Random) -> range:
    """Steps about definitions."""
    return range(first, first + dice.randint(0, DEFINED_STEPS))


def _take_all(
    world: World, seed: int, numbers: range, steps: tuple[object, ...], without: Container[int]
) -> None:
    for number in numbers:
        _take(world, seed, number, steps, without)


def _take(
    world: World, seed: int, step: int, steps: tuple[object, ...], without: Container[int]
) -> None:
    world.rng = random.Random(f"{seed} {step}")
    chosen = world.one(steps)
    if step not in without:
        chosen(world)

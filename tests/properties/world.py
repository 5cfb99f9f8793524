"""A schema as a list of things that speak of each other by number, written as DDL.

Nothing here is the engine's: a world quotes for itself and says the whole schema in SQL, so
that what PostgreSQL makes of it is what the engine has to reach. In a text ``«7»`` is the
name of thing 7 as SQL, ``«7.»`` the same with its schema, ``«7'»`` as a literal, ``«7"»`` what
``«7.»`` says as a literal. A rename is another name for the number, and every text follows.
"""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

PUBLIC = 0
_PLACE = re.compile(r"«(\d+)([.'\"]?)»")
#: Kinds in the order in which a script makes them, as far as needs do not say otherwise.
KINDS = (
    "schema", "role", "extension", "wrapper", "server", "collation", "tsdict", "tsconfig", "enum", "sequence", "domain",
    "type", "function", "cast", "operator", "opclass", "conversion", "table", "foreign",
    "column", "pk", "unique", "check", "exclude", "index", "fk", "view", "matview", "trigger",
    "rule", "policy", "statistics", "setting", "publication", "event", "comment", "grant",
)  # fmt: skip
#: Names of people, machines and enemies.
BASES = (
    "a", "b", "user", "select", "Upper", "camelCase", "two words", 'quo"te', "it's", "100%", "%s",
    "%(x)s", "é", "🙂", "new\nline", "tab\t", "do.t", "com,ma", "--", "/*", "$$", "back\\slash",
    ":bind", "semi;colon", "{brace}", "{}", "x=y", " ", "--> statement-breakpoint", "order",
    'a"; drop table canary; --', "text_kind", "integer", "serial", "n" * 58, "ü" * 28, "table",
)  # fmt: skip
#: What columns of several tables are called.
COMMON = ("id", "name", "value", "Total", "user")


def quote(name: str) -> str:
    """The name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text as SQL."""
    prefix = "E" if "\\" in text else ""
    return prefix + "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


@dataclass
class Thing:
    """A thing of any kind. ``owner`` is its schema, or the table or view it is a part of."""

    id: int
    kind: str
    owner: int
    text: str = ""
    also: tuple[int, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)

    def texts(self) -> Iterator[str]:
        """Every text in which it may speak of others."""
        yield self.text
        yield from (value for value in self.data.values() if isinstance(value, str))

    def needs(self) -> set[int]:
        """The things that must be there for it."""
        named = {int(number) for text in self.texts() for number, _ in _PLACE.findall(text)}
        return (named | {self.owner, *self.also}) - {self.id, PUBLIC}


@dataclass
class World:
    """A schema and the dice that made it."""

    rng: random.Random
    things: dict[int, Thing] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=lambda: {PUBLIC: "public"})
    backfills: dict[int, str] = field(default_factory=dict)
    count: int = 0
    #: True as long as rows will be put into what is made.
    is_old: bool = True

    def copied(self) -> World:
        """Another one, to be changed."""
        return copy.deepcopy(self)

    # --- asking ------------------------------------------------------------------

    def one(self, items: Iterable[Any]) -> Any:
        """One of several."""
        return self.rng.choice(list(items))

    def some(self, chance: float = 0.5) -> bool:
        """A coin."""
        return self.rng.random() < chance

    def all(self, *kinds: str, owner: int | None = None) -> list[Thing]:
        """The things of these kinds, in the order in which they were made."""
        return [
            thing
            for thing in self.things.values()
            if thing.kind in kinds and owner in (None, thing.owner)
        ]

    def any(self, *kinds: str, owner: int | None = None) -> Thing | None:
        """One of them."""
        found = self.all(*kinds, owner=owner)
        return self.one(found) if found else None

    def users(self, number: int) -> list[Thing]:
        """What speaks of a thing, or is a part of it."""
        return [thing for thing in self.things.values() if number in self.needs_of(thing)]

    def needs_of(self, thing: Thing) -> set[int]:
        """What must be there for it; a label stands for its enum."""
        needs = {self.label_of(number) for number in thing.needs()}
        return {number for number in needs if number in self.things}

    def label_of(self, number: int) -> int:
        """The enum of a label, and every other number itself."""
        if number in self.things:
            return number
        for enum in self.all("enum"):
            if number in enum.data["labels"]:
                return enum.id
        return number

    def schema(self) -> int:
        """Any schema; mostly public."""
        return int(self.one([PUBLIC, *(thing.id for thing in self.all("schema"))]))

    # --- making ------------------------------------------------------------------

    def number(self, name: str | None = None) -> int:
        """A new number, and its name."""
        self.count += 1
        base = self.one(BASES) if name is None else name
        self.names[self.count] = f"{base}{self.count}" if name is None else name
        return self.count

    def add(self, kind: str, owner: int, text: str = "", **more: Any) -> Thing:
        """A new thing. ``*`` in the text is its own name, ``@`` its owner's with the schema."""
        number = more.pop("number", None) or self.number(more.pop("name", None))
        text = text.replace("«*", f"«{number}").replace("«@", f"«{owner}")
        thing = Thing(number, kind, owner, text, more.pop("also", ()), more)
        self.things[number] = thing
        return thing

    def drop(self, number: int) -> None:
        """Take a thing away, and all that needs it."""
        if number not in self.things:
            return
        gone = self.things.pop(number)
        labels = gone.data.get("labels", [])
        for thing in list(self.things.values()):
            if {number, *labels} & thing.needs():
                self.drop(thing.id)

    # --- writing -----------------------------------------------------------------

    def sql(self, text: str) -> str:
        """The text with names for numbers."""
        return _PLACE.sub(lambda found: self._name(int(found[1]), found[2]), text)

    def _name(self, number: int, form: str) -> str:
        name = self.names[number]
        if form == "'":
            return literal(name)
        if form == '"':
            return literal(self._name(number, "."))
        if form == ".":
            return f"{quote(self.names[self.things[number].owner])}.{quote(name)}"
        return quote(name)

    def path(self, number: int) -> tuple[str, ...]:
        """The names by which an answer calls it."""
        thing = self.things[number]
        if thing.kind in ("schema", "role"):
            return (self.names[number],)
        if thing.owner == PUBLIC or self.things[thing.owner].kind == "schema":
            return (self.names[thing.owner], self.names[number])
        return (*self.path(thing.owner), self.names[number])

    def ddl(self) -> str:
        """The script that builds the schema in an empty database."""
        return "\n".join(
            f"{self.sql(text)};" for thing in self.sorted() if (text := self.statement(thing))
        )

    def sorted(self) -> list[Thing]:
        """The things, each behind what it needs."""
        done: dict[int, Thing] = {}

        def visit(thing: Thing) -> None:
            if thing.id in done or thing.id in visiting:
                return
            visiting.add(thing.id)
            needs = self.needs_of(thing)
            if thing.kind == "table":  # made with its columns, and what they need
                needs |= {n for c in self.columns(thing) for n in self.needs_of(c)} - {thing.id}
            for number in sorted(needs - {thing.id}):
                visit(self.things[number])
            done[thing.id] = thing

        visiting: set[int] = set()
        for thing in sorted(self.things.values(), key=lambda t: (KINDS.index(t.kind), t.id)):
            visit(thing)
        return list(done.values())

    def statement(self, thing: Thing) -> str:
        """What makes it; nothing for a column, which comes with its table."""
        match thing.kind:
            case "column":
                return ""
            case "enum":
                labels = ", ".join(f"«{number}'»" for number in thing.data["labels"])
                return f"CREATE TYPE «{thing.id}.» AS ENUM ({labels})"
            case "table":
                return self._table(thing)
            case "pk" | "unique" | "check" | "exclude" | "fk":
                where = f"ALTER TABLE «{thing.owner}.»"
                return f"{where} ADD CONSTRAINT «{thing.id}» {thing.text}"
            case _:
                return thing.text

    def columns(self, table: Thing) -> list[Thing]:
        """The columns of a table itself."""
        return self.all("column", owner=table.id)

    def loose(self, table: Thing) -> list[Thing]:
        """What could be a partition of the table and stands beside it."""
        found = [t for t in self.all("table") if t.data.get("root") == table.id]
        return [t for t in found if t.data["loose"]]

    def _table(self, table: Thing) -> str:
        head = f"CREATE {table.data.get('unlogged', '')} TABLE «{table.id}.»"
        options, by = table.data.get("options", ""), table.data.get("by", "")
        if "bound" in table.data:
            parent = table.data["parent"]
            if table.data["loose"]:
                return f"{head} (LIKE {parent})"
            return f"{head} PARTITION OF {parent} {table.data['bound']} {by} {options}"
        lines = ", ".join(self._column(column) for column in self.columns(table))
        return f"{head} ({lines}) {table.data.get('inherits', '')} {by} {options}"

    def _column(self, column: Thing) -> str:
        data = column.data
        parts = [f"«{column.id}»", data["type"], data.get("collate", "")]
        parts += [f"DEFAULT {data['default']}"] if data.get("default") else []
        parts += [data.get("generated", ""), data.get("identity", "")]
        parts += ["NOT NULL"] if data.get("not_null") else []
        return " ".join(part for part in parts if part)

"""Random schemas, and random pairs of which one came from the other.

Every column that counts holds the number of its row in whatever type it has, so that keys
stay keys, references stay references and any two such types convert into each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from hypothesis import strategies as st

from nbmigrate.model import (
    Check,
    Column,
    Enum,
    ForeignKey,
    Generated,
    Identity,
    Index,
    IndexColumn,
    Policy,
    PrimaryKey,
    Sequence,
    Snapshot,
    Table,
    Unique,
    View,
    key,
)

change = msgspec.structs.replace

#: Types of which each converts into each other while the values are small numbers.
NUMBERS = {
    "smallint": (0, 5, -5),
    "integer": (0, 7),
    "bigint": (0, 9007199254740993),
    "numeric": ("'1.50'",),
    "numeric(10, 2)": ("'0.25'",),
    "double precision": (1.5, 0),
    "text": ("'x'", "''", "'it''s'", "'--> statement-breakpoint'", "'%s;\n--'", "upper('x')"),
    "varchar": ("'x'",),
    "varchar(40)": ("'y'", "lower('Y')"),
}
#: Other types: a value as text, and defaults.
OTHERS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "boolean": ("true", (True, False)),
    "date": ("2024-01-02", ("'2024-01-01'", "CURRENT_DATE")),
    "timestamp with time zone": ("2024-01-02 03:04:05+00", ("now()",)),
    "time": ("03:04:05", ("'01:02:03'",)),
    "interval": ("1 day", ("'02:00:00'",)),
    "uuid": ("00000000-0000-0000-0000-000000000001", ("gen_random_uuid()",)),
    "jsonb": ('{"a": "it\'s"}', ("'{}'::jsonb", "'{\"a\": \"it''s\"}'::jsonb")),
    "json": ("[1]", ("'[]'::json",)),
    "text[]": ('{"a,b","it\'s"}', ("'{}'", "'{x,\"a b\"}'")),
    "integer[]": ("{1,2}", ("'{1,2}'",)),
    "bytea": ("\\x00ff", ()),
    "inet": ("10.0.0.1", ("'10.0.0.1'",)),
    "char(3)": ("abc", ("'xyz'",)),
    "real": ("1.5", ()),
}
_BASES = (
    "a", "b", "user", "select", "Upper", "camelCase", "two words", 'quo"te', "it's", "100%", "%s",
    "%(x)s", "é", "🙂", "new\nline", "tab\t", "do.t", "com,ma", "--", "/*", "$$", "back\\slash",
    ":bind", "semi;colon", "{brace}", "a->b", "x=y", " ", "--> statement-breakpoint",
    'a"; drop table canary; --', "text_kind", "integer", "serial", "n" * 55,
)  # fmt: skip


def quote(name: str) -> str:
    """The name as SQL; the tests' own, not the engine's."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def qualified(table: Table | View) -> str:
    """The full name as SQL."""
    return f"{quote(table.schema or 'public')}.{quote(table.name)}"


@dataclass
class World:
    """What is drawn so far. Once the old schema stands, ``tables`` and ``columns`` lead
    from the present names to those of the old schema; rows are there for these.
    """

    draw: Any
    snapshot: Snapshot = field(default_factory=Snapshot)
    count: int = 0
    tables: dict[tuple[str, str], tuple[str, str]] | None = None
    columns: dict[str, str] = field(default_factory=dict)

    def is_filled(self, column: Column) -> bool:
        """True when the column has the number of its row, now or as soon as there are rows."""
        return self.tables is None or column.name in self.columns

    def name(self) -> str:
        """A name that nothing else has."""
        self.count += 1
        return f"{self.draw(st.sampled_from(_BASES))}{self.count}"

    def one(self, items: Any) -> Any:
        """One of several."""
        return self.draw(st.sampled_from(list(items)))

    def maybe(self) -> bool:
        """A coin."""
        return bool(self.draw(st.booleans()))

    def put(self, table: Table) -> None:
        """The table as it is now."""
        tables = {**self.snapshot.tables, key(*table.id): table}
        self.snapshot = change(self.snapshot, tables=tables)


@st.composite
def worlds(draw: Any) -> World:
    """A schema of a few tables, with everything that hangs on them."""
    world = World(draw)
    for _ in range(draw(st.integers(0, 2))):
        name = world.name()
        world.snapshot = change(world.snapshot, schemas={**world.snapshot.schemas, name: name})
    for _ in range(draw(st.integers(0, 2))):
        add_enum(world)
    for _ in range(draw(st.integers(1, 3))):
        add_table(world)
    for step in draw(st.lists(st.sampled_from(ADDITIONS), min_size=3, max_size=12)):
        step(world)
    return world


snapshots = worlds().map(lambda world: world.snapshot)


# --- making ------------------------------------------------------------------


def add_enum(world: World) -> None:
    """An enum of a few labels."""
    labels = tuple(world.name() for _ in range(world.draw(st.integers(1, 4))))
    schema = world.one(["public", *world.snapshot.schemas])
    enum = Enum(name=world.name(), schema=schema, values=labels)
    enums = {**world.snapshot.enums, key(*enum.id): enum}
    world.snapshot = change(world.snapshot, enums=enums)


def add_table(world: World) -> None:
    """A table with a key or without, and a few columns."""
    schema = world.one(["", *world.snapshot.schemas])
    name = world.name()
    columns = [new_column(world) for _ in range(world.draw(st.integers(1, 5)))]
    table = Table(name=name, schema=schema, columns={c.name: c for c in columns})
    counting = [c.name for c in columns if counts(c) and c.default is None]
    match world.one(["none", "serial", "identity", "plain", "composite"]):
        case "serial":
            table = _with(table, key_column(world, type="serial"))
        case "identity":
            table = _with(table, identity_column(world, table))
        case "plain":
            type_ = world.one(["integer", "bigint", "text", "varchar(40)"])
            table = _with(table, key_column(world, type=type_))
        case "composite" if len(counting) > 1:
            pk = PrimaryKey(name=world.name(), columns=tuple(counting[:2]))
            columns_ = {
                n: change(c, not_null=True) if n in pk.columns else c
                for n, c in table.columns.items()
            }
            table = change(table, columns=columns_, composite_primary_keys={pk.name: pk})
    world.put(table)


def _with(table: Table, column: Column) -> Table:
    return change(table, columns={column.name: column, **table.columns})


def key_column(world: World, *, type: str) -> Column:  # noqa: A002 - the field's name
    """A column that is the primary key."""
    return Column(name=world.name(), type=type, primary_key=True, not_null=True)


def identity_column(world: World, table: Table) -> Column:
    """A key that counts by itself."""
    name = world.name()
    identity = Identity(
        type=world.one(["always", "byDefault"]),
        name=world.name(),
        schema=table.schema or "public",
        increment=world.one(["1", "5"]),
        start_with="1",
        min_value="1",
        max_value="2147483647",
        cache="1",
        cycle=world.maybe(),
    )
    return Column(name=name, type="integer", primary_key=True, not_null=True, identity=identity)


def new_column(world: World) -> Column:
    """A column of any type, sometimes with a default."""
    kind = world.one(["number", "number", "other", "enum"])
    if kind == "enum" and world.snapshot.enums:
        enum = world.one(world.snapshot.enums.values())
        default = literal(world.one(enum.values)) if world.maybe() and enum.values else None
        return Column(name=world.name(), type=enum.name, type_schema=enum.schema, default=default)
    if kind == "other":
        type_ = world.one(OTHERS)
        return _defaulted(world, Column(name=world.name(), type=type_), OTHERS[type_][1])
    type_ = world.one(NUMBERS)
    return _defaulted(world, Column(name=world.name(), type=type_), NUMBERS[type_])


def _defaulted(world: World, column: Column, defaults: tuple[Any, ...]) -> Column:
    if not defaults or not world.maybe():
        return column
    return change(column, default=world.one(defaults), not_null=world.maybe())


def counts(column: Column) -> bool:
    """True when the column holds the number of its row."""
    plain = column.type_schema is None and column.type in NUMBERS
    return plain and column.generated is None and column.identity is None


# --- adding to what is there -------------------------------------------------


def any_table(world: World) -> Table | None:
    """A table, if there is one."""
    tables = list(world.snapshot.tables.values())
    return world.one(tables) if tables else None


def plain_columns(world: World, table: Table) -> list[Column]:
    """Columns that nothing has a claim on."""
    return [c for c in table.columns.values() if counts(c)]


def some_column(world: World, *types: str) -> tuple[Table, Column] | None:
    """A table and a counting column of it; of one of the types, if any are said."""
    tables = world.snapshot.tables.values()
    found = [(t, c) for t in tables for c in plain_columns(world, t)]
    found = [(t, c) for t, c in found if not types or c.type in types]
    return world.one(found) if found else None


def add_column(world: World) -> None:
    """A new column; required ones have a default."""
    if table := any_table(world):
        column = new_column(world)
        world.put(change(table, columns={**table.columns, column.name: column}))


def add_unique(world: World) -> None:
    """A unique over one column."""
    if found := some_column(world):
        table, column = found
        if not world.is_filled(column):
            return  # a new column gives all rows one value
        unique = Unique(name=world.name(), columns=(column.name,), nulls_not_distinct=world.maybe())
        world.put(
            change(table, unique_constraints={**table.unique_constraints, unique.name: unique})
        )


def add_check(world: World) -> None:
    """A check that every row passes."""
    if found := some_column(world):
        table, column = found
        text = f"({quote(column.name)} IS NULL) OR ({quote(column.name)}::text <> '--;''%s')"
        check = Check(name=world.name(), value=text)
        world.put(change(table, check_constraints={**table.check_constraints, check.name: check}))


def add_index(world: World) -> None:
    """An index, partial or on an expression or descending."""
    if found := some_column(world):
        table, column = found
        expression = f"({quote(column.name)}::text)"
        by_text = world.maybe()
        part = IndexColumn(
            expression=expression if by_text else column.name,
            is_expression=by_text,
            asc=world.maybe(),
            nulls=world.one(["first", "last"]),
        )
        where = f"{quote(column.name)} IS NOT NULL" if world.maybe() else None
        index = Index(name=world.name(), columns=(part,), where=where)
        world.put(change(table, indexes={**table.indexes, index.name: index}))


def add_generated(world: World) -> None:
    """A column computed from another."""
    if found := some_column(world, "smallint", "integer", "bigint", "numeric"):
        table, column = found
        generated = Generated(expression=f"{quote(column.name)} * 2", type="stored")
        made = Column(name=world.name(), type="numeric", generated=generated)
        world.put(change(table, columns={**table.columns, made.name: made}))


def add_foreign_key(world: World) -> None:
    """A reference to the key of a table, by a column of its type; a new one before there are rows."""
    keyed = [
        t
        for t in world.snapshot.tables.values()
        if len(t.primary_key_columns) == 1 and (world.tables is None or t.id in world.tables)
    ]
    table = any_table(world)
    if not keyed or table is None:
        return
    target = world.one(keyed)
    (to,) = target.primary_key_columns
    type_ = {"serial": "integer"}.get(target.columns[to].type, target.columns[to].type)
    column = Column(name=world.name(), type=type_)
    if world.tables is not None:
        fits = [
            (t, c)
            for t in world.snapshot.tables.values()
            for c in plain_columns(world, t)
            if c.type == type_ and world.is_filled(c) and c.name != to
        ]
        if not fits:
            return
        table, column = world.one(fits)
    fk = ForeignKey(
        name=world.name(),
        table_from=table.name,
        table_to=target.name,
        schema_to=target.schema or None,
        columns_from=(column.name,),
        columns_to=(to,),
        on_delete=world.one(["no action", "cascade", "set null"]),
    )
    table = change(table, columns={**table.columns, column.name: column})
    world.put(change(table, foreign_keys={**table.foreign_keys, fk.name: fk}))


def add_view(world: World) -> None:
    """A view of a table, or of a view."""
    below = [t for t in world.snapshot.tables.values() if t.columns]
    if not below:
        return
    table = world.one(below)
    names = ", ".join(quote(name) for name in table.columns)
    schema = world.one(["public", *world.snapshot.schemas])
    view = View(
        name=world.name(),
        schema=schema,
        definition=f"SELECT {names} FROM {qualified(table)}",
        materialized=world.maybe(),
    )
    world.snapshot = change(world.snapshot, views={**world.snapshot.views, key(*view.id): view})


def add_policy(world: World) -> None:
    """A policy about a column."""
    if found := some_column(world):
        table, column = found
        using = f"{quote(column.name)}::text <> current_user::text"
        policy = Policy(name=world.name(), using=using, for_=world.one(["ALL", "SELECT"]))
        world.put(
            change(table, policies={**table.policies, policy.name: policy}, is_rls_enabled=True)
        )


def add_sequence(world: World) -> None:
    """A sequence of its own."""
    schema = world.one(["public", *world.snapshot.schemas])
    numbers = {"increment": world.one(["1", "3"]), "start_with": "10", "min_value": "1"}
    sequence = Sequence(
        name=world.name(), schema=schema, max_value="1000", cache="1", cycle=False, **numbers
    )
    sequences = {**world.snapshot.sequences, key(*sequence.id): sequence}
    world.snapshot = change(world.snapshot, sequences=sequences)


ADDITIONS = (
    add_unique,
    add_check,
    add_index,
    add_generated,
    add_foreign_key,
    add_foreign_key,
    add_view,
    add_policy,
    add_sequence,
)

"""What a world gains: each function adds one thing, when there is something to add it to."""

from __future__ import annotations

from tests.properties.contents import CONTENTS, spelled
from tests.properties.world import COMMON, PUBLIC, Thing, World

ACTIONS = ("", "ON DELETE CASCADE", "ON DELETE SET NULL ON UPDATE CASCADE", "ON DELETE RESTRICT",
           "ON UPDATE SET DEFAULT", "ON DELETE SET DEFAULT")  # fmt: skip
DEFERRED = ("", "", "DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED")


def add_schema(world: World) -> None:
    """A schema."""
    if len(world.all("schema")) < 3:
        world.add("schema", PUBLIC, "CREATE SCHEMA «*»")


def add_role(world: World) -> None:
    """A role, and what it may do to a table."""
    flags = world.one(["", "CREATEDB", "CREATEROLE", "NOINHERIT"])
    number = world.number()
    world.names[number] = role_name(world, number)
    role = world.add("role", PUBLIC, "", number=number, flags=flags)
    role.text = f"CREATE ROLE «{role.id}» {flags}"


def role_name(world: World, number: int) -> str:
    """The name of a role: of any length, one that no other has, and known as one of a test."""
    return f"case_{world.names[number][-26:]}"


def add_extension(world: World) -> None:
    """An extension in some schema."""
    taken = {thing.data["extension"] for thing in world.all("extension")}
    free = [name for name in ("citext", "btree_gist", "pg_trgm") if name not in taken]
    if free and world.some(0.5):
        name, schema = world.one(free), world.schema()
        text = f"CREATE EXTENSION {name} SCHEMA «{schema}»"
        world.add("extension", schema, text, name=name, extension=name)


def add_enum(world: World) -> None:
    """An enum; rows have its first two labels."""
    labels = [world.number() for _ in range(world.rng.randint(2, 5))]
    world.add("enum", world.schema(), labels=labels)


def add_domain(world: World) -> None:
    """A domain over numbers."""
    check = world.one(["", f"CONSTRAINT «{world.number()}» CHECK (VALUE::text <> '--;''%s')"])
    default = world.one(["", "DEFAULT 3"])
    base = world.one(["integer", "bigint", "numeric(12,3)"])
    type_ = f"CREATE DOMAIN «*.» AS {base} {default} {check}"
    world.add("domain", world.schema(), type_, checked=bool(check))


def add_type(world: World) -> None:
    """A composite type or a range."""
    if world.some(0.3):
        text = "CREATE TYPE «*.» AS RANGE (SUBTYPE = integer)"
        world.add("type", world.schema(), text, form="ranged")
        return
    names = [world.number() for _ in range(world.rng.randint(1, 3))]
    parts = ", ".join(f"«{n}» {world.one(['text', 'varchar(9)'])}" for n in names)
    text = f"CREATE TYPE «*.» AS ({parts})"
    world.add("type", world.schema(), text, form="composite", count=len(names))


def add_sequence(world: World) -> None:
    """A sequence, sometimes with an owner, sometimes behind a default."""
    kind = world.one(["", "AS integer", "AS smallint"])
    options = world.one(["", "INCREMENT 3", "START 10 CACHE 5", "MAXVALUE 9000 CYCLE"])
    sequence = world.add("sequence", world.schema(), f"CREATE SEQUENCE «*.» {kind} {options}")
    column = counting(world)
    if (
        column
        and "mode" not in column.data
        and sequence.owner == world.things[column.owner].owner
        and world.some(0.3)
    ):
        text = f"ALTER SEQUENCE «{sequence.id}.» OWNED BY «{column.owner}.».«{column.id}»"
        world.add("setting", sequence.id, text)


def add_function(world: World) -> None:
    """A function of numbers that never changes its mind."""
    body = world.one(["$1 + 1", "$1 * 2", "abs($1)"])
    language = f"LANGUAGE sql IMMUTABLE AS $f$ SELECT {body} $f$"
    if world.some(0.3):
        language = f"LANGUAGE sql IMMUTABLE RETURN {body}"
    head = "CREATE FUNCTION «*.»(numeric) RETURNS numeric"
    world.add("function", world.schema(), f"{head} {language}", takes="numeric")


def add_reader(world: World) -> None:
    """A function or procedure about a table."""
    if table := world.any("table"):
        owner, name = world.schema(), f"«{table.id}.»"
        count = f"SELECT count(*) FROM {name}"
        text = world.one([
            f"CREATE FUNCTION «*.»() RETURNS bigint LANGUAGE sql STABLE AS $f$ {count} $f$",
            f"CREATE FUNCTION «*.»() RETURNS bigint LANGUAGE sql BEGIN ATOMIC {count}; END",
            f"CREATE FUNCTION «*.»() RETURNS SETOF {name} LANGUAGE sql AS $f$ SELECT * FROM {name} $f$",
            f"CREATE PROCEDURE «*.»() LANGUAGE sql AS $f$ {count} $f$",
            ("CREATE FUNCTION «*.»() RETURNS text LANGUAGE plpgsql AS $f$"
            f" BEGIN PERFORM 1 FROM {name}; RETURN ';--> statement-breakpoint %s'; END $f$"),
        ])  # fmt: skip
        also = tuple(c.id for c in world.columns(table)) if "SETOF" in text else ()
        routine = world.add("function", owner, text, takes="", also=also)
        routine.data["procedure"] = "PROCEDURE" if "PROCEDURE" in text else ""


def trigger_function(world: World) -> Thing:
    """A function for triggers."""
    found = [f for f in world.all("function") if f.data["takes"] == "trigger"]
    if found and world.some():
        return world.one(found)  # type: ignore[no-any-return]
    text = (
        "CREATE FUNCTION «*.»() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RETURN NEW; END $f$"
    )
    return world.add("function", world.schema(), text, takes="trigger")


# --- tables ------------------------------------------------------------------


def add_table(world: World) -> None:
    """A table with the number of each row in it, and a few columns more."""
    table = world.add("table", world.schema())
    table.data["unlogged"] = "UNLOGGED" if world.some(0.1) else ""
    table.data["options"] = world.one(["", "", "WITH (fillfactor = 70)"])
    _add_rid(world, table, world.one(["plain", "plain", "serial", "identity", "identity"]))
    for _ in range(world.rng.randint(1, 5)):
        add_column(world, table)
    if world.some(0.8):
        key = world.one(["PRIMARY KEY («{}»)", "PRIMARY KEY («{}»)", "UNIQUE («{}»)"])
        kind = "pk" if key.startswith("P") else "unique"
        world.add(kind, table.id, key.format(table.data["rid"]), keys=(table.data["rid"],))


def _add_rid(world: World, table: Thing, form: str) -> None:
    data = {"type": world.one(["integer", "bigint"]), "content": "number", "not_null": True}
    data |= {"mode": form, "filled": world.is_old, "rid": True}
    if form == "serial":
        data["type"] = world.one(["serial", "bigserial"])
    if form == "identity":
        data["identity"] = identity(world)
    column = world.add("column", table.id, **column_name(world, table), **data)
    table.data["rid"] = column.id


def identity(world: World) -> str:
    """An identity and its options."""
    when, options = world.one(["ALWAYS", "BY DEFAULT"]), world.one(["", "", "INCREMENT 5", "CYCLE"])
    return (
        f"GENERATED {when} AS IDENTITY ({options})" if options else f"GENERATED {when} AS IDENTITY"
    )


def column_name(world: World, table: Thing) -> dict[str, str]:
    """A name of its own, or one that columns of other tables have too."""
    taken = {world.names[column.id] for column in world.columns(table)}
    free = [name for name in COMMON if name not in taken]
    return {"name": world.one(free)} if free and world.some(0.3) else {}


def add_column(world: World, table: Thing | None = None) -> None:
    """A column of any type."""
    table = table or world.any("table")
    if table is None or "bound" in table.data or "inherits" in table.data:
        return
    content, type_, default = some_type(world)
    is_required = world.some(0.4)
    if content.startswith("composite") and not world.is_old:
        is_required = False  # a value of it would have to know what its parts become
    data = {"type": type_, "content": content, "not_null": is_required, "filled": world.is_old}
    data["nullable"] = not is_required
    if default is not None and world.some(0.4):
        data["default"] = spelled(default, type_)
    if type_ in ("text", "varchar(40)") and world.some(0.2):
        data["collate"] = 'COLLATE "C"'
    column = world.add("column", table.id, **column_name(world, table), **data)
    # What stands beside a partitioned table is made without its defaults.
    if is_required and not world.is_old and (not default_of(world, column) or table.data.get("by")):
        world.backfills[column.id] = backfill(world, column)


def default_of(world: World, column: Thing) -> bool:
    """True when the rows get a value without being asked about."""
    return bool(column.data.get("default"))


def backfill(world: World, column: Thing) -> str:
    """What the rows get in a column that is new and required."""
    content = str(column.data["content"])
    kind, _, where = content.partition(":")
    if content in CONTENTS:
        value = CONTENTS[content].value(1).replace("\\", "\\\\").replace("'", "''")
        between = "::int4range" if content == "range" else ""
        return f"E'{value}'{between}::{column.data['type']}"
    if kind in ("enum", "enums"):
        label = f"«{world.things[int(where)].data['labels'][0]}'»"
        return f"{label}::«{where}.»" if kind == "enum" else f"ARRAY[{label}]::«{where}.»[]"
    return (
        f"NULL::«{where}.»"
        if kind == "composite"
        else f"'{'[1,2)' if kind == 'ranged' else 1}'::«{where}.»"
    )


def some_type(world: World) -> tuple[str, str, str | None]:
    """Content, type and a default."""
    made = world.any("enum", "domain", "type")
    if made is None or world.some(0.7):
        content = world.one(["number", "number", "number", *CONTENTS])
        found = CONTENTS[content]
        return content, world.one(found.types), world.one([None, *found.defaults])
    number = made.id
    match made.kind:
        case "enum" if world.some(0.3):
            return f"enums:{number}", f"«{number}.»[]", "'{}'"
        case "enum":
            label = f"«{world.one(made.data['labels'])}'»"
            return f"enum:{number}", f"«{number}.»", label
        case "domain":
            return f"domain:{number}", f"«{number}.»", "'5'"
        case _:
            return f"{made.data['form']}:{number}", f"«{number}.»", None


def add_generated(world: World) -> None:
    """A column that is computed from another."""
    if column := counting(world, "smallint", "integer", "bigint", "numeric", "numeric(12,3)"):
        expression, also = f"«{column.id}» * 2", [column.id]
        functions = [f for f in world.all("function") if f.data["takes"] == "numeric"]
        if functions and world.some():
            function = world.one(functions)
            expression = f"«{function.id}.»(«{column.id}»::numeric)"
        is_stored = ("«" in expression.split("*")[0] and "(" in expression) or world.some()
        how = "STORED" if is_stored else "VIRTUAL"
        data = {"type": "numeric", "content": "computed", "filled": False}
        generated = f"GENERATED ALWAYS AS ({expression}) {how}"
        world.add("column", column.owner, also=tuple(also), generated=generated, **data)


def add_child(world: World) -> None:
    """A table that inherits another one."""
    parents = [t for t in world.all("table") if not {"by", "bound", "inherits"} & t.data.keys()]
    if parents:
        parent = world.one(parents)
        child = world.add("table", world.schema(), inherits=f"INHERITS («{parent.id}.»)")
        child.data["rid"] = parent.data["rid"]
        child.data["like"] = [c.id for c in world.columns(parent)]


def add_partitioned(world: World) -> None:
    """A partitioned table, its rows spread over its partitions."""
    table = world.add("table", world.schema(), unlogged="")
    _add_rid(world, table, world.one(["plain", "identity"]))
    for _ in range(world.rng.randint(1, 3)):
        add_column(world, table)
    way, rid = world.one(list(BOUNDS)), table.data["rid"]
    table.data["by"] = f"PARTITION BY {way} («{rid}»)"
    if world.some(0.6):
        world.add("pk", table.id, f"PRIMARY KEY («{rid}»)", keys=(rid,))
    for bound, rids in BOUNDS[way]:
        if rids or way != "LIST" or world.some():
            _add_partition(world, table, bound, rids)


#: How a table is partitioned, and which of its rows each partition has, where that can be told.
BOUNDS: dict[str, tuple[tuple[str, tuple[int, ...]], ...]] = {
    "RANGE": (
        ("FOR VALUES FROM (MINVALUE) TO (3)", (1, 2)),
        ("FOR VALUES FROM (3) TO (MAXVALUE)", (3, 4)),
    ),
    "LIST": (("FOR VALUES IN (1, 2)", (1, 2)), ("DEFAULT", (3, 4)), ("FOR VALUES IN (9)", ())),
    "HASH": (
        ("FOR VALUES WITH (MODULUS 2, REMAINDER 0)", ()),
        ("FOR VALUES WITH (MODULUS 2, REMAINDER 1)", ()),
    ),
}


def _add_partition(world: World, table: Thing, bound: str, rids: tuple[int, ...]) -> None:
    parent, loose = f"«{table.id}.»", bool(rids) and world.some(0.2)
    data = {"bound": bound, "parent": parent, "rids": rids, "loose": loose, "root": table.id}
    world.add("table", world.schema(), rid=table.data["rid"], **data)


# --- what hangs on tables ----------------------------------------------------


def plain_tables(world: World) -> list[Thing]:
    """The tables that have columns of their own."""
    return [t for t in world.all("table") if "bound" not in t.data and "inherits" not in t.data]


def counting(world: World, *types: str, owner: int | None = None) -> Thing | None:
    """A column that has the number of its row, in all rows but perhaps NULL in one."""
    found = [
        c
        for c in world.all("column", owner=owner)
        if c.data["content"] == "number"
        and c.data["filled"]
        and (not types or c.data["type"] in types)
    ]
    return world.one(found) if found else None


def some_column(world: World) -> Thing | None:
    """A column of any type that compares and is no generated one."""
    odd = ("point", "document", "path", "computed")
    found = [c for c in world.all("column") if c.data["content"] not in odd]
    return world.one(found) if found else None

"""What is drawn of foreign data and of publications, and what becomes of it."""

from __future__ import annotations

from tests.properties.growing import counting, plain_tables
from tests.properties.world import PUBLIC, Thing, World

#: Pairs in which it is drawn: so others stay what they were, those of ``COVERING`` among them.
EVERY, THESE = 9, (0, 6)


def add_foreign(world: World) -> None:
    """A foreign table, sometimes on a server of its own, sometimes with a view."""
    server = world.any("server")
    if server is None or world.some(0.3):
        wrapper = world.any("wrapper")
        wrapper = wrapper or world.add("wrapper", PUBLIC, "CREATE FOREIGN DATA WRAPPER «*»")
        text = f"CREATE SERVER «*» FOREIGN DATA WRAPPER «{wrapper.id}» OPTIONS (host 'a', \"Port\" '1')"
        server = world.add("server", PUBLIC, text)
    number, words = world.number(), world.number()
    default = world.one(["", "DEFAULT 3", "OPTIONS (name 'n')"])
    check = world.one(["", f", CONSTRAINT «{world.number()}» CHECK («{number}» > 0)"])
    text = (
        f"CREATE FOREIGN TABLE «*.» («{number}» integer {default}, «{words}» text{check})"
        f" SERVER «{server.id}» OPTIONS (file 'it''s', \"Of; it\" 'b')"
    )
    made = world.add("foreign", world.schema(), text)
    if world.some():
        shown = world.number("n")
        select = f"SELECT «{number}» AS n FROM «{made.id}.»"
        world.add("view", world.schema(), f"CREATE VIEW «*.» AS {select}", shown=shown)


def add_publication(world: World) -> None:
    """A publication: of a table, some of its columns and rows, of a schema, of everything.

    Of inserts alone: an UPDATE of a published table without a key would be refused.
    """
    schema = world.any("schema")
    what = world.one(
        ["", "FOR ALL TABLES", f"FOR TABLES IN SCHEMA «{schema.id}»" if schema else ""]
    )
    also: tuple[int, ...] = ()
    tables = [t for t in plain_tables(world) if not t.data.get("unlogged")]
    if tables and world.some(0.8):
        table = world.one(tables)
        what = f"FOR TABLE ONLY «{table.id}.»"
        is_whole = "by" in table.data  # PostgreSQL publishes its partitions, each with all columns
        columns = [c for c in world.columns(table) if "generated" not in c.data]
        if columns and not is_whole and world.some():
            chosen = world.rng.sample(columns, world.rng.randint(1, len(columns)))
            what += f" ({', '.join(f'«{c.id}»' for c in chosen)})"
            also = tuple(c.id for c in chosen)
        column = counting(world, owner=table.id)
        if column and not is_whole and world.some():
            what += f" WHERE («{column.id}» IS NOT NULL)"
    text = f"CREATE PUBLICATION «*» {what} WITH (publish = 'insert')"
    world.add("publication", PUBLIC, text, also=also)


def change_elsewhere(world: World) -> None:
    """Options, columns, a server: in place or made anew."""
    changes = (
        ("server", "host 'a'", "host 'b'"), ("server", ", \"Port\" '1'", ""),
        ("server", " FOREIGN DATA", " TYPE 't' FOREIGN DATA"),
        ("foreign", "file 'it''s'", "file ';'"), ("foreign", " integer ", " bigint "),
        ("foreign", " text", " text, more date"), ("foreign", "DEFAULT 3", "DEFAULT 4"),
        ("foreign", "OPTIONS (name 'n')", "OPTIONS (name 'm')"),
        ("publication", "publish = 'insert'", "publish = 'insert, truncate'"),
    )  # fmt: skip
    found: list[tuple[Thing, str, str]] = [
        (thing, old, new)
        for kind, old, new in changes
        for thing in world.all(kind)
        if old in thing.text and new not in thing.text
    ]
    if found:
        thing, old, new = world.one(found)
        thing.text = thing.text.replace(old, new, 1)


def drop_elsewhere(world: World) -> None:
    """One goes, and what stands on it."""
    if thing := world.any("server", "foreign", "publication", "publication"):
        world.drop(thing.id)


ELSEWHERE = (add_foreign, add_publication)
CHANGED_ELSEWHERE = (*ELSEWHERE, change_elsewhere, change_elsewhere, drop_elsewhere)

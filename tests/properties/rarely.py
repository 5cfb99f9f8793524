"""What becomes of a world and would seldom come up by chance: for each function an operation."""

from __future__ import annotations

from tests.properties import attaching
from tests.properties.changing import move
from tests.properties.world import World


def drop_expression(world: World) -> None:
    """A stored column is computed no more and keeps its values."""
    columns = [c for c in world.all("column") if "STORED" in c.data.get("generated", "")]
    if columns:
        column = world.one(columns)
        del column.data["generated"]
        column.also = ()


def move_enum(world: World) -> None:
    """An enum is in another schema."""
    if enum := world.any("enum"):
        move(world, enum)


def move_extension(world: World) -> None:
    """An extension is in another schema."""
    if extension := world.any("extension"):
        extension.owner = world.schema()
        name = extension.data["extension"]
        extension.text = f"CREATE EXTENSION {name} SCHEMA «{extension.owner}»"


def drop_role(world: World) -> None:
    """A role goes, and what was granted to it."""
    if role := world.any("role"):
        world.drop(role.id)


def change_rule(world: World) -> None:
    """A rule is switched off, or on in another way."""
    if rule := world.any("rule"):
        states = world.all("setting", owner=rule.owner)
        for state in states:
            if f"RULE «{rule.id}»" in state.text:
                world.drop(state.id)
        attaching.set_rule(world, rule)


def rebuild_type(world: World) -> None:
    """A domain or composite type that columns have is made of another type."""
    used = {c.data["content"].partition(":")[2] for c in world.all("column")}
    types = [
        t
        for t in world.all("domain", "type")
        if str(t.id) in used and ("AS integer" in t.text or t.data.get("form") == "composite")
    ]
    if types:
        made = world.one(types)
        old, new = (
            ("AS integer", "AS bigint") if made.kind == "domain" else (" text", " varchar(70)")
        )
        made.text = made.text.replace(old, new, 1)


def rename_definition(world: World) -> None:
    """A domain, a type or a function has another name."""
    if thing := world.any("domain", "type", "function"):
        world.names[thing.id] = world.names[world.number()]


def move_definition(world: World) -> None:
    """A domain, a type or a function is in another schema."""
    if thing := world.any("domain", "type", "function"):
        move(world, thing)


RARELY = (
    drop_expression, drop_expression, move_enum, move_extension, drop_role, change_rule,
    rebuild_type, rebuild_type, rename_definition, move_definition,
)  # fmt: skip

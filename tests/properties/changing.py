"""What becomes of a world: each function changes one thing in a way that rows survive."""

from __future__ import annotations

import re

from tests.properties import attaching, growing
from tests.properties.contents import CONTENTS, spelled
from tests.properties.growing import plain_tables
from tests.properties.world import KINDS, Thing, World

#: What can be renamed by an answer.
RENAMED = ("schema", "role", "enum", "table", "column", "view", "matview", "sequence", "pk",
           "unique", "check", "fk", "index", "policy")  # fmt: skip
#: What an answer is about, if it has another name or is in another schema.
ANSWERED = (*RENAMED, "domain", "type", "function")
#: What can go to another schema by an answer.
MOVED = ("enum", "table", "view", "matview", "sequence")


def drop_one(world: World) -> None:
    """A thing of any kind goes, and all that needs it."""
    kinds = sorted({t.kind for t in world.things.values()}, key=KINDS.index)
    if kinds:
        thing = world.any(world.one(kinds))
        if thing and not _has_rows_of_others(world, thing):
            world.drop(thing.id)


def _has_rows_of_others(world: World, thing: Thing) -> bool:
    """The number of the row, and partitions, in which the rows of their root are."""
    inside = [t for t in world.all("table", owner=thing.id) if "bound" in t.data]
    return thing.data.get("rid") is True or "bound" in thing.data or bool(inside)


def drop_small(world: World) -> None:
    """A thing goes that little hangs on."""
    things = [t for t in world.things.values() if not _has_rows_of_others(world, t)]
    few = [t for t in things if len(world.users(t.id)) < 2]
    if few:
        world.drop(world.one(few).id)


def rename_one(world: World) -> None:
    """A thing of any kind has another name."""
    kinds = [kind for kind in RENAMED if world.all(kind)]
    if kinds and (thing := world.any(world.one(kinds))):
        if thing.kind == "index" and world.things[thing.owner].kind == "matview":
            return
        new = world.number()
        is_role = thing.kind == "role"
        world.names[thing.id] = growing.role_name(world, new) if is_role else world.names[new]


def rename_label(world: World) -> None:
    """A label of an enum has another name; rows have it too."""
    if enum := world.any("enum"):
        world.names[world.one(enum.data["labels"])] = world.names[world.number()]


def move_one(world: World) -> None:
    """A thing is in another schema."""
    if thing := world.any(*MOVED):
        move(world, thing)


def move(world: World, thing: Thing) -> None:
    """The thing is in another schema, where nothing keeps it."""
    owned = {s.owner for s in world.all("setting")} | {
        t for s in world.all("setting") if "OWNED BY" in s.text for t in s.needs()
    }
    taken = {(t.owner, world.names[t.id]) for t in world.things.values()}
    schema = world.schema()
    if thing.id not in owned and (schema, world.names[thing.id]) not in taken:
        if thing.kind == "table" and world.all("statistics", owner=thing.id):
            return
        indexes = {f"«{index.id}»" for index in world.all("index", owner=thing.id)}
        if any(comment.data["on"] in indexes for comment in world.all("comment")):
            return  # it says the schema of the index
        thing.owner = schema


def change_enum(world: World) -> None:
    """Labels come, change places, or go that no row has."""
    enum = world.any("enum")
    if enum is None:
        return
    labels: list[int] = enum.data["labels"]
    match world.one(["add", "add", "shuffle", "drop"]):
        case "add":
            labels.insert(world.rng.randint(2, len(labels)), world.number())
        case "shuffle":
            first = labels[:2]
            world.rng.shuffle(labels)
            enum.data["used"] = first
        case "drop":
            used = enum.data.get("used", labels[:2])
            free = [n for n in labels if n not in used and not _is_named(world, n)]
            if free:
                labels.remove(world.one(free))


def _is_named(world: World, label: int) -> bool:
    return any(label in thing.needs() for thing in world.things.values())


def change_definition(world: World) -> None:
    """The body, the limits or the options of something are others."""
    changes = (
        ("sequence", "INCREMENT 3", "INCREMENT 4"), ("sequence", "START 10", "START 11"),
        ("sequence", "CYCLE", "NO CYCLE"), ("sequence", "«*.» ", "«*.» MINVALUE -5 "),
        ("function", "$1 + 1", "$1 + 2"), ("function", "RETURN NEW", "RETURN COALESCE(NEW, OLD)"),
        ("function", "STABLE", "VOLATILE"), ("function", "RETURNS bigint", "RETURNS numeric"),
        ("domain", "DEFAULT 3", "DEFAULT 4"), ("domain", "DEFAULT 3", ""),
        ("domain", "AS integer", "AS bigint"), ("domain", "'--;''%s'", "'--;'"),
        ("domain", "CHECK", "NOT NULL CHECK"),
        ("type", "text", "varchar(80)"), ("type", ")", ", more integer)"),
        ("role", "CREATEDB", "NOCREATEDB"), ("role", "NOINHERIT", "INHERIT CREATEROLE"),
        ("view", "security_barrier = true", "security_barrier = false"),
        ("view", "WHERE", "WHERE 1 = 1 AND"), ("matview", "WHERE", "WHERE 1 = 1 AND"),
        ("trigger", "BEFORE UPDATE", "BEFORE DELETE OR UPDATE"), ("trigger", "'a'", "'b'"),
        ("rule", "DO ALSO NOTHING", "DO INSTEAD NOTHING"),
        ("policy", "current_user", "session_user"), ("policy", "<>", "IS DISTINCT FROM"),
        ("policy", "AS RESTRICTIVE FOR DELETE", "FOR UPDATE"),
        ("comment", "plain", "other"), ("check", "NOT VALID", ""), ("fk", "NOT VALID", ""),
        ("fk", "ON DELETE CASCADE", "ON DELETE RESTRICT"), ("fk", "DEFERRABLE", ""),
        ("unique", "NULLS NOT DISTINCT", ""), ("index", "fillfactor = 60", "fillfactor = 61"),
        ("statistics", "(ndistinct)", "(ndistinct, mcv)"), ("grant", "SELECT", "SELECT, DELETE"),
        ("index", "DESC", "ASC"), ("exclude", "IS NOT NULL", "IS NOT NULL AND true"),
        ("setting", "ENABLE ALWAYS", "DISABLE"), ("setting", "STATISTICS 77", "STATISTICS 78"),
        ("setting", "STORAGE MAIN", "STORAGE EXTERNAL"),
    )  # fmt: skip
    possible = [c for c in changes if _said(world, *c)]
    if not possible:
        return
    kind, old, new = world.one(possible)
    found = _said(world, kind, old, new)
    if kind == "type":
        found = [t for t in found if t.data["form"] == "composite" and "more" not in t.text]
    if "MINVALUE" in new:
        found = [t for t in found if "MINVALUE" not in t.text]
    if kind == "domain" and new.startswith("NOT NULL"):
        found = [t for t in found if not _has_null(world, t) and "NOT NULL" not in t.text]
    if found:
        thing = world.one(found)
        old, new = (text.replace("*", str(thing.id)) for text in (old, new))
        if kind == "type" and old == ")":
            thing.text = re.sub(r"\)$", new, thing.text)
        else:
            thing.text = thing.text.replace(old, new, 1)


def _said(world: World, kind: str, old: str, new: str) -> list[Thing]:
    """The things whose text says the old, and not the new around it already."""
    return [
        t
        for t in world.all(kind)
        if old.replace("*", str(t.id)) in t.text
        and (old not in new or new.replace("*", str(t.id)) not in t.text)
    ]


def _has_null(world: World, domain: Thing) -> bool:
    return any(
        c.data.get("nullable")
        for c in world.all("column")
        if c.data["content"] == f"domain:{domain.id}"
    )


def change_table(world: World) -> None:
    """Storage parameters and UNLOGGED."""
    tables = [t for t in plain_tables(world) if "by" not in t.data]
    if tables:
        table = world.one(tables)
        if world.some():
            options = world.one(["", "WITH (fillfactor = 71)", "WITH (autovacuum_enabled = false)"])
            table.data["options"] = options
        elif not world.all("fk", "publication"):
            table.data["unlogged"] = "" if table.data["unlogged"] else "UNLOGGED"


# --- columns -----------------------------------------------------------------


def plain_column(world: World) -> Thing | None:
    """A column that is neither computed nor counts by itself."""
    columns = [c for c in world.all("column") if "generated" not in c.data]
    columns = [c for c in columns if c.data.get("mode", "plain") == "plain"]
    return world.one(columns) if columns else None


def retype_column(world: World) -> None:
    """A column has another type, together with all that refer to it; its default follows."""
    column = plain_column(world)
    if column is None or column.data["content"] not in CONTENTS:
        return
    content = CONTENTS[column.data["content"]]
    if is_bound(world, column):
        return
    new, default = world.one((*content.types, *content.later)), world.one([None, *content.defaults])
    for number in linked(world, column.id):
        other = world.things[number]
        if other.data.get("mode", "plain") != "plain" or is_bound(world, other):
            return
    for number in linked(world, column.id):
        other = world.things[number]
        other.data["type"] = new
        other.data.pop("collate", None)
        if other.data.get("default"):
            other.data["default"] = spelled(default, new) if default else ""
        _note_backfill(world, other)


def _note_backfill(world: World, column: Thing) -> None:
    if column.id in world.backfills:
        world.backfills[column.id] = growing.backfill(world, column)


def linked(world: World, number: int) -> set[int]:
    """The column and all that foreign keys tie to it."""
    found = {number}
    while True:
        more = {
            n for fk in world.all("fk") for ends in fk.data["ends"] if found & {*ends} for n in ends
        }
        if more <= found:
            return found
        found |= more


def is_bound(world: World, column: Thing) -> bool:
    """True when PostgreSQL takes no other type: a partition key, or what is made for one type."""
    table = world.things[column.owner]
    if "by" in table.data and f"«{column.id}»" in table.data["by"]:
        return True
    for user in world.users(column.id):
        if user.kind == "column" or (user.kind == "setting" and "ALTER COLUMN" in user.text):
            return True
        if user.kind == "index" and not re.search(
            r"\(«\d+»( DESC)?( NULLS (FIRST|LAST))?\)", user.text
        ):
            return True
        if user.kind == "setting" and "OWNED BY" in user.text:
            return True
        if user.kind == "index" and re.search("USING|ops|lower", user.text):
            return True
    return False


def change_default(world: World) -> None:
    """A default comes, changes or goes."""
    if (column := plain_column(world)) and column.data["content"] in CONTENTS:
        found = CONTENTS[column.data["content"]].defaults
        column.data["default"] = spelled(world.one(["", *found]), column.data["type"])
        if column.data["default"] and not column.data["filled"]:
            world.backfills.pop(column.id, None)
        elif not column.data["filled"] and column.data.get("not_null"):
            world.backfills[column.id] = growing.backfill(world, column)


def change_not_null(world: World) -> None:
    """A column becomes required, its NULLs filled by an answer, or it is required no more."""
    column = plain_column(world)
    if column is None or column.data.get("rid") or not column.data["filled"]:
        return
    keys = {n for key in world.all("pk") for n in key.needs()}
    if column.id in keys or "domain" in column.data["content"]:
        return
    if column.data.get("not_null"):
        column.data["not_null"] = False
        world.backfills.pop(column.id, None)
    elif not any(
        column.id in ends for fk in world.all("fk") for pair in fk.data["ends"] for ends in [pair]
    ):
        is_key = any(
            column.id in user.needs() for user in world.all("unique", "exclude", "index", "domain")
        )
        if column.data.get("nullable") and (
            is_key or column.data["content"].startswith("composite")
        ):
            return
        column.data["not_null"] = True
        if column.data.get("nullable"):
            world.backfills[column.id] = growing.backfill(world, column)


def change_counting(world: World) -> None:
    """Serial, identity and plain become each other, and serial another serial."""
    columns = [c for c in world.all("column") if "mode" in c.data]
    if not columns:
        return
    column = world.one(columns)
    base = attaching.key_type(column)
    if base not in ("integer", "bigint"):
        return
    column.data.pop("identity", None)
    modes = (
        ["plain", "identity"]
        if "by" in world.things[column.owner].data
        else ["plain", "serial", "identity"]
    )
    was, column.data["mode"] = column.data["mode"], world.one(modes)
    column.data["default"] = ""
    if was == column.data["mode"] == "serial" and linked(world, column.id) == {column.id}:
        base = base if is_bound(world, column) else {"integer": "bigint"}.get(base, "integer")
    column.data["type"] = base
    if column.data["mode"] == "serial":
        column.data["type"] = {"integer": "serial", "bigint": "bigserial"}[base]
    if column.data["mode"] == "identity":
        column.data["identity"] = growing.identity(world)


def change_generated(world: World) -> None:
    """A computed column is computed otherwise, or becomes a plain one."""
    columns = [c for c in world.all("column") if "generated" in c.data]
    if columns:
        column = world.one(columns)
        column.data["generated"] = (
            column.data["generated"]
            .replace("* 2", "* 3")
            .replace("::numeric)", "::numeric + 1)", 1)
        )


def attach_or_detach(world: World) -> None:
    """A partition becomes a table of its own, or a table a partition; rows stay where they are."""
    partitions = [t for t in world.all("table") if t.data.get("rids")]
    if partitions:
        table = world.one(partitions)
        if any(table.data["root"] in fk.needs() for fk in world.all("fk")):
            return  # rows that are referred to do not leave
        if not {"grant", "comment", "trigger"} & {t.kind for t in world.users(table.id)}:
            table.data["loose"] = not table.data["loose"]


GROWTH = (
    growing.add_schema, growing.add_role, growing.add_extension, growing.add_enum,
    growing.add_domain, growing.add_type, growing.add_sequence, growing.add_sequence,
    growing.add_function, growing.add_reader, growing.add_column, growing.add_column,
    growing.add_generated, growing.add_child, growing.add_partitioned,
    attaching.add_unique, attaching.add_unique, attaching.add_primary_key,
    attaching.add_foreign_key, attaching.add_foreign_key, attaching.add_foreign_key,
    attaching.add_check, attaching.add_check, attaching.add_exclusion, attaching.add_index,
    attaching.add_index, attaching.add_index, attaching.add_view, attaching.add_view,
    attaching.add_union_view, attaching.add_trigger, attaching.add_trigger, attaching.add_rule,
    attaching.add_policy, attaching.add_policy, attaching.add_option, attaching.add_statistics,
    attaching.add_comment, attaching.add_comment, attaching.add_grant,
)  # fmt: skip
CHANGES = (
    *GROWTH, growing.add_table,
    drop_one, drop_one, drop_small, drop_small, drop_small, rename_one, rename_one, rename_one,
    rename_one, rename_label, move_one, change_enum, change_enum, change_definition,
    change_definition, change_definition, change_definition, change_definition,
    change_definition, change_table, retype_column, retype_column, retype_column,
    change_default, change_default, change_not_null, change_not_null, change_counting,
    change_counting, change_generated, attach_or_detach, attach_or_detach,
)  # fmt: skip

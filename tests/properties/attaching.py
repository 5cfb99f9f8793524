"""What hangs on tables: constraints, indexes, views, triggers, rules, policies, comments."""

from __future__ import annotations

from tests.properties.growing import (
    ACTIONS,
    DEFERRED,
    counting,
    plain_tables,
    some_column,
    trigger_function,
)
from tests.properties.world import PUBLIC, Thing, World

HOSTILE = "it''s 100%% :x {} \"q\" -- ; /* $$ \\ --> statement-breakpoint\n🙂 %s"


def key_columns(world: World, *, required: bool = False) -> list[Thing]:
    """One or two columns of a table by which its rows differ."""
    first = counting(world)
    if first is None or (required and first.data.get("nullable")):
        return []
    second = counting(world, owner=first.owner)
    both = [first] if second is None or second.id == first.id or world.some() else [first, second]
    if required:
        both = [c for c in both if not c.data.get("nullable")]
    parent = world.things[first.owner]
    if "by" in parent.data and all(c.id != parent.data["rid"] for c in both):
        both.append(world.things[parent.data["rid"]])
    return both


def listed(columns: list[Thing]) -> str:
    """The columns as SQL."""
    return ", ".join(f"«{column.id}»" for column in columns)


def add_unique(world: World) -> None:
    """A unique constraint of any sort."""
    columns = key_columns(world)
    if columns and not all(c.id in world.backfills for c in columns):  # which fill rows alike
        table, keys = columns[0].owner, tuple(c.id for c in columns)
        nulls = world.one(["", "NULLS NOT DISTINCT"])
        others = [
            c
            for c in world.all("column", owner=table)
            if c.id not in keys and "generated" not in c.data
        ]
        include = f"INCLUDE («{world.one(others).id}»)" if others and world.some(0.3) else ""
        deferred = "" if world.some() else world.one(DEFERRED)
        text = f"UNIQUE {nulls} ({listed(columns)}) {include} {deferred}"
        is_target = not deferred and len(set(keys)) == len(keys)
        world.add("unique", table, text, keys=keys if is_target else ())


def add_primary_key(world: World) -> None:
    """A primary key for a table that has none; it may get another in place of one."""
    columns = key_columns(world, required=True)
    if columns and not world.all("pk", owner=columns[0].owner):
        table, keys = columns[0].owner, tuple(c.id for c in columns)
        deferred = world.one(["", "", "", "DEFERRABLE"])
        text = f"PRIMARY KEY ({listed(columns)}) {deferred}"
        world.add("pk", table, text, keys=() if deferred else keys)
        for column in columns:
            column.data["not_null"] = True


def add_foreign_key(world: World) -> None:
    """A reference to a key, by columns of its types: to another table, itself, or in a circle."""
    targets = [t for t in world.all("pk", "unique") if t.data["keys"]]
    targets = [t for t in targets if not world.loose(world.things[t.owner])]
    if not targets:
        return
    target = world.one(targets)
    keys = [world.things[k] for k in target.data["keys"]]
    if not all(key.data["filled"] for key in keys):
        return  # a table that is new has no row to refer to
    table = world.any("table") if world.some(0.7) else world.things[target.owner]
    if table is None or "bound" in table.data or "inherits" in table.data:
        return
    if table.data.get("unlogged") != world.things[target.owner].data.get("unlogged"):
        return  # a table that is logged may not refer to one that is not
    columns = [counting(world, key_type(key), owner=table.id) for key in keys]
    if None in columns and world.is_old and world.some(0.7):
        columns = [_reference(world, table, key_type(key)) for key in keys]
    found = [c for c in columns if c is not None]
    if len(found) < len(keys) or len({c.id for c in found}) < len(keys):
        return
    if any(k.data.get("nullable") for k in keys) and not any(c.data.get("nullable") for c in found):
        return  # a row would refer to a key that is NULL
    action = (
        world.one(ACTIONS)
        if all(c.data.get("nullable") for c in found)
        else world.one(["", "ON DELETE CASCADE"])
    )
    valid = (
        "NOT VALID"
        if world.some(0.1)
        and "by" not in table.data
        and "by" not in world.things[target.owner].data
        else ""
    )
    match = "MATCH FULL" if world.some(0.1) and len(found) == 1 else ""
    text = (
        f"FOREIGN KEY ({listed(found)}) REFERENCES «{target.owner}.» ({listed(keys)}) {match}"
        f" {action} {world.one(DEFERRED)} {valid}"
    )
    ends = tuple((c.id, k.id) for c, k in zip(found, keys, strict=True))
    world.add("fk", table.id, text, also=(target.id,), ends=ends)


def key_type(column: Thing) -> str:
    """The type of a column that refers to this one."""
    return {"serial": "integer", "bigserial": "bigint"}.get(
        column.data["type"], column.data["type"]
    )


def _reference(world: World, table: Thing, type_: str) -> Thing:
    data = {"type": type_, "content": "number", "filled": True, "nullable": world.some()}
    return world.add("column", table.id, not_null=not data["nullable"], **data)


def add_check(world: World) -> None:
    """A check that every value passes."""
    if column := some_column(world):
        no = (
            ""
            if "by" in world.things[column.owner].data
            else world.one(["", "", "NO INHERIT", "NOT VALID"])
        )
        text = f"CHECK («{column.id}» IS NULL OR «{column.id}»::text <> '{HOSTILE}') {no}"
        world.add("check", column.owner, text)


def add_exclusion(world: World) -> None:
    """No two rows with the same number, as an exclusion constraint."""
    column = counting(world)
    if column is None or column.id in world.backfills:  # which fills all rows alike
        return
    if "by" not in world.things[column.owner].data:
        where = world.one(["", f"WHERE («{column.id}» IS NOT NULL)"])
        text = f"EXCLUDE USING btree («{column.id}» WITH =) {where} {world.one(DEFERRED)}"
        world.add("exclude", column.owner, text)


def add_index(world: World) -> None:  # noqa: C901 - one case per type
    """An index of any sort."""
    if column := some_column(world):
        name, on = f"«{column.id}»", "ON «@.»"
        content, type_ = column.data["content"], column.data["type"]
        texts = [
            f"CREATE INDEX «*» {on} ({name} {world.one(['', 'DESC', 'NULLS FIRST', 'DESC NULLS LAST'])})",
            f"CREATE INDEX «*» {on} ({name}) WHERE {name} IS NOT NULL",
            f"CREATE INDEX «*» {on} ({name}) WITH (fillfactor = 60)",
        ]
        if content == "number":
            texts += [
                f"CREATE INDEX «*» {on} (({name}::numeric + 1), {name})",
                f"CREATE INDEX «*» {on} USING hash ({name})",
            ]
            if "by" not in world.things[column.owner].data and column.data["filled"]:
                texts.append(f"CREATE UNIQUE INDEX «*» {on} ({name}) NULLS NOT DISTINCT")
        if content == "word" and type_ == "text":
            texts += [
                f"CREATE INDEX «*» {on} (lower({name}) text_pattern_ops)",
                f'CREATE INDEX «*» {on} ({name} COLLATE "C")',
            ]
        if type_ in ("jsonb", "integer[]", "bigint[]", "tsvector"):
            texts.append(f"CREATE INDEX «*» {on} USING gin ({name})")
        if type_ == "int4range":
            texts.append(f"CREATE INDEX «*» {on} USING gist ({name})")
        if content == "moment":
            texts.append(f"CREATE INDEX «*» {on} USING brin ({name})")
        if type_ in ("json", "xml"):
            texts = [f"CREATE INDEX «*» {on} (({name}::text))"] if type_ == "json" else []
        if texts:
            world.add("index", column.owner, world.one(texts))


def add_view(world: World) -> None:
    """A view of a table or of a view."""
    kind = world.one(["view", "view", "matview"])
    said = "MATERIALIZED VIEW" if kind == "matview" else "VIEW"
    below = world.any("view", "matview") if world.some(0.3) else None
    if below and kind == "matview" and _is_foreign(world, below):
        return  # nobody is there to be asked for its rows
    if below:
        text = f"SELECT «{below.data['shown']}» FROM «{below.id}.»"
        made = world.add(kind, world.schema(), f"CREATE {said} «*.» AS {text}")
        made.data["shown"] = below.data["shown"]
        made.also = (*below.also,)
        return
    if (table := world.any("table")) and (columns := world.columns(table)):
        chosen = world.rng.sample(columns, world.rng.randint(1, len(columns)))
        number = world.number() if world.some() else None
        first = f"«{chosen[0].id}»" + (f" AS «{number}»" if number else "")
        parts = ", ".join([first, *(f"«{c.id}»" for c in chosen[1:])])
        where = world.one(
            ["", f"WHERE «{chosen[0].id}» IS NOT NULL", f"WHERE «{chosen[-1].id}»::text <> '%s;'"]
        )
        options = (
            world.one(["", "WITH (security_barrier = true)"])
            if kind == "view"
            else world.one(["", "WITH (fillfactor = 80)"])
        )
        text = f"CREATE {said} «*.» {options} AS SELECT {parts} FROM «{table.id}.» {where}"
        view = world.add(kind, world.schema(), text, also=tuple(c.id for c in chosen))
        view.data["shown"] = number or chosen[0].id
        if kind == "matview" and world.some():
            index = f"CREATE INDEX «*» ON «@.» («{view.data['shown']}»)"
            if chosen[0].data["content"] in ("number", "word", "truth", "uuid"):
                world.add("index", view.id, index)


def _is_foreign(world: World, view: Thing) -> bool:
    needs = [world.things[number] for number in world.needs_of(view)]
    return any(t.kind == "foreign" or ("shown" in t.data and _is_foreign(world, t)) for t in needs)


def add_union_view(world: World) -> None:
    """A view over two tables with an enum's label or a function in it."""
    if column := counting(world):
        functions = [f for f in world.all("function") if f.data["takes"] == "numeric"]
        text = f"SELECT «{column.id}»::numeric AS n FROM «{column.owner}.»"
        if functions:
            text = f"SELECT «{world.one(functions).id}.»(«{column.id}»::numeric) AS n FROM «{column.owner}.»"
        if enum := world.any("enum"):
            text += f" WHERE «{world.one(enum.data['labels'])}'»::«{enum.id}.» IS NOT NULL"
        view = world.add("view", world.schema(), f"CREATE VIEW «*.» AS {text}")
        view.data["shown"] = world.number("n")


def add_trigger(world: World) -> None:
    """A trigger on a table or on a view."""
    function = trigger_function(world)
    if world.some(0.2) and (view := world.any("view")):
        text = f"CREATE TRIGGER «*» INSTEAD OF UPDATE ON «@.» FOR EACH ROW EXECUTE FUNCTION «{function.id}.»()"
        world.add("trigger", view.id, text)
        return
    tables = plain_tables(world)
    if not tables:
        return
    table = world.one(tables)
    columns = world.columns(table)
    of = f"OF «{world.one(columns).id}»" if columns and world.some() else ""
    when = f"WHEN (OLD.«{table.data['rid']}» IS NOT NULL)" if world.some(0.3) else ""
    text = world.one([
        f"CREATE TRIGGER «*» BEFORE UPDATE {of} ON «@.» FOR EACH ROW {when} EXECUTE FUNCTION «{function.id}.»('a', '%s')",
        f"CREATE TRIGGER «*» AFTER INSERT OR DELETE ON «@.» FOR EACH STATEMENT EXECUTE FUNCTION «{function.id}.»()",
        f"CREATE CONSTRAINT TRIGGER «*» AFTER UPDATE ON «@.» DEFERRABLE FOR EACH ROW EXECUTE FUNCTION «{function.id}.»()",
    ])  # fmt: skip
    trigger = world.add("trigger", table.id, text)
    if world.some(0.3):
        state = world.one(["DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS"])
        enabled = f"ALTER TABLE «{table.id}.» {state} TRIGGER «{trigger.id}»"
        world.add("setting", table.id, enabled, also=(trigger.id,))


def add_rule(world: World) -> None:
    """A rewrite rule."""
    if tables := plain_tables(world):
        table = world.one(tables)
        where = world.one(["", f"WHERE OLD.«{table.data['rid']}»::text = '%s;'"])
        text = f"CREATE RULE «*» AS ON DELETE TO «@.» {where} DO ALSO NOTHING"
        rule = world.add("rule", table.id, text)
        if world.some(0.3):
            set_rule(world, rule)


def set_rule(world: World, rule: Thing) -> None:
    """When a rule is in force."""
    state = world.one(["DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS"])
    text = f"ALTER TABLE «{rule.owner}.» {state} RULE «{rule.id}»"
    world.add("setting", rule.owner, text, also=(rule.id,))


def add_policy(world: World) -> None:
    """A policy about a column, mostly with row security on."""
    if column := some_column(world):
        role = world.any("role")
        to = f"TO «{role.id}»" if role and world.some() else ""
        do = world.one(["FOR SELECT", "FOR ALL", "AS RESTRICTIVE FOR DELETE"])
        using = f"USING («{column.id}»::text <> current_user::text)"
        world.add("policy", column.owner, f"CREATE POLICY «*» ON «@.» {do} {to} {using}")
        add_setting(world, column.owner, "ENABLE ROW LEVEL SECURITY")


def add_setting(world: World, table: int, what: str) -> None:
    """Something that is only said by ALTER TABLE, once."""
    text = f"ALTER TABLE «{table}.» {what}"
    if all(thing.text != text for thing in world.all("setting")):
        world.add("setting", table, text)


def add_option(world: World) -> None:
    """Storage, compression, statistics, forced row security, replica identity."""
    if tables := plain_tables(world):
        table = world.one(tables)
        texts = [
            c
            for c in world.columns(table)
            if c.data["type"] == "text" and "generated" not in c.data
        ]
        whats = ["FORCE ROW LEVEL SECURITY", "REPLICA IDENTITY FULL", "ENABLE ROW LEVEL SECURITY"]
        whats = whats[:1] + whats[2:] if "by" in table.data else whats
        if texts:
            column = f"ALTER COLUMN «{world.one(texts).id}»"
            whats += [f"{column} SET STORAGE MAIN", f"{column} SET STATISTICS 77"]
            whats.append(f"{column} SET COMPRESSION pglz")
        what = world.one(whats)
        slot = what.split(" SET ")[0] + what.split()[-2]
        if all(s.data.get("slot") != slot for s in world.all("setting", owner=table.id)):
            world.add("setting", table.id, f"ALTER TABLE «@.» {what}", slot=slot)


def add_statistics(world: World) -> None:
    """Extended statistics."""
    column = counting(world)
    other = counting(world, owner=column.owner) if column else None
    if column and other and other.id != column.id:
        kinds = world.one(["", "(ndistinct)", "(dependencies, mcv)"])
        schema = world.things[column.owner].owner
        both = f"«{column.id}», «{other.id}»"
        text = f"CREATE STATISTICS «{schema}».«*» {kinds} ON {both} FROM «@.»"
        world.add("statistics", column.owner, text)


def add_comment(world: World) -> None:
    """A comment on anything."""
    words = {"table": "TABLE", "view": "VIEW", "matview": "MATERIALIZED VIEW", "enum": "TYPE",
             "sequence": "SEQUENCE", "schema": "SCHEMA", "domain": "DOMAIN", "type": "TYPE"}  # fmt: skip
    thing = world.any(
        *words, "column", "index", "check", "trigger", "policy", "function", "rule", "fk", "unique"
    )
    if thing is None or any(c.data["on"] == f"«{thing.id}»" for c in world.all("comment")):
        return
    match thing.kind:
        case "column":
            target = f"COLUMN «{thing.owner}.».«{thing.id}»"
        case "check" | "fk" | "unique":
            target = f"CONSTRAINT «{thing.id}» ON «{thing.owner}.»"
        case "trigger" | "policy" | "rule":
            target = f"{thing.kind.upper()} «{thing.id}» ON «{thing.owner}.»"
        case "index":
            target = f"INDEX «{world.things[thing.owner].owner}».«{thing.id}»"
        case "function":
            takes = thing.data.get("args", "numeric" if thing.data["takes"] == "numeric" else "")
            target = f"{thing.data.get('procedure') or 'FUNCTION'} «{thing.id}.»({takes})"
        case "schema":
            target = f"SCHEMA «{thing.id}»"
        case kind:
            target = f"{words[kind]} «{thing.id}.»"
    text = f"COMMENT ON {target} IS '{world.one(['plain', HOSTILE])}'"
    world.add("comment", PUBLIC, text, on=f"«{thing.id}»")


def add_grant(world: World) -> None:
    """A privilege of a role on a table."""
    if (role := world.any("role")) and (table := world.any("table")):
        what = world.one(["SELECT", "INSERT, UPDATE", "ALL"])
        more = world.one(["", "WITH GRANT OPTION"])
        world.add("grant", table.id, f"GRANT {what} ON «@.» TO «{role.id}» {more}")

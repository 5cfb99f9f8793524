"""What is known by the statement that makes it: drawn, used by columns and indexes, changed."""

from __future__ import annotations

from tests.properties.growing import counting, plain_tables
from tests.properties.world import PUBLIC, Thing, World

#: Kinds of things that are definitions.
DEFINED = ("collation", "tsdict", "tsconfig", "cast", "operator", "opclass", "conversion", "event")
#: Names of operators; the engine must tell them from those of PostgreSQL.
OPERATORS = ("===", "<#>", "~=~", "&&&", "|=", "=")
ENCODINGS = (("LATIN1", "iso8859_1"), ("WIN1252", "win"), ("KOI8R", "koi8r"))
#: What PostgreSQL gives an operator besides its function.
HINTS = ("", ", RESTRICT = eqsel, JOIN = eqjoinsel", ", HASHES", ", RESTRICT = eqsel")


def add_collation(world: World) -> None:
    """A collation of the C library (not every server has ICU), mostly with a column or an index that is sorted by it."""
    how = world.one(["locale = 'C'", "locale = 'POSIX'", "lc_collate = 'C', lc_ctype = 'POSIX'"])
    made = world.add("collation", world.schema(), f"CREATE COLLATION «*.» ({how})")
    for use in world.rng.sample((_collated_column, _collated_index), world.rng.randint(0, 2)):
        use(world, made)


def _collated_column(world: World, collation: Thing) -> None:
    tables = plain_tables(world)
    if tables:
        data = {"type": world.one(["text", "varchar(40)"]), "content": "word", "not_null": False}
        data |= {"filled": world.is_old, "nullable": True, "collate": f"COLLATE «{collation.id}.»"}
        world.add("column", world.one(tables).id, **data)
        collation.data["held"] = "by a column"


def _collated_index(world: World, collation: Thing) -> None:
    if column := _words(world):
        text = f"CREATE INDEX «*» ON «@.» («{column.id}» COLLATE «{collation.id}.»)"
        world.add("index", column.owner, text)


def _words(world: World) -> Thing | None:
    found = [
        c
        for c in world.all("column")
        if c.data["content"] == "word" and c.data["type"] in ("text", "varchar(40)")
    ]
    return world.one(found) if found else None


def add_search(world: World) -> None:
    """A dictionary, a configuration, and mostly a column or an index that is computed by it."""
    how = world.one(["TEMPLATE = pg_catalog.simple, STOPWORDS = 'english'",
                     "TEMPLATE = pg_catalog.snowball, LANGUAGE = 'english'"])  # fmt: skip
    old = world.any("tsdict")
    text = f"CREATE TEXT SEARCH DICTIONARY «*.» ({how})"
    dictionary = old if old and world.some() else world.add("tsdict", world.schema(), text)
    words = world.one(["asciiword", "asciiword, word", "numword"])
    text = (
        "CREATE TEXT SEARCH CONFIGURATION «*.» (PARSER = pg_catalog.default);"
        f" ALTER TEXT SEARCH CONFIGURATION «*.» ADD MAPPING FOR {words} WITH «{dictionary.id}.»"
    )
    search = world.add("tsconfig", world.schema(), text)
    column = _words(world)
    if column is None or world.some(0.3):
        return
    vector = f'to_tsvector(«{search.id}"»::regconfig, «{column.id}»::text)'
    if world.some():
        generated = f"GENERATED ALWAYS AS ({vector}) STORED"
        data = {"type": "tsvector", "content": "computed", "filled": False, "generated": generated}
        world.add("column", column.owner, also=(column.id, search.id), **data)
    else:
        world.add("index", column.owner, f"CREATE INDEX «*» ON «@.» USING gin ({vector})")


def add_cast(world: World) -> None:
    """A cast of an enum or a type, by a function, sometimes with a view that casts."""
    made = world.any("enum", "type")
    taken = {n for cast in world.all("cast") for n in cast.needs()}
    if made is None or made.id in taken:
        return
    body = world.one(["SELECT 1", "SELECT length($1::text)"])
    function = f"CREATE FUNCTION «*.»(«{made.id}.») RETURNS integer LANGUAGE sql IMMUTABLE AS $f$ {body} $f$"
    by = world.add("function", world.schema(), function, takes="one", args=f"«{made.id}.»")
    context = world.one(["", "AS ASSIGNMENT", "AS IMPLICIT"])
    text = (
        f"CREATE CAST («{made.id}.» AS integer) WITH FUNCTION «{by.id}.»(«{made.id}.») {context} "
    )
    cast = world.add("cast", PUBLIC, text)
    columns = [c for c in world.all("column") if c.data["content"].split(":")[1:] == [str(made.id)]]
    columns = [c for c in columns if not c.data["content"].startswith("enums")]
    if columns and world.some():
        column = world.one(columns)
        shown = world.number("n")
        select = f"SELECT CAST(«{column.id}» AS integer) AS n FROM «{column.owner}.»"
        view = f"CREATE VIEW «*.» AS {select}"
        world.add("view", world.schema(), view, also=(cast.id,), shown=shown)


def add_operator(world: World) -> None:
    """An operator of integers, sometimes behind a check, an index, a policy or a view."""
    schema, name = world.schema(), world.one(OPERATORS)
    taken = {(o.owner, o.data["name"]) for o in world.all("operator")}
    if (schema, name) in taken:
        return
    text = "CREATE FUNCTION «*.»(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS $f$ SELECT $1 = $2 $f$"
    by = world.add("function", world.schema(), text, takes="two", args="integer, integer")
    hints = world.one(HINTS)
    text = f"CREATE OPERATOR «{schema}».{name} (FUNCTION = «{by.id}.», LEFTARG = integer, RIGHTARG = integer{hints})"
    made = world.add("operator", schema, text)
    made.data["name"] = name
    if (column := counting(world)) is None:
        return
    number = f"«{column.id}»::numeric::integer"
    said = f"({number} OPERATOR(«{schema}».{name}) {number})"
    match world.one(["check", "index", "policy", "view", ""]):
        case "check":
            world.add("check", column.owner, f"CHECK ({said})", also=(made.id,))
        case "index":
            text = f"CREATE INDEX «*» ON «@.» ({said})"
            world.add("index", column.owner, text, also=(made.id,))
        case "policy":
            text = f"CREATE POLICY «*» ON «@.» USING ({said})"
            world.add("policy", column.owner, text, also=(made.id,))
        case "view":
            text = f"CREATE VIEW «*.» AS SELECT {said} AS n FROM «{column.owner}.»"
            shown = world.number("n")
            world.add("view", world.schema(), text, also=(made.id,), shown=shown)
        case _:
            pass


def add_class(world: World) -> None:
    """An operator class, by a function of PostgreSQL or one of its own, mostly with an index."""
    compare = "btint4cmp"
    if world.some():
        text = "CREATE FUNCTION «*.»(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $f$ SELECT btint4cmp($1, $2) $f$"
        by = world.add("function", world.schema(), text, takes="two", args="integer, integer")
        compare = f"«{by.id}.»"
    parts = "OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >"
    text = f"CREATE OPERATOR CLASS «*.» FOR TYPE integer USING btree AS {parts}, FUNCTION 1 {compare}(integer, integer)"
    made = world.add("opclass", world.schema(), text)
    if (column := counting(world, "integer")) and world.some(0.7):
        world.add("index", column.owner, f"CREATE INDEX «*» ON «@.» («{column.id}» «{made.id}.»)")


def add_conversion(world: World) -> None:
    """A conversion of encodings."""
    encoding, function = world.one(ENCODINGS)
    by = {"win": "utf8_to_win"}.get(function, f"utf8_to_{function}")
    text = f"CREATE CONVERSION «*.» FOR 'UTF8' TO '{encoding}' FROM {by}"
    world.add("conversion", world.schema(), text)


def add_event(world: World) -> None:
    """An event trigger, sometimes switched otherwise."""
    body = "$f$ BEGIN NULL; END $f$"
    text = f"CREATE FUNCTION «*.»() RETURNS event_trigger LANGUAGE plpgsql AS {body}"
    by = world.add("function", world.schema(), text, takes="trigger of events")
    on = world.one(["ddl_command_end", "ddl_command_start WHEN TAG IN ('CREATE TABLE')"])
    made = f"CREATE EVENT TRIGGER «*» ON {on} EXECUTE FUNCTION «{by.id}.»()"
    trigger = world.add("event", PUBLIC, made)
    if world.some(0.3):
        state = world.one(["DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS"])
        trigger.text += f"; ALTER EVENT TRIGGER «{trigger.id}» {state}"


def add_comment_on(world: World) -> None:
    """A comment on a definition."""
    words = {"collation": "COLLATION", "tsdict": "TEXT SEARCH DICTIONARY",
             "tsconfig": "TEXT SEARCH CONFIGURATION", "conversion": "CONVERSION"}  # fmt: skip
    thing = world.any(*words, "operator", "opclass", "event")
    if thing is None or any(c.data["on"] == f"«{thing.id}»" for c in world.all("comment")):
        return
    match thing.kind:
        case "operator":
            target = f"OPERATOR «{thing.owner}».{thing.data['name']} (integer, integer)"
        case "opclass":
            target = f"OPERATOR CLASS «{thing.id}.» USING btree"
        case "event":
            target = f"EVENT TRIGGER «{thing.id}»"
        case kind:
            target = f"{words[kind]} «{thing.id}.»"
    world.add("comment", PUBLIC, f"COMMENT ON {target} IS 'plain'", on=f"«{thing.id}»")


# --- changes -----------------------------------------------------------------


def drop_defined(world: World) -> None:
    """A definition goes, and what is made of it."""
    if thing := world.any(*DEFINED):
        world.drop(thing.id)


def leave_collation(world: World) -> None:
    """A column is sorted otherwise: by another collation, by PostgreSQL's, or by none."""
    columns = [c for c in world.all("column") if "«" in c.data.get("collate", "")]
    if columns:
        names = [f"COLLATE «{c.id}.»" for c in world.all("collation")]
        world.one(columns).data["collate"] = world.one(["", 'COLLATE "C"', *names])
        for collation in world.all("collation"):
            collation.data["held"] = "by a column, now or before"


def leave_class(world: World) -> None:
    """An index is built by another class, or by PostgreSQL's."""
    classes = world.all("opclass")
    indexes = [i for i in world.all("index") if any(c.id in i.needs() for c in classes)]
    if indexes:
        index = world.one(indexes)
        [old] = [c for c in classes if c.id in index.needs()]
        new = world.one(["", *(f"«{c.id}.»" for c in classes)])
        index.text = index.text.replace(f"«{old.id}.»", new)


def change_defined(world: World) -> None:
    """A definition is made otherwise; what tables are made of stays as it is."""
    changes = (
        ("collation", "locale = 'C'", "locale = 'POSIX'"), ("collation", "lc_ctype = 'POSIX'", "lc_ctype = 'C'"),
        ("tsdict", "STOPWORDS = 'english')", "STOPWORDS = 'english', ACCEPT = 'false')"),
        ("tsdict", "LANGUAGE = 'english'", "LANGUAGE = 'german'"),
        ("tsconfig", "FOR asciiword WITH", "FOR asciiword, hword WITH"),
        ("cast", ") AS IMPLICIT", ") AS ASSIGNMENT"), ("cast", ") AS ASSIGNMENT", ")"),
        ("operator", ", HASHES", ""), ("operator", ", RESTRICT = eqsel", ""),
        ("operator", "RIGHTARG = integer)", "RIGHTARG = integer, RESTRICT = neqsel)"),
        ("opclass", ", OPERATOR 5 >", ""), ("conversion", "'LATIN1' FROM utf8_to_iso8859_1", "'LATIN5' FROM utf8_to_win"),
        ("event", "ON ddl_command_end", "ON sql_drop"), ("event", "DISABLE", "ENABLE ALWAYS"),
        ("function", "SELECT $1 = $2", "SELECT $2 = $1"), ("function", "SELECT 1 ", "SELECT 2 "),
    )  # fmt: skip
    found = [
        (thing, old, new)
        for kind, old, new in changes
        for thing in world.all(kind)
        if old in thing.text and not _holds_tables(world, thing)
    ]
    if found:
        thing, old, new = world.one(found)
        if thing.kind == "conversion":
            new = "'KOI8R' FROM utf8_to_koi8r"
        thing.text = thing.text.replace(old, new, 1)


def _holds_tables(world: World, thing: Thing) -> bool:
    """True when a table, an index or the like is, or was, made of it: then it can be changed by none."""
    if "held" in thing.data:
        return True
    if thing.kind in ("tsdict", "tsconfig", "function", "cast", "event", "conversion"):
        return False
    return any(u.kind in ("column", "index", "check", "domain") for u in world.users(thing.id))


def rename_defined(world: World) -> None:
    """A definition has another name, and whatever is made of it says so."""
    if thing := world.any("collation", "tsconfig", "opclass", "conversion", "event"):
        world.names[thing.id] = world.names[world.number()]


DEFINING = (
    add_collation, add_collation, add_search, add_search, add_cast, add_cast, add_operator,
    add_operator, add_class, add_conversion, add_event, add_comment_on,
)  # fmt: skip
REDEFINING = (
    *DEFINING, drop_defined, drop_defined, leave_collation, leave_collation, leave_class,
    change_defined, change_defined, change_defined, change_defined, rename_defined,
)  # fmt: skip

"""What columns hold: a value for the row with a number, in types that convert into each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.properties.world import Thing, World, literal

#: Rows of each table; their number is in the column ``rid``.
ROWS = (1, 2, 3, 4)


@dataclass(frozen=True)
class Content:
    """Types of which each converts into each other for these values; ``defaults`` suit all."""

    types: tuple[str, ...]
    value: Callable[[int], str]
    defaults: tuple[str, ...] = ()
    #: Types that a column can get and does not have from the start.
    later: tuple[str, ...] = ()


CONTENTS = {
    "number": Content(
        ("smallint", "integer", "bigint", "numeric", "numeric(12,3)", "real", "double precision",
         "text", "character varying", "varchar(40)"),
        str,
        ("'0'", "'7'", "'5'", "'-5'", "'100'"),
    ),
    "word": Content(
        ("text", "varchar(40)", "character varying", "varchar(60)"),
        lambda n: f"it's {n}%s; -- \\ :x {{}} \"🙂\"\n--> statement-breakpoint"[: 30 + n],
        ("'x'", "''", "'it''s'", "'--> statement-breakpoint'", "'%s;\n--'", "upper('x')",
         "'a:b %(c)s {}'", "E'back\\\\slash'", "('a' || 'b')"),
    ),
    "truth": Content(("boolean", "integer", "bigint"), lambda n: str(n % 2), ("'1'", "'0'")),
    "day": Content(
        ("date", "timestamp", "timestamp with time zone", "text"),
        lambda n: f"2024-01-0{n}", ("'2024-02-29'",),
    ),
    "moment": Content(
        ("timestamp(3)", "timestamp", "timestamptz", "timestamptz(0)"),
        lambda n: f"2024-01-0{n} 03:04:05+00", ("now()", "CURRENT_TIMESTAMP"),
    ),
    "clock": Content(("time", "interval", "text"), lambda n: f"03:04:0{n}", ("'01:02:03'",)),
    "document": Content(
        ("json", "jsonb", "text"), lambda n: f'{{"a": "it\'s {n}"}}',
        ("'{}'", "'{\"a\": \"it''s\"}'", "'[1, 2]'"),
    ),
    "uuid": Content(
        ("uuid", "text"), lambda n: f"00000000-0000-0000-0000-00000000000{n}",
        ("gen_random_uuid()", "'00000000-0000-0000-0000-000000000009'"),
    ),
    "bytes": Content(("bytea",), lambda n: f"\\x00f{n}", ("'\\x01'", "decode('ff', 'hex')")),
    "address": Content(("inet", "cidr", "text"), lambda n: f"10.0.0.{n}/32", ("'10.0.0.9'",)),
    "mac": Content(("macaddr", "macaddr8"), lambda n: f"08:00:2b:01:02:0{n}"),
    "list": Content(
        ("integer[]", "bigint[]", "numeric[]", "text[]", "text"), lambda n: f"{{{n},2}}",
        ("'{}'", "'{1,2}'"),
    ),
    "words": Content(
        ("text[]", "varchar(40)[]"), lambda n: f'{{"a,b{n}","it\'s"}}', ("'{x,\"a b\"}'", "'{}'")
    ),
    "grid": Content(("integer[]",), lambda n: f"{{{{1,{n}}},{{3,4}}}}", ("'{{1},{2}}'",)),
    "range": Content(
        ("int4range",), lambda n: f"[{n},{n + 5})", later=("int4multirange",)
    ),
    "days": Content(("daterange",), lambda n: f"[2024-0{n}-01,2024-0{n}-09)", ()),
    "bits": Content(("bit varying(8)", "bit varying"), lambda n: f"101{n % 2}", ("'1'",)),
    "point": Content(("point",), lambda n: f"({n},2)", ("'(0,0)'",)),
    "fixed": Content(("char(5)", "char(9)", "text"), lambda n: f"abc{n}", ("'xyz'",)),
    "money": Content(("money", "numeric"), str, ("'12.50'",)),
    "search": Content(("tsvector", "text"), lambda n: f"'a{n}'", ("''",)),
}  # fmt: skip


def spelled(default: str, type_: str) -> str:
    """The default as PostgreSQL says it back: a number in a column of numbers has no quotes."""
    is_number = type_ in CONTENTS["number"].types[:7] and re.fullmatch(r"'[-\d.]+'", default)
    return default.strip("'") if is_number else default


def value(world: World, column: Thing, number: int) -> str:
    """What the column has in a row, as SQL."""
    if column.data.get("nullable") and number % 3 == 0:
        return "NULL"
    content = str(column.data["content"])
    if content in CONTENTS:
        written = literal(CONTENTS[content].value(number))
        return f"{written}::int4range::{column.data['type']}" if content == "range" else written
    kind, _, where = content.partition(":")
    made = world.things[int(where)]
    match kind:
        case "enum" | "enums":
            label = world.names[made.data["labels"][number % 2]]
            several = f"ARRAY[{literal(label)}]::{world.sql(column.data['type'])}"
            return several if kind == "enums" else literal(label)
        case "composite":
            return "ROW(" + ", ".join(["NULL"] * (made.data["count"] - 1) + [str(number)]) + ")"
        case "ranged":
            return literal(f"[{number},{number + 5})")
        case _:
            return literal(str(number))


def converted(old: str, new: str, column: str) -> str:
    """The value of a column after its documented cast, as SQL.

    README, "types": PostgreSQL's own cast where there is one, a number is true when it is not 0,
    JSON becomes the text that it holds, text the JSON that it is, one value a list of it.
    """
    numbers = CONTENTS["number"].types[:7]
    if old == new:
        return column
    if new == "boolean" and old in numbers:
        return f"({column} <> 0)"
    if old == "boolean" and new == "bigint":
        return f"{column}::integer::bigint"
    return f"{column}::text::{new}" if old in ("inet", "cidr", "clock") else f"{column}::{new}"

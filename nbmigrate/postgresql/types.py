"""Spellings of types: any alias that PostgreSQL or people write -> drizzle-kit's.

The aliases are those of the PostgreSQL 18 docs, "Data Types"; the spellings
(blank after a comma, blank before the precision of a timestamp but not of a plain
time) are those that drizzle-kit 0.31 writes into snapshots.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from nbmigrate.postgresql.identifiers import quote

if TYPE_CHECKING:
    from nbmigrate.model import Column

_ALIASES = {
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "serial2": "smallserial",
    "serial4": "serial",
    "serial8": "bigserial",
    "float4": "real",
    "float8": "double precision",
    "decimal": "numeric",
    "dec": "numeric",
    "bool": "boolean",
    "character varying": "varchar",
    "char varying": "varchar",
    "nchar varying": "varchar",
    "national character varying": "varchar",
    "national char varying": "varchar",
    "character": "char",
    "nchar": "char",
    "national character": "char",
    "national char": "char",
    "varbit": "bit varying",
    "time without time zone": "time",
    "timetz": "time with time zone",
    "timestamp without time zone": "timestamp",
    "timestamptz": "timestamp with time zone",
}

#: Every other name that is PostgreSQL's own: folded to lower case and never quoted.
_BUILT_IN_WORDS = """
smallint integer bigint smallserial serial bigserial real numeric boolean text varchar char bpchar
name bytea uuid json jsonb jsonpath xml money date time timestamp interval inet cidr macaddr
macaddr8 point line lseg box path polygon circle bit tsvector tsquery oid oidvector int2vector
regclass regproc regprocedure regoper regoperator regtype regrole regnamespace regconfig
regdictionary regcollation xid xid8 cid tid pg_lsn pg_snapshot txid_snapshot refcursor
int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange
nummultirange tsmultirange tstzmultirange datemultirange aclitem
"""
_BUILT_IN = frozenset(_BUILT_IN_WORDS.split()) | {
    "double precision",
    "bit varying",
    "time with time zone",
    "timestamp with time zone",
}

#: Types of well-known extensions: people shout them (``VECTOR(3)``), SQL folds them.
_EXTENSION_WORDS = """
vector halfvec sparsevec citext hstore ltree lquery ltxtquery cube seg isbn isbn13
geometry geography raster box2d box3d
"""
_EXTENSION_TYPES = frozenset(_EXTENSION_WORDS.split())

_BOUNDS = {
    "smallint": ("-32768", "32767"),
    "integer": ("-2147483648", "2147483647"),
    "bigint": ("-9223372036854775808", "9223372036854775807"),
}

#: The integer type beneath each serial type.
SERIAL_TYPES = {"smallserial": "smallint", "serial": "integer", "bigserial": "bigint"}

NUMBER_TYPES = frozenset({"smallint", "integer", "bigint", "real", "double precision"})
TEXT_TYPES = frozenset({"text", "varchar", "char", "bpchar", "citext", "name"})

#: PostgreSQL's own names of types, from which operator classes are named.
_CATALOG_NAMES = {
    "smallint": "int2",
    "integer": "int4",
    "bigint": "int8",
    "real": "float4",
    "double precision": "float8",
    "boolean": "bool",
    "varchar": "text",
    "char": "bpchar",
    "time with time zone": "timetz",
    "timestamp with time zone": "timestamptz",
    "bit varying": "varbit",
    "cidr": "inet",
}

_ARRAY = re.compile(r"(?:\s*\[\s*\d*\s*\])+\Z")
_ARRAY_WORD = re.compile(r"\s+array\s*(\[\s*\d+\s*\])?\Z", re.IGNORECASE)
_PARTS = re.compile(r"([A-Za-z_][\w$ ]*?) ?(?:\(([^()]*)\))?((?: [A-Za-z ]+)?)\Z")
_BARE = re.compile(r"[a-z_][a-z0-9_$]*(?:\([\w, .+-]*\))?\Z")
_QUALIFIED = re.compile(
    r'(?:[a-z_][\w$]*|"(?:[^"]|"")+")(?:\.(?:[a-z_][\w$]*|"(?:[^"]|"")+"))?(?:\([\w, .+-]*\))?\Z'
)

#: A plain name with modifiers, such as extensions have: ``vector(3)``, ``geometry(Point,4326)``.
_MODIFIED = re.compile(r"([a-z_][a-z0-9_]*)(\((?:[A-Za-z]+, ?)?\d+(?:, ?\d+)*\))")


def split_array(text: str) -> tuple[str, str]:
    """The element type and its dimensions (``integer[3][]`` -> ``integer``, ``[3][]``)."""
    if found := _ARRAY.search(text):
        return text[: found.start()].rstrip(), re.sub(r"\s", "", found[0])
    return text, ""


@lru_cache(maxsize=4096)
def canonical_type(text: str) -> str:
    """The type in drizzle-kit's spelling; what is not PostgreSQL's own stays as it is."""
    text = text.strip()
    if word := _ARRAY_WORD.search(text):
        text = text[: word.start()] + (word[1] or "[]")
    element, dimensions = split_array(text)
    if not dimensions and element.startswith("_") and _known(element[1:].lower()):
        element, dimensions = element[1:], "[]"
    return _canonical_element(element) + dimensions


def sql_type(text: str) -> str:
    """A type that stands in a text of SQL, in one spelling: canonical and without ``public.``."""
    text = re.sub(r'\A(?:public|"public")\.', "", text.strip())
    return comparable_type(text)


def parameter_type(text: str) -> str:
    """The type of a parameter: modifiers mean nothing there."""
    element, dimensions = split_array(sql_type(text))
    if '"' not in element:
        element = re.sub(r" ?\([^()]*\)", "", element)
    return element + dimensions


@lru_cache(maxsize=4096)
def comparable_type(text: str) -> str:
    """The canonical type without what PostgreSQL does not store.

    It keeps no dimensions of an array and gives ``char`` and ``bit`` their length 1.
    """
    element, dimensions = split_array(canonical_type(text))
    if element in {"char", "bit"}:
        element += "(1)"
    return element + "[]" if dimensions else element


@lru_cache(maxsize=4096)
def base_type(text: str) -> str:
    """The canonical type without modifiers and dimensions (``varchar(50)[]`` -> ``varchar``)."""
    element, _ = split_array(canonical_type(text))
    if element.startswith('"'):
        return element
    return re.sub(r" ?\([^()]*\)", "", element)


@lru_cache(maxsize=4096)
def is_built_in(text: str) -> bool:
    """Whether the type, an array of it or with modifiers, is one of PostgreSQL's own."""
    base = base_type(text)
    return base == '"char"' or base in _BUILT_IN or base.startswith("interval ")


def _known(name: str) -> bool:
    return name in _ALIASES or name in _BUILT_IN


def _canonical_element(text: str) -> str:
    text = re.sub(r"\s+", " ", text) if '"' not in text else text
    text = re.sub(r"\Apg_catalog\.(?!\")", "", text, flags=re.IGNORECASE)
    found = _PARTS.fullmatch(text)
    if not found:
        return text
    name = found[1].lower()
    whole = (name + found[3].lower()).strip()
    modifiers = [part.strip().lower() for part in (found[2] or "").split(",") if part.strip()]
    if name.split(" ")[0] == "interval":
        return _interval(whole, modifiers)
    if name == "float":
        return _float(modifiers)
    if _known(whole):
        return _spell(_ALIASES.get(whole, whole), modifiers)
    if name in _EXTENSION_TYPES or text.isupper():
        return _spell(name, modifiers) + found[3].lower()
    return text


def _spell(name: str, modifiers: list[str]) -> str:
    """The name with its modifiers where drizzle-kit writes them."""
    if name == "bpchar" and modifiers:
        name = "char"
    if name == "numeric" and len(modifiers) == 2 and modifiers[1] == "0":
        modifiers = modifiers[:1]  # PostgreSQL tells numeric(10) and numeric(10, 0) apart nowhere
    if not modifiers:
        return name
    inside = f"({', '.join(modifiers)})"
    match name:
        case "timestamp":
            return f"timestamp {inside}"
        case "time with time zone" | "timestamp with time zone":
            return f"{name.split(' ', 1)[0]} {inside} with time zone"
        case _:
            return name + inside


def _float(modifiers: list[str]) -> str:
    """``float(1)`` to ``float(24)`` are real, the others double precision."""
    small = bool(modifiers) and modifiers[0].isdigit() and int(modifiers[0]) <= 24
    return "real" if small else "double precision"


def _interval(fields: str, modifiers: list[str]) -> str:
    return f"{fields}({modifiers[0]})" if modifiers else fields


def identity_bounds(type: str, *, descending: bool = False) -> tuple[str, str]:  # noqa: A002 - PostgreSQL's word
    """The smallest and largest value of a sequence of that type when none is declared."""
    low, high = _BOUNDS.get(SERIAL_TYPES.get(type, type), _BOUNDS["bigint"])
    return (low, "-1") if descending else ("1", high)


def default_opclass(type: str) -> str:  # noqa: A002 - PostgreSQL's word
    """The operator class that a btree, hash or gin index of that type has when none is named."""
    if split_array(canonical_type(type))[1]:
        return "array_ops"
    base = base_type(SERIAL_TYPES.get(type, type))
    return f"{_CATALOG_NAMES.get(base, base)}_ops"


def render_type(column: Column) -> str:
    """The column's type as DDL spells it, safe whatever the type is called."""
    element, dimensions = split_array(column.type)
    if column.type_schema:
        return _render_user_type(column.type_schema, element) + dimensions
    canonical = canonical_type(column.type)
    if is_built_in(canonical):
        return canonical
    element, dimensions = split_array(canonical)
    if _BARE.fullmatch(element) or _QUALIFIED.fullmatch(element):
        return element + dimensions
    return quote(element) + dimensions


def _render_user_type(schema: str, element: str) -> str:
    found = _MODIFIED.fullmatch(element)
    name, modifiers = (found[1], found[2]) if found else (element, "")
    return f"{quote(schema)}.{quote(name)}{modifiers}"

"""What to type next when PostgreSQL misses something that a statement needs.

An extension is declared, and so are operators and casts; what nbmigrate does not manage (parsers of
text search, access methods) is made by hand. PostgreSQL tells them apart by its words alone, so
that a server which speaks another language than English gives no more than its own hint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from nbmigrate.diff.texts import COMMON_OPERATORS

#: Whose types, functions and operator classes these are (PostgreSQL docs, Appendix F, and others).
_EXTENSIONS: Mapping[str, str] = {
    "btree_gist": "gbt_int4_ops gbt_text_ops",
    "citext": "citext",
    "cube": "cube",
    "dblink": "dblink",
    "fuzzystrmatch": "dmetaphone levenshtein metaphone soundex",
    "hstore": "gin_hstore_ops gist_hstore_ops hstore",
    "intarray": "gin__int_ops gist__int_ops query_int",
    "isn": "ean13 isbn isbn13 issn",
    "ltree": "gist_ltree_ops lquery ltree ltxtquery",
    "pg_trgm": "gin_trgm_ops gist_trgm_ops similarity strict_word_similarity word_similarity",
    "pgcrypto": "crypt digest gen_random_bytes gen_salt hmac pgp_sym_encrypt",
    "postgis": "geography geometry st_makepoint st_point st_setsrid",
    "seg": "seg",
    "tablefunc": "connectby crosstab normal_rand",
    "unaccent": "unaccent",
    "uuid-ossp": "uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 uuid_generate_v5",
    "vector": "halfvec hnsw ivfflat sparsevec vector vector_cosine_ops vector_l2_ops",
}
_OWNER = {name: ext for ext, names in _EXTENSIONS.items() for name in names.split()}

_MISSING = re.compile(
    r"(?P<kind>type|operator class|text search \w+|collation|access method|language|function|server|foreign-data wrapper) "
    r'"?(?P<name>[^\s"(]+)"?.* does not exist'
)
_OPERATOR = re.compile(r"operator does not exist: .*?(?P<name>[-+*/<>=~!@#%^&|`?]+)")
_NO_CLASS = re.compile(r'has no default operator class for access method "(?P<method>gist|gin)"')
_SCHEMA = re.compile(r'schema "(.+)" does not exist')
_CAST = re.compile(r"cannot cast type ")

#: What a Definition can be.
_DEFINED = frozenset(
    [
        "cast",
        "collation",
        "operator",
        "operator class",
        "server",
        "text search configuration",
        "text search dictionary",
    ]
)

_BY_HAND = (
    "nbmigrate does not manage {kind}s: make it in the database first, or in a migration in front of "
    "this one (%%db_generate NAME --custom, nbmigrate generate NAME --sql-file FILE)"
)
_AS_MIGRATION = (
    "a schema says what there is to be, and this is work to be done: %%db_generate NAME --custom "
    "(nbmigrate generate NAME --sql-file FILE) makes it a migration"
)


def next_step(sqlstate: str, message: str) -> str:
    """The next thing to type, or nothing when PostgreSQL's own hint says as much."""
    match sqlstate:
        case "42704" | "42883":
            return _missing(message)
        case "3F000" if found := _SCHEMA.search(message):
            return f'declare it too: Schema("{found[1]}"), or CREATE SCHEMA in SQL, in front'
        case "42846" if _CAST.search(message):
            return _make("cast")
        case _:
            return ""


def next_step_in_schema(sqlstate: str, message: str) -> str:
    """The same for a text that declares a schema."""
    match sqlstate:
        case "25001" if "concurrently" in message.lower():
            return f"leave CONCURRENTLY out, or: {_AS_MIGRATION}"
        case "25001":
            return _AS_MIGRATION
        case "55P04":
            return "write the label into CREATE TYPE: a schema says what there is to be"
        case _:
            return next_step(sqlstate, message)


def _missing(message: str) -> str:
    if found := _NO_CLASS.search(message):
        return _extension(f"btree_{found['method']}")
    if found := _OPERATOR.search(message):
        # one of these that does not exist is a matter of types
        is_common = found["name"] in COMMON_OPERATORS
        return "" if is_common else _make("operator")
    if not (found := _MISSING.search(message)):
        return ""
    kind, name = found["kind"], found["name"].rpartition(".")[2]
    owner = name if kind == "foreign-data wrapper" else _OWNER.get(name.lower())
    if owner:
        return _extension(owner)
    if kind == "language":
        return f"{_extension(name)}; the server needs its package"
    return "" if kind in ("type", "function") else _make(kind)


def _make(kind: str) -> str:
    if kind in _DEFINED:
        return f'declare it too: Definition("CREATE {kind.upper()} ..."), or that in SQL, in front'
    return _BY_HAND.format(kind=kind)


def _extension(name: str) -> str:
    quoted = f'"{name}"' if "-" in name else name
    return f'it comes with an extension: Extension("{name}"), or CREATE EXTENSION {quoted} in SQL, in front'

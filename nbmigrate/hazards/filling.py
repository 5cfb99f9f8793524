"""Whether a new column makes PostgreSQL write every row (docs, ALTER TABLE, Notes)."""

from __future__ import annotations

import re

from nbmigrate.diff.columns import SERIAL
from nbmigrate.hazards.retyping import domain_of
from nbmigrate.model import Column, Snapshot

#: ``pg_proc.provolatile = 'v'`` in PostgreSQL 18, what a default can call; below it the functions of
#: uuid-ossp, pgcrypto and well-known generators of ids.
_WORDS = """
array_sample array_shuffle clock_timestamp gen_random_uuid nextval random random_normal setval
timeofday uuidv4 uuidv7
uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 gen_random_bytes gen_salt
uuid_generate_v7 gen_ulid ulid_generate nanoid cuid
"""
_VOLATILE = frozenset(_WORDS.split())
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_CALL = re.compile(r'([\w$]+|"(?:[^"]|"")+")\s*\(')
_BODY = re.compile(r"(\$\w*\$).*?\1|'(?:[^']|'')*'", re.DOTALL)
_STEADY = re.compile(r"\b(?:IMMUTABLE|STABLE)\b", re.IGNORECASE)
_CONSTANT_SINCE = 110_000


def is_written_to_rows(column: Column, schema: Snapshot, server_version: int) -> bool:
    """True when ADD COLUMN rewrites the table and all of its indexes."""
    if column.generated is not None:
        return column.generated.type == "stored"
    if column.identity is not None or column.type in SERIAL:
        return True
    domain = domain_of(column, schema)
    if domain is not None and (domain.checks or domain.not_null):
        return True
    default = column.default if column.default is not None else (domain and domain.default)
    if default is None:
        return False
    return server_version < _CONSTANT_SINCE or is_volatile(default, schema)


def is_volatile(default: object, schema: Snapshot) -> bool:
    """True when the default gives another value for each row; a function of ours says so itself."""
    if not isinstance(default, str):
        return False
    names = {name.strip('"').lower() for name in _CALL.findall(_LITERAL.sub("''", default))}
    ours = {f.name.lower() for f in schema.functions.values() if _is_unsteady(f.definition)}
    return bool(names & (_VOLATILE | ours))


def _is_unsteady(definition: str) -> bool:
    """VOLATILE is what a function is that says nothing (docs, CREATE FUNCTION)."""
    return not _STEADY.search(_BODY.sub("", definition))

"""CREATE and DROP INDEX CONCURRENTLY: what a broken-off one leaves, and how to go on.

A build that fails or is killed leaves an index that is INVALID: of no use to any
query, yet kept up to date by every write; with IF NOT EXISTS a second build "succeeds"
on it. One that our own earlier attempt left is dropped and built again. Anybody
else's is only reported.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import psycopg

from nbmigrate.executor import raw
from nbmigrate.model.names import truncate
from nbmigrate.postgresql.identifiers import qualified
from nbmigrate.postgresql.lexer import Token, significant

_FIND = """
    SELECT n.nspname AS schema, i.indisvalid AS valid
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
     WHERE c.relname = $1
       AND c.relnamespace = coalesce(
           (SELECT t.relnamespace FROM pg_catalog.pg_class AS t
             WHERE t.oid = pg_catalog.to_regclass($2)),
           (SELECT s.oid FROM pg_catalog.pg_namespace AS s
             WHERE s.nspname = pg_catalog.current_schema()))
"""


class IndexStatement(NamedTuple):
    """What a concurrent statement is about; ``table`` is SQL, as it was written."""

    action: Literal["create", "drop"]
    name: str
    table: str


class Found(NamedTuple):
    """An index of that name."""

    sql: str
    is_valid: bool


def read_statement(sql: str) -> IndexStatement | None:
    """The index of a CREATE or DROP INDEX CONCURRENTLY; None for one without a name."""
    found = [t for t in significant(sql) if t.text != ";"]
    words = [t.word for t in found]
    if "concurrently" not in words or words[0] not in {"create", "drop"}:
        return None
    rest = found[words.index("concurrently") + 1 :]
    while rest and rest[0].word in {"if", "not", "exists"}:
        rest = rest[1:]
    if words[0] == "create":
        return _created(rest)
    names = _name_at(rest)
    # DROP INDEX CONCURRENTLY takes one index; its schema is the one it is written with.
    return (
        IndexStatement("drop", _plain(names[-1]), "".join(t.text for t in names)) if names else None
    )


def _created(rest: list[Token]) -> IndexStatement | None:
    if not rest or rest[0].word == "on":
        return None
    after = rest[2:] if len(rest) > 1 and rest[1].word == "on" else []
    if after and after[0].word == "only":
        after = after[1:]
    table = "".join(t.text for t in _name_at(after))
    return IndexStatement("create", _plain(rest[0]), table) if table else None


def _name_at(rest: list[Token]) -> list[Token]:
    """The tokens of a name with or without a schema."""
    return rest[:3] if len(rest) > 2 and rest[1].text == "." else rest[:1]


def _plain(token: Token) -> str:
    """The name as PostgreSQL stores it."""
    if token.kind == "name":
        return truncate(token.text[1:-1].replace('""', '"'))
    return truncate(token.text.lower())


def find(connection: psycopg.Connection[Any], statement: IndexStatement) -> Found | None:
    """The index, if the database has one of that name in that place."""
    for row in raw.rows(connection, _FIND, [statement.name, statement.table]):
        sql = qualified((row["schema"], statement.name), spell_public=True)
        return Found(sql, row["valid"])
    return None


def drop(connection: psycopg.Connection[Any], index: Found) -> None:
    """Drop a leftover without keeping anybody waiting."""
    raw.run(connection, f"DROP INDEX CONCURRENTLY IF EXISTS {index.sql}")

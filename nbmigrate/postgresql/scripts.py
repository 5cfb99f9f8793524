"""A script of DDL as single statements, and what of it is no part of a schema."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from nbmigrate.errors import StatementFailedError
from nbmigrate.postgresql.lexer import significant
from nbmigrate.postgresql.statements import Piece, first_words, split

#: Statements that would end or open a transaction of their own.
TRANSACTION_CONTROL = (
    ("begin",),
    ("start", "transaction"),
    ("commit",),
    ("end",),
    ("rollback",),
    ("abort",),
    ("savepoint",),
    ("release",),
    ("prepare", "transaction"),
)

#: A script may be one transaction as a whole; that says nothing about the schema.
_AROUND = (("begin",), ("start", "transaction"), ("commit",), ("end",))
#: pg_dump 13.22, 14.19, 15.14, 16.10, 17.6 and later write these for psql.
_FOR_PSQL = re.compile(r"\\(un)?restrict\b[^\n]*\n?")
_ON_ROWS = frozenset({"insert", "update", "delete", "merge", "truncate", "copy", "call", "select"})
#: PostgreSQL docs, Appendix A: active_sql_transaction.
_ACTIVE = "25001"
_ROLES = frozenset({"role", "user", "group"})
#: Session settings and what looks at a script's own work.
_WORDLESS = frozenset({"set_config"})


def controls_transaction(words: tuple[str, ...]) -> bool:
    """True for the first words of a statement that would end or open a transaction."""
    return any(words[: len(control)] == control for control in TRANSACTION_CONTROL)


def statements(text: str) -> Iterator[Piece]:
    """The statements of a script, without the transaction that it puts around them.

    Raises:
        StatementFailedError: one would take back what others did.
    """
    for found in split(text):
        piece = _without_psql(found)
        words = first_words(piece.sql, 2)
        if any(words[: len(control)] == control for control in _AROUND):
            continue
        if controls_transaction(words):
            raise StatementFailedError(
                f"{words[0].upper()} would take back a part of the text",
                sql=piece.sql,
                sqlstate=_ACTIVE,
                line=piece.line,
                hint="leave it out; nothing of the text is run outside of a trial",
            )
        if piece.sql:
            yield piece


def _without_psql(piece: Piece) -> Piece:
    """The statement without the lines for psql in front of it."""
    rest = piece.sql
    while found := _FOR_PSQL.match(rest):
        rest = rest[found.end() :].lstrip()
    line = piece.line + piece.sql[: len(piece.sql) - len(rest)].count("\n")
    return Piece(rest, line)


def notes(pieces: tuple[Piece, ...], declared: frozenset[str]) -> Iterator[str]:
    """What the statements do that no schema holds; ``declared`` are the names that it does."""
    said: dict[str, list[int]] = {}
    for piece in pieces:
        if words := _not_kept(piece.sql, declared):
            said.setdefault(words, []).append(piece.line)
    for words, lines in said.items():
        where = (
            f"line {lines[0]}"
            if len(lines) == 1
            else f"{len(lines)} times, first in line {lines[0]}"
        )
        yield f"not declared: {words} ({where})"


def _not_kept(sql: str, declared: frozenset[str]) -> str:
    tokens = significant(sql)
    words = [token.word for token in tokens]
    first = words[0] if words else ""
    if first in _ON_ROWS and not _WORDLESS.intersection(words):
        return f"{first.upper()}, rows are no part of a schema"
    if first == "alter" and ("owner", "to") in pairwise(words):
        return "OWNER TO, owners are not managed"
    if first == "drop" and not any(_name(token.text) in declared for token in tokens[2:]):
        kind = words[1].upper()
        return f"DROP {kind}, which is dropped from the database by not being declared any more"
    return ""


def _name(text: str) -> str:
    quoted = text.startswith('"')
    return text[1:-1].replace('""', '"') if quoted else text.lower()


def made_roles(pieces: Iterable[Piece]) -> tuple[str, ...]:
    """The roles that the statements create."""
    return tuple(_name(significant(p.sql)[2].text) for p in pieces if _makes_role(p.sql))


def made_schemas(pieces: Iterable[Piece]) -> frozenset[str]:
    """The schemas that the statements create, and nothing in them."""
    return frozenset(name for piece in pieces if (name := _made_schema(piece.sql)))


def _made_schema(sql: str) -> str:
    tokens = [token for token in significant(sql) if token.text != ";"]
    words = [token.word for token in tokens]
    at = 5 if words[2:5] == ["if", "not", "exists"] else 2
    is_one = words[:2] == ["create", "schema"] and len(tokens) == at + 1
    return _name(tokens[at].text) if is_one else ""


def _makes_role(sql: str) -> bool:
    words = [token.word for token in significant(sql)[:2]]
    return len(significant(sql)) > 2 and words[:1] == ["create"] and words[1] in _ROLES


def as_altered_role(sql: str) -> tuple[str, ...]:
    """Statements that give a role which is there what a CREATE ROLE says; empty for any other.

    Roles are the server's, and cannot be put out of the way.
    """
    if not _makes_role(sql):
        return ()
    kind, name = significant(sql)[1], significant(sql)[2]
    rest = sql[kind.start + len(kind.text) :]
    return (f"ALTER ROLE {name.text} NOCREATEDB NOCREATEROLE INHERIT", f"ALTER ROLE{rest}")

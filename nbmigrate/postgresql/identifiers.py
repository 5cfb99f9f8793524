"""Quoting: how a name or a text becomes a piece of SQL.

Everything that is put into a statement passes through here or is SQL already.
A migration file is split at :data:`BREAKPOINT`, wherever it stands; so no piece
written here holds that text, and :func:`guard` takes it out of SQL that came
from somebody else.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from nbmigrate.model.names import NAME_BYTES, PUBLIC
from nbmigrate.postgresql.lexer import Token, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterable

#: drizzle-orm 0.45 ``migrator.ts`` splits a file at this text without looking at quotes.
BREAKPOINT = "--> statement-breakpoint"

# Two string constants with a line break between them are one (PostgreSQL docs, "String
# Constants"). Unlike ``||`` this also holds where a constant is required: labels, comments.
_SPLIT_IN_LITERAL = "--> '\n'statement-breakpoint"
_SPLIT_IN_IDENTIFIER = "\\002D-> statement-breakpoint"


def quote(name: str) -> str:
    """The name as a quoted identifier."""
    return _quote_around_breakpoint(name) if BREAKPOINT in name else in_quotes(name)


def in_quotes(name: str) -> str:
    """The name in quotes, for texts of a snapshot: whatever writes one into a file guards it."""
    return '"' + name.replace('"', '""') + '"'


def qualified(identifier: tuple[str, str], *, spell_public: bool = False) -> str:
    """Schema and name as SQL; public is left out unless ``spell_public``, as drizzle writes it."""
    schema, name = identifier
    if schema in ("", PUBLIC) and not spell_public:
        return quote(name)
    return f"{quote(schema or PUBLIC)}.{quote(name)}"


def quote_all(names: Iterable[str]) -> str:
    """The names, quoted, with commas between them and no blanks, as drizzle writes them."""
    return ",".join(quote(name) for name in names)


def literal(text: str) -> str:
    """The text as a string constant; a backslash stands for itself, as is the default."""
    quoted = text.replace("'", "''")
    return "'" + quoted.replace(BREAKPOINT, _SPLIT_IN_LITERAL) + "'"


def name_literal(identifier: tuple[str, str]) -> str:
    """The full name as a string constant, for ``regclass`` and ``pg_get_serial_sequence``."""
    schema, name = identifier
    return literal(f"{in_quotes(schema or PUBLIC)}.{in_quotes(name)}")


def block(body: str) -> str:
    """A DO statement of PL/pgSQL; the dollar tag is one that the body does not hold."""
    tag = "$nbmigrate$"
    while tag in body:
        tag = f"{tag[:-1]}_$"
    return f"DO {tag}\n{body}\n{tag};"


def temporary_name(name: str, purpose: str) -> str:
    """A name for a thing that is gone at the end of the statements; equal for equal arguments.

    It ends in a digest of the whole name, so that two long names cut to 63 bytes differ.
    """
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    end = f"__{purpose}_{digest}"
    room = NAME_BYTES - len(end.encode())
    return name.encode()[:room].decode(errors="ignore") + end


def guard(sql: str) -> str:
    """The same SQL without the breakpoint text, whatever literal, name or comment held it."""
    if BREAKPOINT not in sql:
        return sql
    return "".join(
        _guard_token(token) if BREAKPOINT in token.text else token.text for token in tokenize(sql)
    )


def _guard_token(token: Token) -> str:
    text = token.text
    match token.kind:
        case "string" | "escape" | "bits":
            return text.replace(BREAKPOINT, _SPLIT_IN_LITERAL)
        case "dollar":
            tag = text[: text.index("$", 1) + 1]
            return literal(text.removeprefix(tag).removesuffix(tag))
        case "name" if text.startswith('"'):
            return quote(text[1:-1].replace('""', '"'))
        case "name":
            return text.replace(BREAKPOINT, _SPLIT_IN_IDENTIFIER)
        case _:
            return text.replace(BREAKPOINT, "-- > statement-breakpoint")


def _quote_around_breakpoint(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace(BREAKPOINT, _SPLIT_IN_IDENTIFIER)
    return "U&" + in_quotes(escaped)

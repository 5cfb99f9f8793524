"""What a CREATE statement makes: its kind and its name, read from the first words.

PostgreSQL 18 docs, CREATE COLLATION, CREATE TEXT SEARCH DICTIONARY and CONFIGURATION.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from nbmigrate.errors import DeclarationError
from nbmigrate.model import Definition, DefinitionKind
from nbmigrate.model.names import PUBLIC
from nbmigrate.postgresql.lexer import Token, identifier_value, significant

#: The words behind CREATE, the longer ones first.
_KINDS: tuple[DefinitionKind, ...] = (
    "collation",
    "text search dictionary",
    "text search configuration",
)
_PASSED_OVER = ("if", "not", "exists")


def identified(found: Definition) -> Definition:
    """The definition with the kind, schema and name that its text says.

    Raises:
        DeclarationError: the text makes none of the known kinds, or has no name.
    """
    tokens = significant(found.definition)
    for kind in _KINDS:
        words = ("create", *kind.split())
        if tuple(token.word for token in tokens[: len(words)]) == words:
            rest = tokens[len(words) :]
            if tuple(token.word for token in rest[:3]) == _PASSED_OVER:
                rest = rest[3:]
            schema, name = _name(rest)
            return replace(found, kind=kind, schema=schema, name=name)
    first = found.definition.partition("\n")[0]
    raise DeclarationError(
        f"`{first}` makes nothing that a Definition can be",
        source=first,
        hint=f"it can be: {', '.join(f'CREATE {kind.upper()}' for kind in _KINDS)}",
    )


def _name(tokens: Sequence[Token]) -> tuple[str, str]:
    """Schema and name that the tokens begin with."""
    first = identifier_value(tokens[0]) if tokens else None
    if first is None:
        raise DeclarationError("a CREATE statement without a name")
    if len(tokens) > 2 and tokens[1].kind == "dot":
        return first, identifier_value(tokens[2]) or ""
    return PUBLIC, first

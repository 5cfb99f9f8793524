"""What a CREATE statement makes: its kind and its name, read from the first words.

PostgreSQL 18 docs: CREATE COLLATION, TEXT SEARCH DICTIONARY and CONFIGURATION, CAST, OPERATOR,
OPERATOR FAMILY and CLASS, EVENT TRIGGER, CONVERSION, FOREIGN DATA WRAPPER, SERVER, FOREIGN TABLE, PUBLICATION.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from msgspec.structs import replace

from nbmigrate.errors import DeclarationError
from nbmigrate.model import Definition, DefinitionKind
from nbmigrate.model.definitions import SCHEMALESS
from nbmigrate.model.names import PUBLIC
from nbmigrate.postgresql.identifiers import qualified, quote
from nbmigrate.postgresql.lexer import (
    Token,
    closing,
    identifier_value,
    significant,
    split_commas,
)
from nbmigrate.postgresql.types import parameter_type

#: The words behind CREATE, the longer ones first.
_KINDS: tuple[DefinitionKind, ...] = (
    "collation",
    "text search dictionary",
    "text search configuration",
    "cast",
    "operator family",
    "operator class",
    "operator",
    "event trigger",
    "conversion",
    "foreign data wrapper",
    "foreign table",
    "server",
    "publication",
)
_PASSED_OVER = ("if", "not", "exists")
_NONE = "NONE"
#: Kinds with options that may hold passwords, and what those are called; `definitions.sql` reads none.
_WITH_OPTIONS = frozenset({"foreign data wrapper", "server", "foreign table"})
_SECRET = re.compile(r"pass|pwd|secret|token", re.IGNORECASE)


def identified(found: Definition) -> Definition:
    """The definition with the kind, schema and name that its text says.

    Raises:
        DeclarationError: the text makes none of the known kinds, or has no name.
    """
    sql, tokens = found.definition, significant(found.definition)
    if [token.word for token in tokens[:3]] == ["create", "default", "conversion"]:
        tokens = [tokens[0], *tokens[2:]]
    for kind in _KINDS:
        words = ("create", *kind.split())
        if tuple(token.word for token in tokens[: len(words)]) == words:
            rest = tokens[len(words) :]
            if tuple(token.word for token in rest[:3]) == _PASSED_OVER:
                rest = rest[3:]
            if kind in _WITH_OPTIONS:
                _require_no_secret(rest)
            return replace(found, kind=kind, **_identity(kind, rest, sql))
    first = sql.partition("\n")[0]
    raise DeclarationError(
        f"`{first}` makes nothing that a Definition can be",
        source=first,
        hint=f"it can be: {', '.join(f'CREATE {kind.upper()}' for kind in _KINDS)}",
    )


def _require_no_secret(tokens: Sequence[Token]) -> None:
    """No option of foreign data is a password: a snapshot is a file, and many read it.

    Raises:
        DeclarationError: one may be.
    """
    for option, value in pairwise(tokens):
        name = identifier_value(option) or ""
        if value.kind in ("string", "escape") and _SECRET.search(name):
            raise DeclarationError(
                f"option `{name}` may hold a secret, which no schema does",
                source=name,
                hint="put it into a user mapping (CREATE USER MAPPING), which nbmigrate leaves alone",
            )


def _identity(kind: DefinitionKind, rest: Sequence[Token], sql: str) -> dict[str, str]:
    if kind == "cast":
        inside = rest[1 : closing(rest, 0)] if rest else []
        at = next((n for n, token in enumerate(inside) if token.word == "as"), len(inside))
        return cast_identity(_text(inside[:at], sql), _text(inside[at + 1 :], sql))
    schema, name = _name(rest)
    identity = {"schema": schema, "name": name}
    if kind in ("operator family", "operator class"):
        at = next((n for n, token in enumerate(rest) if token.word == "using"), -2)
        return {**identity, "of": _name(rest[at + 1 :])[1]}
    if kind == "operator":
        start = next((n for n, token in enumerate(rest) if token.text == "("), len(rest))
        parts = split_commas(rest[start + 1 : closing(rest, start)])
        said = {part[0].word: _text(part[2:], sql) for part in parts if part}
        return operator_identity(schema, name, said.get("leftarg"), said.get("rightarg"))
    return identity


def cast_identity(source: str, target: str) -> dict[str, str]:
    """Schema and name of a cast between the types."""
    return {"schema": PUBLIC, "name": f"{parameter_type(source)} AS {parameter_type(target)}"}


def operator_identity(
    schema: str, name: str, left: str | None, right: str | None
) -> dict[str, str]:
    """Schema, name and types of an operator; a prefix operator has no left one."""
    types = (parameter_type(type_) if type_ else _NONE for type_ in (left, right))
    return {"schema": schema, "name": name, "of": ", ".join(types)}


def thing(found: Definition) -> str:
    """``COLLATION "public"."german"``: as DROP and COMMENT ON name it."""
    word = found.kind.upper()
    match found.kind:
        case "cast":
            return f"{word} ({found.name})"
        case kind if kind in SCHEMALESS:
            return f"{word} {quote(found.name)}"
        case "operator":
            return f"{word} {quote(found.schema)}.{found.name} ({found.of})"
        case _:
            name = qualified((found.schema, found.name), spell_public=True)
            return f"{word} {name} USING {found.of}" if found.of else f"{word} {name}"


def implied_family(found: Definition) -> Definition | None:
    """The operator family that comes with a class which names none."""
    if found.kind != "operator class" or "family" in {
        t.word for t in significant(found.definition)
    }:
        return None
    family = replace(found, kind="operator family", comment=None)
    return replace(family, definition=f"CREATE {thing(family)}")


def spelled_event_trigger(definition: str) -> str:
    """One spelling of what makes an event trigger: nothing in it is an expression."""
    words: list[str] = []
    for token in significant(definition):
        if token.word in ("function", "procedure"):
            words.append("function")
        else:
            words.append(_spelled(token))
    text = " ".join(words)
    head, execute, function = text.partition(" execute function ")
    bare = execute and " . " not in function.partition(" (")[0]
    return f"{head}{execute}{f'{quote(PUBLIC)} . ' if bare else ''}{function}"


def _spelled(token: Token) -> str:
    name = identifier_value(token)
    if token.kind == "word" and token.word in _WORDS_OF_TRIGGERS:
        return token.word
    return token.text.upper() if name is None else quote(name)


_WORDS_OF_TRIGGERS = frozenset(
    [
        "create",
        "event",
        "trigger",
        "on",
        "when",
        "and",
        "in",
        "execute",
        "alter",
        "enable",
        "disable",
        "always",
        "replica",
    ]
)


def _text(tokens: Sequence[Token], sql: str) -> str:
    """What stands in the SQL from the first token to the last."""
    return sql[tokens[0].start : tokens[-1].start + len(tokens[-1].text)] if tokens else ""


def _name(tokens: Sequence[Token]) -> tuple[str, str]:
    """Schema and name that the tokens begin with; the name may be that of an operator."""
    names: list[str] = []
    for at in range(0, len(tokens), 2):
        token = tokens[at]
        name = token.text if token.kind == "operator" else identifier_value(token)
        if name is None:
            break
        names.append(name)
        if at + 1 == len(tokens) or tokens[at + 1].kind != "dot":
            break
    if not names:
        raise DeclarationError("a CREATE statement without a name")
    return (PUBLIC, names[0]) if len(names) == 1 else (names[0], names[1])

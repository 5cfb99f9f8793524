"""What the head of CREATE FUNCTION says: parameters and result, read from its text.

Enough to know a function among those of its name, and whether it can take the place of
another. PostgreSQL 18 docs, CREATE FUNCTION.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from nbmigrate.model import Parameter
from nbmigrate.postgresql.lexer import (
    Token,
    closing,
    identifier_value,
    join,
    split_commas,
    tokenize,
)
from nbmigrate.postgresql.types import is_built_in, parameter_type, sql_type

if TYPE_CHECKING:
    from collections.abc import Sequence

Mode = Literal["in", "out", "inout", "variadic", "table"]

#: Words that end the type behind RETURNS.
_CLAUSES = frozenset(
    [
        "language",
        "transform",
        "window",
        "immutable",
        "stable",
        "volatile",
        "not",
        "leakproof",
        "called",
        "returns",
        "strict",
        "external",
        "security",
        "parallel",
        "cost",
        "rows",
        "support",
        "set",
        "as",
        "begin",
        "return",
    ]
)


class Signature(NamedTuple):
    """Parameters and result; ``returns`` is ``None`` for a procedure and an aggregate."""

    parameters: tuple[Parameter, ...]
    returns: str | None


def read_signature(definition: str) -> Signature:
    """The signature in a CREATE FUNCTION, CREATE PROCEDURE or CREATE AGGREGATE statement."""
    tokens = [t for t in tokenize(definition) if t.kind != "comment"]
    start = next((at for at, token in enumerate(tokens) if token.text == "("), len(tokens))
    end = closing(tokens, start)
    if end < 0:
        return Signature((), None)
    kinds = {t.text.lower() for t in tokens[:start] if t.kind == "word"}
    if "aggregate" in kinds:
        return Signature(_aggregated(tokens[start + 1 : end]), None)
    parameters = _parameters(tokens[start + 1 : end], "in")
    result = _result(tokens[end + 1 :])
    if "procedure" in kinds:
        return Signature(parameters, None)
    if result and result[0].text.lower() == "table":
        opening = next((at for at, token in enumerate(result) if token.text == "("), 0)
        parameters += _parameters(result[opening + 1 : closing(result, opening)], "table")
    return Signature(parameters, canonical_result(join(result).strip(), parameters))


def _aggregated(tokens: Sequence[Token]) -> tuple[Parameter, ...]:
    """The parameters of an aggregate: none for ``*``, and those behind ORDER BY too.

    VARIADIC in front of ORDER BY stands for that behind it as well (PostgreSQL docs, CREATE AGGREGATE).
    """
    words = [token.text.lower() for token in tokens]
    if "".join(words).strip() == "*":
        return ()
    at = words.index("order") if "order" in words else len(words)
    behind = tokens[words.index("by") + 1 :] if "by" in words[at:] else ()
    direct = _parameters(tokens[:at], "in")
    if direct and direct[-1].mode == "variadic":
        return direct
    return (*direct, *_parameters(behind, "in"))


def canonical_result(text: str | None, parameters: Sequence[Parameter]) -> str:
    """The result in one spelling; a function without RETURNS gives what its OUT parameters say."""
    columns = [p for p in parameters if p.mode == "table"]
    if columns:
        return "TABLE(" + ", ".join(f"{p.name} {p.type}" for p in columns) + ")"
    out = [p for p in parameters if p.mode in ("out", "inout")]
    if not text:
        return out[0].type if len(out) == 1 else "record"
    head, _, rest = text.partition(" ")
    is_set = head.lower() == "setof"
    return f"SETOF {parameter_type(rest)}" if is_set else parameter_type(text)


def _result(tokens: Sequence[Token]) -> list[Token]:
    """The tokens of the type behind RETURNS."""
    found: list[Token] = []
    words = [t for t in tokens if t.kind != "space"]
    if not words or words[0].text.lower() != "returns":
        return found
    at = tokens.index(words[0]) + 1
    for token in tokens[at:]:
        if token.kind == "word" and token.text.lower() in _CLAUSES:
            break
        found.append(token)
    return _trimmed(found)


def _parameters(tokens: Sequence[Token], mode: Mode) -> tuple[Parameter, ...]:
    parts = (_trimmed(part) for part in split_commas(tokens))
    return tuple(_parameter(part, mode) for part in parts if part)


def _parameter(tokens: list[Token], mode: Mode) -> Parameter:
    declared, default = _without_default(tokens)
    mode, declared = _mode(declared, mode)
    name, type_ = _name(declared)
    return Parameter(name=name, type=parameter_type(join(type_)), mode=mode, default=default)


def _without_default(tokens: list[Token]) -> tuple[list[Token], str | None]:
    depth = 0
    for at, token in enumerate(tokens):
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 0 and (token.text.lower() == "default" or token.text in ("=", ":=")):
            return _trimmed(tokens[:at]), join(tokens[at + 1 :]).strip()
    return tokens, None


def _mode(tokens: list[Token], mode: Mode) -> tuple[Mode, list[Token]]:
    word = tokens[0].text.lower() if tokens and tokens[0].kind == "word" else ""
    if word not in ("in", "out", "inout", "variadic") or len(tokens) == 1:
        return mode, tokens
    rest = _trimmed(tokens[1:])
    if word == "in":
        return ("inout", _trimmed(rest[1:])) if rest[0].text.lower() == "out" else ("in", rest)
    return word, rest  # type: ignore[return-value]  # one of the other three words


def _name(tokens: list[Token]) -> tuple[str | None, list[Token]]:
    """The name in front of the type, when there is one."""
    words = [t for t in tokens if t.kind != "space"]
    if len(words) < 2 or words[1].kind not in ("word", "name"):
        return None, tokens
    if is_built_in(sql_type(join(tokens))):
        return None, tokens  # double precision
    return identifier_value(words[0]), _trimmed(tokens[tokens.index(words[0]) + 1 :])


def _trimmed(tokens: Sequence[Token]) -> list[Token]:
    found = list(tokens)
    while found and found[0].kind == "space":
        del found[0]
    while found and found[-1].kind == "space":
        del found[-1]
    return found

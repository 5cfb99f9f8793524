"""One way to write an expression: its blanks, quotes and qualifiers."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from nbmigrate.postgresql.keywords import NO_FUNCTIONS, QUOTED_KEYWORDS, VALUE_KEYWORDS
from nbmigrate.postgresql.lexer import Token, fold, identifier_value, significant, without_parens

if TYPE_CHECKING:
    from collections.abc import Sequence

_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_$]*")
_PUBLIC = "public"
_CONSTANTS = frozenset({"string", "escape", "bits"})


@lru_cache(maxsize=16384)
@lru_cache(maxsize=16384)
def canonical_expression(text: str, table_name: str) -> str:
    """The expression without outer parentheses, needless blanks, quotes and qualifiers.

    A subquery keeps its qualifiers: there they may tell two columns apart.
    """
    tokens = without_parens(significant(text))
    if not any(token.kind == "word" and fold(token.text) == "select" for token in tokens):
        tokens = _without_qualifier(without_public(tokens), table_name)
    return spaced([_plain(token) for token in tokens])


def without_public(tokens: Sequence[Token]) -> list[Token]:
    """The tokens without the schema of what is in public."""
    return _without_qualifier(tokens, _PUBLIC)


def _without_qualifier(tokens: Sequence[Token], name: str) -> list[Token]:
    """The tokens without ``name.`` wherever it begins a qualified name."""
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        dotted = at + 2 < len(tokens) and tokens[at + 1].kind == "dot"
        begins = not kept or kept[-1].kind != "dot"
        dotted = dotted and tokens[at + 2].text != "*"  # all columns, as one row
        if dotted and begins and name and identifier_value(tokens[at]) == name:
            at += 2
            continue
        kept.append(tokens[at])
        at += 1
    return kept


def _plain(token: Token) -> Token:
    """An identifier without quotes it does not need; ``<>`` for ``!=``."""
    if token.kind == "name":
        name = identifier_value(token) or ""
        if _PLAIN_NAME.fullmatch(name) and name not in QUOTED_KEYWORDS:
            return Token("word", name)
    return Token("operator", "<>") if token.text == "!=" else token


def spaced(tokens: Sequence[Token]) -> str:
    """The tokens with one blank where PostgreSQL writes one."""
    text = ""
    unary = False
    for at, token in enumerate(tokens):
        before = tokens[at - 1] if at else None
        if before is not None and (not unary or token.kind == "operator"):
            text += _blank(before, token)
        unary = token.kind == "operator" and (before is None or not _is_operand(before))
        text += token.text
    return text


def _blank(before: Token, token: Token) -> str:
    if before.kind in _CONSTANTS and token.kind == "string":
        return "\n"  # two constants are one only with a line break between them
    return " " if _has_blank(before, token) else ""


def _has_blank(before: Token, token: Token) -> bool:
    if token.kind == "dot" and before.kind == "number":
        return True  # `5.` would be another number
    if "cast" in (before.kind, token.kind) or "dot" in (before.kind, token.kind):
        return False
    if before.kind == "open" or token.kind in {"close", "comma"}:
        return False
    if token.kind == "open":
        return not _is_called(before, token)
    return True


def _is_called(before: Token, bracket: Token) -> bool:
    """Whether the bracket belongs to the name before it: a call, a type's length, a subscript."""
    if bracket.text == "[":
        return before.kind in {"word", "name", "close"}
    if before.kind == "word":
        return fold(before.text) not in NO_FUNCTIONS
    return before.kind == "name"


def _is_operand(token: Token) -> bool:
    """Whether an operator after the token has it as its left side."""
    if token.kind == "word":
        word = fold(token.text)
        return word in VALUE_KEYWORDS or word not in QUOTED_KEYWORDS
    return token.kind in _CONSTANTS or token.kind in {"name", "number", "dollar", "close"}

"""SQL text as tokens: enough to see quotes, brackets and words, not to parse.

Joining the tokens gives the text again, whatever the text is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOKEN = re.compile(
    r"""
      (?P<escape>[eE]'(?:[^'\\]|\\.|'')*')
    | (?P<bits>(?:[uU]&|[bBxXnN])'(?:[^']|'')*')
    | (?P<string>'(?:[^']|'')*')
    | (?P<dollar>\$(?P<tag>[^\W\d]\w*|)\$.*?\$(?P=tag)\$)
    | (?P<name>(?:[uU]&)?"(?:[^"]|"")+")
    | (?P<comment>--[^\n]*|/\*(?:[^*/]|\*(?!/)|/(?!\*))*\*/)
    | (?P<space>\s+)
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<cast>::)
    | (?P<open>[(\[])
    | (?P<close>[)\]])
    | (?P<comma>,)
    | (?P<dot>\.)
    | (?P<operator>(?:(?!--|/\*)[-+*/<>=~!@\#%^&|`?])+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\\": "\\", "'": "'"}


class Token(NamedTuple):
    """A piece of SQL: ``kind`` is a group of the expression above."""

    kind: str
    text: str


def tokenize(sql: str) -> list[Token]:
    """The tokens of the text, blanks and comments included."""
    return [Token(_kind(found), found[0]) for found in _TOKEN.finditer(sql)]


def _kind(found: re.Match[str]) -> str:
    # The group "tag" stands inside "dollar" and is the last one matched there.
    kind = found.lastgroup or "other"
    return "dollar" if kind == "tag" else kind


def significant(sql: str) -> list[Token]:
    """The tokens without blanks and comments."""
    return [token for token in tokenize(sql) if token.kind not in {"space", "comment"}]


def join(tokens: Sequence[Token]) -> str:
    """The text of the tokens."""
    return "".join(token.text for token in tokens)


def closing(tokens: Sequence[Token], start: int) -> int:
    """Where the bracket that opens at ``start`` is closed; -1 when it is not."""
    depth = 0
    for at in range(start, len(tokens)):
        if tokens[at].kind == "open":
            depth += 1
        elif tokens[at].kind == "close":
            depth -= 1
            if depth == 0:
                return at
    return -1


def without_parens(tokens: Sequence[Token]) -> list[Token]:
    """The tokens without the parentheses around all of them; no blanks may be among them."""
    inner = list(tokens)
    while len(inner) > 1 and inner[0].text == "(" and closing(inner, 0) == len(inner) - 1:
        inner = inner[1:-1]
    return inner


def split_commas(tokens: Sequence[Token]) -> list[list[Token]]:
    """The parts between commas outside brackets; nothing at all has no parts."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        if token.kind == "comma" and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts if tokens else []


def constant_value(token: Token) -> str | None:
    """What a string constant stands for; ``None`` when the token is none, or a rare one."""
    if token.kind == "string":
        return token.text[1:-1].replace("''", "'")
    if token.kind == "escape":
        return _unescape(token.text[2:-1])
    return None


def _unescape(body: str) -> str | None:
    if re.search(r"\\[^ntrbf\\']", body):
        return None
    return re.sub(r"\\(.)|''", lambda found: _ESCAPES[found[1] or "'"], body)


def identifier_value(token: Token) -> str | None:
    """The name that a word or quoted identifier stands for."""
    if token.kind == "word":
        return fold(token.text)
    if token.kind == "name" and token.text.startswith('"'):
        return token.text[1:-1].replace('""', '"')
    return None


def fold(word: str) -> str:
    """The word as PostgreSQL reads it without quotes: ASCII letters in lower case."""
    return "".join(char.lower() if char.isascii() else char for char in word)

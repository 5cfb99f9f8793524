"""SQL text as tokens, by PostgreSQL's lexical rules: strings, comments, names, words, brackets.

No grammar is known here, so that a ``;``, a ``:name`` or a keyword inside a string, a
comment, a quoted name or a dollar-quoted body is never mistaken for SQL. Joining the
tokens gives the text again, whatever the text is. Rules: PostgreSQL docs 4.1, "Lexical
Structure"; as there, any character beyond ASCII may stand in a word.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A letter, `_` or whatever is beyond ASCII; with digits; with `$` too. Said by what is not in them:
# a class that reaches beyond U+FFFF takes Python milliseconds to compile, at every start.
_FIRST = r"[^\x00-@\[-^`{-\x7f]"
_TAG = r"[^\x00-/:-@\[-^`{-\x7f]"
_WORD = r"[^\x00-\#%-/:-@\[-^`{-\x7f]"

_TOKEN = re.compile(
    rf"""
      (?P<escape>[eE]'(?:[^'\\]|\\.|'')*+')
    | (?P<bits>(?:[uU]&|[bBxXnN])'(?:[^']|'')*+')
    | (?P<string>'(?:[^']|'')*+')
    | (?P<dollar>\$(?P<tag>{_FIRST}{_TAG}*|)\$.*?\$(?P=tag)\$)
    | (?P<name>(?:[uU]&)?"(?:[^"]|"")*+")
    | (?P<comment>--[^\n\r]*)
    | (?P<block>/\*)
    | (?P<unclosed>(?:[eEbBxXnN]|[uU]&)?'.*|(?:[uU]&)?".*|\$(?:{_FIRST}{_TAG}*)?\$.*)
    | (?P<space>[\s\ufeff]+)
    | (?P<parameter>\$\d+)
    | (?P<integer>0[xXoObB][\da-fA-F_]+|\d+(?:_\d+)+)
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<word>{_FIRST}{_WORD}*)
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
_BLOCK_EDGE = re.compile(r"/\*|\*/")

#: The kinds of tokens that mean nothing, and of those that are a constant in quotes.
BLANK = frozenset({"space", "comment"})
QUOTED = frozenset({"string", "escape", "bits", "dollar"})

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\\": "\\", "'": "'"}


class Token(NamedTuple):
    """A piece of SQL: ``kind`` is a group of the expression above, ``start`` where it stands."""

    kind: str
    text: str
    start: int = 0

    @property
    def word(self) -> str:
        """The keyword in lower case; empty for anything but a bare word."""
        return fold(self.text) if self.kind == "word" else ""


@lru_cache(maxsize=8)  # a text is looked at for several reasons, one behind the other
def tokenize(sql: str) -> tuple[Token, ...]:
    """The tokens of the text, blanks and comments included.

    A quote or comment that is not closed is one token ``unclosed`` up to the end.
    """
    return tuple(scan(sql))


def scan(sql: str) -> Iterator[Token]:
    """The tokens of the text one by one, for those who need only the first."""
    at, match = 0, _TOKEN.match
    while found := match(sql, at):
        kind, end = found.lastgroup or "other", found.end()
        if kind == "tag":  # stands inside "dollar" and is the last one matched there
            kind = "dollar"
        elif kind == "block":
            kind, end = _block(sql, end)
        yield Token(kind, sql[at:end], at)
        at = end


def _block(sql: str, at: int) -> tuple[str, int]:
    """The kind and the end of a comment whose opening ends here; PostgreSQL nests them."""
    depth = 1
    while depth:
        edge = _BLOCK_EDGE.search(sql, at)
        if edge is None:
            return "unclosed", len(sql)
        depth += 1 if edge[0] == "/*" else -1
        at = edge.end()
    return "comment", at


def significant(sql: str) -> list[Token]:
    """The tokens that mean something: no blanks, no comments."""
    return [token for token in tokenize(sql) if token.kind not in BLANK]


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
    if word.isascii():
        return word.lower()
    return "".join(char.lower() if char.isascii() else char for char in word)

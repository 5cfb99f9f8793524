"""SQL text cut into tokens and statements, by PostgreSQL's lexical rules.

No grammar is known here: only what is a string, a comment, a quoted name or a
dollar-quoted body, so that a ``;``, a ``:name`` or a keyword inside one of these
is never mistaken for SQL. The tokens joined are the text again, byte for byte.
Rules: PostgreSQL docs, "Lexical Structure"; statement ends as psql finds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

Kind = Literal["space", "comment", "string", "name", "word", "number", "symbol"]

_QUOTED = r"'(?:[^']|'')*(?:'|\Z)"
_ESCAPED = r"[eE]'(?:[^'\\]|''|\\.)*(?:'|\Z)"
_TOKEN = re.compile(
    rf"""
    (?P<space>[\s\ufeff]+)
  | (?P<comment>--[^\n\r]*)
  | (?P<block>/\*)
  | (?P<string>{_ESCAPED}|(?:[uU]&|[bBxXnN])?{_QUOTED})
  | (?P<dollar>\$(?P<mark>[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)
  | (?P<name>(?:[uU]&)?"(?:[^"]|"")*(?:"|\Z))
  | (?P<word>[A-Za-z_\u0080-\U0010ffff][\w$\u0080-\U0010ffff]*)
  | (?P<number>\d[\w.]*|\$\d+)
  | (?P<symbol>::|:=|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK_EDGE = re.compile(r"/\*|\*/")


class Token(NamedTuple):
    """A piece of SQL text and where it starts."""

    kind: Kind
    text: str
    start: int

    @property
    def word(self) -> str:
        """The keyword in lower case; empty for anything but a bare word."""
        return self.text.lower() if self.kind == "word" else ""


@lru_cache(maxsize=4)  # a text is looked at for several reasons, one behind the other
def tokens(sql: str) -> tuple[Token, ...]:
    """All tokens of the text, spaces and comments included."""
    return tuple(_tokens(sql))


def _tokens(sql: str) -> Iterator[Token]:
    at = 0
    while at < len(sql):
        found = _TOKEN.match(sql, at)
        assert found  # the symbol branch matches anything
        kind, end = found.lastgroup or "symbol", found.end()
        match kind:
            case "block":
                kind, end = "comment", _block_end(sql, end)
            case "dollar" | "mark":
                close = sql.find(found["dollar"], end)
                kind, end = "string", len(sql) if close < 0 else close + len(found["dollar"])
        yield Token(kind, sql[at:end], at)  # type: ignore[arg-type] # the groups are the kinds
        at = end


def _block_end(sql: str, at: int) -> int:
    """The end of a block comment; PostgreSQL nests them."""
    depth = 1
    while depth:
        edge = _BLOCK_EDGE.search(sql, at)
        if edge is None:
            return len(sql)
        depth += 1 if edge[0] == "/*" else -1
        at = edge.end()
    return at


def code(sql: str) -> tuple[Token, ...]:
    """The tokens that mean something: no spaces, no comments."""
    return tuple(t for t in tokens(sql) if t.kind not in {"space", "comment"})


def first_words(sql: str, count: int = 4) -> tuple[str, ...]:
    """The leading bare words in lower case, up to the first other token."""
    found: list[str] = []
    for token in _tokens(sql):
        if token.kind in {"space", "comment"}:
            continue
        if not token.word or len(found) == count:
            break
        found.append(token.word)
    return tuple(found)


class Piece(NamedTuple):
    """One statement of a text: without blanks and comments around it, and the line it starts on."""

    sql: str
    line: int


def split(sql: str) -> tuple[Piece, ...]:
    """The statements of the text, each with its ``;``; pieces that hold no code are left out."""
    pieces: list[Piece] = []
    current: list[Token] = []
    nesting = _Nesting()
    for token in tokens(sql):
        if token.kind in {"space", "comment"}:
            if current:
                current.append(token)
            continue
        if current or token.text != ";":
            current.append(token)
        nesting.see(token)
        if token.text == ";" and nesting.is_outside:
            pieces += _piece(sql, current)
            current, nesting = [], _Nesting()
    return (*pieces, *_piece(sql, current))


def _piece(sql: str, found: list[Token]) -> list[Piece]:
    while found and found[-1].kind in {"space", "comment"}:
        found.pop()
    if not found:
        return []
    text = "".join(t.text for t in found)
    return [Piece(text, 1 + sql.count("\n", 0, found[0].start))]


class _Nesting:
    """Whether a ``;`` ends the statement: parentheses (rules) and BEGIN ATOMIC bodies keep it open."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._parens = 0
        self._blocks = 0

    @property
    def is_outside(self) -> bool:
        return self._parens <= 0 and self._blocks <= 0

    def see(self, token: Token) -> None:
        if token.kind == "symbol":
            self._parens += {"(": 1, ")": -1}.get(token.text, 0)
        elif token.word and self._parens == 0:
            self._words.append(token.word)
            self._see_block(token.word)

    def _see_block(self, word: str) -> None:
        """As psql: in CREATE FUNCTION/PROCEDURE, BEGIN and CASE open, END closes."""
        head = [w for w in self._words[:4] if w not in {"or", "replace"}]
        if head[:1] != ["create"] or not {"function", "procedure"} & set(head[1:2]):
            return
        if word == "begin" or (word == "case" and self._blocks):
            self._blocks += 1
        elif word == "end" and self._blocks:
            self._blocks -= 1

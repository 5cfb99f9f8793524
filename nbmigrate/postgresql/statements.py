"""SQL text cut into statements, where psql ends them."""

from __future__ import annotations

from typing import NamedTuple

from nbmigrate.postgresql.lexer import BLANK, Token, scan, tokenize


def first_words(sql: str, count: int = 4) -> tuple[str, ...]:
    """The leading bare words in lower case, up to the first other token."""
    found: list[str] = []
    for token in scan(sql):
        if token.kind in BLANK:
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
    for token in tokenize(sql):
        if token.kind in BLANK:
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
    while found and found[-1].kind in BLANK:
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
        if token.text in {"(", ")"}:
            self._parens += 1 if token.text == "(" else -1
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

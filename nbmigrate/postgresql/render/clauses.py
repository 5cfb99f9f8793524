"""Pieces of SQL that statements of several kinds share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbmigrate.dialect import COMMIT_BEFORE
from nbmigrate.postgresql.identifiers import literal, quote
from nbmigrate.postgresql.lexer import tokenize

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORD = re.compile(r"[a-z_][a-z0-9_]*")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def parenthesised(sql: str) -> str:
    """The expression in parentheses; a comment at its end does not swallow the last one."""
    return f"({closed(sql)})"


def closed(sql: str) -> str:
    """The SQL, with a line break after it when it ends in a line comment."""
    tokens = tokenize(sql.rstrip())
    return sql + "\n" if tokens and tokens[-1].text.startswith("--") else sql


def word(text: str) -> str:
    """A keyword-like name as it is; anything else quoted."""
    return text if _WORD.fullmatch(text) else quote(text)


def snake(option: str) -> str:
    """PostgreSQL's name of an option that drizzle writes in camel case."""
    return word(_HUMP.sub("_", option).lower())


def option_value(value: str | float | bool) -> str:
    """The value of a storage parameter."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and not _WORD.fullmatch(value):
        return literal(value)
    return str(value)


def option_list(options: Mapping[str, str | int | float | bool]) -> str:
    """``name = value`` for each option, with commas between."""
    return ", ".join(f"{snake(name)} = {option_value(value)}" for name, value in options.items())


def comment_on(thing: str, text: str | None) -> tuple[str, ...]:
    """COMMENT ON the thing, which is a kind and an already quoted name; none without text."""
    return (f"COMMENT ON {thing} IS {literal(text)};",) if text else ()


def changed_comment(thing: str, old: str | None, new: str | None) -> tuple[str, ...]:
    """COMMENT ON the thing when its text changed."""
    if (old or None) == (new or None):
        return ()
    return comment_on(thing, new) or (f"COMMENT ON {thing} IS NULL;",)


def in_its_own(sql: str, *, apart: bool) -> str:
    """The statement, marked when it opens a transaction."""
    return f"{sql.removesuffix(';')} {COMMIT_BEFORE};" if apart else sql

"""Exclusion constraints: the parts of PostgreSQL's definition as SQLAlchemy's arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbmigrate.model import Exclusion
from nbmigrate.postgresql.lexer import tokenize
from nbmigrate.postgresql.to_code.layout import Group, call, group_of, quoted, text
from nbmigrate.postgresql.to_code.sql import sql_text

_HEAD = re.compile(r"EXCLUDE(?: USING (\w+))? (?=\()")
_TAIL = re.compile(
    r"(?: WHERE (?P<where>\(.*\)))?(?P<late> DEFERRABLE(?: INITIALLY DEFERRED)?)?", re.DOTALL
)


def exclusion_node(exclusion: Exclusion) -> Group | None:
    """``ExcludeConstraint(...)``; ``None`` for what it has no word for."""
    head = _HEAD.match(exclusion.definition)
    if head is None:
        return None
    inside, rest = _bracketed(exclusion.definition[head.end() :])
    tail = _TAIL.fullmatch(rest)
    elements = [item.rpartition(" WITH ") for item in _split(inside)]
    if tail is None or not all(operator for _, operator, _ in elements):
        return None
    late = tail["late"] or ""
    return call(
        "ExcludeConstraint",
        *(
            group_of([call("literal_column", quoted(sql.strip())), quoted(operator)])
            for sql, _, operator in elements
        ),
        name=quoted(exclusion.name),
        using=quoted(head[1] or "btree"),
        where=sql_text(tail["where"][1:-1]) if tail["where"] else None,
        deferrable="True" if late else None,
        initially=quoted("DEFERRED") if late.endswith("DEFERRED") else None,
        comment=text(exclusion.comment) if exclusion.comment else None,
    )


def _bracketed(sql: str) -> tuple[str, str]:
    """What is in the brackets that open the text, and what follows them."""
    depth, at = 0, 0
    for token in tokenize(sql):
        at += len(token.text)
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0:
            break
    return sql[1 : at - 1], sql[at:]


def _split(sql: str) -> Iterator[str]:
    """The parts between the commas that are in no brackets."""
    depth, part = 0, ""
    for token in tokenize(sql):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.text == "," and depth == 0:
            yield part
            part = ""
        else:
            part += token.text
    yield part

"""SQL text as arguments of SQLAlchemy."""

from __future__ import annotations

import re

from nbmigrate.model import Default
from nbmigrate.postgresql.expressions import render_default
from nbmigrate.postgresql.to_code.layout import Node, call, text

#: What SQLAlchemy takes for a parameter (``TextClause._bind_params_regex``).
_PARAMETER = re.compile(r"(?<![:\w\\]):(?=\w+(?!:))")
_CONSTANT = re.compile(r"'((?:[^']|'')*)'")


def escaped(sql: str) -> str:
    """The text as ``text()`` wants it: a colon that could open a parameter behind a backslash."""
    return _PARAMETER.sub(r"\\:", sql.replace("\\:", "\\\\:"))


def sql_node(sql: str) -> Node:
    """SQL where SQLAlchemy makes a ``text()`` of a string."""
    return text(escaped(sql))


def sql_text(sql: str) -> Node:
    """SQL where SQLAlchemy would take a string for a value or a name."""
    return call("text", sql_node(sql))


def default_node(default: Default) -> Node:
    """The default of a column: a plain string for a plain constant, else SQL."""
    sql = render_default(default)
    found = _CONSTANT.fullmatch(sql)
    return text(found[1].replace("''", "'")) if found else sql_text(sql)

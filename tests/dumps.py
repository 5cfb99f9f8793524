"""``pg_dump`` output without what cannot be told apart by use.

The order of columns in a table is that of their creation, names of NOT NULL constraints
are PostgreSQL's own (and stay when a column gets another name): neither is part of a schema here.
"""

from __future__ import annotations

import re

_NOT_NULL_NAME = re.compile(r' CONSTRAINT (?:"(?:[^"]|"")*"|\w+) (?=NOT NULL)')


def normalised(dump: str) -> str:
    """The statements in the order of their text, the lines of CREATE TABLE sorted."""
    statements = (part.strip("\n") for part in re.split(r";\n", dump + "\n"))
    return ";\n".join(sorted(_statement(part) for part in statements if part.strip()))


def _statement(text: str) -> str:
    text = _NOT_NULL_NAME.sub(" ", text)
    if not re.match(r"CREATE (UNLOGGED )?TABLE ", text):
        return text
    head, *lines = text.split("\n")
    return "\n".join([head, *sorted(line.rstrip(",") for line in lines)])

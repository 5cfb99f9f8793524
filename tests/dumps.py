"""``pg_dump`` output without what is no part of a schema here.

The order of columns in a table is that of their creation. Names that PostgreSQL chose
itself and that no snapshot holds stay when a table or column gets another name: those of NOT
NULL constraints, of ``<table>_pkey`` keys and of the sequences of serial columns. So does the type
in which a negative number is a default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_NAME = r'(?:"(?:[^"]|"")*"|[\w$]+)'
_NOT_NULL_NAME = re.compile(rf" CONSTRAINT {_NAME} (?=NOT NULL)")
_PRIMARY_KEY_NAME = re.compile(r'ADD CONSTRAINT (?:"(?:[^"]|"")*_pkey\d*"|[\w$]+_pkey\d*) PRIMARY')
_ATTACHED = re.compile(
    rf"^ALTER INDEX {_NAME}\.{_NAME} ATTACH PARTITION {_NAME}\.({_NAME});$", re.MULTILINE
)
#: A negative number is a constant of the type that it was written in; the column casts it.
_NEGATIVE = re.compile(r"(?<= DEFAULT )'(-[\d.]+)'::(?:integer|bigint|numeric)\b")
#: What ends no statement, whatever it holds: names, literals, bodies; and what does.
_PART = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*'|(\$\w*\$).*?\2)|;\n""", re.DOTALL)
_OWNED = re.compile(rf"^ALTER SEQUENCE {_NAME}\.({_NAME}) OWNED BY (.*);$", re.MULTILINE)


def normalised(dump: str) -> str:
    """The statements in the order of their text, the lines of CREATE TABLE sorted."""
    for name, column in _OWNED.findall(dump):
        shown = f"[{column}]"
        dump = re.sub(rf"(?<![\w$]){re.escape(name)}(?![\w$])", lambda _, to=shown: to, dump)
    dump = _without_automatic(dump)
    statements = (part.strip("\n") for part in _statements(dump + "\n"))
    return ";\n".join(sorted(_statement(part) for part in statements if part.strip()))


def _statements(dump: str) -> Iterator[str]:
    start = 0
    for found in _PART.finditer(dump):
        if found[1] is None:
            yield dump[start : found.start()]
            start = found.end()
    yield dump[start:]


def _without_automatic(dump: str) -> str:
    """Indexes that partitions have from their parents, under names that PostgreSQL chose."""
    found = _ATTACHED.findall(dump)
    dump = _ATTACHED.sub("", dump)
    for name in found:
        dump = re.sub(rf"(?<![\w$]){re.escape(name)}(?![\w$])", "[attached]", dump)
    return dump


def _statement(text: str) -> str:
    text = _NEGATIVE.sub(r"\1", text)
    text = _PRIMARY_KEY_NAME.sub("ADD PRIMARY", _NOT_NULL_NAME.sub(" ", text))
    if not re.match(r"CREATE (UNLOGGED )?TABLE ", text):
        return text
    head, *lines = text.split("\n")
    return "\n".join([head, *sorted(line.rstrip(",") for line in lines)])

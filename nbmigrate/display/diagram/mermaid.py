"""A diagram in the language of Mermaid, as GitHub and JupyterLab draw it in Markdown.

The grammar is that of "Entity Relationship Diagrams" in Mermaid's documentation: a name in double
quotes may hold anything but a double quote, the type and the name of an attribute are words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbmigrate.display.diagram.shape import Diagram, Link, Row
from nbmigrate.display.safe import one_line

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_NO_WORD = re.compile(r"[^A-Za-z0-9_]+")
#: What a quoted text of Mermaid cannot hold; the code of a character stands for it.
_CODES = str.maketrans({'"': "#quot;", "#": "#35;", "<": "#lt;", ">": "#gt;", ";": "#59;"})


def to_mermaid(diagram: Diagram) -> str:
    """The diagram as text."""
    return "\n".join(("erDiagram", *_boxes(diagram), *map(_link, diagram.links))) + "\n"


def _boxes(diagram: Diagram) -> Iterator[str]:
    for box in diagram.boxes:
        yield f"    {_quoted(box.key)} {{"
        yield from (f"        {_row(row)}" for row in box.rows)
        yield "    }"


def _row(row: Row) -> str:
    keys = ", ".join(mark.replace("UQ", "UK") for mark in row.mark.split())
    said = [text for text in (row.name, row.type) if not _WORD.match(text)]
    parts = (_word(row.type), _word(row.name), keys, _quoted(" ".join(said)) if said else "")
    return " ".join(part for part in parts if part)


def _link(link: Link) -> str:
    one = "|o" if link.is_optional else "||"
    many = "o|" if link.is_single else "o{"
    return f"    {_quoted(link.parent)} {one}--{many} {_quoted(link.child)} : {_quoted(link.label)}"


def _quoted(text: str) -> str:
    return f'"{one_line(text).translate(_CODES)}"'


def _word(text: str) -> str:
    """The text as a word; what it really is stands beside it."""
    found = _NO_WORD.sub("_", text).strip("_") or "_"
    return found if _WORD.match(found) else f"_{found}"

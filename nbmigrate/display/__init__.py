"""How results look: a small document model and its two renderers.

A result builds blocks; :func:`to_text` writes them for a terminal and
:func:`to_html` for a notebook. Nothing here knows what a plan or a table is.
"""

from nbmigrate.display.blocks import (
    Block,
    Change,
    Changes,
    Code,
    Facts,
    Heading,
    Picture,
    Section,
    Sign,
    TableBlock,
    Text,
    Tone,
)
from nbmigrate.display.html import to_html
from nbmigrate.display.text import to_text

__all__ = [
    "Block",
    "Change",
    "Changes",
    "Code",
    "Facts",
    "Heading",
    "Picture",
    "Section",
    "Sign",
    "TableBlock",
    "Text",
    "Tone",
    "to_html",
    "to_text",
]

"""The card of a table as the panel of a diagram draws it."""

from __future__ import annotations

from nbmigrate.display import Section, TableBlock, Text
from nbmigrate.display.safe import visible
from nbmigrate.widgets.panel import Message


def card(section: Section) -> Message:
    """Its title, its table and the lines around it."""
    tables = [block for block in section.blocks if isinstance(block, TableBlock)]
    lines = [block.text for block in section.blocks if isinstance(block, Text)]
    return {
        "title": visible(section.title),
        "note": visible(section.note),
        "columns": list(tables[0].columns),
        "rows": [[None if v is None else visible(v) for v in row] for row in tables[0].rows],
        "lines": [visible(line) for text in lines for line in text.splitlines()],
    }

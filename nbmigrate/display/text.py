"""Blocks as plain text, for terminals and logs: no colour codes, no fixed width needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from nbmigrate.display.blocks import (
    TONE_WORDS,
    Block,
    Change,
    Changes,
    Code,
    Facts,
    Heading,
    Picture,
    Section,
    TableBlock,
    Text,
)
from nbmigrate.display.safe import one_line, shorten, visible, width

_CELL_COLUMNS = 48
_NULL = "NULL"


def to_text(blocks: Iterable[Block]) -> str:
    """The blocks as text: parts are separated by one empty line."""
    return "\n\n".join("\n".join(lines) for lines in map(_lines, blocks) if lines)


def _lines(block: Block) -> list[str]:  # noqa: C901, PLR0911 - one return per kind of block
    match block:
        case Heading(text=text):
            return [one_line(text)]
        case Text(text=text, tone=tone):
            return (TONE_WORDS.get(tone, "") + visible(text)).splitlines()
        case Facts(items=items):
            return _facts(items)
        case TableBlock():
            return _table(block)
        case Code(text=text, title=title):
            body = [f"    {line}" for line in visible(text).splitlines()]
            return [f"{title}:", *body] if title else body
        case Changes(nodes=nodes):
            return list(_tree(nodes, ""))
        case Section(title=title, blocks=blocks, note=note):
            head = one_line(f"{title}  ({note})" if note else title)
            return [head, *(f"  {line}" if line else "" for line in to_text(blocks).splitlines())]
        case Picture():
            return []
        case _:
            assert_never(block)


def _facts(items: Sequence[tuple[str, str]]) -> list[str]:
    wide = max((len(label) for label, _ in items), default=0)
    return [f"{label:<{wide}}  {one_line(value)}" for label, value in items]


def _tree(nodes: Iterable[Change], indent: str) -> Iterator[str]:
    for node in nodes:
        note = f"  ({one_line(node.note)})" if node.note else ""
        yield f"{indent}{node.sign} {one_line(node.label)}{note}"
        yield from _tree(node.children, indent + "    ")


def _table(block: TableBlock) -> list[str]:
    titles = [shorten(one_line(title), _CELL_COLUMNS) for title in block.columns]
    rows = [[_cell(value) for value in row] for row in block.rows]
    wides = [max(map(width, column)) for column in zip(titles, *rows, strict=True)]
    lines = [_row(titles, wides, block.right), "  ".join("-" * wide for wide in wides)]
    lines += [_row(row, wides, block.right) for row in rows]
    return [*lines, block.note] if block.note else lines


def _cell(value: str | None) -> str:
    return _NULL if value is None else shorten(one_line(value), _CELL_COLUMNS)


def _row(cells: Sequence[str], wides: Sequence[int], right: frozenset[int]) -> str:
    padded = [
        " " * (wide - width(cell)) + cell if at in right else cell + " " * (wide - width(cell))
        for at, (cell, wide) in enumerate(zip(cells, wides, strict=True))
    ]
    return "  ".join(padded).rstrip()

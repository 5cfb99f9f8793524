"""Blocks as HTML for notebooks.

The result must live anywhere: in JupyterLab with a light or dark theme, in a
file that is not trusted (``<style>`` and scripts are stripped there), on
GitHub, in an exported page. Hence inline styles only, colours that stand on
either background, or background and text colour set together, and signs and
words beside every colour. All text passes :func:`_text`.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from nbmigrate.display.blocks import (
    SIGN_WORDS,
    TONE_WORDS,
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
from nbmigrate.display.safe import visible

_MONO = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace"
_EDGE = "rgba(127,127,127,.35)"
_CARD = f"border:1px solid {_EDGE};border-radius:6px;margin:6px 0;overflow:hidden"
_PRE = (
    f"{_MONO};font-size:12px;line-height:1.5;margin:0;padding:8px 12px;overflow-wrap:anywhere;"
    "white-space:pre-wrap;tab-size:4;color:inherit;background:rgba(127,127,127,.1)"
)
_SUMMARY = "cursor:pointer;padding:5px 10px;background:rgba(127,127,127,.1)"
_CELL_CHARS = 200
_OPEN_TABLES = 30
#: A longer tree is written plainly, so that a notebook with it stays small.
_STYLED_TABLES = 200

_SIGN_STYLES: dict[Sign, str] = {
    "+": "background:#1a7f37;color:#fff",
    "-": "background:#cf222e;color:#fff",
    "~": "background:#8a5a00;color:#fff",
    ">": "background:#0969da;color:#fff",
    " ": "background:transparent;color:inherit",
}
_TINTS: dict[Sign, str] = {
    "+": "background:rgba(46,160,67,.13)",
    "-": "background:rgba(248,81,73,.13)",
    "~": "background:rgba(210,153,34,.13)",
    ">": "background:rgba(56,139,253,.13)",
    " ": "",
}
_TONE_STYLES: dict[Tone, str] = {
    "plain": "",
    "muted": "opacity:.7",
    "good": "border-left:3px solid #1a7f37;padding-left:8px",
    "warn": "border-left:3px solid #9a6700;padding:4px 8px;background:rgba(210,153,34,.15)",
    "bad": "border-left:3px solid #cf222e;padding:4px 8px;background:rgba(248,81,73,.15)",
}


def to_html(blocks: Iterable[Block]) -> str:
    """The blocks as one self-contained element."""
    body = "".join(map(_block, blocks))
    return f'<div style="font-size:13px;line-height:1.5;max-width:1100px">{body}</div>'


def _text(text: str) -> str:
    return html.escape(visible(text), quote=True)


def _block(block: Block) -> str:  # noqa: C901, PLR0911 - one return per kind of block
    match block:
        case Heading(text=text, level=level):
            return _heading(text, level)
        case Text(text=text, tone=tone):
            return _paragraph(text, tone)
        case Facts(items=items):
            return _facts(items)
        case TableBlock():
            return _table(block)
        case Code():
            return _code(block)
        case Changes(nodes=nodes):
            return _tree(nodes)
        case Section():
            return _section(block)
        case Picture(svg=svg, text=text):
            return _picture(svg, text)
        case _:
            assert_never(block)


def _heading(text: str, level: int) -> str:
    size, margin = ("15px", "4px 0 6px") if level == 1 else ("13px", "10px 0 4px")
    # Not h1..h6: JupyterLab adds anchors to those and lists them in the table of contents.
    style = f"font-size:{size};font-weight:600;margin:{margin}"
    return f'<div role="heading" aria-level="{level + 2}" style="{style}">{_text(text)}</div>'


def _paragraph(text: str, tone: Tone) -> str:
    word = TONE_WORDS.get(tone, "")
    bold = f"<b>{word}</b>" if word else ""
    style = f"margin:4px 0;white-space:pre-wrap;{_TONE_STYLES[tone]}"
    return f'<div style="{style}">{bold}{_text(text)}</div>'


def _facts(items: Iterable[tuple[str, str]]) -> str:
    left = "text-align:left;padding:1px 14px 1px 0;vertical-align:top;background:transparent"
    rows = "".join(
        f'<tr style="background:transparent"><th scope="row" style="{left};font-weight:normal;'
        f'opacity:.7">{_text(label)}</th><td style="{left}">{_text(value)}</td></tr>'
        for label, value in items
    )
    return f'<table style="border-collapse:collapse;border:0;font-size:13px;margin:2px 0">{rows}</table>'


def _picture(svg: str, text: str) -> str:
    # An image can run no script and load nothing, whatever is in it; GitHub shows it as well.
    data = base64.b64encode(svg.encode()).decode()
    style = (
        f"overflow:auto;max-height:640px;margin:6px 0;border:1px solid {_EDGE};border-radius:6px"
    )
    image = (
        f'<img alt="{_text(text)}" style="max-width:none" src="data:image/svg+xml;base64,{data}">'
    )
    return f'<div style="{style}">{image}</div>'


def _code(block: Code) -> str:
    pre = f'<pre style="{_PRE}">{_text(block.text)}</pre>'
    if not block.title:
        return f'<div style="{_CARD}">{pre}</div>'
    return _details(_text(block.title), pre, is_open=block.is_open)


def _section(block: Section) -> str:
    note = f' <span style="opacity:.7">{_text(block.note)}</span>' if block.note else ""
    body = "".join(map(_block, block.blocks))
    return _details(
        f"<b>{_text(block.title)}</b>{note}",
        f'<div style="padding:4px 10px">{body}</div>',
        is_open=block.is_open,
    )


def _details(summary: str, body: str, *, is_open: bool) -> str:
    state = " open" if is_open else ""
    return (
        f'<details{state} style="{_CARD}"><summary style="{_SUMMARY}">{summary}</summary>'
        f"{body}</details>"
    )


def _top_change(node: Change, *, is_open: bool) -> str:
    head = f"{_sign(node.sign)}<b>{_text(node.label)}</b>{_note(node.note)}"
    if not node.children:
        style = f"{_CARD};padding:5px 10px;{_TINTS[node.sign]}"
        return f'<div style="{style}">{head}</div>'
    return _details(head, "".join(_child(child, 0) for child in node.children), is_open=is_open)


def _tree(nodes: Sequence[Change]) -> str:
    if len(nodes) > _STYLED_TABLES:
        return "".join(map(_plain_change, nodes))
    is_open = len(nodes) <= _OPEN_TABLES
    return "".join(_top_change(node, is_open=is_open) for node in nodes)


def _plain_change(node: Change) -> str:
    head = f"<code>{_text(node.sign)}</code> {_text(node.label)}{_note(node.note)}"
    lines = "\n".join(_plain_lines(node.children, 0))
    if not lines:
        return f'<div style="padding-left:14px">{head}</div>'
    return f"<details><summary>{head}</summary><pre>{lines}</pre></details>"


def _plain_lines(nodes: Iterable[Change], depth: int) -> Iterator[str]:
    for node in nodes:
        note = f" {node.note}" if node.note else ""
        yield f"{'  ' * depth}{_text(f'{node.sign} {node.label}{note}')}"
        yield from _plain_lines(node.children, depth + 1)


def _child(node: Change, depth: int) -> str:
    style = f"padding:2px 10px 2px {14 + depth * 22}px;{_MONO};font-size:12px;{_TINTS[node.sign]}"
    line = f'<div style="{style}">{_sign(node.sign)}{_text(node.label)}{_note(node.note)}</div>'
    return line + "".join(_child(child, depth + 1) for child in node.children)


def _sign(sign: Sign) -> str:
    style = (
        f"display:inline-block;min-width:16px;text-align:center;border-radius:3px;{_MONO};"
        f"font-weight:700;font-size:12px;margin-right:7px;{_SIGN_STYLES[sign]}"
    )
    word = SIGN_WORDS[sign]
    shown = _text(sign) if sign.strip() else "&nbsp;"
    return f'<span role="img" aria-label="{word}" title="{word}" style="{style}">{shown}</span>'


def _note(note: str) -> str:
    return f' <span style="opacity:.7">{_text(note)}</span>' if note else ""


def _table(block: TableBlock) -> str:
    head = "".join(
        f'<th scope="col" style="{_cell_style(at in block.right)};font-weight:600;'
        f'background:rgba(127,127,127,.12)">{_text(title)}</th>'
        for at, title in enumerate(block.columns)
    )
    body = "".join(
        '<tr style="background:transparent">'
        + "".join(_cell(value, at in block.right) for at, value in enumerate(row))
        + "</tr>"
        for row in block.rows
    )
    table = (
        '<div style="overflow-x:auto;margin:4px 0"><table style="border-collapse:collapse;'
        f'font-size:12px;margin:0"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )
    return table + (_paragraph(block.note, "muted") if block.note else "")


def _cell(value: str | None, is_right: bool) -> str:
    style = _cell_style(is_right)
    if value is None:
        return f'<td style="{style};font-style:italic;opacity:.6">NULL</td>'
    shown = value if len(value) <= _CELL_CHARS else value[:_CELL_CHARS] + "…"
    return f'<td style="{style}">{_text(shown)}</td>'


def _cell_style(is_right: bool) -> str:
    align = "right" if is_right else "left"
    return (
        f"text-align:{align};padding:3px 10px;border:1px solid {_EDGE};vertical-align:top;"
        "max-width:420px;white-space:pre-wrap;overflow-wrap:anywhere;color:inherit"
    )

"""The document model: what can be shown, without how.

Every text in a block is plain text. The renderers escape it; a block never
holds HTML or terminal codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: What a change is, readable without colour: added, removed, changed, renamed, as it was.
Sign = Literal["+", "-", "~", ">", " "]

Tone = Literal["plain", "good", "warn", "bad", "muted"]

SIGN_WORDS: dict[Sign, str] = {
    "+": "added",
    "-": "removed",
    "~": "changed",
    ">": "renamed",
    " ": "unchanged",
}

TONE_WORDS: dict[Tone, str] = {"warn": "warning: ", "bad": "danger: "}


@dataclass(frozen=True)
class Heading:
    """A title; level 1 opens a result, level 2 a part of it."""

    text: str
    level: Literal[1, 2] = 1


@dataclass(frozen=True)
class Text:
    """One paragraph. ``warn`` and ``bad`` are also said in words."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Facts:
    """Short labelled values, one per line."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TableBlock:
    """Rows under column titles. ``None`` is NULL; ``right`` are columns of numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    right: frozenset[int] = frozenset()
    note: str = ""


@dataclass(frozen=True)
class Code:
    """Text to be copied as it is: SQL or a line to type."""

    text: str
    title: str = ""
    is_open: bool = True


@dataclass(frozen=True)
class Change:
    """A node of a tree of changes. ``note`` is the small print behind the label."""

    sign: Sign
    label: str
    note: str = ""
    children: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Changes:
    """A tree of changes, one top node per table or other object."""

    nodes: tuple[Change, ...]


@dataclass(frozen=True)
class Section:
    """Blocks under a title that can be folded."""

    title: str
    blocks: tuple[Block, ...]
    note: str = ""
    is_open: bool = True


@dataclass(frozen=True)
class Picture:
    """An SVG, and what it shows in words; where there are no pictures, nothing."""

    svg: str
    text: str


Block = Heading | Text | Facts | TableBlock | Code | Changes | Section | Picture

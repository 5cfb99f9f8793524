"""Text from a database made fit to be shown, whatever it holds."""

from __future__ import annotations

import re
import unicodedata

# Control characters could steer a terminal; the directional overrides of Unicode could
# make a name read as another one.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def visible(text: str) -> str:
    """The text with control and directional characters spelled as escapes; newlines stay."""
    return _UNSAFE.sub(_spell, text)


def one_line(text: str) -> str:
    """The text on a single line: newlines and tabs are spelled too."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def _spell(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def width(text: str) -> int:
    """The columns the text takes in a terminal."""
    if text.isascii():
        return len(text)
    return sum(_char_width(char) for char in text)


def _char_width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def shorten(text: str, columns: int) -> str:
    """The text cut to ``columns`` of a terminal, with an ellipsis when cut."""
    if width(text) <= columns:
        return text
    kept, taken = [], 0
    for char in text:
        taken += _char_width(char)
        if taken > columns - 1:
            break
        kept.append(char)
    return "".join(kept) + "…"

"""SQL taken apart at marks that stand in no string, quoted name or parenthesis."""

from __future__ import annotations

import re

NAME = r'(?:"(?:[^"]|"")*"|[\w$]+)'
STRING = r"[eE]?'(?:[^']|'')*'"
TOKEN = re.compile(rf"{STRING}|\"(?:[^\"]|\"\")*\"|[\w$]+|\s+|.", re.DOTALL)


def pieces(text: str, mark: str) -> list[str]:
    """The parts between the marks, without blanks around them."""
    parts, depth = [""], 0
    for word in TOKEN.findall(text):
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word == mark and depth == 0:
            parts.append("")
        else:
            parts[-1] += word
    return [part.strip() for part in parts]


def inside(text: str) -> str:
    """What stands between the first parenthesis and the one that closes it; nothing without any."""
    depth, found = 0, ""
    for word in TOKEN.findall(text):
        depth -= word == ")"
        if word == ")" and depth == 0:
            return found
        found += word if depth else ""
        depth += word == "("
    return ""

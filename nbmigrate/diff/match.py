"""Matching two maps by key, once, for every kind of object."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Matched(NamedTuple, Generic[T]):
    """The keys of two maps, told apart; each in a stable order."""

    added: tuple[T, ...]
    removed: tuple[T, ...]
    changed: tuple[tuple[T, T], ...]


def match(old: Mapping[str, T], new: Mapping[str, T]) -> Matched[T]:
    """What only ``new`` has, what only ``old`` has, and the unequal pairs of both."""
    return Matched(
        added=tuple(item for key, item in new.items() if key not in old),
        removed=tuple(item for key, item in old.items() if key not in new),
        changed=tuple(
            (old[key], item) for key, item in new.items() if key in old and old[key] != item
        ),
    )


def pairs(old: Mapping[str, T], new: Mapping[str, T]) -> Iterator[tuple[T, T]]:
    """The objects that both maps have, equal or not."""
    return ((old[key], item) for key, item in new.items() if key in old)


_WORD = re.compile(r"[\w$]+")


def mentioned(text: str | None, names: AbstractSet[str]) -> set[str]:
    """Those of ``names`` that SQL text may refer to.

    Nothing here parses SQL. A false alarm costs a drop and create of something derived;
    a miss would be a statement that PostgreSQL refuses, so any whole word counts,
    in strings and comments too.
    """
    if not text or not names:
        return set()
    folded = text.lower()
    words = set(_WORD.findall(folded))
    return {name for name in names if _is_in(name.lower().replace('"', '""'), folded, words)}


def mentions(text: str | None, name: str) -> bool:
    """True when SQL text may refer to ``name``."""
    return bool(mentioned(text, {name}))


def _is_in(name: str, text: str, words: AbstractSet[str]) -> bool:
    return name in words if _WORD.fullmatch(name) else name in text


def calls(text: str | None, name: str) -> bool:
    """True when SQL text may call a function of that name: a parenthesis stands behind it."""
    quoted = re.escape(name.replace('"', '""'))
    return re.search(rf'{quoted}"?\s*\(', text or "", re.IGNORECASE) is not None


def casts(text: str | None, name: str) -> bool:
    """True when SQL text may turn a value into that type."""
    quoted = re.escape(name.replace('"', '""'))
    schema = r'(?:(?:[\w$]+|"(?:[^"]|"")*")\s*\.\s*)?'
    pattern = rf'(?:::|\bas\b)\s*{schema}"?{quoted}(?![\w$])'
    return re.search(pattern, text or "", re.IGNORECASE) is not None


class NameIndex:
    """Many names, looked for in many texts at once: :func:`mentioned` in near-linear time."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names: dict[str, set[str]] = {}
        self._odd: set[str] = set()
        for name in names:
            self._names.setdefault(name.lower(), set()).add(name)
            if '"' in name or "(" in name or not _WORD.search(name):  # an operator is no word
                self._odd.add(name)

    def find(self, text: str | None) -> set[str]:
        """The names that the text may refer to."""
        if not text or not self._names:
            return set()
        folded = text.lower()
        # what stands between any two quotes may be a quoted name, also inside a string
        quoted = folded.split('"') if '"' in folded else []
        quoted += [text.replace("''", "'") for text in quoted if "''" in text]
        words = {*_WORD.findall(folded), *quoted}
        found = {name for word in words if word in self._names for name in self._names[word]}
        return found | mentioned(text, self._odd)

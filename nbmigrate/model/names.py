"""Names of objects as values: no quoting, no SQL.

A *path* is the text by which a person names an object in a flag, a file or the
API: ``public.users.name``. Parts are joined by dots; a part that itself holds
a dot, a quote, blanks at its ends or ``->`` is written in double quotes with inner quotes
doubled, as in SQL. A *rename* is ``OLD->NEW``, both ends full paths.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

PUBLIC = "public"

#: PostgreSQL docs, "Identifiers and Key Words": NAMEDATALEN - 1.
NAME_BYTES = 63

_PART = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')
_PLAIN = re.compile(r'[^."\s](?:[^."]*[^."\s])?')


def truncate(name: str) -> str:
    """The name as PostgreSQL stores it: cut to 63 bytes at a character boundary."""
    if len(name) <= NAME_BYTES and name.isascii():
        return name
    raw = name.encode()
    return name if len(raw) <= NAME_BYTES else raw[:NAME_BYTES].decode(errors="ignore")


def object_name(first: str, second: str, label: str) -> str:
    """``first_second_label`` in 63 bytes: PostgreSQL ``indexcmds.c``, makeObjectName.

    The longer of the two names is shortened until both fit.
    """
    room = NAME_BYTES - len(label) - 1 - (1 if second else 0)
    if len(first) + len(second) <= room and first.isascii() and second.isascii():
        return "_".join(part for part in (first, second, label) if part)
    lengths = [len(first.encode()), len(second.encode())]
    while sum(lengths) > room:
        lengths[0 if lengths[0] > lengths[1] else 1] -= 1
    parts = (cut(first, lengths[0]), cut(second, lengths[1]), label)
    return truncate("_".join(part for part in parts if part))


def primary_key_name(table: str) -> str:
    """The name of a primary key that was given none."""
    return object_name(table, "", "pkey")


def sequence_name(table: str, column: str) -> str:
    """The name of the sequence of a serial or identity column that was given none."""
    return object_name(table, column, "seq")


def cut(name: str, length: int) -> str:
    """The characters of a name that are whole in so many bytes."""
    return name.encode()[:length].decode(errors="ignore")


def key(schema: str, name: str) -> str:
    """The key of an object in a snapshot's maps: ``schema.name``, public spelled out."""
    return f"{schema or PUBLIC}.{name}"


def format_path(*parts: str) -> str:
    """The path of the parts, quoted where a dot or quote would mislead."""
    return ".".join([_format_part(part) for part in parts])


@lru_cache(maxsize=1 << 14)
def _format_part(part: str) -> str:
    if _PLAIN.fullmatch(part) and "->" not in part and "\n" not in part:
        return part
    return '"' + part.replace('"', '""') + '"'


def parse_path(text: str) -> tuple[str, ...]:
    """The parts of a path.

    Raises:
        ValueError: when the text is not a path.
    """
    parts: list[str] = []
    at = 0
    text = text.strip()
    while True:
        found = _PART.match(text, at)
        if not found:
            raise ValueError(f"{text!r} is not a name such as public.users.email")
        parts.append(found[1].replace('""', '"') if found[1] is not None else found[2].strip())
        at = found.end()
        if at == len(text):
            return tuple(parts)
        if text[at] != ".":
            raise ValueError(f"{text!r} is not a name such as public.users.email")
        at += 1


class Rename(NamedTuple):
    """One answered rename: the paths of both ends."""

    old: tuple[str, ...]
    new: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Rename:
        """Read ``OLD->NEW`` (also ``OLD=NEW``, easier to type in a shell).

        Raises:
            ValueError: when the text is no rename.
        """
        for sign in ("->", "="):
            for at in _positions(text, sign):
                return cls(parse_path(text[:at]), parse_path(text[at + len(sign) :]))
        raise ValueError(f"{text!r} is not a rename such as public.users.name->public.users.label")

    def __str__(self) -> str:
        return f"{format_path(*self.old)}->{format_path(*self.new)}"


def _positions(text: str, sign: str) -> list[int]:
    """Where ``sign`` stands outside double quotes."""
    found, quoted = [], False
    for at, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif not quoted and text.startswith(sign, at):
            found.append(at)
    return found

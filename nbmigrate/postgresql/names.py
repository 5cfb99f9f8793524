"""Names that PostgreSQL chooses by itself."""

from __future__ import annotations

from nbmigrate.model import truncate
from nbmigrate.model.names import NAME_BYTES


def primary_key_name(table: str) -> str:
    """The name of a primary key that was given none."""
    return object_name(table, "", "pkey")


def sequence_name(table: str, column: str) -> str:
    """The name of the sequence of a serial or identity column that was given none."""
    return object_name(table, column, "seq")


def multirange_name(range_name: str) -> str:
    """The name of the multirange that comes with a range (``pg_type.c``, makeMultirangeTypeName)."""
    head, word, tail = range_name.partition("range")
    if word:
        return truncate(f"{head}multirange{tail}")
    end = "_multirange"
    return _cut(range_name, NAME_BYTES - len(end)) + end


def object_name(first: str, second: str, label: str) -> str:
    """``first_second_label`` in 63 bytes: PostgreSQL ``indexcmds.c``, makeObjectName.

    The longer of the two names is shortened until both fit.
    """
    lengths = [len(first.encode()), len(second.encode())]
    room = NAME_BYTES - len(label) - 1 - (1 if second else 0)
    while sum(lengths) > room:
        lengths[0 if lengths[0] > lengths[1] else 1] -= 1
    parts = (_cut(first, lengths[0]), _cut(second, lengths[1]), label)
    return truncate("_".join(part for part in parts if part))


def _cut(name: str, length: int) -> str:
    return name.encode()[:length].decode(errors="ignore")

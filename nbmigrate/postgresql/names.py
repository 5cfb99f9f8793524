"""Names that PostgreSQL chooses by itself."""

from __future__ import annotations

from nbmigrate.model import truncate
from nbmigrate.model.names import NAME_BYTES, cut


def multirange_name(range_name: str) -> str:
    """The name of the multirange that comes with a range (``pg_type.c``, makeMultirangeTypeName)."""
    head, word, tail = range_name.partition("range")
    if word:
        return truncate(f"{head}multirange{tail}")
    end = "_multirange"
    return cut(range_name, NAME_BYTES - len(end)) + end

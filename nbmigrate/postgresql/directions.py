"""The direction that was written into the text of an index key.

drizzle-kit 0.31 keeps a ``sql`` key whole, so that ``"a" desc nulls last`` stands in a
snapshot as one expression; PostgreSQL takes it apart again.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_DIRECTION = re.compile(
    r"(?:\s+(?P<way>asc|desc))?(?:\s+nulls\s+(?P<nulls>first|last))?\s*$", re.IGNORECASE
)


class Directed(NamedTuple):
    """The key itself, and the direction if the text had one."""

    expression: str
    asc: bool | None
    nulls: str | None


def split_direction(text: str) -> Directed:
    """Take the direction off the end of a key; a quoted name or string never ends in one."""
    found = _DIRECTION.search(text)
    if not found or not found[0].strip():
        return Directed(text, None, None)
    asc = found["way"].lower() == "asc" if found["way"] else True
    # PostgreSQL 18 docs, CREATE INDEX: NULLS FIRST is the default for DESC
    nulls = found["nulls"].lower() if found["nulls"] else ("last" if asc else "first")
    return Directed(text[: found.start()], asc, nulls)

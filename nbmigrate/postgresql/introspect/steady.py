"""A schema that changes while it is read.

Rows of the catalogs are those of one moment, but PostgreSQL's functions that print definitions
look at the catalogs as they are now: of what is gone by then they return NULL, or fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from nbmigrate.errors import DriftError


@contextmanager
def steady() -> Iterator[None]:
    """What PostgreSQL says of an object that is gone, in words.

    Raises:
        DriftError: an object was dropped while the schema was read.
    """
    try:
        yield
    except psycopg.errors.InternalError_ as error:  # could not open relation, cache lookup failed
        raise _gone() from error


def printed(text: str | None) -> str:
    """The text of what is there.

    Raises:
        DriftError: it was dropped since its row was read.
    """
    if text is None:
        raise _gone()
    return text


def _gone() -> DriftError:
    return DriftError(
        "somebody dropped an object while the schema was read; nothing was done",
        hint="run the command again",
    )

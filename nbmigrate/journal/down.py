"""The undo of a migration that was written by hand: a ``-- down:`` section in its file.

It stands in comments, since drizzle-kit runs the whole file::

    UPDATE users SET role = 'member' WHERE role = 'user';
    -- down:
    -- UPDATE users SET role = 'user' WHERE role = 'member';

All comment lines that follow the heading without a gap belong to it.
"""

from __future__ import annotations

import re

from nbmigrate.journal.split import split_statements

_HEADING = re.compile(r"^\s*--\s*down:\s*$", re.IGNORECASE)
_COMMENT = re.compile(r"^\s*--\s?(.*)$")


def down_statements(sql: str) -> tuple[str, ...]:
    """The statements of the section; none without one.

    Raises:
        MigrationFileError: the section is no SQL.
    """
    lines = iter(sql.splitlines())
    for line in lines:
        if _HEADING.match(line):
            break
    body = []
    for line in lines:
        found = _COMMENT.match(line)
        if found is None:
            break
        body.append(found[1])
    return tuple(chunk.sql for chunk in split_statements("\n".join(body)))

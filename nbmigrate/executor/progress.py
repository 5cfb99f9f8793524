"""How far a migration got that could not be one transaction, statement by statement.

A row with ``started_at`` only is a statement that runs, or that died with its
client: what it left behind is then known to be ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from nbmigrate.errors import EditedMigrationError
from nbmigrate.executor import raw
from nbmigrate.executor.history import sha256
from nbmigrate.executor.segments import Step
from nbmigrate.postgresql.secrets import mask_sql
from nbmigrate.postgresql.sending import Query

_START = """
    INSERT INTO nbmigrate.progress (history, tag, statement, sql_hash, sql, backend_pid)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (history, tag, statement) DO NOTHING
"""
_FINISH = """
    UPDATE nbmigrate.progress SET finished_at = pg_catalog.clock_timestamp()
     WHERE history = $1 AND tag = $2 AND statement = $3
"""
_FORGET = "DELETE FROM nbmigrate.progress WHERE history = $1 AND tag = $2 AND statement = $3"
_FORGET_ALL = "DELETE FROM nbmigrate.progress WHERE history = $1 AND tag = $2"
_READ = """
    SELECT tag, statement, sql_hash, sql, finished_at IS NOT NULL AS finished
      FROM nbmigrate.progress WHERE history = $1 ORDER BY tag, statement
"""


#: The rows by tag.
Noted = Mapping[str, Sequence[raw.Row]]


class Progress:
    """The progress of one migration; with ``number`` of one statement, which counts as that.

    A plan is made anew after a crash, and its statements are numbered anew.
    """

    def __init__(self, history: str, tag: str, *, number: int | None = None) -> None:
        self._key = (history, tag)
        self._fixed = number

    def _number(self, step: Step) -> int:
        return step.number if self._fixed is None else self._fixed

    def start(self, step: Step, *, pid: int) -> Query:
        """Say that a step begins."""
        number, text = self._number(step), mask_sql(step.sql)
        return Query(_START, [*self._key, number, sha256(step.sql), text, pid])

    def finish(self, steps: Sequence[Step], *, pid: int) -> list[Query]:
        """Say that steps are done; inside their own transaction where there is one."""
        return [
            query
            for step in steps
            for query in (
                self.start(step, pid=pid),
                Query(_FINISH, [*self._key, self._number(step)]),
            )
        ]

    def forget(self, connection: psycopg.Connection[Any], step: Step) -> None:
        """Take back ``start``: the step failed and left nothing."""
        raw.run(connection, _FORGET, [*self._key, self._number(step)])

    def forget_all(self) -> Query:
        """Take the notes away: the migration is done, and the history says so."""
        return Query(_FORGET_ALL, self._key)

    def is_started(self, connection: psycopg.Connection[Any], step: Step) -> bool:
        """Whether an earlier run began the step and never said how it ended."""
        history, tag = self._key
        return any(
            row["statement"] == self._number(step)
            and not row["finished"]
            and row["sql_hash"] == sha256(step.sql)
            for row in read_progress(connection, history).get(tag, ())
        )

    def done(self, noted: Noted, steps: Sequence[Step]) -> int:
        """How many of the first steps are committed.

        Raises:
            EditedMigrationError: when one of them is not what is in the file now.
        """
        finished = [row for row in noted.get(self._key[1], ()) if row["finished"]]
        for at, row in enumerate(finished):
            if at >= len(steps) or row["sql_hash"] != sha256(steps[at].sql):
                raise EditedMigrationError(
                    f"`{self._key[1]}` is applied up to statement {len(finished)}, but statement "
                    f"{at + 1} of its file is not what was run:\n{row['sql']}",
                    tag=self._key[1],
                    hint="put the statement back as it was; change only what comes after "
                    f"statement {len(finished)}",
                )
        return len(finished)


def read_progress(connection: psycopg.Connection[Any], history: str) -> Noted:
    """What is noted of migrations that are not whole, by tag; of most there is nothing."""
    found: dict[str, list[raw.Row]] = {}
    for row in raw.rows(connection, _READ, [history]):
        found.setdefault(row["tag"], []).append(row)
    return found

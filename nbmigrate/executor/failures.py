"""A refusal by PostgreSQL as an error that says where, why, and what became of the rest."""

from __future__ import annotations

import re
from typing import NamedTuple

import psycopg

from nbmigrate.errors import LockTimeoutError, StatementFailedError
from nbmigrate.executor.blockers import Blocker
from nbmigrate.executor.segments import Step
from nbmigrate.postgresql.needed import next_step
from nbmigrate.postgresql.secrets import mask_sql

#: Worth trying again: lock_not_available, deadlock_detected, serialization_failure.
RETRYABLE = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)

#: Duplicate schema, table, column, object (a type, a constraint) and function.
_THERE = (
    "it is there already; if a push made it, "
    "nbmigrate adopt compares and records the migrations as applied"
)
_HINTS = {
    "08003": "the connection is gone; run it again",
    "08006": "the connection was lost: is the server up, and the network? run it again",
    "25001": "this statement cannot run inside a transaction; put it into a migration of its own",
    "25006": "the server or the role is read-only (a standby?); connect to the primary",
    "40001": "another transaction changed the same rows; run it again",
    "42501": "the role lacks a privilege; the owner of the object can GRANT it",
    "42P01": "the table does not exist (yet): is the order of the statements right?",
    "42P06": _THERE,
    "42P07": _THERE,
    "42701": _THERE,
    "42710": _THERE,
    "42723": _THERE,
    "2D000": "a migration is a transaction already: no COMMIT or ROLLBACK inside it",
    "23502": "rows hold NULL; fill them before the column becomes NOT NULL",
    "23503": "rows refer to rows that do not exist; correct them first",
    "23505": "rows hold the same value twice; correct them first",
    "23514": "rows break the check; correct them first",
    "53100": "the disk of the server is full; free some space and run it again",
    "53200": "the server ran out of memory",
    "53300": "no connection is free; close some and run it again",
    "55P04": "a new enum value is usable after a commit; use it in the next migration",
    "57014": "the statement was cancelled, by statement_timeout or by somebody",
    "57P01": "an administrator ended the connection; run it again",
    "57P02": "the server was stopped at once, or crashed; run it again when it is up",
    "57P03": "the server is not ready yet; run it again soon",
}


_BLOCKED_HINT = (
    "end that transaction (commit, rollback, or select pg_terminate_backend(PID)) and run it again"
)
_OWN_HINT = "commit or roll back in that cell"
_RELEASED_HINT = f"{_OWN_HINT}, or type it again with --release-own, which rolls it back"


class Origin(NamedTuple):
    """Where the statements come from: a migration file, or nothing for a push."""

    tag: str = ""
    path: str = ""

    def where(self, step: Step | None, line: int | None) -> str:
        """The place of a step in words."""
        if step is None:
            return f"`{self.tag}`, after its last statement" if self.tag else "at COMMIT"
        if not self.tag:
            return f"statement {step.number}"
        return f"`{self.tag}` ({self.path}:{line}), statement {step.number}"


def statement_failed(
    error: psycopg.Error, *, step: Step | None, origin: Origin, kept: str
) -> StatementFailedError:
    """The error to raise; ``step`` None means that COMMIT itself failed."""
    diagnosis = error.diag
    sqlstate = error.sqlstate or diagnosis.sqlstate or "08006"
    line = _line(step, diagnosis.statement_position)
    primary = diagnosis.message_primary or _first_line(error)
    parts = [f"{origin.where(step, line)}: {_mask(primary)} (SQLSTATE {sqlstate})"]
    detail = _mask("\n".join(x for x in (diagnosis.message_detail, diagnosis.context) if x))
    parts += [detail] if detail else []
    sql = mask_sql(step.sql) if step else "COMMIT"
    parts += [f"statement: {_short(sql)}", kept]
    return StatementFailedError(
        "\n".join(parts),
        sql=sql,
        sqlstate=sqlstate,
        tag=origin.tag,
        index=step.number if step else None,
        path=origin.path,
        line=line,
        detail=detail,
        hint=next_step(sqlstate, primary)
        or _mask(diagnosis.message_hint or "")
        or _HINTS.get(sqlstate, ""),
    )


def lock_timed_out(  # noqa: PLR0913 - who waited, for what, and for whom
    error: psycopg.Error,
    *,
    step: Step | None,
    origin: Origin,
    kept: str,
    limits: tuple[int, int],
    blockers: tuple[Blocker, ...],
    may_release: bool = True,
) -> LockTimeoutError:
    """The error for a transaction that stepped back too often; it names who was in the way.

    ``limits`` are the lock timeout in milliseconds and the number of attempts; ``may_release`` says
    whether the command knows ``--release-own``.
    """
    timeout_ms, attempts = limits
    where = origin.where(step, _line(step, None))
    sql = f"\nstatement: {_short(mask_sql(step.sql))}" if step else ""
    primary = _mask(error.diag.message_primary or _first_line(error))
    return LockTimeoutError(
        f"{where}: {primary} (SQLSTATE {error.sqlstate}); tried {attempts} times{sql}\n{kept}",
        timeout_ms=timeout_ms,
        blockers=[f"waited for {blocker}" for blocker in blockers],
        hint=_blocked_hint(blockers, may_release=may_release),
    )


def _blocked_hint(blockers: tuple[Blocker, ...], *, may_release: bool) -> str:
    if not any(blocker.own for blocker in blockers):
        return _BLOCKED_HINT
    return _RELEASED_HINT if may_release else _OWN_HINT


def _line(step: Step | None, position: str | None) -> int | None:
    if step is None or not step.line:
        return None
    before = step.sql[: int(position) - 1] if position else ""
    return step.line + before.count("\n")


def _first_line(error: psycopg.Error) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _short(sql: str, limit: int = 500) -> str:
    return sql if len(sql) <= limit else f"{sql[:limit]} ..."


def _mask(text: str) -> str:
    """PostgreSQL quotes statements in its texts; their passwords go."""
    return mask_sql(text) if re.search(r"passw|secret", text, re.IGNORECASE) else text

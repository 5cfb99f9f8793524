"""One statement outside any transaction, so that a crash in the middle can be mended."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import psycopg

from nbmigrate.errors import ExecutionError, NbmigrateError
from nbmigrate.executor import concurrent_indexes as indexes
from nbmigrate.executor.blockers import find_old_snapshots
from nbmigrate.executor.connections import set_session
from nbmigrate.executor.events import AppliedStatement, LeftoverDropped, SnapshotsFound
from nbmigrate.executor.progress import Progress
from nbmigrate.executor.running import Attempt, Session, Work, execute, retry
from nbmigrate.executor.segments import Step
from nbmigrate.postgresql.lexer import significant
from nbmigrate.postgresql.secrets import mask_sql
from nbmigrate.postgresql.sending import exchanged


def run_alone(session: Session, step: Step, work: Work, progress: Progress) -> AppliedStatement:
    """Run the step; what an earlier attempt of ours left is dropped or counted as done.

    Raises:
        StatementFailedError: when PostgreSQL refuses the statement.
        LockTimeoutError: when the last attempt met a lock as well.
        ExecutionError: when an INVALID index of somebody else has the name.
    """
    index = indexes.read_statement(step.sql)
    is_ours = progress.is_started(session.observer, step)
    if index and not is_ours and _stands_already(session, index):
        index = None
    started = progress.start(step, pid=session.connection.info.backend_pid)
    exchanged(session.observer, [started])
    _tell_snapshots(session, step, work)
    attempt = Attempt()
    attempt.step = step

    def once() -> AppliedStatement:
        nonlocal is_ours
        if index and is_ours and _mend(session, index, work.origin.tag):
            return AppliedStatement(index=step.number, sql=mask_sql(step.sql), ms=0, rows=-1)
        is_ours = True
        return execute(session, step, tag=work.origin.tag)

    try:
        done = _with_patience(session, lambda: retry(session, once, attempt=attempt, work=work))
    except NbmigrateError:
        _clean_up(session, step, index, progress)
        raise
    if index and index.action == "create":
        _verify(session, index)
    return done


def _with_patience(session: Session, run: Callable[[], AppliedStatement]) -> AppliedStatement:
    """Wait longer for locks than a transaction may: nobody queues behind this one."""
    settings = session.settings
    patient = replace(
        settings,
        lock_timeout_ms=settings.concurrent_lock_timeout_ms,
        attempts=min(settings.attempts, 3),
    )
    session.settings = patient
    set_session(session.connection, {"lock_timeout": f"{patient.lock_timeout_ms}ms"})
    try:
        return run()
    finally:
        session.settings = settings
        with suppress(psycopg.Error):
            set_session(session.connection, {"lock_timeout": f"{settings.lock_timeout_ms}ms"})


def _mend(session: Session, index: indexes.IndexStatement, tag: str) -> bool:
    """Take up a broken-off attempt of ours; True when it had done its work after all."""
    found = indexes.find(session.connection, index)
    if index.action == "drop":
        return found is None
    if found and not found.is_valid:
        indexes.drop(session.connection, found)
        session.on_event(LeftoverDropped(tag=tag, index=found.sql))
    return bool(found and found.is_valid)


def _stands_already(session: Session, index: indexes.IndexStatement) -> bool:
    """Whether an index of that name, which is not of our making, is in the way of a build."""
    found = indexes.find(session.connection, index) if index.action == "create" else None
    if found and not found.is_valid:
        raise ExecutionError(
            f"index {found.sql} exists and is INVALID, and nbmigrate did not build it",
            hint=f"if nobody is building it now: DROP INDEX CONCURRENTLY {found.sql};",
        )
    return found is not None


def _tell_snapshots(session: Session, step: Step, work: Work) -> None:
    if "concurrently" not in {t.word for t in significant(step.sql)}:
        return
    found = find_old_snapshots(session.observer, session.connection.info.backend_pid)
    if found:
        event = SnapshotsFound(tag=work.origin.tag, sql=mask_sql(step.sql), blockers=found)
        session.on_event(event)


def _clean_up(
    session: Session,
    step: Step,
    index: indexes.IndexStatement | None,
    progress: Progress,
) -> None:
    """Drop what the failed statement left; if that fails too, the next run does it."""
    with suppress(psycopg.Error):
        if index and index.action == "create":
            found = indexes.find(session.connection, index)
            if found and not found.is_valid:
                indexes.drop(session.connection, found)
        progress.forget(session.observer, step)


def _verify(session: Session, index: indexes.IndexStatement) -> None:
    found = indexes.find(session.connection, index)
    if found and not found.is_valid:
        raise ExecutionError(
            f"index {found.sql} is INVALID although its build reported success",
            hint=f"DROP INDEX CONCURRENTLY {found.sql}; and run it again",
        )

"""Apply: the statements of a plan, in one transaction, all or nothing (push).

Two kinds of statements break the one transaction. One with ``commit_before`` uses
what an earlier one must have committed (a new enum value): the transaction is cut
there. One that is not ``transactional`` (CREATE INDEX CONCURRENTLY) runs after the
last commit, whatever its place in the plan. The error says what was kept.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from nbmigrate.dialect import Statement
from nbmigrate.errors import DriftError, ExecutionError
from nbmigrate.executor import bookkeeping
from nbmigrate.executor import statements as log_of
from nbmigrate.executor.alone import run_alone
from nbmigrate.executor.connections import sibling
from nbmigrate.executor.events import AppliedStatement, LockWaited, OnEvent, ignore
from nbmigrate.executor.failpoints import Failpoint
from nbmigrate.executor.failures import Origin
from nbmigrate.executor.history import sha256, take_own_role
from nbmigrate.executor.lock import MigratorLock
from nbmigrate.executor.progress import Progress
from nbmigrate.executor.running import Session, Work, nothing, run_transaction
from nbmigrate.executor.segments import Segment, Step, segments
from nbmigrate.executor.settings import Settings
from nbmigrate.executor.statements import Ran
from nbmigrate.postgresql.sending import exchanged

Log = Callable[[psycopg.Connection[Any], Sequence[Ran]], None]

#: A push is somebody at a screen: a running migrate is waited for, but not for long.
PUSH_WAIT_MS = 10_000


def apply(  # noqa: PLR0913 - a plan, and what is done around it
    connection: psycopg.Connection[Any],
    statements: Sequence[Statement],
    *,
    guard: Callable[[], None] | None = None,
    finish: Callable[[], None] | None = None,
    on_event: OnEvent | None = None,
    settings: Settings | None = None,
    label: str = "",
) -> tuple[AppliedStatement, ...]:
    """Run the statements and return what ran.

    ``guard`` is called inside the transaction before the first statement and raises (a
    DriftError) when the database is not what the plan was made for; ``finish`` inside the
    last transaction after its last statement (the ledger is written there). Both are called
    again when the transaction is repeated. With a ``label`` (``push 7``) each statement is noted
    in the log, in its transaction.

    Raises:
        StatementFailedError: what PostgreSQL refused, and what was kept.
        LockTimeoutError: a migrate is running, or a table is locked; by whom.
    """
    settings = settings or Settings(lock_wait_ms=PUSH_WAIT_MS)
    _require_idle(connection)
    url = sibling(connection, application_name=settings.application_name)
    listen = on_event or ignore
    lock = MigratorLock(
        url,
        settings=settings,
        worker=connection,
        on_wait=lambda holder: listen(LockWaited(holder=holder)),
    )
    with lock:
        session = Session(url, connection, lock, settings, listen, Failpoint.of(settings))
        try:
            log = _logging(session, label)
            return _run(session, statements, guard or nothing, finish or nothing, log)
        finally:
            session.close_replacement(connection)


def require_same(planned: str, now: str) -> None:
    """Raise when the catalogs are not what a plan was made for; both are fingerprints.

    Raises:
        DriftError: when they differ.
    """
    if planned != now:
        raise DriftError(
            "the database was changed after the plan was made; nothing was run",
            hint="run it again: the plan is made anew",
        )


def plan_segments(statements: Sequence[Statement]) -> tuple[tuple[Segment, ...], tuple[Step, ...]]:
    """The transactions of a plan, at least one, and the steps that run after them."""
    steps = [
        Step(number, s.sql, 0, s.transactional, s.commit_before)
        for number, s in enumerate(statements, 1)
    ]
    if _is_in_order(steps):
        found = segments(steps)
        return (found if found[0].is_transactional else (Segment(()), *found)), ()
    inside = segments(step for step in steps if step.is_transactional)
    return inside or (Segment(()),), tuple(s for s in steps if not s.is_transactional)


def _is_in_order(steps: Sequence[Step]) -> bool:
    """True when something is built outside a transaction for a later step (plans made online)."""
    alone = [step.number for step in steps if not step.is_transactional]
    return bool(alone) and any(s.commit_before and s.number > alone[0] for s in steps)


def _run(
    session: Session,
    statements: Sequence[Statement],
    guard: Callable[[], None],
    finish: Callable[[], None],
    log: Log,
) -> tuple[AppliedStatement, ...]:
    parts, alone = plan_segments(statements)
    done: list[AppliedStatement] = []
    last = max(at for at, part in enumerate(parts) if part.is_transactional)
    for at, part in enumerate(parts):
        if not part.is_transactional:
            done.append(_run_alone(session, part.steps[0], _kept(done, ""), log))
            continue
        work = Work(
            origin=Origin(),
            kept=_kept(done, "; nothing was changed"),
            before=guard if at == 0 else nothing,
            after=functools.partial(
                _finish, session, log=log, finish=finish if at == last else nothing
            ),
        )
        done += run_transaction(session, part.steps, work)
    for step in alone:
        done.append(_run_alone(session, step, _kept(done, ""), log))
    return tuple(done)


def _finish(session: Session, ran: Sequence[Ran], *, log: Log, finish: Callable[[], None]) -> None:
    log(session.connection, ran)
    finish()


def _logging(session: Session, label: str) -> Log:
    """What notes the statements under the label; nothing without one."""

    def log(connection: psycopg.Connection[Any], ran: Sequence[Ran]) -> None:
        if label and ran:
            if connection is session.connection:
                take_own_role(connection)
            bookkeeping.ensure(connection)
            who = (session.connection.info.backend_pid, session.settings.application_name)
            now = session.settings.monotonic()
            exchanged(connection, log_of.write((log_of.DIRECT, label), ran, now=now, who=who))

    return log


def _run_alone(session: Session, step: Step, kept: str, log: Log) -> AppliedStatement:
    bookkeeping.ensure(session.observer)
    progress = Progress("push", sha256(step.sql)[:16], number=1)
    work = Work(origin=Origin(), kept=kept)
    begun = session.settings.monotonic()
    done = run_alone(session, step, work, progress)
    log(session.observer, [Ran(step, done, begun)])
    progress.forget(session.observer, step)
    return done


def _kept(done: Sequence[AppliedStatement], otherwise: str) -> str:
    if done:
        return f"committed before it: statements {', '.join(str(d.index) for d in done)}"
    return f"rolled back{otherwise}"


def _require_idle(connection: psycopg.Connection[Any]) -> None:
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise ExecutionError(
            "the connection has an open transaction; a push brings its own",
            hint="commit or roll it back first",
        )

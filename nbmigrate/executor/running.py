"""Running steps: one transaction with retries, or one statement outside any.

Only three errors are worth another try: a lock not granted in time, a deadlock and a
serialization failure. What is repeated is always the whole transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import psycopg

from nbmigrate.errors import ExecutionError
from nbmigrate.executor import own_sessions
from nbmigrate.executor.activity import announce
from nbmigrate.executor.blockers import Blocker
from nbmigrate.executor.connections import connect, prepare
from nbmigrate.executor.events import AppliedStatement, Blocked, OnEvent, Released, Retried
from nbmigrate.executor.failpoints import Failpoint
from nbmigrate.executor.failures import RETRYABLE, Origin, lock_timed_out, statement_failed
from nbmigrate.executor.lock import MigratorLock
from nbmigrate.executor.segments import Step
from nbmigrate.executor.settings import Settings
from nbmigrate.executor.statements import Ran
from nbmigrate.postgresql.secrets import mask_sql
from nbmigrate.postgresql.sending import Prepared, Query, Row, exchanged, sent_together

_BEGIN = (Query("BEGIN"), Query("SELECT pg_catalog.txid_current()"))
_COMMIT_PATIENCE_SECONDS = 15.0
#: So long a lock is asked for that only this very process could let go.
_OWN_SECONDS = 6.0

T = TypeVar("T")


@dataclass
class Session:
    """A run: the connection that works, the one that holds the lock, and who listens."""

    url: str
    connection: psycopg.Connection[Any]
    lock: MigratorLock
    settings: Settings
    on_event: OnEvent
    failpoint: Failpoint
    prepared: Prepared = field(default_factory=Prepared)

    def __post_init__(self) -> None:
        announce(self.connection)

    @property
    def observer(self) -> psycopg.Connection[Any]:
        """The connection of the lock, free for short questions and notes."""
        return self.lock.connection

    def reset(self) -> None:
        """Undo what a file set for the session: settings, role, temporary objects, locks."""
        self.connection.execute("DISCARD ALL")
        self.prepared = Prepared()
        prepare(self.connection, lock_timeout_ms=self.settings.lock_timeout_ms)

    def close_replacement(self, worker: psycopg.Connection[Any]) -> None:
        """Close the connection that took the place of a broken one."""
        if self.connection is not worker:
            self.connection.close()

    def require_lock(self) -> None:
        """Raise when the lock was lost with its connection."""
        if not self.lock.is_held():
            raise lock_lost()


def lock_lost() -> ExecutionError:
    """The error of a run whose lock went with its connection."""
    return ExecutionError(
        "the connection that held the migrator lock was lost; what was applied stays",
        hint="run it again: it goes on where it stopped",
    )


def nothing(*_: object) -> None:
    """Do nothing."""


@dataclass(kw_only=True)
class Work:
    """What surrounds the steps of a transaction: who they belong to and what else it does.

    ``asks`` is sent together with BEGIN, and ``judge`` is given the rows of each answer. ``after`` and
    ``conclude`` are told what ran; what the latter returns is sent together with COMMIT.
    ``meanwhile`` is done while the server is at the first step, and asks it nothing. With ``prepare``
    both are parsed once for all transactions; not where a step could make the session forget it.
    ``kept`` says, for an error, what of the whole remains.
    """

    origin: Origin
    kept: str
    asks: Sequence[Query] = ()
    judge: Callable[[Sequence[Sequence[Row]]], None] = nothing
    before: Callable[[], None] = nothing
    after: Callable[[Sequence[Ran]], None] = nothing
    conclude: Callable[[Sequence[Ran]], Sequence[Query]] = lambda _: ()
    meanwhile: Callable[[], None] = nothing
    prepare: bool = False


class Attempt:
    """Where a transaction is: the step that runs (None: past the last) and its number."""

    step: Step | None = None
    transaction: int | None = None


def run_transaction(
    session: Session, steps: tuple[Step, ...], work: Work
) -> tuple[AppliedStatement, ...]:
    """Run the steps in one transaction, again and again until its locks are granted.

    Raises:
        StatementFailedError: when PostgreSQL refuses a statement or the commit.
        LockTimeoutError: when the last attempt met a lock as well.
    """
    attempt = Attempt()

    def once() -> tuple[AppliedStatement, ...]:
        return _run_once(session, steps, work, attempt)

    done = retry(session, once, attempt=attempt, work=work)
    session.failpoint.reach("after_commit", 1)
    return done


def _run_once(
    session: Session, steps: tuple[Step, ...], work: Work, attempt: Attempt
) -> tuple[AppliedStatement, ...]:
    attempt.step, attempt.transaction = None, None
    done: list[Ran] = []
    try:
        with _begun(session, work) as number:
            work.before()
            for step in steps:
                attempt.step = step
                begun = session.settings.monotonic()
                meanwhile = work.meanwhile if step is steps[0] else nothing
                found = execute(session, step, tag=work.origin.tag, meanwhile=meanwhile)
                done.append(Ran(step, found, begun))
            attempt.step = None
            work.after(done)
            attempt.transaction = number
            _commit(session, work, done)
    except psycopg.OperationalError:
        if not (session.connection.closed and attempt.transaction and not attempt.step):
            raise
        # The connection broke while COMMIT was under way: only the server knows.
        if not _is_committed(session, attempt.transaction):
            raise
    return tuple(ran.done for ran in done)


@contextmanager
def _begun(session: Session, work: Work) -> Iterator[int]:
    """A transaction, and its number: BEGIN goes out with what must be known before the first step."""
    connection = session.connection
    try:
        prepared = session.prepared if work.prepare else None
        _, [(number,)], *answers = exchanged(connection, (*_BEGIN, *work.asks), prepared)
        work.judge(answers)
        yield number
    except BaseException:
        session.prepared = Prepared()
        if not connection.closed:
            with suppress(psycopg.Error):  # what stopped the transaction is the error to be told
                connection.rollback()
        raise


def _commit(session: Session, work: Work, done: Sequence[Ran]) -> None:
    last = (*work.conclude(done), Query("COMMIT"))
    session.failpoint.reach("before_commit", 1)
    exchanged(session.connection, last, session.prepared if work.prepare else None)


def execute(
    session: Session, step: Step, *, tag: str, meanwhile: Callable[[], None] = nothing
) -> AppliedStatement:
    """Run one statement, word for word, and report it."""
    start = session.settings.monotonic()
    rows = _run_step(session.connection, step.sql, meanwhile)
    done = AppliedStatement(
        index=step.number,
        sql=mask_sql(step.sql),
        ms=elapsed_ms(session.settings, start),
        rows=rows,
        tag=tag,
        line=step.line if tag else 0,
    )
    session.on_event(done)
    session.failpoint.reach("after_statement", step.number)
    return done


def _run_step(connection: psycopg.Connection[Any], sql: str, meanwhile: Callable[[], None]) -> int:
    """The number of rows, or -1 of what counts none."""
    if meanwhile is nothing:
        # Without parameters psycopg sends the text as it is: % and : mean nothing.
        with connection.cursor() as cursor:
            return cursor.execute(sql).rowcount
    with sent_together(connection, [Query(sql)]) as (answer,):
        with suppress(Exception):  # it is done again, and told, when its turn comes
            meanwhile()
        len(answer)  # now it is waited for
    return -1  # nothing that leaves the session alone counts rows


def elapsed_ms(settings: Settings, start: float) -> int:
    """Milliseconds since ``start``."""
    return round((settings.monotonic() - start) * 1000)


def retry(session: Session, once: Callable[[], T], *, attempt: Attempt, work: Work) -> T:
    """The result of ``once``, called again after each retryable error."""
    number, begun = 0, session.settings.monotonic()
    while True:
        number += 1
        watch = session.lock.lookout.watch(
            session.connection.info.backend_pid,
            lock_timeout_ms=session.settings.lock_timeout_ms,
            on_found=lambda found: _blocked(session, work, found),
        )
        try:
            with watch:
                return once()
        except RETRYABLE as error:
            if number >= session.settings.attempts or _is_futile(session, begun, watch.blockers):
                raise _given_up(session, error, attempt, work, watch.blockers, number) from error
            _pause(session, number, error, work, watch.blockers)
        except psycopg.Error as error:
            failed = statement_failed(error, step=attempt.step, origin=work.origin, kept=work.kept)
            if attempt.step and failed.sql != attempt.step.sql:
                # PostgreSQL's text may quote the password that the statement sets.
                raise failed from None
            raise failed from error


def _blocked(session: Session, work: Work, found: tuple[Blocker, ...]) -> None:
    session.on_event(Blocked(tag=work.origin.tag, blockers=found))
    if session.settings.release_own:
        released = own_sessions.release(b.pid for b in found)
        if released:
            session.on_event(Released(pids=released))


def _is_futile(session: Session, begun: float, blockers: tuple[Blocker, ...]) -> bool:
    """Whether nobody but the waiting process could let go, and it did not for some time.

    A cell that holds a transaction cannot go on while this one runs; another thread could.
    """
    is_own = bool(blockers) and all(blocker.is_own_idle for blocker in blockers)
    return is_own and session.settings.monotonic() - begun >= _OWN_SECONDS


def _given_up(
    session: Session,
    error: psycopg.Error,
    attempt: Attempt,
    work: Work,
    blockers: tuple[Blocker, ...],
    attempts: int,
) -> Exception:
    return lock_timed_out(
        error,
        step=attempt.step,
        origin=work.origin,
        kept=work.kept,
        limits=(session.settings.lock_timeout_ms, attempts),
        blockers=blockers,
    )


def _pause(
    session: Session,
    number: int,
    error: psycopg.Error,
    work: Work,
    blockers: tuple[Blocker, ...],
) -> None:
    seconds = session.settings.backoff_seconds(number)
    session.on_event(
        Retried(
            tag=work.origin.tag,
            attempt=number,
            attempts=session.settings.attempts,
            pause_ms=round(seconds * 1000),
            sqlstate=error.sqlstate or "",
            blockers=blockers,
        )
    )
    session.settings.sleep(seconds)


def _is_committed(session: Session, transaction: int) -> bool:
    """What became of a COMMIT whose answer was lost; a new connection takes over."""
    deadline = time.monotonic() + _COMMIT_PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with suppress(ExecutionError, psycopg.Error):
            fresh = connect(
                session.url,
                application_name=session.settings.application_name,
                lock_timeout_ms=session.settings.lock_timeout_ms,
            )
            found = fresh.execute("SELECT pg_catalog.txid_status(%s)", [transaction]).fetchone()
            if found and found[0] == "committed":
                session.connection = fresh
                return True
            fresh.close()
            if found and found[0] == "aborted":
                return False
        session.settings.sleep(0.2)
    return False

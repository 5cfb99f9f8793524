"""One migration: its transactions, what is asked before them and what is written with them.

Each file is one transaction together with its row in the history; one with a statement that
cannot be in a transaction is several, and its progress is written down after each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

import psycopg

from nbmigrate.executor import history, statements
from nbmigrate.executor.alone import run_alone
from nbmigrate.executor.connections import pipelined
from nbmigrate.executor.events import Applied, MigrationStarted
from nbmigrate.executor.failures import Origin
from nbmigrate.executor.lock import lock_key
from nbmigrate.executor.progress import Progress
from nbmigrate.executor.running import Session, Work, elapsed_ms, lock_lost, run_transaction
from nbmigrate.executor.segments import (
    MigrationLike,
    Segment,
    Step,
    is_session_setting,
    segments,
)


class Around(Protocol):
    """What else is done in the transactions of a migration (an undo is made possible there)."""

    def begin(self, connection: psycopg.Connection[Any]) -> None:
        """Called once, before the first migration."""
        ...

    def finish(self, connection: psycopg.Connection[Any]) -> None:
        """Called once, after the last one that was committed."""
        ...

    def look_ahead(self, migration: MigrationLike) -> None:
        """Called while the migration before is committed: what can be told without the database."""
        ...

    def before(self, connection: psycopg.Connection[Any], migration: MigrationLike) -> None:
        """Called in its first transaction, before its first statement."""
        ...

    def look_again(self, connection: psycopg.Connection[Any], migration: MigrationLike) -> None:
        """Called in its last transaction, after its last statement: what needs answers."""
        ...

    def after(self, connection: psycopg.Connection[Any], migration: MigrationLike) -> None:
        """Called after that, in a pipeline and under our own role: what is sent with the history."""
        ...


class _AppliedMeanwhileError(Exception):
    """Another migrator has committed this migration; it stops the transaction, not the run."""


class Rest(NamedTuple):
    """What is left of a migration: its steps, and how many of the first are committed.

    ``following`` is the one whose turn it will be then.
    """

    steps: tuple[Step, ...]
    done: int
    is_late: bool
    following: MigrationLike | None = None


def apply_one(
    session: Session,
    migration: MigrationLike,
    rest: Rest,
    around: Around | None,
) -> Applied | None:
    """Run what is left of it; nothing when another migrator has just applied it."""
    start = session.settings.monotonic()
    progress = Progress(history.history_name(session.settings), migration.tag)
    steps, done = rest.steps, rest.done
    session.on_event(
        MigrationStarted(tag=migration.tag, statements=len(steps), late=rest.is_late, done=done)
    )
    _set_again(session, steps[:done])
    parts = _parts(steps[done:])
    try:
        if around is not None and not done and not parts[0].is_transactional:
            work = _work(session, migration, Segment(()), start=start, step_count=None)
            _surround(work, session, migration, around, first=True, last=False)
            run_transaction(session, (), work)
        for at, part in enumerate(parts):
            is_last = at == len(parts) - 1
            step_count = len(steps) if is_last else None
            work = _work(session, migration, part, start=start, step_count=step_count)
            if around is not None:
                _surround(work, session, migration, around, first=at + done == 0, last=is_last)
                if is_last and rest.following is not None:
                    work.meanwhile = partial(around.look_ahead, rest.following)
            work.kept = _kept(migration, part, len(steps), is_whole=len(parts) == 1 and not done)
            _run_part(session, part, work, progress)
    except _AppliedMeanwhileError:
        return None
    ms = elapsed_ms(session.settings, start)
    return Applied(tag=migration.tag, statements=len(steps), ms=ms)


def _set_again(session: Session, done: tuple[Step, ...]) -> None:
    """Repeat the settings that the first part of a file made for its session."""
    for step in done:
        if is_session_setting(step.sql):
            session.connection.execute(step.sql)


def _parts(steps: tuple[Step, ...]) -> tuple[Segment, ...]:
    """The segments; the last one is a transaction, for the row in the history."""
    found = segments(steps)
    if found and found[-1].is_transactional:
        return found
    return (*found, Segment(()))


def _run_part(session: Session, part: Segment, work: Work, progress: Progress) -> None:
    if part.is_transactional:
        run_transaction(session, part.steps, work)
        return
    session.require_lock()
    for step in part.steps:
        begun = session.settings.monotonic()
        done = run_alone(session, step, work, progress)
        with session.observer.transaction():
            ran = [statements.Ran(step, done, begun)]
            _log(session, work.origin.tag, session.observer, ran)
            progress.finish(session.observer, [step])


def _work(
    session: Session,
    migration: MigrationLike,
    part: Segment,
    *,
    start: float,
    step_count: int | None,
) -> Work:
    """The transaction of a part; with ``step_count`` the last one, which writes the history."""
    settings = session.settings

    def enter() -> Callable[[], None]:
        entering = _entering(session)
        # not in one query: it would not see what another one commits before it gets the lock
        recorded = history.find_recorded(session.connection, migration, settings)

        def judge() -> None:
            _require_alone(entering)
            if recorded.fetchone() is not None:
                raise _AppliedMeanwhileError

        return judge

    def after(ran: Sequence[statements.Ran]) -> None:
        history.take_own_role(session.connection)
        _log(session, migration.tag, session.connection, ran)
        if step_count is None:
            progress = Progress(history.history_name(settings), migration.tag)
            progress.finish(session.connection, part.steps)
        else:
            ms = elapsed_ms(settings, start)
            history.record(session.connection, migration, settings, statements=step_count, ms=ms)

    origin = Origin(migration.tag, str(migration.path))
    return Work(origin=origin, kept="", enter=enter, after=after)


def _log(
    session: Session,
    tag: str,
    connection: psycopg.Connection[Any],
    ran: Sequence[statements.Ran],
) -> None:
    statements.write(
        connection,
        (history.history_name(session.settings), tag),
        ran,
        now=session.settings.monotonic(),
        who=(session.connection.info.backend_pid, session.settings.application_name),
    )


def _surround(
    work: Work,
    session: Session,
    migration: MigrationLike,
    around: Around,
    *,
    first: bool,
    last: bool,
) -> None:
    leave = work.after

    def before() -> None:
        around.before(session.connection, migration)

    def after(ran: Sequence[statements.Ran]) -> None:
        around.look_again(session.connection, migration)
        with pipelined(session.connection):
            leave(ran)
            around.after(session.connection, migration)

    if first:
        work.before = before
    if last:
        work.after = after


def _entering(session: Session) -> psycopg.Cursor[tuple[Any, ...]]:
    """Try to be alone inside the transaction too; the session's lock may be lost with its connection."""
    key = lock_key(session.settings, "transaction")
    return session.connection.execute(
        "SELECT pg_catalog.pg_try_advisory_xact_lock(%s),"
        " EXISTS (SELECT FROM pg_catalog.pg_stat_get_activity(%s))",
        [key, session.lock.pid],
    )


def _require_alone(entering: psycopg.Cursor[tuple[Any, ...]]) -> None:
    [(is_alone, has_lock)] = entering.fetchall()
    if not has_lock:
        raise lock_lost()
    if not is_alone:
        raise psycopg.errors.LockNotAvailable("another migrator is inside a migration")


def _kept(migration: MigrationLike, part: Segment, count: int, *, is_whole: bool) -> str:
    """What an error says about the rest of the migration."""
    if is_whole:
        return f"rolled back: nothing of `{migration.tag}` was kept; migrations before it stay"
    first = part.steps[0].number if part.steps else count + 1
    if first == 1:
        return f"nothing of `{migration.tag}` was kept; migrations before it stay"
    return (
        f"statements 1 to {first - 1} of {count} of `{migration.tag}` are committed; "
        f"the next run goes on with statement {first}"
    )

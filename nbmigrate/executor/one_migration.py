"""One migration: its transactions, what is asked before them and what is written with them.

Each file is one transaction together with its row in the history; one with a statement that
cannot be in a transaction is several, and its progress is written down after each.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

import psycopg

from nbmigrate.executor import history, statements
from nbmigrate.executor.alone import run_alone
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
from nbmigrate.postgresql.sending import Query, Row, exchanged


class Around(Protocol):
    """What else is done in the transactions of a migration (an undo is made possible there)."""

    def begin(self, connection: psycopg.Connection[Any]) -> None:
        """Called once, before the first migration."""
        ...

    def finish(self, connection: psycopg.Connection[Any]) -> None:
        """Called once, after the last one that was committed."""
        ...

    def look_ahead(self, migration: MigrationLike) -> None:
        """Called while the migration before runs: what can be told without the database."""
        ...

    def before(self, connection: psycopg.Connection[Any], migration: MigrationLike) -> None:
        """Called in its first transaction, before its first statement."""
        ...

    def look_again(self, connection: psycopg.Connection[Any], migration: MigrationLike) -> None:
        """Called in its last transaction, after its last statement: what needs answers."""
        ...

    def after(self, migration: MigrationLike) -> Sequence[Query]:
        """Called after that: what is to be sent with the history, under our own role."""
        ...


class _AppliedMeanwhileError(Exception):
    """Another migrator has committed this migration; it stops the transaction, not the run."""


class Rest(NamedTuple):
    """What is left of a migration: its steps, and how many of the first are committed.

    ``is_noted`` says that an earlier run left notes of it, ``changes_session`` that its session may
    have another role behind it; ``following`` is the one whose turn it will be then.
    """

    steps: tuple[Step, ...]
    done: int
    is_late: bool
    is_noted: bool
    changes_session: bool
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
            work = _work(session, migration, Segment(()), rest, start=start, is_last=False)
            _surround(work, session, migration, around, first=True, last=False)
            run_transaction(session, (), work)
        for at, part in enumerate(parts):
            is_last = at == len(parts) - 1
            work = _work(session, migration, part, rest, start=start, is_last=is_last)
            if around is not None:
                _surround(work, session, migration, around, first=at + done == 0, last=is_last)
                if is_last and rest.following is not None and not rest.changes_session:
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
        pid = session.connection.info.backend_pid
        with session.observer.transaction():
            ran = [statements.Ran(step, done, begun)]
            noted = (*_log(session, work.origin.tag, ran), *progress.finish([step], pid=pid))
            exchanged(session.observer, noted)


def _work(
    session: Session,
    migration: MigrationLike,
    part: Segment,
    rest: Rest,
    *,
    start: float,
    is_last: bool,
) -> Work:
    """The transaction of a part; the last one writes the history."""
    settings = session.settings

    def conclude(ran: Sequence[statements.Ran]) -> Sequence[Query]:
        progress = Progress(history.history_name(settings), migration.tag)
        queries = [*(history.OWN_ROLE if rest.changes_session else ())]
        queries += _log(session, migration.tag, ran)
        if not is_last:
            pid = session.connection.info.backend_pid
            return [*queries, *progress.finish(part.steps, pid=pid)]
        ms, count = elapsed_ms(settings, start), len(rest.steps)
        queries += history.record(migration, settings, statements=count, ms=ms)
        if rest.is_noted or part.steps != rest.steps:
            queries.append(progress.forget_all())
        return queries

    return Work(
        origin=Origin(migration.tag, str(migration.path)),
        kept="",
        # not in one query: it would not see what another one commits before it gets the lock
        asks=(_entering(session), history.find_recorded(migration, settings)),
        judge=_require_alone,
        conclude=conclude,
        prepare=not rest.changes_session,
    )


def _require_alone(answers: Sequence[Sequence[Row]]) -> None:
    """By the answers to what a transaction asks as it begins."""
    [(is_alone, has_lock)], recorded = answers
    if not has_lock:
        raise lock_lost()
    if not is_alone:
        raise psycopg.errors.LockNotAvailable("another migrator is inside a migration")
    if recorded:
        raise _AppliedMeanwhileError


def _log(session: Session, tag: str, ran: Sequence[statements.Ran]) -> list[Query]:
    return statements.write(
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
    leave = work.conclude

    def before() -> None:
        around.before(session.connection, migration)

    def after(_: Sequence[statements.Ran]) -> None:
        around.look_again(session.connection, migration)

    def conclude(ran: Sequence[statements.Ran]) -> Sequence[Query]:
        return (*leave(ran), *around.after(migration))

    if first:
        work.before = before
    if last:
        work.after, work.conclude = after, conclude


def _entering(session: Session) -> Query:
    """Try to be alone inside the transaction too; the session's lock may be lost with its connection."""
    return Query(
        "SELECT pg_catalog.pg_try_advisory_xact_lock($1),"
        " EXISTS (SELECT FROM pg_catalog.pg_stat_get_activity($2))",
        [lock_key(session.settings, "transaction"), session.lock.pid],
    )


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

"""Migrate: the pending files of a folder, in the order of its journal, each exactly once.

Each migration is one transaction together with its row in the history, so that a
crash at any moment leaves either both or neither. A file with a statement that cannot
be in a transaction is several; its progress is written down after each. Nothing runs
before everything that can be found out beforehand is found to be in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeVar

import psycopg

from nbmigrate.errors import ExecutionError, UsageConflictError
from nbmigrate.executor import bookkeeping, history, statements
from nbmigrate.executor.alone import run_alone
from nbmigrate.executor.connections import connect, pipelined
from nbmigrate.executor.events import Applied, LockWaited, MigrationStarted, OnEvent, ignore
from nbmigrate.executor.failpoints import Failpoint
from nbmigrate.executor.failures import Origin
from nbmigrate.executor.lock import MigratorLock, lock_key
from nbmigrate.executor.progress import Progress
from nbmigrate.executor.running import Session, Work, elapsed_ms, run_transaction
from nbmigrate.executor.segments import (
    MigrationLike,
    Segment,
    Step,
    is_session_setting,
    may_change_session,
    read_steps,
    segments,
)
from nbmigrate.executor.settings import Settings
from nbmigrate.executor.soundness import require_in_order, require_sound
from nbmigrate.executor.urls import mask_url

M = TypeVar("M", bound=MigrationLike)


class Around(Protocol):
    """What else is done in the transactions of a migration (an undo is made possible there)."""

    def begin(self, connection: psycopg.Connection[Any]) -> None:
        """Called once, before the first migration."""
        ...

    def finish(self, connection: psycopg.Connection[Any]) -> None:
        """Called once, after the last one that was committed."""
        ...

    def before(self, connection: psycopg.Connection[Any], migration: MigrationLike) -> None:
        """Called in its first transaction, before its first statement."""
        ...

    def after(self, connection: psycopg.Connection[Any], migration: MigrationLike) -> None:
        """Called in its last transaction, after its last statement."""
        ...


class _AppliedMeanwhileError(Exception):
    """Another migrator has committed this migration; it stops the transaction, not the run."""


def migrate(
    url: str,
    migrations: Sequence[MigrationLike],
    *,
    to: str | None = None,
    on_event: OnEvent | None = None,
    settings: Settings | None = None,
    around: Around | None = None,
) -> tuple[Applied, ...]:
    """Apply what is pending, up to and including ``to``, and return it.

    Several migrators may start at once: one works, the others wait, find nothing left to
    do and return ``()``.

    Raises:
        ConnectFailedError: no connection, no second one, or a pooled one.
        JournalError: a file was edited, is missing or must not be executed; nothing is run.
        DriftError: the history table lost rows; nothing is run.
        StatementFailedError: what PostgreSQL refused, and what was rolled back.
        LockTimeoutError: who holds the lock.
    """
    settings = settings or Settings()
    wanted = up_to(migrations, to)
    with _worker(url, settings) as worker:
        if not _pending(worker, migrations, wanted, settings):
            return ()
        _require_writable(worker, url)
        listen = on_event or ignore
        lock = MigratorLock(
            url,
            settings=settings,
            worker=worker,
            on_wait=lambda holder: listen(LockWaited(holder=holder)),
        )
        with lock:
            session = Session(url, worker, lock, settings, listen, Failpoint.of(settings))
            try:
                return _run_pending(session, migrations, wanted, around)
            finally:
                session.close_replacement(worker)


def pending(
    connection: psycopg.Connection[Any],
    migrations: Sequence[M],
    *,
    to: str | None = None,
    settings: Settings | None = None,
) -> tuple[M, ...]:
    """What ``migrate`` would run now; raises what it would raise before it begins."""
    wanted = up_to(migrations, to)
    found = _pending(connection, migrations, wanted, settings or Settings())
    tags = {migration.tag for migration, _ in found}
    return tuple(m for m in wanted if m.tag in tags)


def baseline(
    url: str, migrations: Sequence[MigrationLike], *, settings: Settings | None = None
) -> tuple[str, ...]:
    """Record migrations as applied without running them; the tags that were not recorded yet."""
    settings = settings or Settings()
    with (
        _worker(url, settings) as worker,
        MigratorLock(url, settings=settings, worker=worker),
    ):
        _prepare(worker, settings)
        rows = history.read_history(worker, settings)
        open_tags = {s.tag for s in history.statuses(migrations, rows) if s.state == "pending"}
        with worker.transaction():
            for migration in (m for m in migrations if m.tag in open_tags):
                history.record(worker, migration, settings, statements=0, ms=0)
    return tuple(m.tag for m in migrations if m.tag in open_tags)


@contextmanager
def _worker(url: str, settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    connection = connect(
        url,
        application_name=settings.application_name,
        lock_timeout_ms=settings.lock_timeout_ms,
    )
    try:
        yield connection
    finally:
        connection.close()


def up_to(migrations: Sequence[M], to: str | None) -> Sequence[M]:
    """The migrations up to and including ``to``, a tag or its number; all without one."""
    if to is None:
        return migrations
    for at, migration in enumerate(migrations):
        if to in {migration.tag, migration.tag.partition("_")[0]}:
            return migrations[: at + 1]
    tags = ", ".join(m.tag for m in migrations) or "none"
    raise UsageConflictError(f"there is no migration `{to}`", hint=f"there are: {tags}")


def _pending(
    connection: psycopg.Connection[Any],
    migrations: Sequence[MigrationLike],
    wanted: Sequence[MigrationLike],
    settings: Settings,
) -> list[tuple[MigrationLike, history.Status]]:
    """What is to be run; the whole folder is looked at, also what comes after ``wanted``."""
    found = history.read_status(connection, migrations, settings)
    require_sound(migrations, found, settings)
    require_in_order(migrations, wanted, found, settings)
    by_tag = {status.tag: status for status in found}
    pairs = [(migration, by_tag[migration.tag]) for migration in wanted]
    return [pair for pair in pairs if pair[1].state == "pending"]


def _require_writable(connection: psycopg.Connection[Any], url: str) -> None:
    found = connection.execute("SELECT pg_catalog.current_setting('transaction_read_only')")
    if found.fetchone() == ("on",):
        shown = mask_url(url)
        raise ExecutionError(
            f"`{shown}` is read-only (SQLSTATE 25006); nothing was run",
            url=shown,
            hint="it is a standby, or default_transaction_read_only is on: connect to the primary",
        )


def _prepare(connection: psycopg.Connection[Any], settings: Settings) -> None:
    bookkeeping.ensure(connection)
    history.ensure_history(connection, settings)


def _run_pending(
    session: Session,
    migrations: Sequence[MigrationLike],
    wanted: Sequence[MigrationLike],
    around: Around | None,
) -> tuple[Applied, ...]:
    # Read again under the lock: the one who was waited for may have done it all.
    pending = _pending(session.connection, migrations, wanted, session.settings)
    if not pending:
        return ()
    work = [(migration, status, read_steps(migration)) for migration, status in pending]
    _prepare(session.connection, session.settings)
    done: list[Applied] = []
    with _beginning_and_finishing(session, around):
        for migration, status, steps in work:
            session.require_lock()
            applied = _apply_one(session, migration, steps, around, late=status.late)
            if applied is not None:
                done.append(applied)
                session.on_event(applied)
            if any(may_change_session(step.sql) for step in steps):
                session.reset()
    return tuple(done)


@contextmanager
def _beginning_and_finishing(session: Session, around: Around | None) -> Iterator[None]:
    """Let ``around`` begin, and finish also for what was committed before an error."""
    if around is None:
        yield
        return
    around.begin(session.connection)
    try:
        yield
    except Exception:
        with suppress(psycopg.Error):  # the error that stopped the run is the one to be told
            session.reset()
            around.finish(session.connection)
        raise
    around.finish(session.connection)


def _apply_one(
    session: Session,
    migration: MigrationLike,
    steps: tuple[Step, ...],
    around: Around | None,
    *,
    late: bool,
) -> Applied | None:
    start = session.settings.monotonic()
    progress = Progress(history.history_name(session.settings), migration.tag)
    done = progress.done(session.observer, steps)
    session.on_event(
        MigrationStarted(tag=migration.tag, statements=len(steps), late=late, done=done)
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
            work.log([statements.Ran(step, done, begun)])
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

    def before() -> None:
        with pipelined(session.connection):
            entering = _entering(session.connection, settings)
            is_recorded = history.is_recorded(session.connection, migration, settings)
        _require_alone(entering)
        if is_recorded:
            raise _AppliedMeanwhileError

    def after() -> None:
        if step_count is None:
            progress = Progress(history.history_name(settings), migration.tag)
            progress.finish(session.connection, part.steps)
        else:
            ms = elapsed_ms(settings, start)
            history.record(session.connection, migration, settings, statements=step_count, ms=ms)

    def log(ran: Sequence[statements.Ran]) -> None:
        statements.write(
            session.connection if part.is_transactional else session.observer,
            (history.history_name(settings), migration.tag),
            ran,
            now=settings.monotonic(),
            who=(session.connection.info.backend_pid, settings.application_name),
        )

    origin = Origin(migration.tag, str(migration.path))
    return Work(origin=origin, kept="", before=before, after=after, log=log)


def _surround(
    work: Work,
    session: Session,
    migration: MigrationLike,
    around: Around,
    *,
    first: bool,
    last: bool,
) -> None:
    enter, leave = work.before, work.after

    def before() -> None:
        enter()
        around.before(session.connection, migration)

    def after() -> None:
        around.after(session.connection, migration)
        leave()

    if first:
        work.before = before
    if last:
        work.after = after


def _entering(
    connection: psycopg.Connection[Any], settings: Settings
) -> psycopg.Cursor[tuple[Any, ...]]:
    """Try to be alone inside the transaction too, should the session's lock be lost meanwhile."""
    key = lock_key(settings, "transaction")
    return connection.execute("SELECT pg_catalog.pg_try_advisory_xact_lock(%s)", [key])


def _require_alone(entering: psycopg.Cursor[tuple[Any, ...]]) -> None:
    if entering.fetchone() != (True,):
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

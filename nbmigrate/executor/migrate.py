"""Migrate: the pending files of a folder, in the order of its journal, each exactly once.

Each migration is one transaction together with its row in the history, so that a
crash at any moment leaves either both or neither. A file with a statement that cannot
be in a transaction is several; its progress is written down after each. Nothing runs
before everything that can be found out beforehand is found to be in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg

from nbmigrate.errors import ExecutionError, UsageConflictError
from nbmigrate.executor import bookkeeping, history
from nbmigrate.executor.connections import connect
from nbmigrate.executor.events import Applied, LockWaited, OnEvent, ignore
from nbmigrate.executor.failpoints import Failpoint
from nbmigrate.executor.lock import MigratorLock
from nbmigrate.executor.one_migration import Around, Rest, apply_one
from nbmigrate.executor.progress import Progress, read_progress
from nbmigrate.executor.running import Session
from nbmigrate.executor.segments import (
    MigrationLike,
    Step,
    may_change_session,
    read_steps,
)
from nbmigrate.executor.settings import Settings
from nbmigrate.executor.soundness import require_in_order, require_sound
from nbmigrate.executor.urls import mask_url
from nbmigrate.postgresql.sending import exchanged

M = TypeVar("M", bound=MigrationLike)


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
                noted = Progress(history.history_name(settings), migration.tag)
                written = history.record(migration, settings, statements=0, ms=0)
                exchanged(worker, (*written, noted.forget_all()))
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
    steps = [read_steps(migration) for migration, _ in pending]
    _prepare(session.connection, session.settings)
    work = _left(session, pending, steps)
    done: list[Applied] = []
    with _beginning_and_finishing(session, around):
        for (migration, _), rest in zip(pending, work, strict=True):
            applied = apply_one(session, migration, rest, around)
            if applied is not None:
                done.append(applied)
                session.on_event(applied)
            if rest.changes_session:
                session.reset()
    return tuple(done)


def _left(
    session: Session,
    pending: Sequence[tuple[MigrationLike, history.Status]],
    steps: Sequence[tuple[Step, ...]],
) -> Iterator[Rest]:
    """What is left of each pending migration."""
    name = history.history_name(session.settings)
    noted = read_progress(session.observer, name)
    following = (*(migration for migration, _ in pending[1:]), None)
    for (migration, status), its, then in zip(pending, steps, following, strict=True):
        yield Rest(
            its,
            done=Progress(name, migration.tag).done(noted, its),
            is_late=status.late,
            is_noted=migration.tag in noted,
            changes_session=any(may_change_session(step.sql) for step in its),
            following=then,
        )


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

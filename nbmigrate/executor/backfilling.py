"""Batches through a table in the order of its key, each one transaction with its cursor.

The cursor and the rows of a batch are committed together, so a run that is killed goes on with
the first row that is not done, and no row is done twice; rows that others change meanwhile
are changed as they are then. A row that moves to a larger key meanwhile counts as another row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import psycopg

from nbmigrate.errors import StatementFailedError, UsageConflictError
from nbmigrate.executor.backfills import Backfill, Books, ensure, forget_unbegun, unfinished
from nbmigrate.executor.blockers import Lookout
from nbmigrate.executor.connections import connect, set_session
from nbmigrate.executor.events import Retried
from nbmigrate.executor.failpoints import Failpoint
from nbmigrate.executor.failures import RETRYABLE, Origin, lock_timed_out, statement_failed
from nbmigrate.executor.row_keys import RowKey, read_key
from nbmigrate.executor.segments import Step
from nbmigrate.executor.settings import Settings
from nbmigrate.model.tables import Value
from nbmigrate.operations import Id


class BatchDone(Value, frozen=True, kw_only=True):
    """A batch was committed. ``rows`` and ``seconds`` are of this run, ``total_rows`` of all."""

    table: str
    batch: int
    rows: int
    total_rows: int
    seconds: float

    @property
    def rows_per_second(self) -> float:
        """How fast this run is."""
        return self.rows / self.seconds if self.seconds > 0 else 0.0


#: Changes the rows of one batch: connection, key, condition with ``$n``, its values -> rows changed.
Change = Callable[[psycopg.Connection[Any], RowKey, str, Sequence[str]], int]
Listen = Callable[[BatchDone | Retried], None]


@dataclass(frozen=True, kw_only=True)
class Job:
    """A backfill to be done. ``text`` is what says that two are the same: the change in words."""

    table: Id
    text: str
    change: Change
    where: str = ""
    batch: int = 10_000

    @property
    def digest(self) -> str:
        """Equal for equal changes of rows."""
        return hashlib.sha256(f"{self.where}\0{self.text}".encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        """The table."""
        return ".".join(self.table)


@dataclass(kw_only=True)
class Run:
    """What a run did: its own rows and batches, and where it began."""

    key: tuple[str, ...] = ()
    rows: int = 0
    batches: int = 0
    total_rows: int = 0
    seconds: float = 0.0
    resumed_rows: int | None = None
    was_done: bool = False


@dataclass(kw_only=True)
class _Worker:
    connection: psycopg.Connection[Any]
    lookout: Lookout
    job: Job
    books: Books
    settings: Settings
    listen: Listen
    key: RowKey
    started: float
    failpoint: Failpoint
    run: Run = field(default_factory=Run)


def backfill(
    url: str,
    job: Job,
    *,
    resume: bool = False,
    restart: bool = False,
    on_event: Listen | None = None,
    settings: Settings | None = None,
) -> Run:
    """Do the job, or go on with it.

    The same job is gone on with by itself. ``resume`` takes up an unfinished one of the table
    whose text was another; ``restart`` begins anew also what is done.

    Raises:
        UsageConflictError: another backfill of the table is unfinished, or none is.
        StatementFailedError: PostgreSQL refused a batch; the earlier ones stay.
    """
    settings = settings or Settings()
    with (
        connect(url, lock_timeout_ms=settings.lock_timeout_ms) as connection,
        connect(url) as observer,
        closing(Lookout(observer)) as lookout,
    ):
        # A function may think about its rows for as long as it likes.
        set_session(connection, {"idle_in_transaction_session_timeout": "0"})
        key = read_key(connection, job.table)
        ensure(connection)
        books = Books(*job.table, job.digest)
        worker = _Worker(
            connection=connection,
            lookout=lookout,
            job=job,
            books=books,
            settings=settings,
            listen=on_event or _ignore,
            key=key,
            started=settings.monotonic(),
            failpoint=Failpoint.of(settings),
        )
        _begin(worker, resume=resume, restart=restart)
        while _retried(worker):
            pass
    worker.run.seconds = settings.monotonic() - worker.started
    return worker.run


def _begin(worker: _Worker, *, resume: bool, restart: bool) -> None:
    """Note the job, or take it up where it stopped."""
    connection, job, books = worker.connection, worker.job, worker.books
    forget_unbegun(connection, job.table)
    others = [b for b in unfinished(connection, job.table) if b.hash != job.digest]
    mine = books.read(connection)
    if restart:
        with connection.transaction():
            for former in [*others, *([mine] if mine else [])]:
                Books(former.schema, former.name, former.hash).forget(connection)
        mine = None
    elif others and mine is None:
        _take_over(worker, others, resume=resume)
        mine = books.read(connection)
    elif resume and mine is None:
        raise UsageConflictError(
            f"no backfill of `{job.name}` is unfinished", hint="leave --resume out to begin"
        )
    if mine is not None:
        worker.run.resumed_rows = mine.rows
        worker.run.was_done = mine.is_finished
        worker.run.total_rows = mine.rows
    books.start(connection, job.text, worker.key.columns)
    worker.run.key = worker.key.columns


def _take_over(worker: _Worker, others: list[Backfill], *, resume: bool) -> None:
    former = others[-1]
    if not resume:
        raise UsageConflictError(
            f"another backfill of `{worker.job.name}` is unfinished after {former.rows:,} rows:\n"
            f"{former.change}",
            hint="--resume goes on behind them with the new text; --restart begins anew",
        )
    if former.key != worker.key.columns:
        raise UsageConflictError(
            f"the unfinished backfill of `{worker.job.name}` went by {', '.join(former.key)}, "
            f"the key is {', '.join(worker.key.columns)} now",
            hint="--restart begins anew",
        )
    worker.books.take_over(worker.connection, former, worker.job.text)


def _retried(worker: _Worker) -> bool:
    """One batch, again and again until its locks are granted; False when no row is left."""
    number = 0
    while True:
        number += 1
        watch = worker.lookout.watch(
            worker.connection.info.backend_pid,
            lock_timeout_ms=worker.settings.lock_timeout_ms,
        )
        try:
            with watch:
                return _batch(worker)
        except RETRYABLE as error:
            if number >= worker.settings.attempts:
                raise lock_timed_out(
                    error,
                    step=_step(worker),
                    origin=Origin(),
                    kept=_kept(worker),
                    limits=(worker.settings.lock_timeout_ms, worker.settings.attempts),
                    blockers=watch.blockers,
                    may_release=False,
                ) from error
            seconds = worker.settings.backoff_seconds(number)
            worker.listen(
                Retried(
                    tag=worker.job.name,
                    attempt=number,
                    attempts=worker.settings.attempts,
                    pause_ms=round(seconds * 1000),
                    sqlstate=error.sqlstate or "",
                    blockers=watch.blockers,
                )
            )
            worker.settings.sleep(seconds)
        except psycopg.Error as error:
            raise _failed(worker, error) from error


def _batch(worker: _Worker) -> bool:
    connection, books, run = worker.connection, worker.books, worker.run
    with connection.transaction():
        noted = books.read(connection, lock=True)
        if noted is None:
            raise UsageConflictError(
                f"this backfill of `{worker.job.name}` was ended: another one took over or began anew",
                hint="nbmigrate status shows which is unfinished",
            )
        if noted.is_finished:
            return False
        last = _last_key(worker, noted.cursor)
        if last is None:
            books.finish(connection)
            return False
        condition = worker.key.span_sql(worker.job.where, noted.cursor)
        values = [*(noted.cursor or ()), *last]
        rows = worker.job.change(connection, worker.key, condition, values)
        books.advance(connection, last, rows)
        worker.failpoint.reach("before_commit", noted.batches + 1)
    run.rows += rows
    run.batches += 1
    run.total_rows = noted.rows + rows
    worker.failpoint.reach("after_commit", noted.batches + 1)
    worker.listen(
        BatchDone(
            table=worker.job.name,
            batch=noted.batches + 1,
            rows=run.rows,
            total_rows=run.total_rows,
            seconds=worker.settings.monotonic() - worker.started,
        )
    )
    return True


def _last_key(worker: _Worker, after: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The key of the last row of the next batch; None when no row is left."""
    query = worker.key.last_sql(worker.job.where, after, worker.job.batch)
    with psycopg.RawCursor(worker.connection) as cursor:
        found = cursor.execute(query.encode(), list(after or ())).fetchone()
    return tuple(found) if found else None


def _step(worker: _Worker) -> Step:
    return Step(worker.run.batches + 1, worker.job.text)


def _kept(worker: _Worker) -> str:
    done = worker.run.total_rows
    return f"this batch was rolled back; {done:,} rows of earlier batches are done and stay"


def _failed(worker: _Worker, error: psycopg.Error) -> StatementFailedError:
    failed = statement_failed(error, step=_step(worker), origin=Origin(), kept=_kept(worker))
    again = "run it again: it goes on behind the rows that are done"
    failed.hint = failed.hint or (again if worker.run.total_rows else "correct it and run it again")
    return failed


def _ignore(_event: BatchDone | Retried) -> None:
    return None

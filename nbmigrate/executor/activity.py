"""What a connection is doing right now, asked on another one; and how to stop it.

PostgreSQL docs, "Progress Reporting": index builds and COPY say how far they are;
for other statements there are the statement, its time, and whom it waits for.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg.rows import class_row

from nbmigrate.errors import ExecutionError
from nbmigrate.executor.blockers import Blocker, find_blockers
from nbmigrate.executor.connections import connect, sibling
from nbmigrate.executor.stopping import Stoppable
from nbmigrate.model.tables import Value
from nbmigrate.postgresql.secrets import mask_sql

_ACTIVITY = """
    SELECT a.query AS statement, coalesce(a.wait_event_type, '') = 'Lock' AS is_waiting,
           extract(epoch FROM clock_timestamp() - a.query_start)::float8 AS seconds,
           coalesce(i.phase, CASE WHEN c.pid IS NOT NULL THEN 'copying' END, '') AS phase,
           coalesce(CASE WHEN i.blocks_total > 0 THEN i.blocks_done::float8 / i.blocks_total
                         WHEN i.tuples_total > 0 THEN i.tuples_done::float8 / i.tuples_total
                         WHEN c.bytes_total > 0 THEN c.bytes_processed::float8 / c.bytes_total
                    END, -1) AS fraction,
           coalesce(nullif(i.tuples_done, 0), c.tuples_processed, 0) AS rows
      FROM pg_catalog.pg_stat_activity AS a
      LEFT JOIN pg_catalog.pg_stat_progress_create_index AS i USING (pid)
      LEFT JOIN pg_catalog.pg_stat_progress_copy AS c USING (pid)
     WHERE a.pid = %s AND a.state = 'active'
"""
_FIRST_LOOK_SECONDS = 0.4
_LOOK_SECONDS = 0.25


class _Row(Value, frozen=True, kw_only=True):
    statement: str
    is_waiting: bool
    seconds: float
    phase: str
    fraction: float
    rows: int


class Activity(Value, frozen=True, kw_only=True):
    """A statement that runs. ``fraction`` is ``None`` where PostgreSQL does not say how far it is."""

    statement: str
    seconds: float
    phase: str = ""
    fraction: float | None = None
    rows: int = 0
    blockers: tuple[Blocker, ...] = ()


def read_activity(connection: psycopg.Connection[Any], pid: int) -> Activity | None:
    """What the backend ``pid`` does; ``None`` when it does nothing."""
    with connection.cursor(row_factory=class_row(_Row)) as cursor:
        found = cursor.execute(_ACTIVITY, [pid]).fetchone()
    if found is None:
        return None
    return Activity(
        statement=mask_sql(found.statement),
        seconds=found.seconds,
        phase=found.phase,
        fraction=found.fraction if found.fraction >= 0 else None,
        rows=found.rows,
        blockers=find_blockers(connection, pid) if found.is_waiting else (),
    )


class Monitor:
    """While open, tells what a connection is doing, four times a second, from a thread.

    It looks for the first time after 0.4 s: work that is done by then costs nothing. A run
    that works on a connection of its own announces it (:func:`announce`), and is followed
    there. The thread has the context of the one who opened it, so that a notebook knows
    the cell.
    """

    def __init__(
        self, connection: psycopg.Connection[Any], on_activity: Callable[[Activity], None]
    ) -> None:
        self._connection = connection
        self._url = sibling(connection, application_name="nbmigrate (progress)")
        self._on_activity = on_activity
        self._over = threading.Event()
        self._work = Stoppable()
        self._work.follow(connection)
        self._token: contextvars.Token[Monitor | None] | None = None

    @property
    def is_stopping(self) -> bool:
        """True once :meth:`stop` was called."""
        return self._work.is_stopping

    def __enter__(self) -> Self:
        self._token = _OPEN.set(self)
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), daemon=True, name="nbmigrate-monitor"
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._work.finish()
        assert self._token
        _OPEN.reset(self._token)
        self._thread.join(timeout=5)

    def follow(self, connection: psycopg.Connection[Any]) -> None:
        """The work goes on on another connection."""
        self._connection = connection
        self._work.follow(connection)

    def stop(self) -> None:
        """Cancel the work on the server, from any thread, until the monitor is closed."""
        self._work.stop()

    def _run(self) -> None:
        if self._over.wait(_FIRST_LOOK_SECONDS):
            return
        # Without a connection to ask, the work goes on unseen.
        with suppress(psycopg.Error, ExecutionError), connect(self._url) as observer:
            while not self._over.is_set():
                found = read_activity(observer, self._connection.info.backend_pid)
                if found is not None and not self._over.is_set():
                    self._on_activity(found)
                self._over.wait(_LOOK_SECONDS)


_OPEN: contextvars.ContextVar[Monitor | None] = contextvars.ContextVar("monitor", default=None)


def announce(connection: psycopg.Connection[Any]) -> None:
    """Say that the work goes on on this connection, to whoever watches."""
    monitor = _OPEN.get()
    if monitor is not None:
        monitor.follow(connection)

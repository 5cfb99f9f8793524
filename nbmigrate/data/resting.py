"""A connection that is there when it is needed, and gone when it was not for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

Open = Callable[[], psycopg.Connection[Any]]


class RestingConnection:
    """One connection for one piece of work at a time; closed after ``idle_s`` seconds of rest."""

    def __init__(self, opener: Open, idle_s: float) -> None:
        self._open = opener
        self._idle_s = idle_s
        self._lock = threading.RLock()
        self._connection: psycopg.Connection[Any] | None = None
        self._timer: threading.Timer | None = None

    @contextmanager
    def working(self) -> Iterator[psycopg.Connection[Any]]:
        """The connection for this thread alone; the time of rest begins afterwards."""
        with self._lock:
            self._stop_timer()
            try:
                yield self._usable()
            finally:
                self._timer = threading.Timer(self._idle_s, self._close_if_free)
                self._timer.daemon = True
                self._timer.start()

    @contextmanager
    def reading(self) -> Iterator[psycopg.Connection[Any]]:
        """One moment of the data, to be read only; what follows its first query cannot change that."""
        with self.working() as connection, connection.transaction(force_rollback=True):
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            connection.execute("SELECT 1")
            yield connection

    def cancel(self) -> None:
        """Stop what PostgreSQL is doing on it; from another thread."""
        connection = self._connection
        if connection is not None and not connection.closed:
            connection.cancel_safe(timeout=5)

    def close(self) -> None:
        """Close it; the next piece of work opens another one."""
        with self._lock:
            self._stop_timer()
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _usable(self) -> psycopg.Connection[Any]:
        found = self._connection
        if found is None or found.closed or found.broken:
            found = self._connection = self._open()
        elif found.info.transaction_status != TransactionStatus.IDLE:
            found.rollback()
        return found

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _close_if_free(self) -> None:
        if self._lock.acquire(blocking=False):
            try:
                self.close()
            finally:
                self._lock.release()

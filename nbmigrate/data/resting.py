"""A connection that is there when it is needed, and gone when it was not for a while."""

from __future__ import annotations

import threading
import time
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
        self._rests_since = 0.0

    @contextmanager
    def working(self) -> Iterator[psycopg.Connection[Any]]:
        """The connection for this thread alone; the time of rest begins afterwards."""
        with self._lock:
            try:
                yield self._usable()
            finally:
                self._rests_since = time.monotonic()
                self._set_timer(self._idle_s)

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

    def _set_timer(self, seconds: float) -> None:
        """Have one timer, however much work there is: each is a thread."""
        if self._timer is None:
            self._timer = threading.Timer(seconds, self._close_if_rested)
            self._timer.daemon = True
            self._timer.start()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _close_if_rested(self) -> None:
        with self._lock:
            if self._timer is not threading.current_thread():
                return  # it was closed while this waited for the lock
            self._timer = None
            left = self._rests_since + self._idle_s - time.monotonic()
            if left > 0:
                self._set_timer(left)
            else:
                self.close()

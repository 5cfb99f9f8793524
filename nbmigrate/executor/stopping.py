"""Stopping a piece of work from another thread.

A cancel request reaches only the statement that runs at the moment when it arrives (PostgreSQL
docs, "Canceling Queries in Progress"); between two statements it is lost. So it is repeated
until the work is over.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import psycopg

_AGAIN_SECONDS = 0.1


class Stoppable:
    """A piece of work on one or more connections, which are its own until it is over."""

    def __init__(self) -> None:
        self._connections: list[psycopg.Connection[Any]] = []
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_stopping(self) -> bool:
        """True once :meth:`stop` was called."""
        return self._thread is not None

    def follow(self, connection: psycopg.Connection[Any]) -> None:
        """The work goes on on this connection, too."""
        with self._lock:
            self._connections.append(connection)

    def stop(self) -> None:
        """Cancel what runs on the connections until :meth:`finish`; returns at once."""
        with self._lock:
            if self._thread is None and not self._over.is_set():
                self._thread = threading.Thread(target=self._cancel, daemon=True)
                self._thread.start()

    def require_going(self) -> None:
        """Between two statements, where no cancel request arrives.

        Raises:
            psycopg.errors.QueryCanceled: it was stopped.
        """
        if self.is_stopping:
            raise psycopg.errors.QueryCanceled("stopped on request")

    def finish(self) -> None:
        """The work is over; its connections are somebody else's from now on."""
        with self._lock:
            self._over.set()
            thread = self._thread
        if thread is not None:
            thread.join(timeout=5)

    def _cancel(self) -> None:
        while not self._over.is_set():
            with self._lock:
                open_ones = [one for one in self._connections if not one.closed]
            for connection in open_ones:
                with suppress(psycopg.Error):
                    connection.cancel_safe(timeout=2)
            self._over.wait(_AGAIN_SECONDS)

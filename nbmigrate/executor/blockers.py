"""Who stands in the way: the sessions that hold a lock somebody else waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import msgspec
import psycopg
from psycopg.rows import class_row

from nbmigrate.executor import own_sessions
from nbmigrate.model.tables import Value
from nbmigrate.postgresql.secrets import mask_sql

#: How long the thread sleeps when nothing is watched.
_IDLE_SECONDS = 0.3

_COLUMNS = """
    SELECT a.pid, coalesce(a.usename, '') AS "user", coalesce(a.application_name, '') AS application,
           coalesce(a.state, a.backend_type, '') AS state,
           round(coalesce(extract(epoch FROM clock_timestamp()
               - coalesce(a.xact_start, a.state_change, a.backend_start)), 0)::numeric, 1)::float8
               AS age_seconds,
           coalesce(left(a.query, 500), '') AS query
      FROM pg_catalog.pg_stat_activity AS a
"""
_BLOCKING = f"{_COLUMNS} WHERE a.pid = ANY (pg_catalog.pg_blocking_pids(%s)) ORDER BY a.xact_start"
_OLD_SNAPSHOTS = f"""{_COLUMNS}
     WHERE a.backend_xmin IS NOT NULL AND a.pid <> %s AND a.pid <> pg_catalog.pg_backend_pid()
       AND a.datname = pg_catalog.current_database() AND a.backend_type = 'client backend'
       AND a.xact_start < clock_timestamp() - interval '1 second'
     ORDER BY a.xact_start
"""


class Blocker(Value, frozen=True, kw_only=True):
    """A session that holds what another one waits for. ``age_seconds`` is of its transaction."""

    pid: int
    user: str
    application: str
    state: str
    age_seconds: float
    query: str
    own: str = ""

    @property
    def is_own_idle(self) -> bool:
        """Whether this very process holds it, in a transaction in which nothing runs."""
        return bool(self.own) and self.state.startswith("idle in transaction")

    def __str__(self) -> str:
        who = f"pid {self.pid}, user {self.user}"
        who += f", application {self.application}" if self.application else ""
        last = " ".join(mask_sql(self.query).split())[:200]
        text = f"{who}: {self.state} for {self.age_seconds:.0f} s, last statement: {last or '-'}"
        return f"{text} ({self.own})" if self.own else text


def find_blockers(connection: psycopg.Connection[Any], pid: int) -> tuple[Blocker, ...]:
    """The sessions the backend ``pid`` waits for right now, oldest transaction first."""
    with connection.cursor(row_factory=class_row(Blocker)) as cursor:
        found = cursor.execute(_BLOCKING, [pid]).fetchall()
    return tuple([msgspec.structs.replace(b, own=own_sessions.describe(b.pid)) for b in found])


def find_old_snapshots(connection: psycopg.Connection[Any], pid: int) -> tuple[Blocker, ...]:
    """The sessions that a CREATE INDEX CONCURRENTLY of ``pid`` would have to wait for."""
    with connection.cursor(row_factory=class_row(Blocker)) as cursor:
        return tuple(cursor.execute(_OLD_SNAPSHOTS, [pid]).fetchall())


class Watch:
    """While open, remembers who blocks a backend; see :class:`Lookout`."""

    def __init__(
        self,
        lookout: Lookout,
        pid: int,
        *,
        lock_timeout_ms: int,
        on_found: Callable[[tuple[Blocker, ...]], None] | None,
    ) -> None:
        self.pid = pid
        self.seconds = max(min(0.3, lock_timeout_ms / 4000), 0.02)
        self.due = 0.0
        self.blockers: tuple[Blocker, ...] = ()
        self._lookout = lookout
        self._on_found = on_found

    def __enter__(self) -> Self:
        self.due = time.monotonic() + self.seconds
        self._lookout.begin(self)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._lookout.end()

    def look(self, observer: psycopg.Connection[Any]) -> None:
        """Ask once, and say who is in the way while the wait lasts, once per session."""
        self.due = time.monotonic() + self.seconds
        with suppress(psycopg.Error):  # a lost observer only means that nobody is named
            found = find_blockers(observer, self.pid)
            new = {b.pid for b in found} - {b.pid for b in self.blockers}
            if new and self._on_found:
                self._on_found(found)
            self.blockers = found or self.blockers


class Lookout:
    """Asks who blocks a backend while it waits, on the idle connection of the migrator lock.

    When a lock timeout strikes, the wait is over and PostgreSQL no longer knows whom it
    was for; so a thread asks while it lasts. The first question is asked after 0.3 s, or a
    quarter of a shorter timeout: fast statements cost nothing. The thread is one for all
    watches of a connection, one after the other.
    """

    def __init__(self, observer: psycopg.Connection[Any]) -> None:
        self._observer = observer
        self._watch: Watch | None = None
        self._asking = threading.Lock()
        self._wake = threading.Event()
        self._looks_at = 0.0
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def watch(
        self,
        pid: int,
        *,
        lock_timeout_ms: int,
        on_found: Callable[[tuple[Blocker, ...]], None] | None = None,
    ) -> Watch:
        """A context in which the backend ``pid`` is watched."""
        return Watch(self, pid, lock_timeout_ms=lock_timeout_ms, on_found=on_found)

    def begin(self, watch: Watch) -> None:
        """Watch from now on."""
        self._watch = watch
        if self._thread is None or not self._thread.is_alive():  # a listener may have raised in it
            self._thread = threading.Thread(target=self._run, daemon=True, name="nbmigrate-watch")
            self._thread.start()
        elif watch.due < self._looks_at:
            self._wake.set()

    def end(self) -> None:
        """Watch no longer; a question that is under way is waited for."""
        is_quiet = self._asking.acquire(timeout=5)
        self._watch = None
        if is_quiet:
            self._asking.release()

    def close(self) -> None:
        """End the thread."""
        self._is_closed = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._is_closed:
            # said before it is looked what there is: a watch that begins in between wakes it
            self._looks_at = time.monotonic() + _IDLE_SECONDS
            if (watch := self._watch) is not None:
                self._looks_at = watch.due
            self._wake.wait(max(self._looks_at - time.monotonic(), 0))
            self._wake.clear()
            with self._asking:
                watch = self._watch
                if watch is not None and time.monotonic() >= watch.due:
                    watch.look(self._observer)

"""The migrator lock: one migrator at a time per database and history table.

A session advisory lock on a connection of its own. It is polled: a session that
blocks in ``pg_advisory_lock`` holds a snapshot, for which a CREATE INDEX
CONCURRENTLY of the holder would wait, a deadlock. It ends with its connection, so
no crash leaves it behind. Behind a pooler that hands server connections from one
client to the next it would protect nothing; that is found out and refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import class_row

from nbmigrate.errors import ConnectFailedError, ExecutionError, LockTimeoutError
from nbmigrate.executor.blockers import Lookout
from nbmigrate.executor.connections import connect
from nbmigrate.executor.settings import Settings
from nbmigrate.executor.urls import mask_url
from nbmigrate.model.tables import Value
from nbmigrate.postgresql.sending import Query, exchanged

_FIRST_POLL_SECONDS = 0.05
_LAST_POLL_SECONDS = 0.5

_HOLDER = """
    SELECT a.pid, coalesce(a.usename, '') AS "user", coalesce(a.application_name, '') AS application,
           extract(epoch FROM clock_timestamp() - a.backend_start)::float8 AS age_seconds
      FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
       AND l.database = (SELECT oid FROM pg_catalog.pg_database
                          WHERE datname = pg_catalog.current_database())
       AND (l.classid::bigint << 32) | l.objid::bigint = %s
"""
_IS_HELD = """
    SELECT EXISTS (SELECT FROM pg_catalog.pg_locks AS l
     WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
       AND l.pid = pg_catalog.pg_backend_pid()
       AND (l.classid::bigint << 32) | l.objid::bigint = $1)
"""


class Holder(Value, frozen=True, kw_only=True):
    """The session that has the migrator lock."""

    pid: int
    user: str
    application: str
    age_seconds: float

    @property
    def text(self) -> str:
        """Who it is, in words."""
        return f"pid {self.pid}, user {self.user}, application {self.application or '-'}"

    def __str__(self) -> str:
        return self.text


def lock_key(settings: Settings, purpose: str = "migrate") -> int:
    """The number of the lock; PostgreSQL adds the database by itself."""
    name = f"nbmigrate:{purpose}:{settings.history_schema}.{settings.history_table}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


class MigratorLock:
    """The lock as a context manager; ``connection`` is idle while it is held.

    ``on_wait`` is called with the holder, once per holder, when the lock is not free.

    Raises:
        LockTimeoutError: when it is not free in time.
        ConnectFailedError: when there is no second connection, or only a pooled one.
    """

    def __init__(
        self,
        url: str,
        *,
        settings: Settings,
        worker: psycopg.Connection[Any] | None = None,
        on_wait: Callable[[Holder], None] | None = None,
    ) -> None:
        self._url = url
        self._settings = settings
        self._worker = worker
        self._on_wait = on_wait
        self._key = lock_key(settings)
        self._connection: psycopg.Connection[Any] | None = None
        self._lookout: Lookout | None = None
        #: As the server has it: behind a pooler libpq's own is another.
        self.pid = 0

    @property
    def lookout(self) -> Lookout:
        """Who blocks somebody, asked on the connection of the lock."""
        if self._lookout is None:
            self._lookout = Lookout(self.connection)
        return self._lookout

    @property
    def connection(self) -> psycopg.Connection[Any]:
        """The connection that holds the lock."""
        if self._connection is None:
            raise ExecutionError("the migrator lock is not held", url=mask_url(self._url))
        return self._connection

    def __enter__(self) -> Self:
        name = f"{self._settings.application_name} (lock)"
        self._connection = connect(self._url, application_name=name)
        try:
            refuse_transaction_pooler(self._connection, self._worker, url=self._url)
            self._acquire(self._connection)
        except BaseException:
            self._connection.close()
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._lookout is not None:
            self._lookout.close()
        self.connection.close()

    def is_held(self) -> bool:
        """Whether the server still says that this session has the lock."""
        try:
            [[(is_held,)]] = exchanged(self.connection, [Query(_IS_HELD, [self._key])])
        except psycopg.OperationalError:
            return False
        return bool(is_held)

    def _acquire(self, connection: psycopg.Connection[Any]) -> None:
        clock, told = self._settings.monotonic, 0
        deadline = clock() + self._settings.lock_wait_ms / 1000
        pause = _FIRST_POLL_SECONDS
        while not self._try_lock(connection):
            holder = find_holder(connection, self._key)
            if holder and holder.pid != told and self._on_wait:
                self._on_wait(holder)
                told = holder.pid
            if clock() >= deadline:
                raise self._timed_out(holder)
            self._settings.sleep(pause * (0.5 + self._settings.random()))
            pause = min(pause * 1.5, _LAST_POLL_SECONDS)

    def _try_lock(self, connection: psycopg.Connection[Any]) -> bool:
        """Take it if it is free; that it is ours is seen in another exchange, as a pooler would hand it on."""
        lock = "SELECT pg_catalog.pg_try_advisory_lock($1)"
        [[(is_taken,)]] = exchanged(connection, [Query(lock, [self._key])])
        if not is_taken:
            return False
        pid = "SELECT pg_catalog.pg_backend_pid()"
        queries = Query(_IS_HELD, [self._key]), Query(pid)
        [(is_held,)], [(self.pid,)] = exchanged(connection, queries)
        if not is_held:
            raise _pooled(self._url, "the lock that was just taken is not in pg_locks")
        return True

    def _timed_out(self, holder: Holder | None) -> LockTimeoutError:
        waited = self._settings.lock_wait_ms
        return LockTimeoutError(
            f"another migrator is at work and did not finish within {waited / 1000:g} s",
            timeout_ms=waited,
            blockers=[str(holder)] if holder else [],
            hint="wait for it; if it is dead, end it with: select pg_terminate_backend(PID)",
        )


def find_holder(connection: psycopg.Connection[Any], key: int) -> Holder | None:
    """The session that holds the lock, if one does."""
    with connection.cursor(row_factory=class_row(Holder)) as cursor:
        return cursor.execute(_HOLDER, [key]).fetchone()


def refuse_transaction_pooler(
    connection: psycopg.Connection[Any], other: psycopg.Connection[Any] | None, *, url: str
) -> None:
    """Raise when the server process behind a connection changes between two statements.

    The pid sent at connect differs from the real one behind any pooler. In session mode
    the process stays the same even while another client is busy; in transaction mode
    the idle process is handed to that client.
    """
    if other is None or connection.info.backend_pid == _backend_pid(connection):
        return
    before = _backend_pid(connection)
    with other.transaction():
        inside = _backend_pid(other)
        now = _backend_pid(connection)
    if inside == before or now != before:
        raise _pooled(url, f"one session, two server processes ({before}, {now})")


def _backend_pid(connection: psycopg.Connection[Any]) -> int:
    found = connection.execute("SELECT pg_catalog.pg_backend_pid()").fetchone()
    assert found
    return int(found[0])


def _pooled(url: str, reason: str) -> ConnectFailedError:
    shown, parts = mask_url(url), conninfo_to_dict(url)
    place = f"{parts.get('host', '')}:{parts.get('port', '')}/{parts.get('dbname', '')}"
    return ConnectFailedError(
        f"`{place}` goes through a connection pooler in transaction mode: {reason}; "
        "there, no lock keeps two migrators apart",
        url=shown,
        hint="use the direct address of the server (often port 5432), or session mode",
    )

"""Who uses a server: locks that the system takes back from the dead.

A list of process ids would have to be repaired after every kill. Instead each
user holds a shared lock on ``pg.users``; whoever gets it exclusively knows that
nobody uses the server, and that nobody begins to while he stops it. A watcher
process waits for just that. The locks are never passed on to child processes
that start other programs, except to those whose life they stand for.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbmigrate.errors import ServerError
from nbmigrate.server.account import own_account, run
from nbmigrate.server.place import Place, open_lock

STOP_PATIENCE_S = 40.0
POLL_S = 0.02
# In the background, or the watcher would stay this process's child and become its zombie.
WATCHER = '"$@" >/dev/null 2>&1 &'


def begin(where: Place) -> int:
    """A use of the server; it ends when the result is closed, or with the process."""
    lock = open_lock(where.users_lock)
    # Waits while a server without users is being stopped.
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def try_lock(lock: int, *, shared: bool = False) -> bool:
    """Lock an open lock file if that is possible at once."""
    try:
        fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def starting(where: Place) -> Iterator[None]:
    """Be the only process that starts the server."""
    lock = open_lock(where.start_lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


@contextmanager
def alone(where: Place) -> Iterator[bool]:
    """Whether nobody uses the server; if so, nobody can begin to, inside."""
    lock = open_lock(where.users_lock)
    try:
        yield _become_alone(lock)
    finally:
        os.close(lock)


def _become_alone(lock: int) -> bool:
    deadline = time.monotonic() + STOP_PATIENCE_S
    while not try_lock(lock):
        if try_lock(lock, shared=True):
            return False
        # Neither lock is possible: the watcher is stopping the server.
        if time.monotonic() > deadline:
            raise ServerError("the embedded PostgreSQL does not stop")
        time.sleep(POLL_S)
    return True


def ensure_watched(where: Place) -> None:
    """Start a watcher unless there is one; it inherits the lock that says so."""
    lock = open_lock(where.watch_lock)
    try:
        if try_lock(lock):
            script = str(Path(__file__).with_name("postmaster.py"))
            paths = (str(where.users_lock), str(where.data), str(lock))
            command = ("/bin/sh", "-c", WATCHER, "sh", sys.executable, "-P", script, *paths)
            run(command, own_account(), pass_fds=(lock,))
    finally:
        os.close(lock)

"""One running PostgreSQL, seen from outside: is it alive, stop it, clean up after it.

Run as a script this is the watcher: it waits until no process uses a server any
more, whatever became of them, and stops it. Therefore this file imports nothing
of nbmigrate.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

PID_FILE = "postmaster.pid"
SOCKET_NAME = ".s.PGSQL.5432"
POLL_S = 0.01
# Fast shutdown, immediate shutdown (the next start recovers), and the last resort.
STOP_STEPS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))


@dataclass(frozen=True, kw_only=True)
class PidFile:
    """What PostgreSQL writes into ``postmaster.pid``, line by line while it starts."""

    pid: int
    sockets: Path
    status: str


def read_pid_file(data: Path) -> PidFile | None:
    """The pid file of a data folder, when there is one."""
    try:
        text = (data / PID_FILE).read_text(encoding="utf-8", errors="surrogateescape")
        lines = [*text.split("\n"), *[""] * 8]
        return PidFile(pid=int(lines[0]), sockets=Path(lines[4]), status=lines[7].strip())
    except (OSError, ValueError):
        return None


def is_ready(data: Path) -> bool:
    """Whether the server of a data folder accepts connections."""
    found = read_pid_file(data)
    if found is None or found.status != "ready" or not is_alive(found.pid, data):
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(found.sockets / SOCKET_NAME)) == 0


def is_alive(pid: int, data: Path) -> bool:
    """Whether a process is a PostgreSQL that works in this data folder.

    A pid alone proves nothing: after a restart of the machine or the container
    it belongs to somebody else.
    """
    try:
        process = psutil.Process(pid)
        return _works_in(process, data) and bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _works_in(process: psutil.Process, data: Path) -> bool:
    # PostgreSQL changes into its data folder; Linux marks a folder that is gone.
    folder: str = process.cwd().removesuffix(" (deleted)")
    name: str = process.name()
    return name.startswith("postgres") and folder == str(data)


def is_running(pid: int) -> bool:
    """Whether a process exists and has not ended."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def kill_all(data: Path) -> None:
    """Kill every process of PostgreSQL that works in a data folder."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if _works_in(process, data):
                process.kill()


def stop(data: Path) -> None:
    """Stop the server of a data folder; nothing happens when there is none."""
    found = read_pid_file(data)
    if found is None:
        return
    _stop_process(found.pid, data)
    with contextlib.suppress(OSError):
        found.sockets.rmdir()


def _stop_process(pid: int, data: Path) -> None:
    for number, patience_s in STOP_STEPS:
        if not is_alive(pid, data):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        wait_until(lambda: not is_alive(pid, data), patience_s)


def wait_until(condition: Callable[[], bool], patience_s: float) -> bool:
    """Whether a condition came true in time."""
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def watch(users_lock: str, data: str, watch_lock: int) -> None:
    """Stop the server when its last user is gone.

    Every user holds a shared lock on one file, and the system takes it from a
    process that dies, even by SIGKILL. Who gets it exclusively is alone.
    """
    users = os.open(users_lock, os.O_RDWR)
    fcntl.flock(users, fcntl.LOCK_EX)
    if _is_file_of(users, Path(users_lock)):
        stop(Path(data).resolve())
    # In this order: the next user must not take a watcher that ends for a living one.
    os.close(watch_lock)
    os.close(users)


def _is_file_of(descriptor: int, path: Path) -> bool:
    # A project that was deleted and made again has other users, and perhaps a server.
    with contextlib.suppress(OSError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False


if __name__ == "__main__":
    watch(sys.argv[1], sys.argv[2], int(sys.argv[3]))

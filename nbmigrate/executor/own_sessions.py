"""Connections of this very process: the blocker that nobody but its own kernel can let go.

A notebook that holds a transaction open and then migrates would wait for itself. The
drivers keep no list of their connections, so the living objects are looked through; this
is done only when somebody is in the way already.
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

#: How deep a connection may be inside what a variable holds (a SQLAlchemy session: engine, pool).
_DEPTH = 5


def pids() -> dict[int, Any]:
    """The open connections of this process by the pid of their backend."""
    found: dict[int, Any] = {}
    for thing in gc.get_objects():
        with suppress(Exception):  # any object of any library: looking must never fail
            if isinstance(thing, psycopg.Connection) and not thing.closed:
                found[thing.info.backend_pid] = thing
            elif type(thing).__module__.startswith("psycopg2") and not thing.closed:
                found[thing.get_backend_pid()] = thing
    return found


def describe(pid: int) -> str:
    """Where this process opened the session; empty for a session of somebody else."""
    connection = pids().get(pid)
    if connection is None:
        return ""
    namespace = _namespace()
    name = _variable(connection, namespace)
    if not name:
        return "this is your own kernel"
    cell = _cell(name, namespace)
    opened = f"connection opened by cell [{cell}]" if cell else "a connection of yours"
    return f"this is your own kernel: {opened}, variable `{name}`"


def release(wanted: Iterable[int]) -> tuple[int, ...]:
    """Roll back the open transactions of these sessions, as far as they are ours and idle."""
    found, released = pids(), []
    for pid in wanted:
        connection = found.get(pid)
        if connection is None or not _is_idle(connection):
            continue
        connection.rollback()
        released.append(pid)
    return tuple(released)


def _is_idle(connection: Any) -> bool:  # noqa: ANN401 - a connection of either driver
    status = connection.info.transaction_status
    return status in {int(TransactionStatus.INTRANS), int(TransactionStatus.INERROR)}


def _namespace() -> Mapping[str, Any]:
    """The variables of the user: those of IPython, where it runs, otherwise of the script."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        return dict(shell.user_ns)
    return dict(vars(sys.modules["__main__"]))


def _variable(connection: object, namespace: Mapping[str, Any]) -> str:
    """The variable that holds the connection, itself or inside a session or an engine of its own."""
    names = {n: v for n, v in namespace.items() if not n.startswith("_") and n not in {"In", "Out"}}
    direct = [name for name, value in names.items() if value is connection]
    if direct:
        return direct[0]
    libraries = ("sqlalchemy", "psycopg", "psycopg2", "sqlmodel")
    for name, value in names.items():
        if type(value).__module__.partition(".")[0] in libraries and _holds(value, connection):
            return name
    return ""


def _holds(value: object, wanted: object) -> bool:
    seen: set[int] = set()
    level = [value]
    for _ in range(_DEPTH):
        inner = [x for thing in level for x in gc.get_referents(thing) if id(x) not in seen]
        if any(x is wanted for x in inner):
            return True
        seen.update(map(id, inner))
        level = [x for x in inner if not isinstance(x, (type, type(sys)))][:5000]
    return False


def _cell(name: str, namespace: Mapping[str, Any]) -> int:
    """The number of the last cell that gave the variable a value; 0 when none did."""
    cells = namespace.get("In")
    if not isinstance(cells, list):
        return 0
    given = re.compile(rf"^\s*{re.escape(name)}\s*=[^=]|\bas\s+{re.escape(name)}\b", re.MULTILINE)
    found = (n for n, text in reversed(list(enumerate(cells))) if given.search(str(text)))
    return next(found, 0)

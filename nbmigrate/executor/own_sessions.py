"""Connections of this very process: the blocker that nobody but its own kernel can let go.

A notebook that holds a transaction open and then migrates would wait for itself. The
drivers keep no list of their connections, so what variables hold is looked through; this is
done only when somebody is in the way already.
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from types import FrameType
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

#: How deep a connection may be inside what a variable holds (a SQLAlchemy session: engine, pool).
_DEPTH = 5
#: Whose objects are looked into.
_LIBRARIES = frozenset({"sqlalchemy", "psycopg", "psycopg2", "sqlmodel", "psycopg_pool"})


def pids() -> dict[int, Any]:
    """The open connections of this process by the pid of their backend."""
    found: dict[int, Any] = {}
    for thing in _connections():
        with suppress(Exception):  # any object of any library: looking must never fail
            if isinstance(thing, psycopg.Connection) and not thing.closed:
                found[thing.info.backend_pid] = thing
            elif type(thing).__module__.startswith("psycopg2") and not thing.closed:
                found[thing.get_backend_pid()] = thing
    return found


def _connections() -> Iterator[Any]:
    """What variables hold: the user's, and those of the functions at work in any thread.

    Not all objects there are (``gc.get_objects``): who holds a tuple that another thread is just
    building makes that thread fail.
    """
    values = list(_namespace().values())
    for frame in list(sys._current_frames().values()):  # noqa: SLF001 - the one way to see other threads
        at: FrameType | None = frame
        while at is not None:
            values += at.f_locals.values()
            at = at.f_back
    for value in {id(value): value for value in values}.values():
        yield value
        if _library(value) in _LIBRARIES:
            yield from _inside(value)


def _library(value: object) -> str:
    return str(getattr(type(value), "__module__", "")).partition(".")[0]


def _inside(value: object) -> Iterator[object]:
    """What the value refers to, down to some depth."""
    seen: set[int] = {id(value)}
    level = [value]
    for _ in range(_DEPTH):
        level = [x for thing in level for x in gc.get_referents(thing) if id(x) not in seen]
        level = [x for x in level if not isinstance(x, (type, type(sys)))][:5000]
        seen.update(map(id, level))
        yield from level


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
    for name, value in names.items():
        if _library(value) in _LIBRARIES and any(x is connection for x in _inside(value)):
            return name
    return ""


def _cell(name: str, namespace: Mapping[str, Any]) -> int:
    """The number of the last cell that gave the variable a value; 0 when none did."""
    cells = namespace.get("In")
    if not isinstance(cells, list):
        return 0
    given = re.compile(rf"^\s*{re.escape(name)}\s*=[^=]|\bas\s+{re.escape(name)}\b", re.MULTILINE)
    found = (n for n, text in reversed(list(enumerate(cells))) if given.search(str(text)))
    return next(found, 0)

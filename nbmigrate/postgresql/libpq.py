"""What is sent to libpq without blocking and waited for here, so that Interrupt is heard meanwhile."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

_WAIT_MS = 200


def next_result(libpq: PGconn) -> PGresult | None:
    """The next result of what was sent; None behind the last one of a statement."""
    while libpq.flush():
        wait(libpq, select.POLLIN | select.POLLOUT)
        libpq.consume_input()
    while libpq.is_busy():
        wait(libpq)
        libpq.consume_input()
    return libpq.get_result()


def wait(libpq: PGconn, events: int = select.POLLIN) -> None:
    """Until the socket can be read (or written)."""
    poll = select.poll()
    poll.register(libpq.socket, events)
    # Not for ever: a signal that another thread was given is only heard in between.
    while not poll.poll(_WAIT_MS):
        pass

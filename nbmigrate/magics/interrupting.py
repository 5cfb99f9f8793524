"""What a cell shows that was interrupted: a line, not the stack of this program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Interrupted(KeyboardInterrupt):
    """A KeyboardInterrupt that IPython shows in one line."""

    def _render_traceback_(self) -> list[str]:
        return ["Interrupted: the statement was stopped on the server. %db_status shows the state."]


@contextmanager
def short_interrupt() -> Iterator[None]:
    """Have an interrupt of the block shown shortly."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise Interrupted from error

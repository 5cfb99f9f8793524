"""What a cell shows that was interrupted: a line, not the stack of this program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Interrupted(KeyboardInterrupt):
    """A KeyboardInterrupt that IPython shows in one line."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


STOPPED = "Interrupted: the statement was stopped on the server."


@contextmanager
def short_interrupt(said: str = f"{STOPPED} %db_status shows the state.") -> Iterator[None]:
    """Have an interrupt of the block shown shortly: by its own words, where it has some."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise Interrupted(str(error) or said) from error

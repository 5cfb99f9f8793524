"""What ``%db_load`` loads, and its progress: one line below the cell, written over."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from IPython.display import DisplayHandle, Pretty

from nbmigrate.commands.loading import progress_text

if TYPE_CHECKING:
    from nbmigrate.data.copy_in import RowsCopied

_SECONDS = 0.5


def variable(name: str, namespace: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any frame
    """The variable of that name; None for what must be a file."""
    return namespace.get(name) if name.isidentifier() else None


def progress() -> Callable[[RowsCopied], None]:
    """A listener that shows how far a load is, a few times a second at most."""
    handle: Any = DisplayHandle()  # type: ignore[no-untyped-call]  # IPython has no types
    shown = time.monotonic()
    is_drawn = False

    def show(event: RowsCopied) -> None:
        nonlocal shown, is_drawn
        if time.monotonic() - shown < _SECONDS:
            return
        shown = time.monotonic()
        text: Any = Pretty(progress_text(event))  # type: ignore[no-untyped-call]
        if is_drawn:
            handle.update(text)
        else:
            handle.display(text)
            is_drawn = True

    return show

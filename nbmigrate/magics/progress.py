"""Progress in a notebook: one line below the cell, written over a few times a second."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from IPython.display import DisplayHandle, Pretty

from nbmigrate.commands.backfill import progress_text

if TYPE_CHECKING:
    from nbmigrate.executor.backfilling import BatchDone
    from nbmigrate.executor.events import Retried

_SECONDS = 0.2


class BackfillProgress:
    """Listens to a backfill and shows its last event."""

    def __init__(self) -> None:
        self._handle: DisplayHandle | None = None
        self._shown = 0.0
        self._last: BatchDone | Retried | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._handle is not None:
            self._show()

    def __call__(self, event: BatchDone | Retried) -> None:
        """Show the event, unless the last one was a moment ago."""
        self._last = event
        if time.monotonic() - self._shown >= _SECONDS:
            self._show()

    def _show(self) -> None:
        if self._last is None:
            return
        text: Any = Pretty(progress_text(self._last))  # type: ignore[no-untyped-call]  # IPython has no types
        self._shown = time.monotonic()
        if self._handle is None:
            self._handle = DisplayHandle()  # type: ignore[no-untyped-call]
            self._handle.display(text)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(text)  # type: ignore[no-untyped-call]

"""What a run says while it waits: on the error stream, so that results stay machine-readable."""

from __future__ import annotations

import sys
from typing import Any


def tell(event: Any) -> None:  # noqa: ANN401 - any event of the executor
    """Write one line for an event that somebody at a screen wants to know of."""
    if text := sentence(event):
        encoding = sys.stderr.encoding or "utf-8"
        sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        sys.stderr.flush()


def sentence(event: Any) -> str:  # noqa: ANN401, PLR0911 - one return per kind of any event of the executor
    """The event in words; empty for one that only progress bars need."""
    from nbmigrate import executor  # psycopg: only when something runs
    from nbmigrate.results.words import copied_text

    match event:
        case executor.LockWaited():
            return f"waiting for another migrator: {event.holder}"
        case executor.Blocked():
            return "\n".join(f"waiting for {blocker}" for blocker in event.blockers)
        case executor.Released():
            pids = ", ".join(map(str, event.pids))
            return f"rolled back the open transaction of this kernel (pid {pids})"
        case executor.Retried():
            pause = event.pause_ms / 1000
            return (
                f"not granted ({event.sqlstate}), attempt {event.attempt} of {event.attempts};"
                f" again in {pause:.1f} s"
            )
        case executor.SnapshotsFound():
            return "\n".join(f"has to wait for the end of {b}" for b in event.blockers)
        case executor.KeepingBegun():
            return (
                f"keeping for an undo first: {copied_text(event.rows, event.bytes, event.seconds)}"
            )
        case executor.LeftoverDropped():
            return f"dropped {event.index}, which a broken-off build of ours left INVALID"
        case _:
            return ""

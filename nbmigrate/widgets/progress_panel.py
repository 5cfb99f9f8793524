"""Long work of a cell shows itself: what runs, how far it is, whom it waits for, and Cancel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from nbmigrate.display import Block, Text
from nbmigrate.display.safe import visible
from nbmigrate.executor import Activity, Monitor
from nbmigrate.results.result import Framed, Record
from nbmigrate.widgets.bundled import script, style
from nbmigrate.widgets.panel import Message, Panel

_STATEMENT_CHARACTERS = 200


def activity_text(activity: Activity) -> str:
    """The activity in a line, and a line for each session that is waited for."""
    statement = " ".join(activity.statement.split())[:_STATEMENT_CHARACTERS]
    parts = [f"{activity.seconds:.1f} s"]
    if activity.phase:
        parts.append(activity.phase)
    if activity.fraction is not None:
        parts.append(f"{activity.fraction:.0%}")
    if activity.rows:
        rate = activity.rows / max(activity.seconds, 0.1)
        parts.append(f"{activity.rows:,} rows, {rate:,.0f} rows/s")
    waits = [f"waits for {blocker}" for blocker in activity.blockers]
    return visible("\n".join((f"{', '.join(parts)}: {statement}", *waits)))


class Running(Framed):
    """The static form of work under way."""

    def __init__(self, text: str) -> None:
        self._text = text

    def blocks(self) -> tuple[Block, ...]:
        """One line."""
        return (Text(self._text, "muted"),) if self._text else ()

    def records(self) -> list[Record]:
        """None."""
        return []


class ProgressPanel(Panel):
    """The progress of a cell that runs; gone when the work is done."""

    _esm = script("panel", "work", "progress")
    _css = style("panel", "plan")

    def __init__(self, monitor: Monitor) -> None:
        super().__init__()
        self._monitor = monitor
        self._last: Message = {"fraction": None, "text": ""}
        self._is_over = False

    def state(self) -> Message:
        """The last activity."""
        return {**self._last, "is_over": self._is_over}

    def on_cancel(self, _message: Message) -> None:
        """Stop it on the server."""
        self._monitor.stop()

    def report(self, activity: Activity) -> None:
        """Tell the views of an activity."""
        self._last = {"fraction": activity.fraction, "text": activity_text(activity)}
        self.tell("progress", **self._last)

    def finish(self) -> None:
        """Take the panel away."""
        self._is_over = True
        self.refresh()
        self.settle(Running(""))


@contextmanager
def shown_progress(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """While the block runs, show what the connection does once that takes long."""
    panels: list[ProgressPanel] = []

    def report(activity: Activity) -> None:
        if not panels:
            panels.append(ProgressPanel(monitor))
            panels[0].show(Running("At work …"))
        panels[0].report(activity)

    monitor = Monitor(connection, report)
    try:
        with monitor:
            yield
    finally:
        for panel in panels:
            panel.finish()

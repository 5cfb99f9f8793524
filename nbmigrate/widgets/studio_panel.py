"""The studio as a widget: a question of a view goes to the engine, its answer back to the view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import psycopg

from nbmigrate.errors import NbmigrateError
from nbmigrate.executor import mask_sql
from nbmigrate.widgets.bundled import script, style
from nbmigrate.widgets.panel import Message, Panel, safe_text

SCRIPTS = (
    *("panel", "virtual_list", "sql", "studio_link", "studio_values", "studio_edits"),
    *("studio_list", "studio_grid", "studio_filters", "studio_details", "studio_saving"),
    *("studio_columns", "studio_export", "studio_looking", "studio_data", "studio"),
)


class Studio(Protocol):
    """What answers: the engine of the studio, on a connection of its own."""

    is_read_only: bool

    def answer(
        self, op: str, arguments: Mapping[str, Any], progress: Callable[[dict[str, Any]], None]
    ) -> Any:  # noqa: ANN401 - JSON
        """Run one operation; ``progress`` hears how far it is."""
        ...

    def cancel(self) -> None:
        """Stop what runs on the server."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class StudioPanel(Panel):
    """A studio to click in. What it shows is asked for, page by page; no trait holds any of it.

    A question is ``{"kind": "ask", "id", "op", "arguments"}``. Its answer names the id, so that
    of all views only the one that asked takes it.
    """

    _esm = script(*SCRIPTS)
    _css = style("panel", "plan", "studio")

    def __init__(self, studio: Studio, database: str, relation: tuple[str, str] | None) -> None:
        super().__init__()
        self._studio = studio
        self._database = database
        self._relation = relation

    def state(self) -> Message:
        """Where the studio begins."""
        return {
            "database": self._database,
            "relation": self._relation,
            "is_read_only": self._studio.is_read_only,
        }

    def on_ask(self, message: Message) -> None:
        """A view asks; in the background, so that Cancel arrives meanwhile."""
        self.in_background(lambda: self._answer(message))

    def on_cancel(self, _message: Message) -> None:
        """What runs is to be stopped on the server."""
        self._studio.cancel()

    def shut(self) -> None:
        """End the studio and its connection; its views say that they are over."""
        self._studio.close()
        self.comm.close()

    def _answer(self, message: Message) -> None:
        number = message["id"]
        try:
            told = lambda said: self.tell("progress", id=number, **said)  # noqa: E731 - one line
            result = self._studio.answer(message["op"], message.get("arguments") or {}, told)
        except Exception as error:  # noqa: BLE001 - whoever asked waits for an answer
            self.tell("answer", id=number, ok=False, error=error_message(error))
        else:
            self.tell("answer", id=number, ok=True, result=result)


def error_message(error: Exception) -> dict[str, Any]:
    """An error as a view shows it."""
    text: str
    hint: str | None
    match error:
        case NbmigrateError():
            text, hint = error.message, error.hint
        case psycopg.Error():
            text, hint = mask_sql(error.diag.message_primary or str(error)), error.diag.message_hint
        case _:
            text, hint = safe_text(error), ""
    code = getattr(error, "code", None) or ""
    sqlstate = getattr(error, "sqlstate", None) or ""
    found = {"text": text, "hint": hint or "", "sqlstate": sqlstate, "code": code}
    # Where it stands in SQL that was typed.
    place = {name: getattr(error, name, None) for name in ("line", "column")}
    return found | place if all(place.values()) else found

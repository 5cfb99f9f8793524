"""The panel of ``%schema``: a diagram to move about in, and the card of the table that is chosen."""

from __future__ import annotations

from nbmigrate.display.diagram import Detail, Diagram, place
from nbmigrate.display.diagram.routes import routes
from nbmigrate.display.diagram.shape import Box, shown_rows
from nbmigrate.display.diagram.svg import NAMESPACE
from nbmigrate.display.safe import visible
from nbmigrate.results import SchemaResult
from nbmigrate.widgets.bundled import script, style
from nbmigrate.widgets.diagram_card import card
from nbmigrate.widgets.panel import Message, Panel

_DETAILS: tuple[Detail, ...] = ("columns", "keys", "names")
_MOST_HOPS = 5
#: So many tables are drawn with all columns, and with their keys, unless asked for otherwise.
_COLUMNS_UP_TO, _KEYS_UP_TO = 25, 150


class DiagramPanel(Panel):
    """A schema that is looked at. Places are computed here, since they take all boxes at once."""

    _esm = script("panel", "diagram_canvas", "diagram")
    _css = style("panel", "plan", "diagram")

    def __init__(self, result: SchemaResult) -> None:
        super().__init__()
        self._result = result
        self._whole = result.diagram
        number = len(self._whole.boxes)
        fewer: Detail = "keys" if number <= _KEYS_UP_TO else "names"
        self._detail: Detail = "columns" if number <= _COLUMNS_UP_TO else fewer
        self._around: tuple[str, int] | None = None

    def state(self) -> Message:
        """The boxes with their places, and the lines between them."""
        diagram = self._shown()
        return {
            "namespace": NAMESPACE,
            "title": visible(f"{self._result.source}: {len(self._whole.boxes):,} tables"),
            "detail": self._detail,
            "around": list(self._around) if self._around else None,
            "total": len(self._whole.boxes),
            **drawn(diagram, self._detail),
        }

    def on_detail(self, message: Message) -> None:
        """Another choice of how much of a table is drawn."""
        self._detail = next(one for one in _DETAILS if one == message["detail"])
        self.refresh()

    def on_around(self, message: Message) -> None:
        """Only a table and what is near it; without a table, all."""
        key, hops = message["key"], int(message.get("hops") or 1)
        is_known = any(box.key == key for box in self._whole.boxes)
        self._around = (str(key), max(1, min(hops, _MOST_HOPS))) if is_known else None
        self.refresh()

    def on_card(self, message: Message) -> None:
        """A table was chosen."""
        found = self._result.card(str(message["key"]))
        if found is not None:
            self.tell("card", key=message["key"], **card(found))

    def on_svg(self, _message: Message) -> None:
        """The file is asked for."""
        shown = SchemaResult(self._result.snapshot, self._result.source)
        self.tell("svg", text=shown.svg(self._detail))

    def _shown(self) -> Diagram:
        return self._whole.around(*self._around) if self._around else self._whole


def drawn(diagram: Diagram, detail: Detail) -> Message:
    """The diagram as the panel draws it: boxes as lists, since there may be thousands."""
    places = place(diagram, detail)
    number = {box.key: at for at, box in enumerate(diagram.boxes)}
    return {
        "boxes": [
            [box.key, *places[box.key], *_texts(box, detail), _searched(box)]
            for box in diagram.boxes
        ],
        "links": [
            [number[r.link.child], number[r.link.parent], r.line, r.ends, visible(r.link.label)]
            for r in routes(diagram, places, detail)
        ],
    }


def _searched(box: Box) -> str:
    """What a search looks at: also the columns that are not drawn."""
    return " ".join((box.key, box.title, *(row.name for row in box.rows))).lower()


def _texts(box: Box, detail: Detail) -> tuple[str, list[list[str]], int]:
    rows = shown_rows(box, detail)
    return box.label, [[row.label, row.note] for row in rows], len(box.rows) - len(rows)

"""The base of every widget: a panel that lives in a widget view or inside a static output.

A saved notebook without its kernel can show no widget, only "model not found". So a panel is
displayed with its static HTML beside it, and as soon as JupyterLab has drawn it, it asks for the
widget view to be taken out of the output: it goes on inside the static HTML, which is marked
with its id. What is saved is then the static HTML alone. Hosts whose outputs stand apart
(VS Code, marimo) never ask, and keep the view.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets
from IPython.display import publish_display_data

from nbmigrate.errors import NbmigrateError
from nbmigrate.executor import mask_sql, mask_url
from nbmigrate.results import Result

VIEW = "application/vnd.jupyter.widget-view+json"

Message = dict[str, Any]


class Panel(anywidget.AnyWidget):
    """A live view of a result.

    Subclasses set ``_esm`` and ``_css`` from ``assets``, say what they show in ``state`` and
    handle the message ``{"kind": "x"}`` in ``on_x``. A handler may run in any thread; one that
    takes long is started with :meth:`in_background`, so that further messages still arrive.
    """

    panel_id = traitlets.Unicode().tag(sync=True)

    def __init__(self) -> None:
        self._static: Result | None = None
        self._is_adopted = False
        super().__init__(panel_id=uuid.uuid4().hex)
        # ipykernel 7.4 hands a comm's messages to the loop that wrote to it last, which here is
        # that of the cells: Cancel would wait for the very cell it is to stop.
        if hasattr(self.comm, "_reply_subshell_for"):
            self.comm._reply_subshell_for = lambda _data, default: default  # noqa: SLF001
        self.on_msg(self._receive)

    def state(self) -> Message:
        """Everything a new view needs to draw itself."""
        raise NotImplementedError

    # --- showing -----------------------------------------------------------------

    def show(self, result: Result) -> None:
        """Display the panel, with the static form of ``result`` for those who cannot draw it."""
        self._static = result
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        self._publish({**self._document(result), VIEW: view})

    def settle(self, result: Result) -> None:
        """Make ``result`` what the saved notebook shows from now on."""
        self._static = result
        if self._is_adopted:
            self._publish_static()

    def on_adopt(self, _message: Message) -> None:
        """A view that can live in the static HTML was drawn; the widget view may go."""
        if not self._is_adopted:
            self._is_adopted = True
            self._publish_static()

    def _publish_static(self) -> None:
        assert self._static is not None
        self._publish(self._document(self._static), update=True)

    def _publish(self, data: dict[str, Any], **options: bool) -> None:
        transient = {"display_id": f"nbmigrate-{self.panel_id}"}
        publish_display_data(data, transient=transient, **options)  # type: ignore[no-untyped-call]  # IPython has no types

    def _document(self, result: Result) -> dict[str, Any]:
        bundle = result._repr_mimebundle_()
        html = f'<div data-nbmigrate-panel="{self.panel_id}">{bundle["text/html"]}</div>'
        return {**bundle, "text/html": html}

    # --- talking -----------------------------------------------------------------

    def tell(self, kind: str, **content: object) -> None:
        """Send a message to every view."""
        self.send({"kind": kind, **content})

    def refresh(self) -> None:
        """Have every view drawn anew."""
        self.tell("state", state=self.state())

    def on_open(self, _message: Message) -> None:
        """A view was made."""
        self.refresh()

    def in_background(self, work: Callable[[], None]) -> None:
        """Run ``work`` in a thread of its own; its errors are told to the views."""
        thread = threading.Thread(target=self._guarded, args=(work,), daemon=True)
        thread.start()

    def _receive(self, _widget: object, content: object, _buffers: object) -> None:
        kind = content.get("kind") if isinstance(content, dict) else None
        handler = getattr(self, f"on_{kind}", None) if str(kind).isidentifier() else None
        if isinstance(content, dict) and handler is not None:
            self._guarded(lambda: handler(content))

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except NbmigrateError as error:
            self.tell("error", text=error.message, hint=error.hint)
        except Exception as error:  # noqa: BLE001 - a traceback in a handler would reach nobody
            self.tell("error", text=safe_text(error), hint="")


def safe_text(error: BaseException) -> str:
    """The error in a line or two, without secrets."""
    return mask_sql(mask_url(f"{type(error).__name__}: {error}"))

"""What every panel with a plan in it answers: what is large is asked for when it is opened."""

from __future__ import annotations

from nbmigrate.widgets.panel import Message, Panel
from nbmigrate.widgets.plan_view import PlanView


class PlanViewPanel(Panel):
    """A panel with a plan to look at.

    ``revision`` counts the plans: an answer about one that has been replaced meanwhile would be
    drawn in the wrong place.
    """

    _view: PlanView
    _revision: int

    def on_details(self, message: Message) -> None:
        """An object was opened."""
        if message["revision"] == self._revision:
            details = self._view.details(int(message["node"]))
            self.tell("details", node=message["node"], revision=self._revision, details=details)

    def on_sql(self, message: Message) -> None:
        """The whole SQL was opened."""
        if message["revision"] == self._revision:
            self.tell("sql", text=self._view.sql())

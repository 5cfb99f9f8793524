"""The panel of ``%db_history``: a slider through the migrations, and any two compared."""

from __future__ import annotations

from nbmigrate.display.safe import visible
from nbmigrate.plan import Plan
from nbmigrate.results import HistoryResult
from nbmigrate.widgets.bundled import script, style
from nbmigrate.widgets.panel import Message
from nbmigrate.widgets.plan_view import PlanView
from nbmigrate.widgets.plan_view_panel import PlanViewPanel
from nbmigrate.workspace import Workspace

_START = "empty"


class HistoryPanel(PlanViewPanel):
    """A folder that is looked at: at first what the newest migration changed."""

    _esm = script("panel", "work", "sql", "virtual_list", "plan_parts", "plan", "history")
    _css = style("panel", "plan", "diagram")

    def __init__(self, result: HistoryResult, workspace: Workspace) -> None:
        super().__init__()
        self._result = result
        self._workspace = workspace
        self._names = (_START, *result.tags)
        self._revision = 0
        self._choose(len(result.tags) - 1, len(result.tags))

    def state(self) -> Message:
        """The names to choose from, and the difference between the two that are chosen."""
        whens = {step.tag: f"{step.when:%Y-%m-%d %H:%M} UTC" for step in self._result.steps}
        return {
            "title": visible(f"History of {self._result.folder}/"),
            "names": [visible(name) for name in self._names],
            "whens": [whens.get(name, "") for name in self._names],
            "from": self._from,
            "to": self._to,
            "plan": self._plan_state(),
        }

    def on_choose(self, message: Message) -> None:
        """Other ends."""
        old, new = int(message["from"]), int(message["to"])
        if old in range(len(self._names)) and new in range(len(self._names)):
            self._choose(old, new)
            self.refresh()

    def _choose(self, old: int, new: int) -> None:
        plan: Plan = self._workspace.difference(self._names[old], self._names[new]).plan
        self._from, self._to, self._view = old, new, PlanView(plan)
        self._revision += 1

    def _plan_state(self) -> Message:
        """The plan as its own panel draws it, with nothing to answer and nothing to press."""
        ends = f"{self._names[self._from]} → {self._names[self._to]}"
        return {
            "title": visible(ends),
            "phase": "review",
            "revision": self._revision,
            "plan": self._view.overview(),
            "action": "",
            "can_act": False,
            "losses": [],
            "line": "",
            "done": None,
            "notice": None,
        }

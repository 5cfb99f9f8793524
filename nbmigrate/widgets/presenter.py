"""From a result of a magic to the widget that shows it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, cast

from nbmigrate.results import HistoryResult, SchemaResult
from nbmigrate.widgets.diagram_panel import DiagramPanel
from nbmigrate.widgets.history_panel import HistoryPanel
from nbmigrate.widgets.plan_panel import PlanPanel
from nbmigrate.widgets.progress_panel import shown_progress
from nbmigrate.widgets.reviews import review_of
from nbmigrate.widgets.studio_panel import StudioPanel

if TYPE_CHECKING:
    from nbmigrate.results import Result, StudioResult
    from nbmigrate.workspace import Workspace


class Presenter:
    """Gives the results of magics the widgets that show them."""

    def __init__(self) -> None:
        self._studios: dict[str | None, StudioPanel] = {}

    def present(
        self,
        result: Result,
        workspace: Workspace,
        magic: str,
        words: Sequence[str],
        given: Namespace,
    ) -> Result:
        """The result, shown by a panel when it has something to look at or to do."""
        if isinstance(result, SchemaResult) and result.diagram.boxes and not result.is_mermaid:
            return result.shown_by(lambda shown: DiagramPanel(shown).show(shown))
        if isinstance(result, HistoryResult) and result.steps:
            return result.shown_by(lambda shown: HistoryPanel(shown, workspace).show(shown))
        if hasattr(result, "session"):
            return self._studio(cast("StudioResult", result), given.cell_id)
        review = review_of(result, workspace, given)
        if review is None:
            return result
        return result.shown_by(lambda shown: PlanPanel(review, (magic, *words), shown).show(shown))

    def _studio(self, result: StudioResult, cell: str | None) -> Result:
        """The studio, in the place of the one that the same cell opened before."""
        if (former := self._studios.pop(cell, None)) is not None:
            former.shut()
        panel = StudioPanel(result.session, result.database, result.relation)
        self._studios[cell] = panel
        return result.shown_by(panel.show)

    def watch(self, workspace: Workspace) -> AbstractContextManager[None]:
        """What shows the progress of long work on the workspace's database."""
        return shown_progress(workspace.target.connection)

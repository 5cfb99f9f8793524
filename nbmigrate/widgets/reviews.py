"""What a panel of a plan can do, by command: plan again with answers, and act on it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from nbmigrate.commands.command import answer_needed
from nbmigrate.plan import Answers, Plan
from nbmigrate.results import (
    DiffResult,
    DriftResult,
    GenerateResult,
    PushResult,
    Result,
    UndoResult,
)

if TYPE_CHECKING:
    from nbmigrate.executor import OnEvent
    from nbmigrate.workspace import Workspace

Agree = Callable[[Plan], bool]


class Way(NamedTuple):
    """Another thing to do than to act on the plan; it needs no answers."""

    key: str
    label: str
    title: str


@dataclass(frozen=True)
class Review(ABC):
    """A command whose plan is looked at. ``action`` is the word on the button, if there is one."""

    workspace: Workspace
    given: Namespace

    action: str = ""

    #: What can be done instead.
    ways: ClassVar[tuple[Way, ...]] = ()

    @abstractmethod
    def title(self) -> str:
        """What the panel is about."""

    @abstractmethod
    def plan(self, answers: Answers) -> Plan:
        """The plan with these answers; nothing is changed."""

    def act(self, answers: Answers, agree: Agree, on_event: OnEvent) -> Result | None:
        """Do what was reviewed; ``None`` when ``agree`` refused what the plan is by now."""
        raise NotImplementedError

    def go(self, way: str) -> Result:
        """Do what stands under the key of a way."""
        raise NotImplementedError

    def undo(self, number: int, on_event: OnEvent) -> UndoResult:
        """Take back what was done under ``number``.

        Raises:
            AnswerNeededError: rows made since break what would come back.
        """
        result = self.workspace.undo(number=number, on_event=on_event)
        if needed := answer_needed(result, "%db_undo"):
            raise needed
        return result


class PushReview(Review):
    """``%db_push``."""

    def title(self) -> str:
        """The database it goes to."""
        return f"Push to {self.workspace.target.database}"

    def plan(self, answers: Answers) -> Plan:
        """A dry run."""
        source = self.given.source or "declared"
        keep = not self.given.no_keep
        return self.workspace.push(source, answers=answers, dry_run=True, keep=keep).plan

    def act(self, answers: Answers, agree: Agree, on_event: OnEvent) -> Result | None:
        """Apply it."""
        source = self.given.source or "declared"
        result = self.workspace.push(
            source,
            answers=answers,
            agree=agree,
            keep=not self.given.no_keep,
            on_event=on_event,
        )
        return result if result.applied or result.plan.is_empty else None


class GenerateReview(Review):
    """``%db_generate``."""

    def title(self) -> str:
        """The folder it is written to."""
        return f"Next migration in {self.workspace.settings.folder.name}/"

    def plan(self, answers: Answers) -> Plan:
        """The difference that would be written."""
        return self.workspace.diff("recorded", self._source, answers=answers).plan

    def act(self, answers: Answers, agree: Agree, on_event: OnEvent) -> Result | None:  # noqa: ARG002 - runs nothing
        """Write the files."""
        if not agree(self.plan(answers)):
            return None
        return self.workspace.generate(self.given.name, self._source, answers=answers)

    @property
    def _source(self) -> str:
        source: str | None = self.given.source
        return source or "declared"


@dataclass(frozen=True)
class DiffReview(Review):
    """``%db_diff``: nothing to press."""

    old_name: str = "live"
    new_name: str = "declared"

    def title(self) -> str:
        """Both ends."""
        return f"{self.old_name} → {self.new_name}"

    def plan(self, answers: Answers) -> Plan:
        """The same comparison with other answers."""
        old, new = self.given.old or "live", self.given.new or "declared"
        if self.given.old and not self.given.new:
            old, new = "live", self.given.old
        return self.workspace.diff(old, new, answers=answers).plan


class DriftReview(Review):
    """``%db_drift``: back to the migrations, or one of the two other answers."""

    ways = (
        Way("accept", "Accept", "the database is right: a migration, applied here already"),
        Way("ignore", "Ignore", "it may differ; that is written down in the migrations folder"),
    )

    def title(self) -> str:
        """The database that is not what its migrations made of it."""
        return f"{self.workspace.target.database} → what its migrations made of it"

    def plan(self, answers: Answers) -> Plan:
        """What brings the database back."""
        return self.workspace.revert_drift(answers=answers, dry_run=True).plan

    def act(self, answers: Answers, agree: Agree, on_event: OnEvent) -> Result | None:
        """Bring it back."""
        result = self.workspace.revert_drift(answers=answers, agree=agree, on_event=on_event)
        return result if result.applied or result.plan.is_empty else None

    def go(self, way: str) -> Result:
        """Accept it or ignore it, whole."""
        if way == "accept":
            return self.workspace.accept_drift(name=self.given.name)
        return self.workspace.ignore_drift()


def review_of(result: Result, workspace: Workspace, given: Namespace) -> Review | None:
    """The review that a result calls for; ``None`` when it has no plan to look at."""
    more: dict[str, Any] = {"workspace": workspace, "given": given}
    plan = getattr(result, "plan", None)
    if plan is None or plan.is_empty:
        return None
    match result:
        case PushResult(dry_run=is_dry):
            return PushReview(**more, action="" if is_dry else "Apply")
        case GenerateResult():
            return GenerateReview(**more, action="Write migration")
        case DiffResult():
            return DiffReview(**more, old_name=result.old_name, new_name=result.new_name)
        case DriftResult(accepted=""):
            return DriftReview(**more, action="Bring the database back")
        case _:
            return None

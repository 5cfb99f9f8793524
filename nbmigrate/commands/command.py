"""A command as a value, and the error of one that waits for answers."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nbmigrate.commands.arguments import Argument, Place
from nbmigrate.errors import EXIT_DIFFERENT, AnswerNeededError

if TYPE_CHECKING:
    from nbmigrate.hazards import Hazard
    from nbmigrate.plan import Question
    from nbmigrate.results import Result
    from nbmigrate.workspace import Workspace

    Run = Callable[[Workspace, argparse.Namespace], Result]


@dataclass(frozen=True)
class Command:
    """A command: its name, what it does, its arguments, and the call.

    ``call`` is what :meth:`run` does while nobody else works on the connection. ``differs`` says whether the CLI ends with 3 for a result that shows a difference.
    """

    name: str
    help: str
    arguments: tuple[Argument, ...]
    call: Run
    differs: Literal["", "always", "asked"] = ""
    place: str = ""

    def run(self, workspace: Workspace, given: argparse.Namespace) -> Result:
        """Its result. A command waits while a widget works on the connection in another thread."""
        with workspace.target.lock:
            return self.call(workspace, given)

    def stands_in(self, place: Place) -> bool:
        """True when the place has this command."""
        return self.place in {"", place}

    def exit_code(self, result: Result, given: argparse.Namespace) -> int:
        """What the CLI ends with when nothing was raised."""
        asked = self.differs == "always" or (self.differs == "asked" and given.exit_code)
        return EXIT_DIFFERENT if asked and result.is_different else 0

    def flags(self, place: Place) -> tuple[str, ...]:
        """Its flags in that place."""
        mine = (a for a in self.arguments if a.is_flag and a.stands_in(place))
        return tuple(flag for argument in mine for flag in argument.flags)


def answer_needed(result: Result, typed: str) -> AnswerNeededError | None:
    """The error for a result that waits for answers, with the line that would go on.

    ``typed`` is the command as it was typed. Each question is answered by its first
    flag in the hint; the result shows the others.
    """
    if result.held_for:
        return _agreement_needed(result.held_for, typed)
    if not result.questions:
        return None
    flags = dict.fromkeys(_first_flags(result.questions))
    number = len(result.questions)
    what = "1 question is open" if number == 1 else f"{number} questions are open"
    return AnswerNeededError(
        f"nothing was changed: {what} (shown above)",
        questions=result.questions,
        hint=" ".join((typed.strip(), *flags)),
    )


def _agreement_needed(hazards: tuple[Hazard, ...], typed: str) -> AnswerNeededError:
    first = hazards[0]
    seconds = first.estimate_seconds
    long = f" for about {seconds:,.0f} s" if seconds else ""
    more = f", and {len(hazards) - 1} more (shown above)" if len(hazards) > 1 else ""
    return AnswerNeededError(
        f"nothing was changed: `{first.path}` would be locked ({first.lock}){long}{more}",
        hint=f"{typed.strip()} --yes",
    )


def _first_flags(questions: tuple[Question, ...]) -> Iterator[str]:
    """One answer per question; a column that is renamed needs no values."""
    renamed = {question.path for question in questions if question.kind == "rename"}
    for question in questions:
        if question.flags and not (question.kind == "backfill" and question.path in renamed):
            yield question.flags[0]

"""Before a rule comes back by an undo: the rows that would break it, as questions with counts.

A row that was made since may be one that the old schema refuses. Which rows there are is known
only when the kept ones are back, so the rules are judged where they are about to be laid: inside
the transaction of the undo, which is rolled back when something has to be asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import psycopg

from nbmigrate import executor
from nbmigrate.errors import AnswerNeededError
from nbmigrate.plan import Plan, Question
from nbmigrate.workspace.prechecks import with_prechecks

_ADVICE = ("no flag answers this: change the rows (or those that they refer to), and undo again",)


class Checkpoints:
    """Listens to an undo: counts the rows of its statements, asks where a plan is about to begin.

    ``plans`` are by the number of the last statement before them; 0 is before the first one.
    """

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        plans: Mapping[int, Plan],
        on_event: executor.OnEvent | None,
    ) -> None:
        self._connection = connection
        self._plans = plans
        self._on_event = on_event
        self.counted: dict[int, int] = {}

    def __call__(self, event: executor.Event) -> None:
        """A statement has run; what is raised here rolls the undo back."""
        if self._on_event is not None:
            self._on_event(event)
        if isinstance(event, executor.AppliedStatement):
            self.counted[event.index] = event.rows
            self.reach(event.index)

    def reach(self, number: int) -> None:
        """Judge the rows for the plan that begins here.

        Raises:
            AnswerNeededError: rows would break what it brings back.
        """
        plan = self._plans.get(number)
        if plan is None:
            return
        if found := questions(self._connection, plan):
            raise AnswerNeededError("nothing was changed: an answer is needed", questions=found)


def questions(connection: psycopg.Connection[Any], plan: Plan) -> tuple[Question, ...]:
    """What has to be answered before the plan runs on the rows that are there now.

    What is called how is known of an undo: a label that goes is no candidate for one that comes.
    """
    found = with_prechecks(connection, plan).questions
    return tuple(_told(question) for question in found if question.kind != "rename")


def _told(question: Question) -> Question:
    """An undo has no declaration that could be changed instead."""
    if question.kind != "rows":
        return question
    return msgspec.structs.replace(question, evidence=_ADVICE)

"""The panel of a plan: questions are answered by clicking, then it is applied and watched."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from nbmigrate.commands.arguments import answers
from nbmigrate.errors import NbmigrateError
from nbmigrate.executor import Activity, AppliedStatement, Monitor
from nbmigrate.plan import Answers, Plan
from nbmigrate.results import DriftResult, GenerateResult, PushResult, Result, UndoResult
from nbmigrate.results.words import count, duration, size
from nbmigrate.widgets.answering import Given, key, line, merged
from nbmigrate.widgets.bundled import script, style
from nbmigrate.widgets.panel import Message
from nbmigrate.widgets.plan_view import PlanView
from nbmigrate.widgets.plan_view_panel import PlanViewPanel
from nbmigrate.widgets.progress_panel import activity_text
from nbmigrate.widgets.reviews import Review

R = TypeVar("R")


class PlanPanel(PlanViewPanel):
    """A plan to look at, with its questions on top and one button below.

    ``phase`` is ``review``, ``working`` or ``done``. ``revision`` counts the plans: a click on
    a plan that has been replaced meanwhile is no agreement.
    """

    _esm = script("panel", "work", "sql", "virtual_list", "plan_parts", "plan", "plan_module")
    _css = style("panel", "plan")

    def __init__(self, review: Review, typed: Sequence[str], result: Result) -> None:
        super().__init__()
        self._review = review
        self._typed = typed
        self._base = answers(review.given)
        self._given: dict[str, Given] = {}
        self._plan_lock = threading.Lock()
        self._title = review.title()
        self._phase, self._revision, self._finished = "review", 0, 0
        self._total = 0
        self._done: Message | None = None
        self._number = 0
        self._notice: Message | None = None
        self._monitor: Monitor | None = None
        self._view = PlanView(_plan_of(result))
        if _is_done(result):
            self._phase, self._done, self._number = "done", _outcome(result), _number(result)

    def state(self) -> Message:
        """The plan in short, and what can be done with it."""
        given = tuple(self._given.values())
        plan = self._view.plan
        can_act = self._review.action if not plan.questions and not plan.is_empty else ""
        return {
            "title": self._title,
            "phase": self._phase,
            "revision": self._revision,
            "plan": self._view.overview(given),
            "action": self._review.action,
            "ways": [way._asdict() for way in self._review.ways],
            "can_act": bool(can_act),
            "losses": self._view.losses(),
            "line": line(self._typed[0], self._typed[1:], given) if given else "",
            "done": self._done,
            "notice": self._notice,
        }

    # --- what views ask ----------------------------------------------------------

    def on_answer(self, message: Message) -> None:
        """A question was answered."""
        found = next((q for q in self._view.plan.questions if key(q) == message["key"]), None)
        if found is None or self._phase != "review":
            return
        choice = found.choices[int(message["choice"])]
        value = str(message.get("value", "")).strip()
        if choice.needs_value and not value:
            self.tell("error", text="a value is needed", hint="type an SQL expression, such as 0")
            return
        self._given[key(found)] = Given(found, choice, value)
        self.in_background(self._plan_again)

    def on_withdraw(self, message: Message) -> None:
        """An answer was taken back."""
        if self._phase == "review" and message["key"] in self._given:
            del self._given[message["key"]]
            self.in_background(self._plan_again)

    def on_act(self, message: Message) -> None:
        """The button was pressed on the plan that ``revision`` names."""
        with self._plan_lock:
            if self._phase != "review" or message["revision"] != self._revision:
                return
            self._phase, self._notice = "working", None
        self.refresh()
        self.in_background(self._act)

    def on_way(self, message: Message) -> None:
        """Something else was pressed than the action."""
        with self._plan_lock:
            is_it = message["revision"] == self._revision
            is_known = message["key"] in {way.key for way in self._review.ways}
            if self._phase != "review" or not (is_it and is_known):
                return
            self._phase, self._notice = "working", None
        self.refresh()
        key = message["key"]
        self.in_background(
            lambda: self._working("review", lambda: self._review.go(key), self._settled)
        )

    def on_undo(self, message: Message) -> None:
        """What was pushed is to be taken back."""
        with self._plan_lock:
            is_it = message["revision"] == self._revision and self._number > 0
            if self._phase != "done" or not is_it:
                return
            self._phase, self._notice = "working", None
        self.refresh()
        self.in_background(self._undo)

    def on_cancel(self, _message: Message) -> None:
        """What runs is to be stopped on the server."""
        if self._monitor is not None:
            self._monitor.stop()

    # --- work --------------------------------------------------------------------

    def _plan_again(self) -> None:
        self.tell("busy", text="Planning with this answer …")
        before = dict(self._given)
        try:
            with self._review.workspace.target.lock:
                self._replace(self._review.plan(self._answers()))
            self._notice = None
        except NbmigrateError as error:
            # The last answer is what it failed on: it is taken back.
            self._given = dict(list(before.items())[:-1])
            self._notice = {"tone": "bad", "text": error.message, "hint": error.hint}
        self.refresh()

    def _act(self) -> None:
        self._working("review", self._do, self._finish)

    def _undo(self) -> None:
        number, self._total = self._number, 0
        self._working("done", lambda: self._review.undo(number, self._on_event), self._taken_back)

    def _working(self, phase: str, work: Callable[[], R], then: Callable[[R], None]) -> None:
        """Do it and go on with its result; when it fails the panel is in ``phase`` and says why."""
        target = self._review.workspace.target
        self._finished = 0
        try:
            with target.lock:
                self._monitor = Monitor(target.connection, self._on_activity)
                with self._monitor:
                    result = work()
        except Exception as error:
            self._phase, self._notice = phase, self._what_failed(error)
            self.refresh()
            if not isinstance(error, NbmigrateError):
                raise
            return
        then(result)

    def _do(self) -> Result | None:
        self._total = len(self._view.plan.statements)
        agreed, given = self._view.plan.fingerprint, self._answers()
        result = self._review.act(given, lambda plan: plan.fingerprint == agreed, self._on_event)
        if result is None:
            self._replace(self._review.plan(given))
        return result

    def _what_failed(self, error: Exception) -> Message:
        text = error.message if isinstance(error, NbmigrateError) else type(error).__name__
        hint = error.hint if isinstance(error, NbmigrateError) else ""
        if self._monitor is not None and self._monitor.is_stopping:
            return {"tone": "warn", "text": f"Cancelled. {text}", "hint": ""}
        return {"tone": "bad", "text": text, "hint": hint}

    def _finish(self, result: Result | None) -> None:
        if result is None:
            self._phase = "review"
            text = "The database or the declaration changed meanwhile. This is the plan now."
            self._notice = {"tone": "warn", "text": text, "hint": "look at it again"}
        else:
            self._phase, self._done, self._number = "done", _outcome(result), _number(result)
            self._view = PlanView(_plan_of(result))
            self._revision += 1
            self.settle(result)
        self.refresh()

    def _settled(self, result: Result) -> None:
        self._phase, self._done, self._number = "done", _outcome(result), 0
        self._replace(_plan_of(result))
        self.settle(result)
        self.refresh()

    def _taken_back(self, result: UndoResult) -> None:
        self._phase, self._done, self._number = "done", _outcome(result), 0
        self.settle(result)
        self.refresh()

    def _replace(self, plan: Plan) -> None:
        with self._plan_lock:
            self._view = PlanView(plan)
            self._revision += 1

    def _answers(self) -> Answers:
        return merged(self._base, tuple(self._given.values()))

    def _on_event(self, event: object) -> None:
        if isinstance(event, AppliedStatement):
            self._finished = event.index
            fraction = event.index / self._total if self._total else None
            self.tell("progress", fraction=fraction, text=f"{self._of(event.index)} done")

    def _on_activity(self, activity: Activity) -> None:
        done = self._finished + (activity.fraction or 0)
        is_known = self._total and (activity.fraction is not None or self._total > 1)
        text = f"Statement {self._of(self._finished + 1)}, {activity_text(activity)}"
        self.tell("progress", fraction=done / self._total if is_known else None, text=text)

    def _of(self, number: int) -> str:
        """The number of a statement, and of how many where that is known."""
        return f"{min(number, self._total)} of {self._total}" if self._total else str(number)


def _plan_of(result: Result) -> Plan:
    plan = getattr(result, "plan", None)
    assert isinstance(plan, Plan)
    return plan


def _is_done(result: Result) -> bool:
    match result:
        case PushResult(applied=applied):
            return bool(applied)
        case GenerateResult(tag=tag):
            return tag is not None
        case _:
            return False


def _number(result: Result) -> int:
    """Under which an undo takes it back; 0 where none does."""
    return result.undo if isinstance(result, PushResult) else 0


def _outcome(result: Result) -> Message:
    """What was done, as it is shown."""
    match result:
        case PushResult(applied=applied, ms=ms, database=database, undo=number):
            return {
                "undo": "Take this push back, with its data" if number else "",
                "text": f"Pushed to {database}: {count(len(applied), 'statement')} in {duration(ms)}",
                "rows_title": "Statements with their times",
                "rows": [[s.sql, duration(s.ms)] for s in applied],
            }
        case GenerateResult(tag=tag, files=files, proof=proof):
            return {
                "text": f"Generated {tag}",
                "note": proof,
                "rows_title": "Files",
                "rows": [[file.path, size(file.bytes)] for file in files],
            }
        case UndoResult(restored=restored, ms=ms, database=database):
            return {
                "text": f"Undone in {database} in {duration(ms)}",
                "rows_title": "Rows brought back",
                "rows": [[one.path, f"{one.rows:,}" if one.rows >= 0 else ""] for one in restored],
            }
        case DriftResult(accepted="", ignored=ignored):
            return {"text": f"Ignored: {', '.join(ignored)}", "rows": []}
        case DriftResult(accepted=tag, files=files):
            return {
                "text": f"Accepted as {tag}, applied here already",
                "rows_title": "Files",
                "rows": [[file.path, size(file.bytes)] for file in files],
            }
        case _:
            return {"text": "", "rows": []}

"""A plan as a panel draws it: short for all objects, in full for the one that is opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from nbmigrate.display import Change
from nbmigrate.display.safe import visible
from nbmigrate.hazards import Hazard
from nbmigrate.model import parse_path
from nbmigrate.plan import Plan, Question, Sample
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.results.changes import Group, counts_text, groups
from nbmigrate.results.words import count
from nbmigrate.widgets.answering import Given, key
from nbmigrate.widgets.before_after import before_after

Drawn = dict[str, Any]

#: More than this of one object is not drawn; its SQL says it all.
MOST_CHILDREN = 500
MOST_SQL = 200_000


class PlanView:
    """A plan, and the objects of its tree by number."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._groups = groups(plan.operations)
        names = {group.name for group in self._groups}
        self._hazards: dict[str, list[Hazard]] = {}
        for hazard in plan.hazards:
            self._hazards.setdefault(_owner(hazard.path, names), []).append(hazard)

    def overview(self, given: Sequence[Given] = ()) -> Drawn:
        """What is drawn at once: counts, questions, hazards, and one line per object."""
        plan = self.plan
        return {
            "is_empty": plan.is_empty,
            "counts": counts_text([group.change for group in self._groups]),
            "nodes": [self._node(group) for group in self._groups],
            "questions": [_question(question) for question in plan.questions],
            "answered": [_visible(one.as_dict()) for one in given],
            "hazards": [_hazard(hazard) for hazard in plan.hazards],
            "statements": len(plan.statements),
        }

    def details(self, number: int) -> Drawn:
        """What one object's line opens to."""
        group = self._groups[number]
        return {
            "children": list(_children(group.change.children, 0))[:MOST_CHILDREN],
            "before_after": [list(map(visible, row)) for row in before_after(self.plan, group)],
            "sql": visible("\n".join(s.sql for s in POSTGRESQL.render(group.operations))),
            "hazards": [_hazard(hazard) for hazard in self._hazards.get(group.name, ())],
            "samples": [_sample(sample) for sample in self._samples(group)],
        }

    def losses(self) -> list[str]:
        """What is lost for good, in figures where they are known."""
        lost = (hazard for hazard in self.plan.hazards if hazard.severity == "loses data")
        return [visible(f"`{hazard.path}` {hazard.text}{_in_rows(hazard)}") for hazard in lost]

    def sql(self) -> str:
        """The SQL of the whole plan; of a very long one, the beginning."""
        sql = visible(self.plan.sql)
        more = len(sql) - MOST_SQL
        return sql if more <= 0 else f"{sql[:MOST_SQL]}\n-- and {more:,} characters more"

    def _node(self, group: Group) -> list[object]:
        change = group.change
        severities = {hazard.severity for hazard in self._hazards.get(group.name, ())}
        worst = min(severities, key=_rank, default="")
        label = change.label.removeprefix(f"{group.kind} ")
        schema = visible(schema_of(group))
        return [change.sign, group.kind, visible(label), _inside(change), worst, schema]

    def _samples(self, group: Group) -> Iterable[Sample]:
        for question in self.plan.questions:
            if _is_within(question.path, group.name):
                yield from question.samples


def _rank(severity: str) -> int:
    return ("loses data", "fails on data", "blocks").index(severity)


def _is_within(path: str, name: str) -> bool:
    return path == name or path.startswith(f"{name}.")


def _owner(path: str, names: set[str]) -> str:
    """The name of the object that a path is of or in."""
    while path and path not in names:
        path = path.rpartition(".")[0]
    return path


def schema_of(group: Group) -> str:
    """The schema an object is in; empty for what is in none."""
    if group.kind in {"schema", "role", "extension"}:
        return ""
    try:
        return parse_path(group.name.split("(", 1)[0])[0]
    except ValueError:
        return ""


def _inside(change: Change) -> str:
    """How much changes inside, such as ``+2 -1``; a new object says how much it has."""
    children = change.children
    if not children:
        return ""
    if change.sign in "+-":
        return f"{len(children)}"
    signs = [child.sign for child in children]
    return "  ".join(f"{sign}{signs.count(sign)}" for sign in "+~->" if sign in signs)


def _children(changes: Iterable[Change], depth: int) -> Iterable[list[object]]:
    for change in changes:
        yield [change.sign, visible(change.label), visible(change.note), depth]
        yield from _children(change.children, depth + 1)


def _question(question: Question) -> Drawn:
    return {
        "key": key(question),
        "kind": question.kind,
        "path": visible(question.path),
        "text": visible(question.text),
        "evidence": list(map(visible, question.evidence)),
        "samples": [_sample(sample) for sample in question.samples],
        "choices": [
            {"text": visible(c.text), "flag": visible(c.flag), "needs_value": bool(c.needs_value)}
            for c in question.choices
        ],
    }


def _sample(sample: Sample) -> Drawn:
    return {
        "title": visible(sample.title),
        "columns": list(map(visible, sample.columns)),
        "rows": [[None if v is None else visible(v) for v in row] for row in sample.rows],
    }


def _hazard(hazard: Hazard) -> Drawn:
    return {
        "severity": hazard.severity,
        "code": hazard.code,
        "path": visible(hazard.path),
        "text": visible(hazard.text),
        "lock": hazard.lock if hazard.blocks_others and hazard.work != "instant" else "",
        "meaning": visible(hazard.meaning),
        "allowed": visible(hazard.allowed),
        "advice": "" if hazard.allowed else visible(hazard.advice),
    }


def _in_rows(hazard: Hazard) -> str:
    return "" if hazard.rows is None else f": {count(hazard.rows, 'row')}"


def _visible(texts: Drawn) -> Drawn:
    return {name: visible(text) for name, text in texts.items()}

"""Differences between views, and the order in which they stand on each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

import msgspec

from nbmigrate.diff.definitions import create_attached, diff_rules, diff_triggers
from nbmigrate.diff.indexes import diff_indexes
from nbmigrate.diff.match import NameIndex, match
from nbmigrate.diff.statistics import diff_statistics
from nbmigrate.model import View, key
from nbmigrate.operations import (
    AlterViewOptions,
    CreateIndex,
    CreateStatistics,
    CreateView,
    DropView,
    Id,
    IndexOp,
    Operation,
    RuleOp,
    StatisticsOp,
    TriggerOp,
    ViewOp,
)


def diff_views(
    old: Mapping[str, View], new: Mapping[str, View]
) -> Iterator[ViewOp | IndexOp | StatisticsOp | TriggerOp | RuleOp]:
    """Views to create, alter and drop; existing ones are nobody's business."""
    found = match(managed(old), managed(new))
    # a view that is now said to be somebody else's is left standing
    yield from (DropView(view=v) for v in found.removed if key(*v.id) not in new)
    for before, after in found.changed:
        if _body(before) == _body(after):
            if _differs(before, after):
                yield AlterViewOptions(old=before, new=after)
            yield from diff_indexes(after.id, before.indexes, after.indexes)
            yield from diff_statistics(after.id, before.statistics, after.statistics)
            yield from diff_triggers(after.id, before.triggers, after.triggers)
            yield from diff_rules(after.id, before.rules, after.rules)
        else:
            yield DropView(view=before)
            yield from create_view(after)
    for view in found.added:
        yield from create_view(view)


def create_view(view: View) -> Iterator[ViewOp | IndexOp | StatisticsOp | TriggerOp | RuleOp]:
    """The operations that build one view; what hangs on it goes with it when it is dropped."""
    yield CreateView(view=view)
    yield from create_parts(view)
    yield from create_attached(view.id, view.triggers, view.rules)


def create_parts(view: View) -> Iterator[ViewOp | IndexOp | StatisticsOp]:
    """What a materialized view has and CREATE does not say."""
    yield from (CreateIndex(table=view.id, index=index) for index in view.indexes.values())
    for statistics in view.statistics.values():
        yield CreateStatistics(table=view.id, statistics=statistics)
    if view.clustered_on:
        yield AlterViewOptions(old=msgspec.structs.replace(view, clustered_on=None), new=view)


def parts_of_views(operations: Iterable[Operation]) -> Iterator[Operation]:
    """What the materialized views have that are created: it went with the old view."""
    for op in operations:
        if isinstance(op, CreateView):
            yield from create_parts(op.view)


def managed(views: Mapping[str, View]) -> dict[str, View]:
    """The views that are created by a plan."""
    return {key: view for key, view in views.items() if not view.is_existing}


def _body(view: View) -> tuple[object, ...]:
    return (view.definition, view.materialized)


def _differs(old: View, new: View) -> bool:
    """The columns follow from the definition; WITH NO DATA says how a view is filled once."""
    same = msgspec.structs.replace(
        old,
        columns=new.columns,
        with_no_data=new.with_no_data,
        comment=new.comment,
        indexes=new.indexes,
        statistics=new.statistics,
        triggers=new.triggers,
        rules=new.rules,
        options=old.options or None,
    )
    return same != msgspec.structs.replace(new, options=new.options or None)


def in_order(views: Iterable[View]) -> list[View]:
    """Views such that each stands behind those it may refer to; ties by name."""
    by_id = {view.id: view for view in sorted(views, key=lambda view: view.id)}
    index = NameIndex(view.name for view in by_id.values())
    below = {id_: index.find(view.definition) - {view.name} for id_, view in by_id.items()}
    done: list[View] = []
    while by_id:
        waiting = {name for _, name in by_id}
        ready = [id_ for id_ in by_id if not below[id_] & waiting]
        done.extend(by_id.pop(id_) for id_ in ready or _least_bound(by_id, waiting))
    return done


def _least_bound(views: Mapping[Id, View], waiting: AbstractSet[str]) -> list[Id]:
    """The next of views that seem to form a circle: a view has the name of another's column.

    Views cannot be circular, so what looks most like a reference decides.
    """
    for reference in (_FROM_OR_COMMA, _FROM):
        for id_, view in views.items():
            others = waiting - {view.name}
            if not any(_reads(view.definition or "", name, reference) for name in others):
                return [id_]
    return list(views)[:1]


_FROM = r"\b(?:from|join)\b"
_FROM_OR_COMMA = rf"(?:{_FROM}|,)"


def _reads(text: str, name: str, reference: str) -> bool:
    """True when the name stands where a table does."""
    schema = r'(?:(?:[\w$]+|"(?:[^"]|"")*")\s*\.\s*)?'
    quoted = re.escape(name.replace('"', '""'))
    pattern = rf'{reference}[\s(]*(?:only\s+)?{schema}(?:"{quoted}"|\b{re.escape(name)}\b)'
    return re.search(pattern, text, re.IGNORECASE) is not None

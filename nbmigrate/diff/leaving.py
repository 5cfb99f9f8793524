"""What hangs on things that go for good, and must go before them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from nbmigrate.diff.match import NameIndex
from nbmigrate.diff.texts import dropped_text
from nbmigrate.model import Table, View
from nbmigrate.operations import (
    CreateView,
    DropPolicy,
    DropRule,
    DropTable,
    DropView,
    Id,
    Operation,
)


def ahead_of_gone(operations: Sequence[Operation]) -> Iterator[DropPolicy | DropRule]:
    """The policies and rules of what goes that speak of something else that goes.

    They would go with their table or view, but that may be the later one: a parent goes behind
    its children. What they speak of is not dropped while they stand (PostgreSQL 18 docs,
    "Dependency Tracking").
    """
    again = {op.view.id for op in operations if isinstance(op, CreateView)}
    tables = {op.table.id: op.table for op in operations if isinstance(op, DropTable)}
    views = {op.view.id: op.view for op in operations if isinstance(op, DropView)}
    called = Counter(name for _, name in (*tables, *views))
    index = NameIndex(called)
    gone: dict[Id, Table | View] = {**tables, **views}
    for id_, thing in gone.items():
        own = {id_[1]} if called[id_[1]] == 1 else set()
        for op in _parts(id_, thing) if id_ not in again else ():
            if index.find(dropped_text(op)) - own:
                yield op


def _parts(id_: Id, thing: Table | View) -> Iterator[DropPolicy | DropRule]:
    yield from (DropRule(table=id_, rule=rule) for rule in thing.rules.values())
    if isinstance(thing, Table):
        yield from (DropPolicy(table=id_, policy=policy) for policy in thing.policies.values())

"""What a plan's operations mean for the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from nbmigrate import operations as o
from nbmigrate.model import format_path
from nbmigrate.workspace.ownership import Entry


class LedgerChange(NamedTuple):
    """Entries to add, to remove, and to carry to a new name."""

    created: tuple[Entry, ...]
    dropped: tuple[Entry, ...]
    renamed: tuple[tuple[Entry, Entry], ...]


def ledger_change(operations: Iterable[o.Operation], ours: Collection[Entry]) -> LedgerChange:
    """The entries that change when the operations are applied; ``ours`` are those there now."""
    operations = tuple(operations)
    created = tuple(entry for op in operations for entry in _created(op))
    dropped = tuple(entry for op in operations for entry in _dropped(op))
    return LedgerChange(
        created=created,
        dropped=tuple(entry for entry in dropped if entry not in created),
        renamed=_at_once(pair for op in operations for pair in (*_renamed(op), *_inside(op, ours))),
    )


def _at_once(pairs: Iterable[tuple[Entry, Entry]]) -> tuple[tuple[Entry, Entry], ...]:
    """Renames one behind the other as renames from the first name to the last."""
    first: dict[Entry, Entry] = {}
    for old, new in pairs:
        first[new] = first.pop(old, old)
    return tuple((old, new) for new, old in first.items() if old != new)


def _created(op: o.Operation) -> Iterator[Entry]:  # noqa: C901, PLR0912 - one case per kind
    match op:
        case o.CreateTable(table=item):
            yield ("table", *item.id)
        case o.CreateEnum(enum=enum):
            yield ("enum", *enum.id)
        case o.CreateSequence(sequence=sequence):
            yield ("sequence", *sequence.id)
        case o.CreateView(view=view):
            yield ("view", *view.id)
        case o.CreateSchema(name=name):
            yield ("schema", "", name)
        case o.CreateRole(role=role):
            yield ("role", "", role.name)
        case o.CreateExtension(extension=extension):
            yield ("extension", "", extension.name)
        case o.CreateDomain(domain=domain):
            yield ("domain", *domain.id)
        case o.CreateType(type=found):
            yield ("type", *found.id)
        case o.CreateFunction(function=function):
            yield ("function", *function.id)
        case o.CreateDefinition(definition=defined):
            yield ("definition", *defined.id)
        case o.CreateTrigger(table=(schema, at), trigger=trigger):
            yield ("trigger", schema, format_path(at, trigger.name))
        case o.CreateRule(table=(schema, at), rule=rule):
            yield ("rule", schema, format_path(at, rule.name))
        case _:
            return


def _dropped(op: o.Operation) -> Iterator[Entry]:  # noqa: C901, PLR0912 - one case per kind
    match op:
        case o.DropTable(table=item):
            yield ("table", *item.id)
        case o.DropEnum(enum=enum):
            yield ("enum", *enum.id)
        case o.DropSequence(sequence=sequence):
            yield ("sequence", *sequence.id)
        case o.DropView(view=view):
            yield ("view", *view.id)
        case o.DropSchema(name=name):
            yield ("schema", "", name)
        case o.DropRole(role=role):
            yield ("role", "", role.name)
        case o.DropExtension(extension=extension):
            yield ("extension", "", extension.name)
        case o.DropDomain(domain=domain):
            yield ("domain", *domain.id)
        case o.DropType(type=found):
            yield ("type", *found.id)
        case o.DropFunction(function=function):
            yield ("function", *function.id)
        case o.DropDefinition(definition=defined):
            yield ("definition", *defined.id)
        case o.DropTrigger(table=(schema, at), trigger=trigger):
            yield ("trigger", schema, format_path(at, trigger.name))
        case o.DropRule(table=(schema, at), rule=rule):
            yield ("rule", schema, format_path(at, rule.name))
        case _:
            return


def _renamed(op: o.Operation) -> Iterator[tuple[Entry, Entry]]:  # noqa: C901 - one case per kind
    match op:
        case o.RenameTable(old=old, new=new) | o.MoveTable(old=old, new=new):
            yield ("table", *old), ("table", *new)
        case o.RenameEnum(old=old, new=new) | o.MoveEnum(old=old, new=new):
            yield ("enum", *old), ("enum", *new)
        case o.RenameSequence(old=old, new=new) | o.MoveSequence(old=old, new=new):
            yield ("sequence", *old), ("sequence", *new)
        case o.RenameView(old=old, new=new) | o.MoveView(old=old, new=new):
            yield ("view", *old), ("view", *new)
        case o.RenameDomain(old=old, new=new) | o.MoveDomain(old=old, new=new):
            yield ("domain", *old), ("domain", *new)
        case o.RenameType(old=old, new=new) | o.MoveType(old=old, new=new):
            yield ("type", *old), ("type", *new)
        case o.RenameFunction(old=was, new=now) | o.MoveFunction(old=was, new=now):
            yield ("function", *was.id), ("function", *now.id)
        case o.RenameSchema(old=before, new=after):
            yield ("schema", "", before), ("schema", "", after)
        case o.RenameRole(old=before, new=after):
            yield ("role", "", before), ("role", "", after)
        case _:
            return


def _inside(op: o.Operation, ours: Collection[Entry]) -> Iterator[tuple[Entry, Entry]]:
    """What lives in a schema goes with its name."""
    if isinstance(op, o.RenameSchema):
        for kind, schema, name in ours:
            if schema == op.old:
                yield (kind, schema, name), (kind, op.new, name)

"""The hazards of a plan, in the order of its operations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from nbmigrate import operations as o
from nbmigrate.hazards.blocking import REBUILDS, blocks
from nbmigrate.hazards.costs import NEWEST, Context, costs
from nbmigrate.hazards.demands import demands
from nbmigrate.hazards.hazard import Hazard, ReadFacts, TableFacts
from nbmigrate.hazards.losses import losses
from nbmigrate.hazards.measuring import measured, queues
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.operations import Id


def find_hazards(
    operations: Iterable[o.Operation],
    *,
    facts: ReadFacts | None = None,
    server_version: int | None = None,
    old: Snapshot = EMPTY,
    new: Snapshot = EMPTY,
    allowed: Mapping[str, str] | None = None,
) -> tuple[Hazard, ...]:
    """The hazards of the operations, in their order.

    ``facts`` is asked once, and only about tables that are there and locked;
    ``server_version`` is libpq's number (``180006``). ``allowed`` maps codes to reasons.
    """
    operations = tuple(operations)
    context = Context(old, new, server_version or NEWEST)
    made = {op.table.id for op in operations if isinstance(op, o.CreateTable)}
    made |= {op.view.id for op in operations if isinstance(op, o.CreateView)}
    made |= set(_made_types(operations))
    found = [h for h in _all(operations, context, made) if _is_about_rows(h, made)]
    if facts is not None:
        known = _known(operations, found, facts, context, made)
        found = [measured(hazard, known) for hazard in found]
        found += queues(operations, known, context)
    reasons = allowed or {}
    return tuple(replace(h, allowed=reasons[h.code]) if h.code in reasons else h for h in found)


def _all(operations: Sequence[o.Operation], context: Context, made: set[Id]) -> Iterator[Hazard]:
    rebuilt = {(op.table, op.column.name) for op in operations if isinstance(op, o.AddColumn)}
    for op in operations:
        yield from losses(op, rebuilt, made)
        yield from blocks(op, context)
        yield from demands(op, context)


def _made_types(operations: Sequence[o.Operation]) -> Iterator[Id]:
    for op in operations:
        match op:
            case o.CreateEnum(enum=made) | o.CreateDomain(domain=made) | o.CreateType(type=made):
                yield made.id
            case _:
                continue


def _is_about_rows(hazard: Hazard, made: set[Id]) -> bool:
    """What is made by the same plan has no rows and no readers, unless it was there before."""
    is_new = hazard.table in made and hazard.code not in REBUILDS
    return hazard.severity != "blocks" or not is_new


def _known(
    operations: Sequence[o.Operation],
    found: Sequence[Hazard],
    facts: ReadFacts,
    context: Context,
    made: set[Id],
) -> Mapping[Id, TableFacts]:
    """Facts by the names of the operations, which are those after all renames."""
    wanted = {hazard.table for hazard in found if hazard.table}
    wanted |= {c.table for op in operations for c in costs(op, context) if c.lock}
    made = made - {hazard.table for hazard in found if hazard.code in REBUILDS}
    names = {now: former_name(now, operations) for now in wanted - made}
    answers = facts(frozenset(names.values())) if names else {}
    return {now: answers[was] for now, was in names.items() if was in answers}


def former_name(table: Id, operations: Sequence[o.Operation]) -> Id:
    """What the table is called before the plan runs."""
    for op in reversed(operations):
        match op:
            case o.RenameTable(old=old, new=new) | o.MoveTable(old=old, new=new) if new == table:
                table = old
            case o.RenameSchema(old=before, new=after) if after == table[0]:
                table = (before, table[1])
            case _:
                continue
    return table

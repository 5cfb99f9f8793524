"""Who may do what.

What is created again, because something under it changed, gets its privileges again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from nbmigrate import operations as o
from nbmigrate.diff.columns import SERIAL
from nbmigrate.model import Snapshot, key
from nbmigrate.model.holders import Grants, Holder, holders, with_grants
from nbmigrate.model.names import PUBLIC, sequence_name

_KINDS: Mapping[str, o.GrantKind] = {
    "tables": "table",
    "views": "view",
    "sequences": "sequence",
    "functions": "routine",
    "enums": "type",
    "domains": "type",
    "types": "type",
    "schemas": "schema",
}
_SEQUENCE = "sequence_privileges"


def spoken(snapshot: Snapshot, now: Snapshot) -> Snapshot:
    """The snapshot, saying "none" of the privileges that ``now`` has and it does not.

    Said nothing, they would stay; that nothing was granted is known when it was read from
    a database.
    """
    said = {holder for holder, grants in holders(snapshot) if grants is not None}
    unsaid = {holder for holder, grants in holders(now) if grants and holder not in said}
    return with_grants(snapshot, {holder: {} for holder in unsaid}) if unsaid else snapshot


class _Place(NamedTuple):
    """What a privilege is set on, and whether it is new and has none but the usual."""

    kind: o.GrantKind
    id: o.Id
    column: str | None
    is_new: bool


def diff_privileges(
    old: Snapshot, new: Snapshot, operations: Iterable[o.Operation]
) -> Iterator[o.SetPrivileges]:
    """The privileges that differ, where the new snapshot speaks of them at all."""
    made = {*_made(operations)}
    before = dict(holders(old))
    after: dict[Holder, Grants | None] = dict.fromkeys(
        h for h, granted in before.items() if granted
    )
    after.update(holders(new))
    for holder, said in after.items():
        there = before.get(holder)
        wanted = there if said is None else said
        if (wanted or there) and (place := _place(holder, new, made)):
            yield from _between(place, {} if place.is_new else there or {}, wanted or {})


def _place(holder: Holder, new: Snapshot, made: set[tuple[str, ...]]) -> _Place | None:
    """Where a privilege is set; None when the new snapshot does not have the object."""
    family, name, inside, column = holder
    is_new = (family, name) in made
    if family == "schemas":
        known = name in new.schemas or name == PUBLIC
        return _Place("schema", ("", name), None, is_new) if known else None
    item = getattr(new, family).get(name)
    if item is None:
        return None
    if inside == _SEQUENCE:
        return _of_sequence(holder, new, made)
    if family == "tables" and column and column not in item.columns:
        return None
    is_new = is_new or (family, name, column) in made
    return _Place(_KINDS[family], item.id, column or None, is_new)


def _of_sequence(holder: Holder, new: Snapshot, made: set[tuple[str, ...]]) -> _Place | None:
    """The sequence of a column: by its name as it is made, later by the column that has it."""
    table = new.tables[holder.key]
    column = table.columns.get(holder.column)
    if column is None or not (column.identity or column.type in SERIAL):
        return None
    if not {("tables", holder.key), ("tables", holder.key, column.name, _SEQUENCE)} & made:
        return _Place("sequence", table.id, column.name, is_new=False)
    usual = column.sequence_name or sequence_name(table.name, column.name)
    name = column.identity.name if column.identity else usual
    return _Place("sequence", (table.id[0], name), None, is_new=True)


def _made(operations: Iterable[o.Operation]) -> Iterator[tuple[str, ...]]:  # noqa: C901, PLR0912 - one case per kind
    for op in operations:
        match op:
            case o.CreateTable(table=item):
                yield "tables", key(*item.id)
            case o.CreateView(view=view):
                yield "views", key(*view.id)
            case o.CreateSequence(sequence=sequence):
                yield "sequences", key(*sequence.id)
            case o.CreateFunction(function=function):
                yield "functions", key(*function.id)
            case o.CreateEnum(enum=enum) | o.RecreateEnum(new=enum):
                yield "enums", key(*enum.id)
            case o.CreateDomain(domain=domain) | o.RecreateDomain(new=domain):
                yield "domains", key(*domain.id)
            case o.CreateType(type=type_) | o.RecreateType(new=type_):
                yield "types", key(*type_.id)
            case o.CreateSchema(name=name):
                yield "schemas", name
            case o.AddColumn(table=table, column=column):
                yield "tables", key(*table), column.name
                yield "tables", key(*table), column.name, _SEQUENCE
            case (
                o.AddIdentity(table=table, column=column) | o.AddSerial(table=table, column=column)
            ):
                yield "tables", key(*table), column.name, _SEQUENCE
            case _:
                pass


def _between(place: _Place, had: Grants, wanted: Grants) -> Iterator[o.SetPrivileges]:
    kind, id_, column, _ = place
    for role in dict.fromkeys((*had, *wanted)):
        before, after = had.get(role), wanted.get(role)
        if before != after:
            yield o.SetPrivileges(kind=kind, table=id_, column=column, old=before, new=after)

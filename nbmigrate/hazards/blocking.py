"""What makes others wait: a heavy lock held while PostgreSQL scans, builds or rewrites."""

from __future__ import annotations

from collections.abc import Iterator

from nbmigrate import operations as o
from nbmigrate.hazards.costs import Context, Cost, costs
from nbmigrate.hazards.hazard import Hazard
from nbmigrate.model import Column, KeyOptions, Table, Unique, format_path, key

#: Something that goes and comes back with the same name and other rows.
REBUILDS = frozenset({"NB217"})
_BUILT_ANEW = "builds the type anew and rewrites every table that uses it"
_OVERLAPS = "builds an index, and fails when two rows overlap"
_ONLINE = "--online"
_CHECKED = f"{_ONLINE}: added NOT VALID, then validated while others work"
_BUILT = f"{_ONLINE}: its index is built concurrently first"


def blocks(op: o.Operation, context: Context) -> Iterator[Hazard]:
    """The hazards of an operation that does more than change catalogs under a heavy lock."""
    found = costs(op, context)
    yield from _whole_types(op, found)
    yield from _views(op, context)
    if found:
        yield from _columns(op, found[0])
        yield from _keys(op, found[0])
        yield from _conditions(op, found)


def _columns(op: o.Operation, cost: Cost) -> Iterator[Hazard]:
    if cost.work == "instant":
        return
    match op:
        case o.AlterColumnType(table=table, old=old, new=new) if cost.work == "rewrite":
            yield _hazard(
                "NB201",
                cost,
                format_path(*table, new.name),
                f"rewrites the table: {old.type} to {new.type}",
                "add a new column, backfill it in batches, then swap",
            )
        case o.AlterColumnType(table=table, new=new):
            path = format_path(*table, new.name)
            yield _hazard("NB211", cost, path, "rebuilds the indexes of the column: its collation")
        case o.AddColumn(table=table, column=column, backfill=None):
            text = "rewrites the table: each row gets a value of its own"
            path = format_path(*table, column.name)
            by_default = not column.generated and not column.identity and column.default is not None
            advice = f"{_ONLINE}: added empty, filled in batches" if by_default else ""
            yield _hazard("NB205", cost, path, text, advice)
        case (
            o.AddColumn(table=table, column=Column(name=name))
            | o.SetNotNull(table=table, column=str(name), backfill=str())
        ):
            text = "updates every row inside the transaction"
            advice = f"{_ONLINE}: filled in batches"
            yield _hazard("NB212", cost, format_path(*table, name), text, advice)
        case o.AddIdentity(table=table, column=column) | o.AddSerial(table=table, column=column):
            text = "looks for the largest value, where the sequence goes on"
            advice = "instant with an index on the column"
            yield _hazard("NB215", cost, format_path(*table, column.name), text, advice)
        case o.AlterTable(old=was, new=now):
            yield from _whole_table(was, now, cost)
        case _:
            return


def _whole_table(old: Table, new: Table, cost: Cost) -> Iterator[Hazard]:
    if old.using != new.using:
        text = f"rewrites the table by the access method {new.using or 'heap'}"
        yield _hazard("NB216", cost, format_path(*new.id), text)
    if old.unlogged != new.unlogged:
        word = "unlogged" if new.unlogged else "logged"
        yield _hazard("NB204", cost, format_path(*new.id), f"rewrites the table to make it {word}")


def _keys(op: o.Operation, cost: Cost) -> Iterator[Hazard]:
    """What builds an index while the table is locked."""
    match op:
        case o.CreateIndex(table=table, index=index) if (
            not index.concurrently and cost.work != "instant"
        ):
            path = format_path(*table, index.name)
            text = "builds the index while writes wait"
            yield _hazard("NB206", cost, path, text, f"{_ONLINE}: built CONCURRENTLY")
        case o.AddPrimaryKey(table=table, options=KeyOptions(without_overlaps=True)):
            yield _hazard("NB207", cost, format_path(*table), _OVERLAPS)
        case o.AddUnique(table=table, unique=Unique(without_overlaps=True) as unique):
            yield _hazard("NB208", cost, format_path(*table, unique.name), _OVERLAPS)
        case o.AddPrimaryKey(table=table):
            text = "builds an index, and fails when a key is there twice or NULL"
            yield _hazard("NB207", cost, format_path(*table), text, _BUILT)
        case o.AddUnique(table=table, unique=unique):
            text = "builds an index, and fails when a value is there twice"
            yield _hazard("NB208", cost, format_path(*table, unique.name), text, _BUILT)
        case _:
            return


def _conditions(op: o.Operation, found: tuple[Cost, ...]) -> Iterator[Hazard]:
    """What reads every row while the table is locked."""
    match op:
        case o.AddCheck(table=table, check=check) if found[0].work != "instant":
            text = "scans the table, and fails when a row does not fit"
            yield _hazard("NB209", found[0], format_path(*table, check.name), text, _CHECKED)
        case o.AddForeignKey(table=table, foreign_key=key) if found[0].work != "instant":
            target = format_path(*key.target)
            text = f"scans the table, and fails when a row has no match in {target}"
            yield _hazard("NB210", found[0], format_path(*table, key.name), text, _CHECKED)
        case o.AlterDomain(new=domain):
            text = "scans every table that uses the domain, and fails when a value does not fit"
            for cost in found:
                advice = "add the check NOT VALID, validate it later"
                yield _hazard("NB213", cost, format_path(*domain.id), text, advice)
        case _:
            return


def _views(op: o.Operation, context: Context) -> Iterator[Hazard]:
    match op:
        case o.DropView(view=view) if view.materialized and _is_materialized(view.id, context):
            cost = Cost(view.id, "ACCESS EXCLUSIVE", "rewrite")
            text = "builds the materialized view anew: its query runs again"
            advice = "make one of another name first, then swap the names"
            yield _hazard("NB217", cost, format_path(*view.id), text, advice)
        case _:
            return


def _is_materialized(view: o.Id, context: Context) -> bool:
    found = context.new.views.get(key(*view))
    return found is not None and found.materialized


def _whole_types(op: o.Operation, found: tuple[Cost, ...]) -> Iterator[Hazard]:
    """Types that are built anew: one hazard for each table that uses it."""
    match op:
        case o.RecreateEnum(new=enum):
            code, path = "NB202", format_path(*enum.id)
        case o.RecreateDomain(new=built) | o.RecreateType(new=built):
            code, path = "NB203", format_path(*built.id)
        case _:
            return
    if not found:
        yield Hazard(code=code, severity="blocks", path=path, text=_BUILT_ANEW)
    for cost in found:
        yield _hazard(code, cost, path, _BUILT_ANEW)


def _hazard(code: str, cost: Cost, path: str, text: str, advice: str = "") -> Hazard:
    return Hazard(
        code=code,
        severity="blocks",
        path=path,
        text=text,
        lock=cost.lock,
        work=cost.work,
        table=cost.table,
        advice=advice,
    )

"""What an operation can cost: its code, lock and work, and what is lost for good.

Locks and rewrites as in the PostgreSQL 18 docs, ALTER TABLE, "Notes" and "Explicit
Locking". The rows of a table are known only where a database was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from nbmigrate import operations as o
from nbmigrate.diff.columns import SERIAL
from nbmigrate.model import Column, format_path
from nbmigrate.model.tables import Value


class Hazard(Value, frozen=True, kw_only=True):
    """One thing to know before a plan is applied.

    ``severity``: ``loses data`` cannot be had back from the schema; ``blocks`` holds a
    heavy lock while it scans or rewrites; ``fails on data`` depends on the rows there.
    """

    code: str
    severity: Literal["loses data", "blocks", "fails on data"]
    path: str
    text: str
    lock: str = "ACCESS EXCLUSIVE"
    advice: str = ""


def find_hazards(operations: Iterable[o.Operation]) -> tuple[Hazard, ...]:
    """The hazards of the operations, in their order."""
    operations = tuple(operations)
    rebuilt = {(op.table, op.column.name) for op in operations if isinstance(op, o.AddColumn)}
    return tuple(hazard for op in operations for hazard in _hazards(op, rebuilt))


def _hazards(op: o.Operation, rebuilt: set[tuple[o.Id, str]]) -> Iterator[Hazard]:
    yield from _losses(op, rebuilt)
    yield from _rewrites(op)
    yield from _demands_on_columns(op)
    yield from _demands_on_tables(op)


def _losses(op: o.Operation, rebuilt: set[tuple[o.Id, str]]) -> Iterator[Hazard]:
    match op:
        case o.DropTable(table=table):
            yield _loss("NB101", format_path(*table.id), "drops the table and its rows")
        case o.DropColumn(table=table, column=column):
            if column.generated is None or (table, column.name) not in rebuilt:
                path = format_path(*table, column.name)
                yield _loss("NB102", path, "drops the column and its values")
        case o.DropSchema(name=name):
            yield _loss("NB103", format_path(name), "drops the schema; it must be empty")
        case o.DropSequence(sequence=sequence):
            yield _loss("NB104", format_path(*sequence.id), "drops the sequence and its position")
        case o.DropExtension(extension=extension):
            yield _loss("NB105", format_path(extension.name), "drops the extension and all in it")
        case _:
            return


def _loss(code: str, path: str, text: str) -> Hazard:
    return Hazard(code=code, severity="loses data", path=path, text=text)


_BUILT_ANEW = "builds the type anew and rewrites every table that uses it"


def _rewrites(op: o.Operation) -> Iterator[Hazard]:
    match op:
        case o.AlterColumnType(table=table, old=old, new=new) if not _is_widening(old, new):
            yield Hazard(
                code="NB201",
                severity="blocks",
                path=format_path(*table, new.name),
                text=f"rewrites the table: {old.type} to {new.type}",
                advice="add a new column, backfill it in batches, then swap",
            )
        case o.RecreateEnum(new=enum):
            yield _block("NB202", enum.id, _BUILT_ANEW)
        case o.RecreateDomain(new=built) | o.RecreateType(new=built):
            yield _block("NB203", built.id, _BUILT_ANEW)
        case o.AlterTable(old=was, new=now) if was.unlogged != now.unlogged:
            word = "unlogged" if now.unlogged else "logged"
            yield _block("NB204", now.id, f"rewrites the table to make it {word}")
        case _:
            return


def _block(code: str, path: o.Id, text: str) -> Hazard:
    return Hazard(code=code, severity="blocks", path=format_path(*path), text=text)


def _demands_on_columns(op: o.Operation) -> Iterator[Hazard]:
    match op:
        case o.AddColumn(table=table, column=column, backfill=None) if needs_backfill(column):
            yield Hazard(
                code="NB301",
                severity="fails on data",
                path=format_path(*table, column.name),
                text="a NOT NULL column without a default cannot be added to a table with rows",
                advice=f"--backfill {format_path(*table, column.name)}=SQL, or give it a default",
            )
        case o.SetNotNull(table=table, column=column_name, backfill=None):
            yield Hazard(
                code="NB302",
                severity="fails on data",
                path=format_path(*table, column_name),
                text="scans the table, and fails when a row has NULL there",
                advice=f"--backfill {format_path(*table, column_name)}=SQL",
            )
        case _:
            return


def _demands_on_tables(op: o.Operation) -> Iterator[Hazard]:
    match op:
        case o.AttachPartition(table=table):
            yield Hazard(
                code="NB303",
                severity="fails on data",
                path=format_path(*table),
                text="scans the table, and fails when a row is out of the bounds",
            )
        case o.AddExclusion(table=table, exclusion=exclusion):
            yield Hazard(
                code="NB304",
                severity="fails on data",
                path=format_path(*table, exclusion.name),
                text="builds an index, and fails when two rows exclude each other",
            )
        case o.ValidateConstraint(table=table, name=name):
            yield Hazard(
                code="NB305",
                severity="fails on data",
                path=format_path(*table, name),
                text="scans the table, and fails when a row does not fit",
                lock="SHARE UPDATE EXCLUSIVE",
            )
        case _:
            return


def needs_backfill(column: Column) -> bool:
    """True when rows that are there already would have no value for the column."""
    return bool(
        column.not_null
        and column.default is None
        and not column.generated
        and not column.identity
        and column.type not in SERIAL
    )


def _is_widening(old: Column, new: Column) -> bool:
    """The common changes that PostgreSQL makes in the catalog alone."""
    if new.type in ("text", "varchar") and old.type.startswith("varchar"):
        return True
    wide, narrow = _length(new.type), _length(old.type)
    return wide is not None and narrow is not None and wide >= narrow


def _length(type_: str) -> int | None:
    inner = type_.removeprefix("varchar(").removesuffix(")")
    return int(inner) if type_.startswith("varchar(") and inner.isdigit() else None

"""What the rows that are there must fulfil; otherwise the statement fails, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator

from nbmigrate import operations as o
from nbmigrate.diff.columns import SERIAL
from nbmigrate.hazards.costs import Context, costs
from nbmigrate.hazards.hazard import Hazard
from nbmigrate.model import Column, format_path


def demands(op: o.Operation, context: Context) -> Iterator[Hazard]:
    """What the operation asks of the rows."""
    for code, path, text, advice in _demands(op):
        cost = costs(op, context)[0]
        yield Hazard(
            code=code,
            severity="fails on data",
            path=format_path(*path),
            text=text,
            lock=cost.lock,
            work=cost.work,
            table=cost.table,
            advice=advice,
        )


_Demand = tuple[str, tuple[str, ...], str, str]


def _demands(op: o.Operation) -> Iterator[_Demand]:
    match op:
        case o.AddColumn(table=table, column=column, backfill=None) if needs_backfill(column):
            path = (*table, column.name)
            text = "a NOT NULL column without a default cannot be added to a table with rows"
            advice = f"--backfill {format_path(*path)}=SQL, or give it a default"
            yield "NB301", path, text, advice
        case o.SetNotNull(table=table, column=name, backfill=None, apart=False):
            path = (*table, name)
            text = "scans the table, and fails when a row has NULL there"
            fill = f"--backfill {format_path(*path)}=SQL for the rows with NULL"
            yield "NB302", path, text, f"{fill}; --online to scan while others work"
        case o.AttachPartition(table=table):
            text = "scans the table, and fails when a row is out of the bounds"
            yield "NB303", table, text, ""
        case o.AddExclusion(table=table, exclusion=exclusion):
            text = "builds an index, and fails when two rows exclude each other"
            yield "NB304", (*table, exclusion.name), text, ""
        case o.ValidateConstraint(table=table, name=name):
            text = "scans the table, and fails when a row does not fit"
            yield "NB305", (*table, name), text, ""
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

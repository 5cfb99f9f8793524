"""Which row of a table without a key a kept one was: any of those that are equal in all else."""

from __future__ import annotations

from collections.abc import Sequence

from nbmigrate.executor.undo import trash
from nbmigrate.executor.undo.trash import Kept
from nbmigrate.model import Table
from nbmigrate.model.tables import Column
from nbmigrate.postgresql.identifiers import quote

#: Where the row ``live`` of :func:`matched` is: its ``ctid``.
AT = "nbmigrate_at"


def matched(was: Table, table: Table, kept: Kept) -> str:
    """``live`` (a place and a partition) joined with the kept row ``k``, as a FROM list.

    Rows that are equal in what is left are told apart by nothing, so any will do.
    """
    rest = [
        c
        for c in trash.kept_columns(was, kept.loss)
        if c.name not in kept.loss.columns and c.name in table.columns
    ]
    number = "row_number() OVER (PARTITION BY nbmigrate_row) AS nbmigrate_number"
    return (
        f"(SELECT *, {number} FROM (SELECT t.tableoid AS nbmigrate_table, t.ctid AS {AT},"
        f" {_row(rest, 't.')} AS nbmigrate_row FROM {trash.source(kept.loss)} AS t) AS s) AS live\n"
        f"JOIN (SELECT *, {number} FROM (SELECT k.*, {_row(rest, 'k.')} AS nbmigrate_row"
        f" FROM {trash.in_trash(kept.name)} AS k) AS s) AS k"
        " USING (nbmigrate_row, nbmigrate_number)"
    )


def _row(columns: Sequence[Column], alias: str) -> str:
    values = ", ".join(f"{alias}{quote(c.name)}::text" for c in columns)
    return f"ROW({values})::text"

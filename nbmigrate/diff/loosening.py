"""A table and a function that need each other: the table is made first without what needs it."""

from __future__ import annotations

import msgspec

from nbmigrate.diff.match import NameIndex
from nbmigrate.diff.texts import column_text
from nbmigrate.model import Column, Table
from nbmigrate.operations import AddCheck, AddColumn, Operation, SetDefault

_replace = msgspec.structs.replace


def loosened(table: Table, names: NameIndex) -> tuple[Table, list[Operation]]:
    """The table without the expressions that speak of the names, and what adds them."""
    later: list[Operation] = []
    columns: dict[str, Column] = {}
    keys = {name for unique in table.unique_constraints.values() for name in unique.columns}
    keys |= set(table.primary_key_columns)
    for name, column in table.columns.items():
        bare = _replace(column, default=None, generated=None)
        if not names.find(column_text(column)) - names.find(column_text(bare)):
            columns[name] = column
        elif column.generated is None:
            columns[name] = bare
            later.append(SetDefault(table=table.id, column=column))
        elif name in keys:
            columns[name] = column
        else:
            later.append(AddColumn(table=table.id, column=column))
    checks = {n: c for n, c in table.check_constraints.items() if not names.find(c.value)}
    for check_name, check in table.check_constraints.items():
        if check_name not in checks:
            later.append(AddCheck(table=table.id, check=check))
    return _replace(table, columns=columns, check_constraints=checks), later

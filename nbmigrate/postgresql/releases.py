"""What needs a newer PostgreSQL than the server is, said before anything runs.

From the PostgreSQL 18 docs, "Release Notes": temporal keys, virtual generated columns, and checks
and foreign keys that are NOT ENFORCED came with 18.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nbmigrate import operations as o
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.model import Check, Column, ForeignKey, KeyOptions, Table, Unique, format_path

_EIGHTEEN = 180_000
_TEMPORAL = "a key WITHOUT OVERLAPS"
_PERIOD = "a foreign key with PERIOD"
_NOT_ENFORCED = "a constraint that is NOT ENFORCED"
_VIRTUAL = "a virtual generated column"

#: What is new, and the path of what has it.
_News = tuple[str, str]


def require_release(operations: Iterable[o.Operation], server_version: int) -> None:
    """The server knows everything that the operations say; ``server_version`` is libpq's number.

    Raises:
        UnsupportedOperationError: something needs a newer release.
    """
    if server_version >= _EIGHTEEN:
        return
    for op in operations:
        for word, path in _news(op):
            raise UnsupportedOperationError(
                f"`{path}`: {word} needs PostgreSQL 18; this server is {server_version // 10000}",
                operation=type(op).__name__,
                hint="use a newer server, or declare it without; nothing was changed",
            )


def _news(op: o.Operation) -> Iterator[_News]:
    match op:
        case o.CreateTable(table=table):
            yield from _of_table(table)
        case o.AddPrimaryKey(table=id_, options=KeyOptions(without_overlaps=True)):
            yield _TEMPORAL, format_path(*id_)
        case o.AddUnique(table=id_, unique=part) | o.AddCheck(table=id_, check=part):
            yield from _of_part(id_, part)
        case o.AddForeignKey(table=id_, foreign_key=part):
            yield from _of_part(id_, part)
        case o.AddColumn(table=id_, column=part) | o.AlterColumnType(table=id_, new=part):
            yield from _of_part(id_, part)
        case _:
            return


def _of_table(table: Table) -> Iterator[_News]:
    for key in table.composite_primary_keys.values():
        if key.without_overlaps:
            yield _TEMPORAL, format_path(*table.id, key.name)
    for parts in (
        table.columns,
        table.unique_constraints,
        table.check_constraints,
        table.foreign_keys,
    ):
        for part in parts.values():
            yield from _of_part(table.id, part)


def _of_part(table: o.Id, part: Column | Unique | Check | ForeignKey) -> Iterator[_News]:
    path = format_path(*table, part.name)
    match part:
        case Unique(without_overlaps=True):
            yield _TEMPORAL, path
        case ForeignKey(period=True):
            yield _PERIOD, path
        case ForeignKey(not_enforced=True) | Check(not_enforced=True):
            yield _NOT_ENFORCED, path
        case Column(generated=generated) if generated and generated.type == "virtual":
            yield _VIRTUAL, path
        case _:
            return

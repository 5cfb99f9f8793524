"""A database that was read before: only the tables that changed since then are read.

Each table has a mark of its catalog rows (``marks.sql``). What a table shows of others is of those
that it depends on; they are few, and PostgreSQL knows them (``reached.sql``). Where anything that is
not of one table has changed, all is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
import psycopg

from nbmigrate.garbage import uncollected
from nbmigrate.model import Snapshot, Table
from nbmigrate.model.names import PUBLIC, key
from nbmigrate.postgresql.introspect.catalog import There, query_of, rows_of, what_is_there
from nbmigrate.postgresql.introspect.snapshots import snapshot_of, tables_of
from nbmigrate.postgresql.introspect.steady import steady
from nbmigrate.postgresql.moments import ReadTransaction
from nbmigrate.postgresql.sending import Row, exchanged

#: The number that stands for all that is not of one table.
_REST = 0
Marks = Mapping[int, Row]


class Reading(NamedTuple):
    """What a database was read as; with marks, if parts of it can be read again.

    ``names`` are the names of the tables in the snapshot, by their numbers.
    """

    snapshot: Snapshot
    names: Mapping[int, str] = MappingProxyType({})
    marks: Marks = MappingProxyType({})


def introspect_again(connection: psycopg.Connection[Any], before: Reading | None = None) -> Reading:
    """The schema of a live database, without its roles, as :func:`introspect` would read it.

    ``before`` is an earlier reading. Of a database with many tables those that did not change since
    are taken from it, as the very same values; of a small one everything is read.

    Raises:
        DriftError: an object was dropped while the schema was read.
    """
    reading = ReadTransaction.around(connection)
    with uncollected(), steady(), reading.closing(connection):
        marked = before is not None and bool(before.marks)
        there = what_is_there(connection, reading, None, roles=False, marked=marked)
        found = _in_part(connection, there, before) if before and marked else None
        return found or _whole(connection, there)


def _whole(connection: psycopg.Connection[Any], there: There) -> Reading:
    also = {"marks": query_of("marks")} if there.is_large and not there.marks else {}
    with rows_of(connection, there, also=also) as catalog:
        snapshot = snapshot_of(catalog)
        if not there.is_large or not _is_separable(snapshot):
            return Reading(snapshot)
        names = {row[0]: key(row[1], row[2]) for row in catalog.tables}
        return Reading(snapshot, names, _by_table(there.marks or catalog.marks))


def _in_part(connection: psycopg.Connection[Any], there: There, before: Reading) -> Reading | None:
    """The same with the tables that changed; nothing where more has changed than these."""
    marks = _by_table(there.marks)
    if marks[_REST] != before.marks[_REST]:
        return None
    changed = [number for number, mark in marks.items() if mark != before.marks.get(number)]
    reached = _reached(connection, changed)
    if not reached.keys() <= marks.keys() - {_REST}:
        return None
    relations = [*reached, *chain.from_iterable(reached.values())]
    with rows_of(connection, there, relations=relations) as catalog:
        found = tables_of(catalog)
        if found.sequences or not _are_separable(found.tables.values()):
            return None
        names = {row[0]: key(row[1], row[2]) for row in catalog.tables}
    gone = before.marks.keys() - marks.keys()
    kept = {n: name for n, name in before.names.items() if n not in reached and n not in gone}
    tables = {name: before.snapshot.tables[name] for name in kept.values()} | found.tables
    ordered = dict(sorted(tables.items(), key=_place))
    snapshot = msgspec.structs.replace(before.snapshot, tables=ordered)
    return Reading(snapshot, kept | names, marks)


def _reached(
    connection: psycopg.Connection[Any], changed: Sequence[int]
) -> Mapping[int, Sequence[int]]:
    """The tables to be read, each with the sequences that it owns."""
    if not changed:
        return {}
    [rows] = exchanged(connection, [query_of("reached", changed)])
    return dict(rows)


def _by_table(rows: Iterable[Row]) -> Marks:
    return {row[0]: row[1:] for row in rows}


def _place(named: tuple[str, Table]) -> tuple[str, str]:
    """Where a table stands in ``tables.sql``."""
    _, table = named
    return table.schema or PUBLIC, table.name


def _is_separable(snapshot: Snapshot) -> bool:
    """Whether a table can be read without the others.

    It cannot, where the name of a NOT NULL depends on which are taken, and where a sequence is a
    thing of its own though a column owns it.
    """
    owned = any(sequence.owned_by for sequence in snapshot.sequences.values())
    return not owned and _are_separable(snapshot.tables.values())


def _are_separable(tables: Iterable[Table]) -> bool:
    return not any(column.not_null_name for table in tables for column in table.columns.values())

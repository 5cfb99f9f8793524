"""The ledger: which objects of the database nbmigrate created or adopted, and so may drop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg

from nbmigrate.executor import bookkeeping
from nbmigrate.postgresql.sending import Query

#: kind, schema, name; kind is the word of the model in lower case (table, enum, view, ...).
Entry = tuple[str, str, str]

_READ = Query("SELECT kind, schema, name FROM nbmigrate.ledger")
_INSERT = (
    "INSERT INTO nbmigrate.ledger (kind, schema, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
)
_DELETE = "DELETE FROM nbmigrate.ledger WHERE (kind, schema, name) = ($1, $2, $3)"


def read_ledger(connection: psycopg.Connection[Any]) -> set[Entry]:
    """The objects that are ours; empty where nbmigrate has not worked yet."""
    found = bookkeeping.ask(connection, _READ)
    return {(kind, schema, name) for rows in found or () for kind, schema, name in rows}


def record(
    connection: psycopg.Connection[Any],
    *,
    created: Iterable[Entry] = (),
    dropped: Iterable[Entry] = (),
    renamed: Iterable[tuple[Entry, Entry]] = (),
) -> None:
    """Write what a push did; call it inside the transaction of the push.

    All removals come before all additions, so that names may be swapped. Only what is in
    the ledger under its old name is carried to the new one: a rename adopts nothing.
    """
    changes = list(renamed)
    created, dropped = list(created), list(dropped)
    if not (created or dropped or changes):
        return
    bookkeeping.ensure(connection)
    owned = read_ledger(connection) if changes else set()
    moved = [(old, new) for old, new in changes if old in owned]
    with psycopg.RawCursor(connection) as cursor:
        for entry in [*dropped, *(old for old, _ in moved)]:
            cursor.execute(_DELETE, entry)
        for entry in [*created, *(new for _, new in moved)]:
            cursor.execute(_INSERT, entry)

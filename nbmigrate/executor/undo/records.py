"""The stack of what can be undone: table ``nbmigrate.undo``, a row per push or migration.

A row holds both snapshots (compressed), the renames, and what is in the trash. It is
written in the transaction of what it speaks of.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg

from nbmigrate.executor import bookkeeping, raw
from nbmigrate.executor.undo import trash
from nbmigrate.executor.undo.trash import Holding
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.model.tables import Value
from nbmigrate.operations import Operation
from nbmigrate.postgresql.sending import Query, exchanged

_TABLE = f"""
CREATE TABLE IF NOT EXISTS {bookkeeping.SCHEMA}.undo (
    id integer PRIMARY KEY,
    kind text NOT NULL,
    tag text NOT NULL,
    state text NOT NULL,
    what text[] NOT NULL,
    before bytea NOT NULL,
    after bytea NOT NULL,
    operations bytea NOT NULL,
    renames text[] NOT NULL,
    holding jsonb NOT NULL,
    done_at timestamptz NOT NULL DEFAULT now(),
    undone_at timestamptz,
    "user" text NOT NULL DEFAULT session_user,
    application text NOT NULL DEFAULT current_setting('application_name')
);
"""

#: Whether its data can still come back: done -> undone, or done -> purged. A migration that runs
#: in several transactions is begun before it is done.
BEGUN, DONE, UNDONE, PURGED = "begun", "done", "undone", "purged"


class UndoRecord(Value, frozen=True, kw_only=True):
    """One push or migration that can be undone, or was."""

    id: int
    kind: str
    before: Snapshot
    after: Snapshot
    operations: tuple[Operation, ...] = ()
    renames: tuple[str, ...] = ()
    holding: Holding = Holding()
    what: tuple[str, ...] = ()
    tag: str = ""
    state: str = DONE
    done_at: str = ""
    user: str = ""


class TrashTable(Value, frozen=True, kw_only=True):
    """A table of the trash as it is now."""

    name: str
    rows: int
    bytes: int


_NEXT = Query("SELECT coalesce(max(id), 0) + 1 FROM nbmigrate.undo")


def is_prepared(connection: psycopg.Connection[Any]) -> bool:
    """Whether anything was ever recorded here."""
    return bookkeeping.ask(connection, table="undo") is not None


def next_id(connection: psycopg.Connection[Any]) -> int:
    """The number that the next record gets."""
    found = bookkeeping.ask(connection, _NEXT, table="undo")
    return int(found[0][0][0]) if found else 1


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Make the table that holds the records, where it is missing."""
    if bookkeeping.is_up_to_date(connection, table="undo"):
        return
    bookkeeping.ensure(connection)
    if not is_prepared(connection):
        bookkeeping.make(connection, _TABLE)


def write(connection: psycopg.Connection[Any], record: UndoRecord) -> None:
    """Put the record on the stack; call it in the transaction of what it speaks of."""
    prepare(connection)
    raw.run(
        connection,
        "INSERT INTO nbmigrate.undo (id, kind, tag, state, what, before, after, operations,"
        " renames, holding) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb)",
        [
            *(record.id, record.kind, record.tag, record.state, list(record.what)),
            *(_packed(record.before), _packed(record.after), _packed(record.operations)),
            *(list(record.renames), msgspec.json.encode(record.holding).decode()),
        ],
    )


def write_made(record: UndoRecord) -> Query:
    """Put a record on the stack that has no snapshots yet, under the next number, unread.

    The table must be there.
    """
    return Query(
        "INSERT INTO nbmigrate.undo (id, kind, tag, state, what, before, after, operations,"
        " renames, holding) SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5, $5, $6, $7,"
        " $8::jsonb FROM nbmigrate.undo",
        [
            *(record.kind, record.tag, record.state, list(record.what)),
            *(_NONE, _packed(record.operations), list(record.renames)),
            msgspec.json.encode(record.holding).decode(),
        ],
    )


def settle(
    connection: psycopg.Connection[Any], found: Sequence[tuple[str, Snapshot, Snapshot]]
) -> None:
    """Give records that have none, each found by its tag, their snapshots before and after."""
    query = (
        "UPDATE nbmigrate.undo SET before = $2, after = $3"
        " WHERE kind = 'migrate' AND tag = $1 AND state = 'done' AND after = $4"
    )
    values = ([tag, _packed(before), _packed(after), _NONE] for tag, before, after in found)
    exchanged(connection, [Query(query, given) for given in values])


def begun(connection: psycopg.Connection[Any], tag: str) -> UndoRecord | None:
    """The record of a migration that was begun, here or by a run that died."""
    condition = "WHERE tag = $1 AND state = $2 ORDER BY id DESC LIMIT 1"
    return next(iter(_read(connection, condition, [tag, BEGUN])), None)


def complete(connection: psycopg.Connection[Any], number: int, after: Snapshot) -> None:
    """The migration that was begun is done; the schema is this."""
    query = "UPDATE nbmigrate.undo SET after = $2, state = $3, done_at = now() WHERE id = $1"
    raw.run(connection, query, [number, _packed(after), DONE])


def remove(connection: psycopg.Connection[Any], record: UndoRecord) -> None:
    """Take a record away with its part of the trash, as if it had never been."""
    drop_trash(connection, record.holding.names)
    raw.run(connection, "DELETE FROM nbmigrate.undo WHERE id = $1", [record.id])


def unsettled(connection: psycopg.Connection[Any]) -> tuple[UndoRecord, ...]:
    """The last records, as far as they have no snapshots: of a run that died. The first one first."""
    condition = (
        "WHERE state <> $1 AND id > (SELECT coalesce(max(id), 0) FROM nbmigrate.undo"
        " WHERE state <> $1 AND NOT (state = $2 AND after = $3 AND holding ? 'made')) ORDER BY id"
    )
    return _read(connection, condition, [UNDONE, DONE, _NONE])


def amend(connection: psycopg.Connection[Any], number: int, after: Snapshot) -> None:
    """Write what the schema is after all, where statements ran behind the last transaction."""
    query = "UPDATE nbmigrate.undo SET after = $2 WHERE id = $1"
    raw.run(connection, query, [number, _packed(after)])


def _packed(value: object) -> bytes:
    return zlib.compress(msgspec.json.encode(value))


#: The snapshots of a record that has none yet.
_NONE = _packed(EMPTY)


def read(
    connection: psycopg.Connection[Any],
    *,
    states: Sequence[str] = (BEGUN, DONE, UNDONE, PURGED),
    limit: int | None = None,
) -> tuple[UndoRecord, ...]:
    """The records in one of the states, the newest first."""
    if not is_prepared(connection):
        return ()
    condition = "WHERE state = ANY($1) ORDER BY id DESC LIMIT $2"
    return _read(connection, condition, [list(states), limit])


def _read(
    connection: psycopg.Connection[Any], condition: str, values: Sequence[object]
) -> tuple[UndoRecord, ...]:
    query = (
        "SELECT id, kind, tag, state, what, before, after, operations, renames,"
        " holding::text, \"user\", pg_catalog.to_char(done_at AT TIME ZONE 'UTC',"
        ' \'YYYY-MM-DD"T"HH24:MI:SS"Z"\') AS done_at'
        f" FROM nbmigrate.undo {condition}"
    )
    with bookkeeping.readable(connection):
        found = raw.rows(connection, query, values)
    return tuple(map(_record, found))


def _record(row: raw.Row) -> UndoRecord:
    def unpacked(name: str, type_: Any) -> Any:  # noqa: ANN401 - a type, and a value of it
        return msgspec.json.decode(zlib.decompress(row[name]), type=type_)

    return UndoRecord(
        id=row["id"],
        kind=row["kind"],
        tag=row["tag"],
        state=row["state"],
        what=tuple(row["what"]),
        before=unpacked("before", Snapshot),
        after=unpacked("after", Snapshot),
        operations=unpacked("operations", tuple[Operation, ...]),
        renames=tuple(row["renames"]),
        holding=msgspec.json.decode(row["holding"], type=Holding),
        done_at=row["done_at"],
        user=row["user"],
    )


def mark(connection: psycopg.Connection[Any], ids: Sequence[int], state: str) -> None:
    """Give the records another state."""
    raw.run(
        connection,
        "UPDATE nbmigrate.undo SET state = $2, undone_at = now() WHERE id = ANY($1)",
        [list(ids), state],
    )


def trash_tables(connection: psycopg.Connection[Any]) -> dict[str, TrashTable]:
    """What lies in the trash, by name; rows beyond a million are PostgreSQL's estimate."""
    found = raw.rows(
        connection,
        "SELECT c.relname::text AS name, greatest(c.reltuples, 0)::bigint AS rows,"
        " pg_catalog.pg_total_relation_size(c.oid) AS bytes"
        " FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n"
        " ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r' ORDER BY c.oid",
        [trash.SCHEMA],
    )
    return {row["name"]: TrashTable(**row) for row in found}


def has_more(connection: psycopg.Connection[Any], name: str, rows: int) -> bool:
    """Whether a table of the trash has more rows than that."""
    return raw.exists(connection, f"SELECT FROM {trash.in_trash(name)} OFFSET $1 LIMIT 1", [rows])


def drop_trash(connection: psycopg.Connection[Any], names: Sequence[str]) -> None:
    """Drop these tables of the trash, and the trash itself when it is empty then."""
    there = trash_tables(connection)
    for name in names:
        if name in there:
            connection.execute(f"DROP TABLE {trash.in_trash(name)} CASCADE".encode())
    if there and not trash_tables(connection):
        connection.execute(f"DROP SCHEMA {trash.SCHEMA} RESTRICT".encode())

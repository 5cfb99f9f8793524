"""What is applied: drizzle's history table, and our journal of the same facts.

``drizzle.__drizzle_migrations`` is made and written exactly as drizzle-orm 0.45
does, so that either migrator goes on where the other stopped. Unlike drizzle-orm,
which compares times only, a migration counts as applied when a row has its hash or
its time: files of a branch merged late are run, and edited files are noticed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import psycopg

from nbmigrate.errors import ExecutionError
from nbmigrate.executor import bookkeeping, raw
from nbmigrate.executor.segments import MigrationLike
from nbmigrate.executor.settings import Settings
from nbmigrate.model.tables import Value
from nbmigrate.postgresql.identifiers import qualified, quote
from nbmigrate.postgresql.secrets import mask_sql
from nbmigrate.postgresql.sending import Query, exchanged

State = Literal["applied", "pending", "edited", "missing", "unrecorded"]

_BOM = "\ufeff"
_RECORD = """
    INSERT INTO nbmigrate.migrations AS old (history, tag, hash, created_at, normalized_hash, sql,
           started_at, ms, statements, backend_pid, "user", application)
    VALUES ($1, $2, $3, $4, $5, $6,
           pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $7::integer / 1000.0),
           $7, $8, pg_catalog.pg_backend_pid(), session_user,
           pg_catalog.current_setting('application_name'))
    ON CONFLICT (history, tag) DO UPDATE SET hash = excluded.hash,
           created_at = excluded.created_at, normalized_hash = excluded.normalized_hash,
           sql = excluded.sql, started_at = excluded.started_at, ms = excluded.ms,
           statements = excluded.statements, backend_pid = excluded.backend_pid,
           "user" = excluded."user", application = excluded.application
"""


class HistoryRow(Value, frozen=True, kw_only=True):
    """A row of drizzle's table; ``name`` only where drizzle 1.0 has worked."""

    hash: str
    created_at: int | None
    name: str | None = None


class JournalRow(Value, frozen=True, kw_only=True):
    """A row of our journal: what was applied, word for word."""

    tag: str
    hash: str
    created_at: int
    normalized_hash: str
    sql: str
    applied_at: str = ""


class Status(Value, frozen=True, kw_only=True):
    """Where one migration stands.

    ``edited``: its file is not what was applied (``applied_sql`` is, if it is known);
    ``missing``: applied, but not in the folder; ``unrecorded``: our journal says that it
    was applied, the history table lost the row. ``late``: pending, with an applied one
    after it, so that drizzle's own migrator would never run it. ``applied_at`` (ISO, UTC)
    is known of what nbmigrate applied; drizzle keeps no such time.
    """

    tag: str
    state: State
    hash: str
    created_at: int | None
    late: bool = False
    applied_sql: str = ""
    applied_at: str = ""


def place(settings: Settings) -> tuple[str, str]:
    """Schema and name of the history table."""
    return settings.history_schema, settings.history_table


def history_name(settings: Settings) -> str:
    """The history table as our own tables name it."""
    return f"{settings.history_schema}.{settings.history_table}"


def history_sql(settings: Settings) -> str:
    """The history table in SQL: always with its schema, whatever the search path is."""
    return qualified(place(settings), spell_public=True)


def ensure_history(connection: psycopg.Connection[Any], settings: Settings) -> None:
    """Make the history table as drizzle-orm would, if it is missing."""
    if bookkeeping.table_exists(connection, *place(settings)):
        return
    schema_found = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1"
    # IF NOT EXISTS needs the right to create schemas even where nothing is to be created.
    if not raw.exists(connection, schema_found, [settings.history_schema]):
        raw.run(connection, f"CREATE SCHEMA IF NOT EXISTS {quote(settings.history_schema)}")
    raw.run(
        connection,
        f"CREATE TABLE IF NOT EXISTS {history_sql(settings)} (\n"
        "\t\tid SERIAL PRIMARY KEY,\n\t\thash text NOT NULL,\n\t\tcreated_at bigint\n\t)",
    )


def read_history(connection: psycopg.Connection[Any], settings: Settings) -> tuple[HistoryRow, ...]:
    """The rows in the order they were written; none where there is no table."""
    if not bookkeeping.table_exists(connection, *place(settings)):
        return ()
    found = raw.rows(connection, f"SELECT * FROM {history_sql(settings)}")
    if found and not {"hash", "created_at"} <= found[0].keys():
        raise ExecutionError(
            f"`{history_name(settings)}` is not a history table: it lacks hash and created_at",
            hint="name another one: history_schema, history_table",
        )
    found.sort(key=lambda row: row.get("id") or 0)
    return tuple(
        HistoryRow(hash=row["hash"], created_at=row["created_at"], name=row.get("name"))
        for row in found
    )


def read_journal(connection: psycopg.Connection[Any], settings: Settings) -> tuple[JournalRow, ...]:
    """The rows of our journal about this history table."""
    if not bookkeeping.is_prepared(connection):
        return ()
    found = raw.rows(
        connection,
        "SELECT tag, hash, created_at, normalized_hash, sql, pg_catalog.to_char((started_at"
        " + pg_catalog.make_interval(secs => ms / 1000.0)) AT TIME ZONE 'UTC',"
        """ 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS applied_at FROM nbmigrate.migrations"""
        " WHERE history = $1 ORDER BY created_at, tag",
        [history_name(settings)],
    )
    return tuple(JournalRow(**row) for row in found)


def read_status(
    connection: psycopg.Connection[Any],
    migrations: Sequence[MigrationLike],
    settings: Settings,
) -> tuple[Status, ...]:
    """The status of every migration of the folder, then what only the database knows."""
    # The journal first: a row that another migrator commits in between is then in the history
    # at worst alone, never in the journal alone, which would look like a lost history.
    journal = read_journal(connection, settings)
    return statuses(migrations, read_history(connection, settings), journal)


def statuses(
    migrations: Sequence[MigrationLike],
    rows: Sequence[HistoryRow],
    journal: Sequence[JournalRow] = (),
) -> tuple[Status, ...]:
    """Compare a folder with what the database says about it.

    Every row stands for one migration: two files of equal text are two migrations, and
    a migration whose time and hash both match has the first claim to a row.
    """
    by_tag = {row.tag: row for row in journal}
    matched, rest = _match(migrations, rows, by_tag)
    newest = max((row.created_at or 0 for row in rows), default=0)
    found = [
        _status(migration, matched.get(migration.tag), by_tag.get(migration.tag), newest)
        for migration in migrations
    ]
    by_hash = {row.hash: row for row in journal}
    return (*found, *(_missing(row, by_hash.get(row.hash)) for row in rest))


def _match(
    migrations: Sequence[MigrationLike],
    rows: Sequence[HistoryRow],
    by_tag: Mapping[str, JournalRow],
) -> tuple[dict[str, HistoryRow], list[HistoryRow]]:
    rest = list(rows)
    matched: dict[str, HistoryRow] = {}
    rules: tuple[Callable[[MigrationLike, HistoryRow], bool], ...] = (
        lambda m, row: row.hash == m.hash and _same_time(m, row),
        lambda m, row: row.hash == m.hash,
        _same_time,
        # written anew under its tag after it was applied: another text and another time
        lambda m, row: m.tag in by_tag and by_tag[m.tag].hash == row.hash,
    )
    for rule in rules:
        for migration in migrations:
            if migration.tag in matched:
                continue
            row = next((row for row in rest if rule(migration, row)), None)
            if row is not None:
                matched[migration.tag] = row
                rest.remove(row)
    # drizzle-orm takes no lock: runs at the same time leave several rows of one migration.
    unknown = [r for r in rest if not any(rule(m, r) for rule in rules for m in migrations)]
    return matched, unknown


def _same_time(migration: MigrationLike, row: HistoryRow) -> bool:
    """Equal times; drizzle 1.0, which names its rows, keeps whole seconds only."""
    if row.created_at is None:
        return False
    if row.created_at == migration.when:
        return True
    return row.name is not None and row.created_at == migration.when // 1000 * 1000


def _status(
    migration: MigrationLike, row: HistoryRow | None, known: JournalRow | None, newest: int
) -> Status:
    tag, when = migration.tag, migration.when
    applied_at = known.applied_at if known else ""
    if row is None:
        if known is not None:
            lost = known.hash
            return Status(
                tag=tag, state="unrecorded", hash=lost, created_at=when, applied_at=applied_at
            )
        late = when <= newest
        return Status(tag=tag, state="pending", hash=migration.hash, created_at=when, late=late)
    is_same = row.hash == migration.hash or _is_same_text(migration, row, known)
    return Status(
        tag=tag,
        state="applied" if is_same else "edited",
        hash=row.hash,
        created_at=row.created_at,
        applied_sql=known.sql if known and not is_same else "",
        applied_at=applied_at,
    )


def _is_same_text(migration: MigrationLike, row: HistoryRow, known: JournalRow | None) -> bool:
    """Whether only line ends, a byte order mark or blanks at the end differ.

    Without our journal (drizzle-orm applied it), the spellings that an editor or Git may
    have made of the same text are tried against the hash.
    """
    if known is not None and known.hash == row.hash:
        return known.normalized_hash == normalized_hash(migration.sql)
    plain = normalized(migration.sql)
    lines = migration.sql.removeprefix(_BOM).replace("\r\n", "\n")
    bodies = {plain, plain + "\n", lines, lines.rstrip("\n") + "\n"}
    spellings = {s for body in bodies for s in (body, body.replace("\n", "\r\n"))}
    return any(sha256(bom + text) == row.hash for text in spellings for bom in ("", _BOM))


def _missing(row: HistoryRow, known: JournalRow | None) -> Status:
    return Status(
        tag=known.tag if known else row.name or "",
        state="missing",
        hash=row.hash,
        created_at=row.created_at,
        applied_sql=known.sql if known else "",
        applied_at=known.applied_at if known else "",
    )


def normalized(sql: str) -> str:
    """The text without a byte order mark, with one kind of line end, and no blanks at its end."""
    text = sql.removeprefix(_BOM).replace("\r\n", "\n").replace("\r", "\n")
    return text.rstrip()


def normalized_hash(sql: str) -> str:
    """The hash by which our journal tells an edit from a changed line end."""
    return sha256(normalized(sql))


def sha256(text: str) -> str:
    """Lower-case hexadecimal SHA-256 of the text in UTF-8, as drizzle hashes a file."""
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


#: A file may have taken another role; until the commit the tables are ours all the same.
OWN_ROLE = (Query("SET LOCAL SESSION AUTHORIZATION DEFAULT"), Query("SET LOCAL ROLE NONE"))


def take_own_role(connection: psycopg.Connection[Any]) -> None:
    """Run :data:`OWN_ROLE`."""
    exchanged(connection, OWN_ROLE)


def find_recorded(migration: MigrationLike, settings: Settings) -> Query:
    """Ask for the very row that applying the migration writes."""
    query = f"SELECT 1 FROM {history_sql(settings)} WHERE hash = $1 AND created_at = $2"
    return Query(query, [migration.hash, migration.when])


def record(
    migration: MigrationLike, settings: Settings, *, statements: int, ms: int
) -> tuple[Query, Query]:
    """Write the row of drizzle and that of our journal, in the transaction of the migration."""
    name = history_name(settings)
    texts = (normalized_hash(migration.sql), mask_sql(migration.sql))
    return (
        Query(
            f'insert into {history_sql(settings)} ("hash", "created_at") values($1, $2)',
            [migration.hash, migration.when],
        ),
        Query(
            _RECORD, [name, migration.tag, migration.hash, migration.when, *texts, ms, statements]
        ),
    )


def forget(connection: psycopg.Connection[Any], settings: Settings, tag: str) -> None:
    """Take a migration out of both histories, in the transaction that took it back."""
    name = history_name(settings)
    found = raw.rows(
        connection,
        "DELETE FROM nbmigrate.migrations WHERE history = $1 AND tag = $2"
        " RETURNING hash, created_at",
        [name, tag],
    )
    for row in found:
        raw.run(
            connection,
            f"DELETE FROM {history_sql(settings)} WHERE hash = $1 AND created_at = $2",
            [row["hash"], row["created_at"]],
        )

"""Proof of a migration before it is written: PostgreSQL runs all files and the new one, and is read.

The files run one after the other where they harm nobody (:mod:`nbmigrate.workspace.arena`), the
earlier ones once for all where that place is kept (:mod:`nbmigrate.workspace.proof_database`); the
result must be the new snapshot.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import msgspec

from nbmigrate.dialect import Statement
from nbmigrate.errors import JournalError, StatementFailedError
from nbmigrate.journal import Migration
from nbmigrate.model import Snapshot
from nbmigrate.plan import Plan, make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.asking import Scratch
from nbmigrate.workspace.arena import Arena, Opened

#: The new file speaks of what is not there: an extension, a provider's table; or it was not allowed
#: to do it, or to wait for it, or cannot be tried in a transaction, or has no memory for the locks.
_UNKNOWN = frozenset(
    {"42704", "42883", "42P01", "3F000", "58P01", "0A000", "42501"}
    | {"25001", "42P06", "55P03", "55P04", "57014", "53200"}
)
#: A plan of more statements is committed: PostgreSQL's table of locks has 6,400 places by default.
_MANY = 200


class Verdict(Enum):
    """What running the files has shown."""

    PROVED = "proved"
    UNPROVED = "not proved"
    REFUTED = "refuted"


class Proof(NamedTuple):
    """Whether the files lead to the snapshot, in one line; ``rest`` is what would be missing.

    ``back`` is why the way back does not lead back; empty when it does, ``None`` when not tried.
    """

    verdict: Verdict
    text: str
    rest: Plan | None = None
    back: str | None = None


class Back(NamedTuple):
    """The statements that take a migration back, or why there are none."""

    statements: tuple[Statement, ...] = ()
    error: str = ""


def prove(opened: Opened, migrations: Sequence[Migration], plan: Plan, back: Back) -> Proof:
    """Run the migrations and the new one where it is empty, up, down and up, and compare."""
    started = time.perf_counter()
    with opened as arena:
        version = arena.version
        if failed := _catch_up(arena, migrations):
            return failed
        found = _try(arena, migrations, plan, back)
    if found.verdict is Verdict.PROVED:
        return found._replace(text=_said(version, len(migrations) + 1, started))
    return found


def _catch_up(arena: Arena, migrations: Sequence[Migration]) -> Proof | None:
    """Run the migrations that were not run there yet; the proof that cannot be, if one fails."""
    missing = migrations[arena.kept.done :] if arena.kept else migrations
    if arena.kept and missing:
        arena.kept.unmark()
    for migration in missing:
        if failed := arena.run([chunk.sql for chunk in migration.statements()]):
            text = f"not proved: `{migration.tag}` fails on an empty database: {failed.text}"
            return Proof(Verdict.UNPROVED, text)
    if arena.kept:
        arena.kept.mark(migrations)
    return None


def _try(arena: Arena, migrations: Sequence[Migration], plan: Plan, back: Back) -> Proof:
    """Up, down and up; a kept database then stands behind the migrations, or behind the plan."""
    if arena.kept is None:
        return _tried(arena, plan, back)
    if _fits_in_a_transaction((*plan.statements, *back.statements)):
        with arena.connection.transaction(force_rollback=True):
            return _tried(arena, plan, back)
    arena.kept.unmark()
    found = _tried(arena, plan, back)
    if found.verdict is Verdict.PROVED and (back.error or found.back == ""):
        arena.kept.mark(migrations, [statement.sql for statement in plan.statements])
    return found


def _fits_in_a_transaction(statements: Sequence[Statement]) -> bool:
    """Whether one can hold them three times, up, down and up; it has a lock for each object."""
    return len(statements) <= _MANY and all(
        statement.transactional and not statement.commit_before for statement in statements
    )


def _tried(arena: Arena, plan: Plan, back: Back) -> Proof:
    if failed := arena.run([statement.sql for statement in plan.statements]):
        if failed.sqlstate in _UNKNOWN:
            return Proof(Verdict.UNPROVED, f"not proved: on {arena.version} {failed.text}")
        return Proof(Verdict.REFUTED, f"refuted on {arena.version}: {failed.text}")
    live = arena.read(plan.new)
    rest = _difference(arena, live, plan.new)
    if not rest.is_empty:
        text = f"refuted on {arena.version}: the result is not what is declared"
        return Proof(Verdict.REFUTED, text, rest)
    failed_back = None if back.error else _try_back(arena, plan, back, live)
    return Proof(Verdict.PROVED, "", back=failed_back)


def _try_back(arena: Arena, plan: Plan, back: Back, live: Snapshot) -> str | None:
    """Run down and up again; why that does not lead back, or nothing; ``None`` without room for it.

    ``live`` is what the database was read as when it was shown to be the new schema.
    """
    for statements, end in ((back.statements, plan.old), (plan.statements, plan.new)):
        if failed := arena.run([statement.sql for statement in statements]):
            return failed.text if failed.sqlstate not in _UNKNOWN else None
        if not _is_now(arena, end, live, plan.new):
            return "the result is not the schema before"
    return ""


def _is_now(arena: Arena, end: Snapshot, shown: Snapshot, recorded: Snapshot) -> bool:
    """Whether the database is the snapshot; ``shown`` was read when it was shown to be ``recorded``.

    Tables that are as they were then, on both sides, need not be compared again. Where leaving
    them out shows a difference, or a text speaks of one of them, all are compared.
    """
    live = arena.read(end)
    alike = frozenset(
        name
        for name, table in end.tables.items()
        if name in live.tables
        and live.tables[name] == shown.tables.get(name)
        and table == recorded.tables.get(name)
    )
    with suppress(StatementFailedError):
        if _difference(arena, _without(live, alike), _without(end, alike)).is_empty:
            return True
    return _difference(arena, live, end).is_empty


def _without(snapshot: Snapshot, names: frozenset[str]) -> Snapshot:
    left = {name: table for name, table in snapshot.tables.items() if name not in names}
    return msgspec.structs.replace(snapshot, tables=left)


class Replayed(NamedTuple):
    """What SQL written by hand does to the snapshot it is compared with; what proved it.

    ``plan.new`` is the schema after it, in the words of that snapshot.
    """

    plan: Plan
    text: str


def replay(opened: Opened, migrations: Sequence[Migration], sql: str, before: Snapshot) -> Replayed:
    """Run the migrations and then the SQL where it is empty, and read what is there.

    Raises:
        JournalError: PostgreSQL refuses one of them.
    """
    new = Migration(tag="the new SQL", path=Path("the new SQL"), raw=sql.encode(), when=0)
    started = time.perf_counter()
    with opened as arena:
        version = arena.version
        for migration in (*migrations, new):
            _require(arena, migration)
        scratch = Scratch(arena.connection, arena.answers)
        live = arena.read(before)
        plan = make_plan(before, live, dialect=POSTGRESQL, canonical=scratch.pair)
    return Replayed(plan, _said(version, len(migrations) + 1, started))


def _said(version: str, number: int, started: float) -> str:
    files = "1 migration" if number == 1 else f"{number} migrations"
    return f"proved on {version}: {files} → this schema, {time.perf_counter() - started:.1f} s"


def _require(arena: Arena, migration: Migration) -> None:
    if failed := arena.run([chunk.sql for chunk in migration.statements()]):
        raise JournalError(
            f"{migration.tag} fails on an empty database with all earlier migrations:"
            f" {failed.text}",
            hint="nothing was written; correct the SQL",
        )


def difference_to(arena: Arena, new: Snapshot) -> Plan:
    """What leads from the database to the snapshot."""
    return _difference(arena, arena.read(new), new)


def _difference(arena: Arena, live: Snapshot, new: Snapshot) -> Plan:
    scratch = Scratch(arena.connection, arena.answers)
    return make_plan(
        live,
        new,
        dialect=POSTGRESQL,
        canonical=lambda a, b: scratch.pair(a, b, old_is_live=True),
    )

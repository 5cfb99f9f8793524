"""Proof of a migration before it is written: PostgreSQL runs all files and the new one, and is read.

The files run one after the other where they harm nobody (:mod:`nbmigrate.workspace.arena`), the
earlier ones once for all where that place is kept (:mod:`nbmigrate.workspace.proof_database`); the
result must be the new snapshot.
"""

from __future__ import annotations

import time
from collections import ChainMap
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import msgspec

from nbmigrate.dialect import Statement
from nbmigrate.errors import JournalError, StatementFailedError
from nbmigrate.journal import Migration
from nbmigrate.model import Snapshot
from nbmigrate.model.names import key
from nbmigrate.operations import CreateTable
from nbmigrate.plan import Plan, make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.asking import Scratch
from nbmigrate.postgresql.introspect import Reading
from nbmigrate.workspace.arena import Arena, Failed, Opened

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


class Shown(NamedTuple):
    """What a database was read as, and the snapshot that it was shown to be."""

    reading: Reading
    recorded: Snapshot

    @property
    def live(self) -> Snapshot:
        """What was read."""
        return self.reading.snapshot


class Proof(NamedTuple):
    """Whether the files lead to the snapshot, in one line; ``rest`` is what would be missing.

    ``back`` is why the way back does not lead back; empty when it does, ``None`` when not tried.
    """

    verdict: Verdict
    text: str
    rest: Plan | None = None
    back: str | None = None
    shown: Shown | None = None


class Back(NamedTuple):
    """The statements that take a migration back, or why there are none."""

    statements: tuple[Statement, ...] = ()
    error: str = ""


def prove(
    opened: Opened,
    migrations: Sequence[Migration],
    plan: Plan,
    back: Back,
    *,
    before: Shown | None = None,
) -> Proof:
    """Run the migrations and the new one where it is empty, up, down and up, and compare.

    Tables that are as they were ``before``, in an earlier proof, need not be compared again.
    """
    started = time.perf_counter()
    with opened as arena:
        version = arena.version
        if failed := _catch_up(arena, migrations):
            return failed
        found = _try(_Trial(arena, plan, back, before), migrations)
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


class _Trial(NamedTuple):
    """What is tried where."""

    arena: Arena
    plan: Plan
    back: Back
    before: Shown | None


def _try(trial: _Trial, migrations: Sequence[Migration]) -> Proof:
    """Up, down and up; a kept database then stands behind the migrations, or behind the plan."""
    arena, plan, back, _ = trial
    if arena.kept is None:
        return _up_and_back(trial)
    if _fits_in_a_transaction((*plan.statements, *back.statements)):
        with arena.connection.transaction(force_rollback=True):
            return _up_and_back(trial)
    arena.kept.unmark()
    found = _up(trial)
    if found.shown is None:
        return found
    statements = [statement.sql for statement in plan.statements]
    arena.kept.mark(migrations, statements)
    if back.error:
        return found
    if all(statement.transactional for statement in back.statements):
        with arena.connection.transaction(force_rollback=True):
            failed = _down(trial, found.shown)
        if failed is not None:
            return found._replace(back=failed)
    arena.kept.unmark()  # in a transaction there was no room for it
    shown = found.shown
    found = found._replace(back=_down_and_up(trial, shown))
    if found.back == "" and _is_led_to(trial, shown):
        arena.kept.mark(migrations, statements)
    return found


def _fits_in_a_transaction(statements: Sequence[Statement]) -> bool:
    """Whether one can hold them three times, up, down and up; it has a lock for each object."""
    return len(statements) <= _MANY and all(
        statement.transactional and not statement.commit_before for statement in statements
    )


def _up_and_back(trial: _Trial) -> Proof:
    found = _up(trial)
    if found.shown is None or trial.back.error:
        return found
    return found._replace(back=_down_and_up(trial, found.shown))


def _up(trial: _Trial) -> Proof:
    """Run the plan; what is there then is shown to be the new schema, or it is refuted."""
    arena, plan, _, before = trial
    if failed := arena.run([statement.sql for statement in plan.statements]):
        if failed.sqlstate in _UNKNOWN:
            return Proof(Verdict.UNPROVED, f"not proved: on {arena.version} {failed.text}")
        return Proof(Verdict.REFUTED, f"refuted on {arena.version}: {failed.text}")
    shown = _read(arena, plan.new, before)
    rest = _rest(arena, shown, before, made=_made(plan))
    if not rest.is_empty:
        text = f"refuted on {arena.version}: the result is not what is declared"
        return Proof(Verdict.REFUTED, text, rest)
    return Proof(Verdict.PROVED, "", shown=shown)


def _made(plan: Plan) -> frozenset[str]:
    """The tables that the plan makes, from the very texts that its snapshot has."""
    created = (op.table for op in plan.operations if isinstance(op, CreateTable))
    by_name = {key(*table.id): table for table in created}
    return frozenset(n for n, table in by_name.items() if plan.new.tables.get(n) == table)


def _down(trial: _Trial, shown: Shown) -> str | None:
    """Run the way back; why it does not lead back, or nothing; ``None`` without room for it."""
    arena, plan, back, _ = trial
    if (failed := _of_back(arena.run([statement.sql for statement in back.statements]))) != "":
        return failed
    if not _rest(arena, _read(arena, plan.old, shown), shown).is_empty:
        return "the result is not the schema before"
    return ""


def _down_and_up(trial: _Trial, shown: Shown) -> str | None:
    """The same, and the plan is run once more, from the schema that the way back has led to."""
    if (failed := _down(trial, shown)) != "":
        return failed
    refused = trial.arena.run([statement.sql for statement in trial.plan.statements])
    return _of_back(refused)


def _of_back(failed: Failed | None) -> str | None:
    if failed is None:
        return ""
    return failed.text if failed.sqlstate not in _UNKNOWN else None


def _read(arena: Arena, snapshot: Snapshot, before: Shown | None) -> Shown:
    """What the database is, beside what it should be."""
    return Shown(arena.read(snapshot, before and before.reading), snapshot)


def _is_led_to(trial: _Trial, shown: Shown) -> bool:
    """Whether the plan has led where it was shown to lead."""
    arena, plan, _, _ = trial
    return _rest(arena, _read(arena, plan.new, shown), shown).is_empty


def _rest(
    arena: Arena, now: Shown, before: Shown | None, *, made: AbstractSet[str] = frozenset()
) -> Plan:
    """What leads from the database as it was read to the snapshot.

    Tables that are as they were ``before``, on both sides, are left out, and PostgreSQL is not asked
    again about the texts of those that were just ``made`` of them. Where that shows a difference,
    or a text speaks of a table that was left out, all are compared and asked about.
    """
    live, recorded = now.live, now.recorded
    if before is not None or made:
        alike = _alike(now, before) if before else frozenset()
        learned: dict[str, bytes] = {}
        scratch = Scratch(arena.connection, ChainMap(learned, arena.answers))
        with suppress(StatementFailedError):
            pair = _without(live, alike), _without(recorded, alike)
            found = _difference(scratch, *pair, built=made)
            if found.is_empty:
                arena.answers.update(learned)
                return found
    return _difference(Scratch(arena.connection, arena.answers), live, recorded)


def _alike(now: Shown, before: Shown) -> frozenset[str]:
    return frozenset(
        name
        for name, table in now.recorded.tables.items()
        if name in now.live.tables
        and now.live.tables[name] == before.live.tables.get(name)
        and table == before.recorded.tables.get(name)
    )


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
        live = arena.read(before, None).snapshot
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
    return _difference(
        Scratch(arena.connection, arena.answers), arena.read(new, None).snapshot, new
    )


def _difference(
    scratch: Scratch, live: Snapshot, new: Snapshot, *, built: AbstractSet[str] = frozenset()
) -> Plan:
    return make_plan(
        live,
        new,
        dialect=POSTGRESQL,
        canonical=lambda a, b: scratch.pair(a, b, old_is_live=True, built=built),
    )

"""Snapshots told by PostgreSQL: the files of a folder are run one by one, and what is there is read."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import psycopg

from nbmigrate.errors import JournalError
from nbmigrate.journal import Migration
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.plan import make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.asking import Scratch
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.workspace.arena import Arena, in_own_database
from nbmigrate.workspace.proof import difference_to


class Wanted(NamedTuple):
    """A migration whose snapshot is asked for.

    ``recorded`` stays as it is when the database agrees with it. ``words`` are snapshots that
    spell the same objects as a person typed them.
    """

    recorded: Snapshot | None = None
    words: tuple[Snapshot, ...] = ()


class Replay(NamedTuple):
    """The snapshots by tag, and the proof in one line."""

    snapshots: Mapping[str, Snapshot]
    text: str


def snapshots(
    url: str,
    migrations: Sequence[Migration],
    wanted: Mapping[str, Wanted],
    known: Mapping[str, Snapshot],
) -> Replay:
    """Run the migrations on an empty database; the snapshots after those that are wanted.

    ``known`` are the snapshots of the others, in whose words the next one is told.

    Raises:
        JournalError: PostgreSQL refuses a file, or what is read is not what is written.
    """
    started = time.perf_counter()
    found: dict[str, Snapshot] = {}
    before = EMPTY
    with in_own_database(url, {}) as arena:
        roles = _roles(arena.connection)
        for migration in migrations:
            _require(arena, migration)
            if migration.tag in wanted:
                more = _roles(arena.connection) - roles
                found[migration.tag] = _told(arena, before, wanted[migration.tag], more)
            before = found.get(migration.tag, known.get(migration.tag, before))
        version = arena.version
    seconds = time.perf_counter() - started
    count = "1 migration" if len(migrations) == 1 else f"{len(migrations)} migrations"
    return Replay(found, f"proved on {version}: {count} in this order, {seconds:.1f} s")


def _require(arena: Arena, migration: Migration) -> None:
    if failed := arena.run([chunk.sql for chunk in migration.statements()]):
        raise JournalError(
            f"`{migration.tag}` fails on an empty database behind the migrations before it:"
            f" {failed.text}",
            path=migration.path,
            hint="nothing was written; correct its SQL, or name the migrations that shall come"
            " last: nbmigrate rebase TAG ...",
        )


def _told(arena: Arena, before: Snapshot, wanted: Wanted, roles: set[str]) -> Snapshot:
    if wanted.recorded is not None and difference_to(arena, wanted.recorded).is_empty:
        return wanted.recorded
    names = roles.union(before.roles, *(words.roles for words in wanted.words))
    told = introspect(arena.connection, roles=tuple(names) or False)
    scratch = Scratch(arena.connection, {})
    for words in (before, *wanted.words):
        told = make_plan(words, told, dialect=POSTGRESQL, canonical=scratch.pair).new
    if not (rest := difference_to(arena, told)).is_empty:
        raise JournalError(
            f"what PostgreSQL has is not what the snapshot would say; still to be done:\n{rest.sql}",
            hint="nothing was written; this is an error of nbmigrate",
        )
    return told


def _roles(connection: psycopg.Connection[Any]) -> set[str]:
    return {str(name) for (name,) in connection.execute("SELECT rolname FROM pg_catalog.pg_roles")}

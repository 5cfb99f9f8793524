"""Takes a pair through push on a real server and says what is not as it must be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from nbmigrate import executor
from nbmigrate.journal import Journal
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.plan import Answers, Plan, make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.asking import Cache, Scratch
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.postgresql.recorded import as_recorded
from tests.arena import empty_on
from tests.casefile import operation_lines
from tests.dumps import normalised
from tests.fixtures.postgres import Database
from tests.properties.contents import ROWS
from tests.properties.pairs import Pair, random_pair
from tests.properties.world import Thing, World, literal

#: A person answers as often as asked; more often than this would be a circle.
ROUNDS = 5
#: Pairs after which the catalogs are freed of what earlier ones left.
TIDIED = 20


@dataclass
class Bench:
    """A database that is emptied for each pair, and what all pairs so far were made of."""

    database: Database
    operations: Counter[str] = field(default_factory=Counter)
    pairs: int = 0
    #: What the last pair was made of.
    last: frozenset[str] = frozenset()
    _connections: list[psycopg.Connection[Any]] = field(default_factory=list)

    @property
    def connection(self) -> psycopg.Connection[Any]:
        """One connection for all pairs; another one when it was closed."""
        if not self._connections or self._connections[-1].closed:
            self._connections.append(psycopg.connect(self.database.url, autocommit=True))
        return self._connections[-1]

    def close(self) -> None:
        """Close the connection."""
        for connection in self._connections:
            connection.close()

    def check(self, pair: Pair) -> None:
        """Push the pair.

        Raises:
            AssertionError: the target is not reached, or a row is not what it was.
        """
        self.pairs += 1
        if self.pairs % TIDIED == 0:  # or catalogs grow, and each reading of them takes longer
            self.connection.execute("VACUUM")
        target = self.target(pair)
        connection, roles = self.filled(pair), roles_of(pair)
        cache: Cache = {}
        live = introspect(connection, roles=roles)
        plan = answered(connection, live, target, pair.answers, cache)
        before = kept_rows(connection, pair, "before")
        counters = positions(connection, pair, pair.old)
        executor.apply(connection, plan.statements)
        compare(pair, before, kept_rows(connection, pair, "after"))
        compare_positions(pair, counters, positions(connection, pair, pair.new))
        found = introspect(connection, roles=roles)
        again = plan_between(connection, found, target, pair.answers, cache)
        rest = operation_lines(again.operations)
        assert rest == "", f"still to do: {rest}\nafter\n{plan.sql}"
        self.last = frozenset(type(op).__name__ for op in plan.operations)
        self.operations.update(self.last)

    def check_files(self, pair: Pair, folder: Path) -> None:
        """The pair as two migrations in a folder, which are migrated; judged by ``pg_dump``.

        Raises:
            AssertionError: the target is not reached, or a row is not what it was.
        """
        target, dump = self.target(pair), self.dump_of(pair.new_ddl)
        connection = self.filled(pair)
        old = introspect(connection, roles=roles_of(pair))
        journal = Journal(folder)
        require_written(journal, make_plan(EMPTY, old, dialect=POSTGRESQL), "first")
        empty_on(connection)
        executor.migrate(self.database.url, journal.migrations())
        fill(connection, pair)
        plan = answered(connection, require_read(journal), target, pair.answers, {})
        require_written(journal, plan, "second")
        before = kept_rows(connection, pair, "before")
        executor.migrate(self.database.url, journal.migrations())
        compare(pair, before, kept_rows(connection, pair, "after"))
        require_equal(dump, normalised(self.database.dump()), plan)

    def target(self, pair: Pair) -> Snapshot:
        """The new schema built from nothing, in a transaction that is rolled back."""
        empty_on(self.connection)
        with self.connection.transaction(force_rollback=True):
            run(self.connection, pair.new_ddl)
            return _with_all_said(introspect(self.connection, roles=roles_of(pair)))

    def dump_of(self, ddl: str) -> str:
        """What ``pg_dump`` says of a script."""
        empty_on(self.connection)
        run(self.connection, ddl)
        return normalised(self.database.dump())

    def filled(self, pair: Pair) -> psycopg.Connection[Any]:
        """The connection to the old schema with its rows, its counters somewhere on their way."""
        connection = self.connection
        empty_on(connection)
        counters = [_set(pair, thing.id) for thing in pair.old.all("sequence")]
        counting = (c for c in pair.old.all("column") if c.data.get("mode", "plain") != "plain")
        counters += [_set_column(pair, column.id) for column in counting]
        run(connection, pair.old_ddl)
        fill(connection, pair)
        run(connection, ";\n".join(counters))
        return connection


def _with_all_said(snapshot: Snapshot) -> Snapshot:
    """A table on which nobody has a privilege says so, instead of not speaking of privileges."""
    tables = {
        name: table if table.privileges else msgspec.structs.replace(table, privileges={})
        for name, table in snapshot.tables.items()
    }
    return msgspec.structs.replace(snapshot, tables=tables)


def fill(connection: psycopg.Connection[Any], pair: Pair) -> None:
    """Rows in any order, which foreign keys and triggers would not have."""
    off, on = "SET session_replication_role = replica", "RESET session_replication_role"
    run(connection, ";\n".join([off, *pair.rows, on]))


def require_written(journal: Journal, plan: Plan, name: str) -> None:
    """The plan is the next migration, and its snapshot is read as it was written."""
    journal.append(plan, name=name, now_ms=1, words=lambda: name)
    assert require_read(journal) == as_recorded(plan.old, plan.new)


def require_read(journal: Journal) -> Snapshot:
    """The last snapshot in the folder."""
    found = journal.read_snapshot()
    assert found is not None
    return found.snapshot


def _set(pair: Pair, number: int) -> str:
    return f"SELECT setval({literal(pair.old.sql(f'«{number}.»'))}, 40)"


def _set_column(pair: Pair, number: int) -> str:
    table = literal(pair.old.sql(f"«{pair.old.things[number].owner}.»"))
    return f"SELECT setval(pg_get_serial_sequence({table}, {literal(pair.old.names[number])}), 60)"


def roles_of(pair: Pair) -> list[str]:
    """The roles of both schemas, by name."""
    return [w.names[role.id] for w in (pair.old, pair.new) for role in w.all("role")]


def run(connection: psycopg.Connection[Any], script: str) -> None:
    """The script, in one message; an error shows the statement."""
    connection.execute("SET client_min_messages = error")
    try:
        connection.execute(script.encode())
    except psycopg.Error as error:
        at = int(error.diag.statement_position or error.diag.internal_position or 0)
        raise GeneratorError(
            f"{error}\n{script[max(at - 300, 0) : at + 200]}\n of \n{script}"
        ) from error


def reason(
    bench: Bench, seed: int, folder: Path | None = None, without: Container[int] = ()
) -> str:
    """Why a pair does not hold what is promised; empty when it does. With a folder, by files too.

    ``without`` are steps that it is made without.
    """
    try:
        pair = random_pair(seed, without)
        bench.check(pair)
        if folder is not None:
            bench.check_files(pair, folder)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other pairs are tried too
        return f"pair {seed}: {type(error).__name__}: {error}"
    return ""


class GeneratorError(Exception):
    """PostgreSQL refuses what a world says; the fault is not the engine's."""


def answered(
    connection: psycopg.Connection[Any],
    old: Snapshot,
    new: Snapshot,
    answers: Answers,
    cache: Cache,
) -> Plan:
    """The plan with every question answered: what is no rename by the pair's word may go."""
    for _ in range(ROUNDS):
        plan = plan_between(connection, old, new, answers, cache)
        if not plan.questions:
            return plan
        for question in plan.questions:
            assert question.kind != "backfill", question
            for choice in question.choices:
                if choice.answers.drops:
                    answers = answers.merged(choice.answers)
    raise AssertionError(f"still asked: {plan.questions}")


def plan_between(
    connection: psycopg.Connection[Any],
    old: Snapshot,
    new: Snapshot,
    answers: Answers,
    cache: Cache,
) -> Plan:
    """The plan as push makes it, which keeps what PostgreSQL answered."""
    scratch = Scratch(connection, cache)
    return make_plan(
        old,
        new,
        dialect=POSTGRESQL,
        answers=answers,
        canonical=lambda a, b: scratch.pair(a, b, old_is_live=True),
        rows={t.id: len(ROWS) for t in old.tables.values()},
        ask_drops=True,
    )


def require_equal(wanted: str, dump: str, plan: Plan) -> None:
    """The dumps are the same."""
    lines = unified_diff(
        wanted.splitlines(), dump.splitlines(), "wanted", "found", n=1, lineterm=""
    )
    assert wanted == dump, "\n".join(["pg_dump differs", *lines, "after", plan.sql])


def kept_rows(connection: psycopg.Connection[Any], pair: Pair, when: str) -> list[Any]:
    """The rows of every query of what is kept."""
    return [connection.execute(getattr(k, when).encode()).fetchall() for k in pair.kept]


def compare(pair: Pair, before: list[Any], after: list[Any]) -> None:
    """Every row is there, with every value of what was kept."""
    labels = pair.labels
    for kept, old, new in zip(pair.kept, before, after, strict=True):
        said = [(rid, _renamed(value, labels)) for rid, value in old] if kept.labels else old
        assert new == said, f"{kept.name}: {kept.after}"


def _renamed(value: Any, labels: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [labels.get(v, v) for v in value]
    return labels.get(value, value)


def positions(connection: psycopg.Connection[Any], pair: Pair, world: Any) -> dict[int, Any]:
    """Where the counters are: the next value of each sequence, identity and serial."""
    found = {}
    for thing in world.all("sequence"):
        query = world.sql(f"SELECT last_value, is_called FROM «{thing.id}.»")
        found[thing.id] = connection.execute(query.encode()).fetchone()
    for column in world.all("column"):
        if column.data.get("mode", "plain") != "plain":
            table = literal(world.sql(f"«{column.owner}.»"))
            name = f"pg_get_serial_sequence({table}, {literal(world.names[column.id])})"
            [name] = connection.execute(f"SELECT {name}".encode()).fetchone() or [""]
            row = connection.execute(f"SELECT last_value, is_called FROM {name}".encode())
            found[column.id] = row.fetchone()
    return found


def largest(world: World, column: Thing) -> int:
    """The largest number in a table; what could be its partition may have others beside it."""
    beside = {n for t in world.loose(world.things[column.owner]) for n in t.data["rids"]}
    return max((n for n in ROWS if n not in beside), default=0)


def compare_positions(pair: Pair, old: dict[int, Any], new: dict[int, Any]) -> None:
    """A counter that is kept goes on where it was, a new one behind the largest value."""
    for number, (last, called) in new.items():
        thing = pair.new.things[number]
        before = pair.old.things.get(number)
        if number in old and before and before.data.get("mode") == thing.data.get("mode"):
            assert (last, called) == old[number], thing
        elif before is not None:
            assert last + called > largest(pair.new, thing), thing

"""Every file of ``tests/cases``: its plan without a server, and what a server makes of it.

On the server each case goes three ways, and all end in the same ``pg_dump``: the live way
(old is built and filled, introspected, planned with PostgreSQL's own spelling, applied; what is read
of it again, as far as it changed, is what is there), the
recorded way (the plan of the two declarations alone), and new built from nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any

import msgspec
import psycopg
import pytest

from nbmigrate.dialect import Statement
from nbmigrate.errors import NbmigrateError
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.plan import Answers, Plan, make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.asking import Scratch
from nbmigrate.postgresql.introspect import catalog, introspect, introspect_again
from tests.arena import empty
from tests.casefile import (
    Case,
    all_cases,
    declared,
    hazard_lines,
    operation_lines,
    write_case,
)
from tests.dumps import normalised
from tests.fixtures.postgres import Database, Server
from tests.support import physical, replay

CASES = all_cases()
DECLARED = [case for case in CASES if not case.is_sql and not case.get("error")]
ON_SERVER = [case for case in CASES if not case.get("error")]
REFUSED = [case for case in CASES if case.get("error")]


def ids(cases: list[Case]) -> Any:
    """The parameter with the names of the cases."""
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


@pytest.fixture
def update(pytestconfig: pytest.Config) -> bool:
    """Whether goldens are written rather than compared."""
    return bool(pytestconfig.getoption("--update-cases"))


def recorded_plan(case: Case) -> Plan:
    """The plan between the two declarations, without a server."""
    old, new = declared(case, "old"), declared(case, "new")
    answers = case.answers(new.renames)
    return make_plan(old.snapshot, new.snapshot, dialect=POSTGRESQL, answers=answers)


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 160


@ids(DECLARED)
def test_plan_is_golden(case: Case, update: bool) -> None:
    plan = recorded_plan(case)
    compare_goldens(case, plan, update=update)


def compare_goldens(case: Case, plan: Plan, *, update: bool) -> None:
    """Operations and SQL are those of the file; or the file gets them."""
    found = operation_lines(plan.operations)
    if update:
        write_case(case, operations=found, expected_sql=plan.sql, hazards=hazard_lines(plan))
        return
    assert found == case.get("operations")
    assert plan.sql == case.get("expected.sql")
    assert hazard_lines(plan) == case.get("hazards")


@ids(DECLARED)
def test_plan_of_the_result_is_empty(case: Case) -> None:
    new = declared(case, "new").snapshot
    plan = make_plan(new, new, dialect=POSTGRESQL)
    assert plan.operations == ()


@ids(DECLARED)
def test_replay_reaches_the_target(case: Case) -> None:
    plan = recorded_plan(case)
    old, new = POSTGRESQL.canonical_pair(plan.old, plan.new)
    ops = make_plan(old, new, dialect=POSTGRESQL, answers=plan.answers).operations
    assert replay(ops, old) == physical(new)


@ids(REFUSED)
def test_is_refused(case: Case) -> None:
    with pytest.raises(NbmigrateError) as caught:
        recorded_plan(case)
    assert case.get("error") in str(caught.value)


@ids(ON_SERVER)
def test_on_server(
    case: Case,
    arena: Database,
    server: Server,
    update: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    skip_old_server(case, server)
    monkeypatch.setattr(catalog, "MANY", 0)  # or everything is read in any case
    with emptied(arena, case) as database:
        expected = build_new(case, database)
    with emptied(arena, case) as database:
        live, old = go_live(case, database, built=expected.snapshot)
    assert live == expected
    with emptied(arena, case) as database:
        recorded = go_recorded(case, database, old=old, new=expected.snapshot, update=update)
    assert recorded == expected


def skip_old_server(case: Case, server: Server) -> None:
    """Skip what the server is too old for."""
    if minimum := case.get("min_pg"):
        with psycopg.connect(server.url()) as connection:
            if connection.info.server_version < int(minimum) * 10000:
                pytest.skip(f"needs PostgreSQL {minimum}")


class Built:
    """A database that was brought to the new schema; equal when nobody could tell them apart."""

    def __init__(self, case: Case, database: Database, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.dump = "" if case.get("dump differs") else normalised(database.dump())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Built) and self.dump == other.dump

    def __hash__(self) -> int:
        return hash(self.dump)

    def __repr__(self) -> str:
        return self.dump


def build_new(case: Case, database: Database) -> Built:
    """The new schema, from nothing."""
    connection = database.connect()
    if "new.sql" in case.sections or case.is_sql:
        connection.execute(case.get("new.sql").encode())
    else:
        snapshot = declared(case, "new").snapshot
        run(connection, make_plan(EMPTY, snapshot, dialect=POSTGRESQL).statements)
    return Built(case, database, look(case, connection))


def go_live(case: Case, database: Database, *, built: Snapshot) -> tuple[Built, Snapshot]:
    """Old built and filled, then planned from what is there; also what was there."""
    connection = database.connect()
    build_old(case, connection)
    old, read = look(case, connection), introspect_again(connection)
    target = built if case.is_sql else declared(case, "new").snapshot
    answers = case.answers(() if case.is_sql else declared(case, "new").renames)
    plan = live_plan(connection, old, target, answers)
    run(connection, plan.statements)
    check_rows(case, connection)
    result = look(case, connection)
    found = introspect_again(connection, read).snapshot
    assert msgspec.structs.replace(found, roles=result.roles) == result
    again = live_plan(connection, result, target, answers)
    assert operation_lines(again.operations) == ""
    return Built(case, database, result), old


def live_plan(
    connection: psycopg.Connection[Any], old: Snapshot, new: Snapshot, answers: Answers
) -> Plan:
    """The plan from a live schema, PostgreSQL asked about every text."""
    scratch = Scratch(connection, {})

    def pair(before: Snapshot, after: Snapshot) -> tuple[Snapshot, Snapshot]:
        return scratch.pair(before, after, old_is_live=True)

    return make_plan(old, new, dialect=POSTGRESQL, answers=answers, canonical=pair)


def go_recorded(
    case: Case, database: Database, *, old: Snapshot, new: Snapshot, update: bool
) -> Built:
    """Old built and filled, then the plan that knows no database."""
    connection = database.connect()
    build_old(case, connection)
    if case.is_sql:
        plan = make_plan(old, new, dialect=POSTGRESQL, answers=case.answers())
        # Before 16 PostgreSQL spells the columns in a view with their table.
        if connection.info.server_version >= 160000:
            compare_goldens(case, plan, update=update)
    else:
        plan = recorded_plan(case)
    run(connection, plan.statements)
    check_rows(case, connection)
    return Built(case, database, look(case, connection))


def build_old(case: Case, connection: psycopg.Connection[Any]) -> None:
    """The old schema with its rows."""
    if case.is_sql:
        connection.execute(case.get("old.sql").encode())
    else:
        snapshot = declared(case, "old").snapshot
        run(connection, make_plan(EMPTY, snapshot, dialect=POSTGRESQL).statements)
    connection.execute(case.get("rows.sql").encode())


def run(connection: psycopg.Connection[Any], statements: tuple[Statement, ...]) -> None:
    """One transaction, but for what PostgreSQL refuses inside one."""
    for transactional, group in groupby(statements, key=lambda s: s.transactional):
        if not transactional:
            for statement in group:
                execute(connection, statement)
            continue
        with connection.transaction():
            for statement in group:
                execute(connection, statement)


def execute(connection: psycopg.Connection[Any], statement: Statement) -> None:
    """Run one statement; its text is in the error."""
    try:
        connection.execute(statement.sql.encode())
    except psycopg.Error as error:
        raise AssertionError(f"{error}\n{statement.sql}") from error


def look(case: Case, connection: psycopg.Connection[Any]) -> Snapshot:
    """What is in the database, with the roles that the case declares."""
    sides = () if case.is_sql else (declared(case, "old"), declared(case, "new"))
    return introspect(connection, roles=[role for s in sides for role in s.snapshot.roles])


def check_rows(case: Case, connection: psycopg.Connection[Any]) -> None:
    """The rows are what the case says."""
    for query, expected in case.checks():
        rows = connection.execute(query.encode()).fetchall()
        found = "; ".join(", ".join(str(value) for value in row) for row in rows)
        assert found == expected, query


@contextmanager
def emptied(database: Database, case: Case) -> Iterator[Database]:
    """The database with nothing in it but what the case needs."""
    empty(database)
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(case.get("setup.sql").encode())
    try:
        yield database
    finally:
        database.close()

"""Every schema of ``tests/cases`` as code: what it declares is what the database has."""

from __future__ import annotations

import pytest

from nbmigrate.model import EMPTY
from nbmigrate.plan import make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.workspace.differences import differences
from tests.arena import empty
from tests.casefile import Case, all_cases, declared
from tests.fixtures.postgres import Database
from tests.pulled import difference

CASES = [c for c in all_cases() if not c.get("error") and {"new.py", "new.sql"} & set(c.sections)]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_code_declares_what_is_there(case: Case, arena: Database) -> None:
    empty(arena)
    connection = arena.connect()
    try:
        minimum = int(case.get("min_pg") or 0)
        if connection.info.server_version < minimum * 10000:
            pytest.skip(f"needs PostgreSQL {minimum}")
        connection.execute("SET check_function_bodies = off")
        roles: list[str] = []
        connection.execute(case.get("setup.sql").encode() or b"SELECT")
        if case.is_sql:
            connection.execute(case.get("new.sql").encode())
        else:
            new = declared(case, "new").snapshot
            roles = [*new.roles]
            for statement in make_plan(EMPTY, new, dialect=POSTGRESQL).statements:
                connection.execute(statement.sql.encode())
        there = introspect(connection, roles=roles or False)
        for cell in (True, False):
            plan = difference(connection, there, cell=cell)
            assert [*differences(there, plan.new)] == []
            assert plan.operations == ()
    finally:
        connection.close()

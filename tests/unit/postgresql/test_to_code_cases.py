"""Every schema of ``tests/cases`` as code: what it declares is what the database has."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from nbmigrate.model import EMPTY, Snapshot, format_path
from nbmigrate.plan import make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.workspace.differences import differences
from tests.arena import empty
from tests.casefile import Case, all_cases, declared
from tests.fixtures.postgres import Database
from tests.pulled import difference

CASES = [c for c in all_cases() if not c.get("error") and {"new.py", "new.sql"} & set(c.sections)]

#: Neither SQLAlchemy nor a value of nbmigrate.schema has a word for these.
WORDLESS = re.compile(
    r"comment of (index|sequence|enum) .*|schema (comment )?\S+|(storage|compression) of column .*"
    r"|statistics .*|replica identity of .*|privilege .*|owned by of sequence .*"
    r"|index \S+ of view .*|no inherit of check constraint .*"
)


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
            missing = tuple(sorted(differences(there, plan.new)))
            partitions = {f"table {name}" for name in partitions_of(there)}
            assert [m for m in missing if m not in partitions and not WORDLESS.match(m)] == []
            assert missing or plan.operations == ()

    finally:
        connection.close()


def partitions_of(snapshot: Snapshot) -> Iterator[str]:
    """The partitions as they are listed."""
    for table in snapshot.tables.values():
        if table.partition_of:
            yield format_path(table.name) if not table.schema else format_path(*table.id)

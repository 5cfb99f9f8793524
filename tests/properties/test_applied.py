"""What must hold for any two schemas on a real server: the target is reached and no row is lost."""

from __future__ import annotations

import os
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings

from nbmigrate.model import EMPTY, Column, Enum, Snapshot, Table
from nbmigrate.plan import Plan, make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.asking import Scratch
from nbmigrate.postgresql.introspect import introspect
from tests.arena import empty
from tests.casefile import operation_lines
from tests.fixtures.postgres import Database
from tests.properties.mutations import Pair, pairs
from tests.properties.strategies import OTHERS, literal, qualified, quote

EXAMPLES = int(os.environ.get("NBMIGRATE_EXAMPLES", "60"))
ROWS = 3
#: A whole schema is what there is to show.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
slowly = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@slowly
@given(pair=pairs())
def test_the_live_way(pair: Pair, arena: Database) -> None:
    with built(pair, arena) as connection:
        live = introspect(connection)
        assert operation_lines(live_plan(connection, live, pair.old).operations) == ""
        before = rows_of(connection, pair, old=True)
        run(connection, live_plan(connection, live, pair.new, pair=pair))
        assert rows_of(connection, pair, old=False) == before
        again = live_plan(connection, introspect(connection), pair.new, pair=pair)
        assert operation_lines(again.operations) == ""


@slowly
@given(pair=pairs())
def test_the_recorded_way(pair: Pair, arena: Database) -> None:
    with built(pair, arena) as connection:
        before = rows_of(connection, pair, old=True)
        run(connection, make_plan(pair.old, pair.new, dialect=POSTGRESQL, answers=pair.answers))
        assert rows_of(connection, pair, old=False) == before
        again = live_plan(connection, introspect(connection), pair.new, pair=pair)
        assert operation_lines(again.operations) == ""


def built(pair: Pair, database: Database) -> psycopg.Connection[Any]:
    """A connection to a database with the old schema and rows in it."""
    empty(database)
    connection = psycopg.connect(database.url, autocommit=True)
    run(connection, make_plan(EMPTY, pair.old, dialect=POSTGRESQL))
    connection.execute("SET session_replication_role = replica")  # rows come in any order
    for table in pair.old.tables.values():
        for number in range(1, ROWS + 1):
            connection.execute(insert(table, pair.old, number).encode())
    connection.execute("RESET session_replication_role")
    return connection


def insert(table: Table, snapshot: Snapshot, number: int) -> str:
    """One row; what counts has the number of the row."""
    columns = [c for c in table.columns.values() if c.generated is None]
    if not columns:
        return f"INSERT INTO {qualified(table)} DEFAULT VALUES"
    names = ", ".join(quote(column.name) for column in columns)
    values = ", ".join(literal(value(column, snapshot, number)) for column in columns)
    return f"INSERT INTO {qualified(table)} ({names}) OVERRIDING SYSTEM VALUE VALUES ({values})"


def value(column: Column, snapshot: Snapshot, number: int) -> str:
    """The text of the column's value in a row."""
    enum: Enum | None = snapshot.enums.get(f"{column.type_schema}.{column.type}")
    if enum is not None:
        return enum.values[0]
    return OTHERS[column.type][0] if column.type in OTHERS else str(number)


def rows_of(connection: psycopg.Connection[Any], pair: Pair, *, old: bool) -> list[Any]:
    """The values of every column that both schemas have and whose type is the same."""
    found: list[Any] = []
    for before, table, was, column in pair.kept_columns():
        where, name = (before, was.name) if old else (qualified(table), column.name)
        same = (was.type, was.type_schema, was.generated) == (
            column.type,
            column.type_schema,
            column.generated,
        )
        shown = f"{quote(name)}::text" if same else "1"
        query = f"SELECT {shown} FROM {where} ORDER BY 1"
        found.append((qualified(table), column.name, connection.execute(query.encode()).fetchall()))
    return found


def live_plan(
    connection: psycopg.Connection[Any], old: Snapshot, new: Snapshot, pair: Pair | None = None
) -> Plan:
    """The plan from what is in the database."""
    scratch = Scratch(connection, {})
    return make_plan(
        old,
        new,
        dialect=POSTGRESQL,
        **({"answers": pair.answers} if pair else {}),
        canonical=lambda a, b: scratch.pair(a, b, old_is_live=True),
    )


def run(connection: psycopg.Connection[Any], plan: Plan) -> None:
    """The whole plan in one transaction."""
    with connection.transaction():
        for statement in plan.statements:
            try:
                connection.execute(statement.sql.encode())
            except psycopg.Error as error:
                raise AssertionError(f"{error}\n{statement.sql}\nof\n{plan.sql}") from error

"""Whole schemas: read, written as code, run, pushed to a blank database; both dump the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate.model import EMPTY
from nbmigrate.plan import make_plan
from nbmigrate.postgresql import POSTGRESQL
from nbmigrate.postgresql.introspect import introspect
from nbmigrate.postgresql.to_code import to_code, to_ddl
from nbmigrate.workspace.differences import differences
from tests.dumps import normalised
from tests.fixtures.postgres import Database
from tests.pulled import declared_by, difference

DATA = Path(__file__).parents[2] / "data"
NAMES = (
    *("music", "trading", "rental", "definitions", "parts", "lists", "options", "privileges"),
    *("apart", "said", "elsewhere"),
)
SCHEMAS = [DATA / f"{name}.sql" for name in NAMES]


@pytest.fixture(params=SCHEMAS, ids=[path.stem for path in SCHEMAS])
def source(request: pytest.FixtureRequest, database: Database) -> Database:
    """A database with one of the schemas."""
    path: Path = request.param
    database.execute(path.read_text("utf-8"))
    return database


@pytest.mark.parametrize("cell", [True, False], ids=["cell", "module"])
def test_code_says_everything(source: Database, *, cell: bool) -> None:
    connection = source.connect()
    there = introspect(connection)
    plan = difference(connection, there, cell=cell)
    assert tuple(differences(there, plan.new)) == ()
    assert plan.operations == ()


@pytest.mark.parametrize("way", ["cell", "module", "ddl"])
def test_blank_database_becomes_the_same(
    source: Database, databases: Callable[[], Database], way: str
) -> None:
    there = introspect(source.connect())
    blank = databases()
    connection = blank.connect()
    connection.execute("SET check_function_bodies = off")
    if way == "ddl":
        connection.execute(to_ddl(there).encode())
    else:
        new = declared_by(to_code(there, cell=way == "cell"))
        for statement in make_plan(EMPTY, new, dialect=POSTGRESQL).statements:
            connection.execute(statement.sql.encode())
    assert normalised(blank.dump()) == normalised(source.dump())
    plan = difference(connection, introspect(connection))
    assert plan.operations == ()

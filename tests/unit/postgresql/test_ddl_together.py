"""A text of DDL goes to the server in one exchange; only where that fails, statement by statement."""

from __future__ import annotations

import pytest

from nbmigrate.errors import StatementFailedError
from nbmigrate.model import EMPTY
from nbmigrate.postgresql import ddl
from nbmigrate.postgresql.ddl import read_ddl

GOOD = "\n".join(f"CREATE TABLE t{n} (id int PRIMARY KEY);" for n in range(30))


@pytest.fixture
def each(monkeypatch) -> list[int]:
    """How many statements were run one by one, each time that they were."""
    counts: list[int] = []

    def counting(connection, pieces, before):
        counts.append(len(pieces))
        run_each(connection, pieces, before)

    run_each = ddl._run_each
    monkeypatch.setattr(ddl, "_run_each", counting)
    return counts


def test_what_can_be_run_is_run_together(database, each):
    with database.connect() as connection:
        assert len(read_ddl(connection, GOOD, EMPTY).created.tables) == 30
    assert each == []


def test_an_error_is_told_with_its_line_and_nothing_stays(database, each):
    text = GOOD + "\n\nCREATE TABLE wrong (\n  id int,\n  x nosuch\n);\nCREATE TABLE more ();"
    before = database.dump()
    with database.connect() as connection:
        with pytest.raises(StatementFailedError, match='type "nosuch" does not exist') as caught:
            read_ddl(connection, text, EMPTY)
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert caught.value.line == 34
    assert each == [32]
    assert database.dump() == before


def test_what_is_left_out_is_looked_at_one_by_one(database, each):
    with database.connect() as connection:
        base = read_ddl(connection, "CREATE TABLE a (id int);", EMPTY).created
        twice = "CREATE TABLE b (id int); CREATE TABLE IF NOT EXISTS b (x text);"
        assert [*read_ddl(connection, twice, base).created.tables] == ["public.b"]
        with pytest.raises(StatementFailedError, match="would leave this out"):
            read_ddl(connection, "CREATE TABLE IF NOT EXISTS a (x text);", base)
    assert each == [2, 1]

"""``%%db_backfill`` in a real IPython: a function over DataFrames, SQL, and what is refused."""

from __future__ import annotations

from tests.fixtures.postgres import Database
from tests.magics.conftest import Shell

TABLE = "CREATE TABLE t (id integer PRIMARY KEY, n integer)"
ROWS = "INSERT INTO t SELECT g FROM generate_series(1, 250) AS g"


def values(database: Database) -> set[int]:
    return {n for (n,) in database.connect().execute("SELECT n - id FROM t").fetchall()}


def test_function_sees_the_notebook_and_tells_its_progress(
    shell: Shell, database: Database
) -> None:
    database.execute(TABLE, ROWS)
    shell.run("step = 7")
    run = shell.attempt("%%db_backfill t --batch 100\ndf['n'] = df['id'] + step\n")
    assert values(database) == {7}
    assert "250 rows" in run.shown
    assert "df" not in shell.ip.user_ns


def test_sql_in_the_cell_and_in_the_line(shell: Shell, database: Database) -> None:
    database.execute(TABLE, ROWS)
    shell.run("%%db_backfill t --sql\nn = id + 1")
    assert values(database) == {1}
    shell.run('%db_backfill t --set "n = id + 2"')
    assert values(database) == {2}

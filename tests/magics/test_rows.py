"""``%db_table``, ``%%db_query`` and ``%db_load`` in a real IPython: forms, streams, variables."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from tests.fixtures.postgres import Database
from tests.magics.conftest import Shell

TABLE = "CREATE TABLE t AS SELECT g AS id, 'x' || g AS x FROM generate_series(1, 2500) AS g"


def test_forms_and_limits(shell: Shell, database: Database) -> None:
    database.execute(TABLE)
    shell.run("%db_table t --as arrow --limit all >> rows")
    rows = shell.ip.user_ns["rows"]
    assert isinstance(rows, pa.Table)
    assert (rows.num_rows, rows.column_names) == (2500, ["id", "x"])
    assert "20 of 2,500 rows read" in repr(shell.attempt("%db_table t --limit all").value)
    assert len(shell.attempt("%db_table t").value.rows) == 1000


def test_a_stream_in_a_variable(shell: Shell, database: Database) -> None:
    database.execute(TABLE)
    shell.run("%%db_query --stream >> frames\nSELECT * FROM t -- all\n;")
    shell.run("total = sum(len(frame) for frame in frames)")
    assert shell.ip.user_ns["total"] == 2500


def test_a_stream_with_a_variable_as_parameter(shell: Shell, database: Database) -> None:
    database.execute(TABLE)
    shell.ip.user_ns["least"] = 2000
    shell.run("%%db_query --param least --stream >> frames\nSELECT * FROM t WHERE id > :least;")
    assert sum(len(frame) for frame in shell.ip.user_ns["frames"]) == 500


def test_load_a_variable(shell: Shell, database: Database) -> None:
    shell.ip.user_ns["df"] = pd.DataFrame({"id": [1, 2], "v": [0.5, None]})
    run = shell.attempt("%db_load df loaded --key id")
    assert "2 rows loaded" in repr(run.value)
    found = database.connect().execute("SELECT * FROM loaded ORDER BY id").fetchall()
    assert found == [(1, 0.5), (2, None)]
    assert "there already" in str(shell.attempt("%db_load df loaded").error)
    assert "no file" in str(shell.attempt("%db_load nothing loaded2").error)

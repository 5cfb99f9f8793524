"""Dask's workers read a table that does not fit into their memory, and all see one moment."""

from __future__ import annotations

import gc
import time
from decimal import Decimal

import pytest
from distributed import Client, LocalCluster

from nbmigrate.data import dask as source
from nbmigrate.errors import ExecutionError, StatementFailedError, UsageConflictError
from nbmigrate.executor import connect
from nbmigrate.workspace import Workspace

pytestmark = pytest.mark.filterwarnings("ignore")

ROWS = 400_000


@pytest.fixture
def live(database):
    with connect(database.url) as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT n AS id, (n * 0.01)::numeric(12,2) AS price,"
            f" repeat(md5(n::text), 16) AS note FROM generate_series(1, {ROWS}) AS n"
        )
        yield connection


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("dask"))
    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=True,
            memory_limit="400MB",
            dashboard_address=None,
            local_directory=folder,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def test_larger_than_the_memory_of_a_worker(database, live, client, tmp_path) -> None:
    with Workspace(database.url, root=tmp_path) as workspace:
        result = workspace.table("t", form="dask", limit=None)
        frame = result.to_frame()
        live.execute("DELETE FROM t WHERE id % 2 = 0")
        live.execute("INSERT INTO t VALUES (0, 0, 'later')")
        assert frame.npartitions > 5
        longest, size, total = client.gather(
            client.compute([frame["note"].str.len().max(), frame["id"].count(), frame["id"].sum()])
        )
        assert (longest, size, total) == (512, ROWS, ROWS * (ROWS + 1) // 2)
        part = frame.get_partition(0).compute()
        assert isinstance(part["price"].iloc[0], Decimal)
        total_bytes = frame["note"].str.len().sum().compute() + 2 * 8 * ROWS
        assert total_bytes > 200_000_000
        result.close()
        with pytest.raises(ExecutionError, match="moment"):
            source_part(frame)
    assert _keepers(live) == 0


def source_part(frame):
    return frame.get_partition(0).compute(scheduler="synchronous")


def test_what_goes_wrong_in_a_worker_is_heard_here(database, live, client, tmp_path) -> None:
    """PostgreSQL's refusal with its state; and the transaction that held the moment gone from the server."""
    with Workspace(database.url, root=tmp_path) as workspace:
        wrong = workspace.table("t", where="1 / (id - 5) < 2", form="dask", limit=None).to_frame()
        with pytest.raises(StatementFailedError, match="division by zero") as caught:
            client.compute(wrong["id"].sum()).result()
        assert (caught.value.sqlstate, caught.value.line) == ("22012", None)
        frame = workspace.table("t", form="dask", limit=None).to_frame()
        live.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'nbmigrate dask' AND datname = current_database()"
        )
        with pytest.raises(ExecutionError, match=r"the moment .* is gone") as caught:
            client.compute(frame["id"].sum()).result()
        assert "--as dask" in caught.value.hint
        del wrong, frame
    gc.collect()
    assert _keepers(live) == 0


def test_the_moment_ends_with_the_last_that_needs_it(database, live) -> None:
    frame, keeper = source.dask_table(
        connect, database.url, ("public", "t"), where="id <= 10 -- {ten}"
    )
    derived = frame["id"] + 1
    del frame, keeper
    gc.collect()
    assert _keepers(live, wanted=1) == 1
    assert sorted(derived.compute(scheduler="synchronous")) == list(range(2, 12))
    del derived
    gc.collect()
    assert _keepers(live) == 0


def _of_little_patience(url):
    connection = connect(url)
    connection.execute("SET idle_in_transaction_session_timeout = '300ms'")
    return connection


def test_the_moment_lasts_however_long_nobody_reads(database, live) -> None:
    live.execute("CREATE TABLE few AS SELECT 7 AS id")
    frame, keeper = source.dask_table(_of_little_patience, database.url, ("public", "few"))
    time.sleep(1)
    assert frame["id"].sum().compute(scheduler="synchronous") == 7
    keeper.close()


def test_only_tables(database, live) -> None:
    live.execute("CREATE VIEW v AS SELECT 1 AS a")
    with pytest.raises(UsageConflictError, match="no table"):
        source.dask_table(connect, database.url, ("public", "v"))
    live.execute("CREATE TYPE pair AS (a int); CREATE TABLE p (id int, p pair, n text)")
    with pytest.raises(UsageConflictError, match="p: the type has no binary form") as caught:
        source.dask_table(connect, database.url, ("public", "p"))
    assert caught.value.hint == "--columns id,n"
    assert _keepers(live) == 0


def test_partitioned(database, live) -> None:
    live.execute("CREATE TABLE p (a int) PARTITION BY RANGE (a)")
    for at in range(3):
        live.execute(
            f"CREATE TABLE p{at} PARTITION OF p FOR VALUES FROM ({at * 10}) TO ({at * 10 + 10})"
        )
    live.execute("INSERT INTO p SELECT generate_series(0, 29)")
    frame, keeper = source.dask_table(connect, database.url, ("public", "p"))
    assert sorted(frame["a"].compute(scheduler="synchronous")) == list(range(30))
    keeper.close()


def _keepers(live, wanted: int = 0) -> int:
    sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nbmigrate dask'"
    for _ in range(40):
        count = live.execute(sql).fetchone()[0]
        if count == wanted:
            break
        time.sleep(0.05)
    return count

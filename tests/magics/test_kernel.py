"""A real kernel: what a front end sends with a cell, and what it gets back."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from tests.fixtures.postgres import Database

ROOT = Path(__file__).parents[2]


class Kernel:
    """Runs cells as a front end does."""

    def __init__(self, client: BlockingKernelClient, pid: int) -> None:
        self.client = client
        self.pid = pid

    def run(self, code: str, *, cell: str = "") -> list[dict[str, Any]]:
        """The contents of the outputs of a cell."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        message = self.client.session.msg("execute_request", content)
        message["metadata"] = {"cellId": cell} if cell else {}
        self.client.shell_channel.send(message)
        found = []
        while True:
            output = self.client.get_iopub_msg(timeout=60)
            if output["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            if output["msg_type"] == "status" and output["content"]["execution_state"] == "idle":
                return found
            if output["msg_type"] in {"error", "stream", "display_data", "execute_result"}:
                found.append({"type": output["msg_type"], **output["content"]})

    def text(self, code: str, *, cell: str = "") -> str:
        (output,) = self.run(code, cell=cell)
        return output["data"]["text/plain"]


@pytest.fixture
def kernel(tmp_path, database, monkeypatch) -> Iterator[Kernel]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    manager = KernelManager(kernel_name="python3", transport="ipc", ip=str(tmp_path / "k"))
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        running = Kernel(client, manager.provisioner.pid)
        assert running.run("%load_ext nbmigrate") == []
        yield running
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def table(name: str, column: str = "id") -> str:
    return f"%%schema\nTable({name!r}, metadata, Column({column!r}, Integer, primary_key=True))"


def test_a_cell_is_known_by_the_id_that_the_front_end_sends(kernel):
    kernel.run(table("first"), cell="aaa")
    kernel.run(table("second"), cell="bbb")
    shown = kernel.text("%schema")
    assert "public.first" in shown
    assert "public.second" in shown
    kernel.run(table("other", "n"), cell="aaa")
    shown = kernel.text("%schema")
    assert "public.first" not in shown
    assert "public.other" in shown
    assert "public.second" in shown


def test_an_open_question_is_a_plan_and_two_lines(kernel, database):
    database.execute("CREATE TABLE t (id int PRIMARY KEY, name text)")
    kernel.run("%%schema t --sql\nCREATE TABLE t (id int PRIMARY KEY, name text);")
    kernel.run("%%schema t --sql\nCREATE TABLE t (id int PRIMARY KEY, label text);")
    plan, error = kernel.run("%db_push")
    assert plan["type"] == "display_data"
    assert set(plan["data"]) == {"text/plain", "text/html"}
    assert error["type"] == "error"
    assert error["ename"] == "AnswerNeededError"
    assert len(error["traceback"]) == 2
    assert error["traceback"][1].startswith("hint: %db_push --rename ")


def test_nothing_else_is_printed(kernel):
    for code in (table("t"), "%db_push", "%db_table t", "%db_status"):
        (output,) = kernel.run(code)
        assert output["type"] == "execute_result"


@contextmanager
def interrupted(kernel: Kernel, database: Database, query: str) -> Iterator[None]:
    """Interrupt the kernel, as the button does, when the server is at work on a query."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND query LIKE %s"
    watching = database.connect()
    is_over = threading.Event()

    def interrupt() -> None:
        while not is_over.wait(0.05):
            if watching.execute(
                f"{asked} AND pid <> pg_backend_pid()", [database.name, query]
            ).fetchone()[0]:
                os.kill(kernel.pid, signal.SIGINT)  # what the button's request ends in
                return

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def count(database: Database, table: str) -> object:
    return database.connect().execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_an_interrupted_load_leaves_no_row(kernel, database):
    """Into a table that is there, with a trigger that takes long; the connection works on."""
    database.execute(
        "CREATE TABLE slow (id int PRIMARY KEY)",
        "INSERT INTO slow VALUES (0)",
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END'",
        "CREATE TRIGGER wait BEFORE INSERT ON slow FOR EACH ROW EXECUTE FUNCTION wait()",
    )
    kernel.run("import pandas as pd; df = pd.DataFrame({'id': range(1, 20_001)})")
    for flags, query in (("--append", "COPY%slow%"), ("--upsert id", "INSERT INTO%slow%")):
        with interrupted(kernel, database, query):
            (error,) = (x for x in kernel.run(f"%db_load df slow {flags}") if x["type"] == "error")
        assert error["traceback"] == [
            "Interrupted: nothing was loaded; `public.slow` is as it was."
        ]
        assert count(database, "slow") == 1
    assert "slow" in kernel.text("%db_table slow")


def test_an_interrupted_load_makes_no_table(kernel, database):
    kernel.run("import decimal, pandas as pd")
    kernel.run(
        "df = pd.DataFrame({x: pd.Series(map(decimal.Decimal, range(1_000_000)), dtype=object) for x in 'abc'})"
    )
    with interrupted(kernel, database, "COPY%new%"):
        (error,) = (x for x in kernel.run("%db_load df new") if x["type"] == "error")
    assert error["traceback"] == ["Interrupted: nothing was loaded; `public.new` was not made."]
    (found,) = database.connect().execute("SELECT to_regclass('new')").fetchone()
    assert found is None
    kernel.run("few = df[:5]")
    assert "5 rows loaded" in kernel.text("%db_load few new")


def test_an_interrupted_query_is_one_line(kernel, database):
    with interrupted(kernel, database, "%pg_sleep(60)%"):
        (error,) = kernel.run("%%db_query\nSELECT pg_sleep(60)")
    assert error["traceback"] == ["Interrupted: the statement was stopped on the server."]
    assert "1" in kernel.text("%%db_query\nSELECT 1 AS one")

"""A real kernel: what a front end sends with a cell, and what it gets back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).parents[2]


class Kernel:
    """Runs cells as a front end does."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client

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
        running = Kernel(client)
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

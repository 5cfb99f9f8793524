"""Notebooks run from top to bottom, as people and pipelines run them, on a real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / "notebooks" / "quickstart.ipynb"
#: The others: what the output of a cell must say.
SAID = {
    "prototyping": {
        "diff-rename": "under a new name?",
        "push-rename": "Pushed to prototyping",
        "push-backfill": "Pushed to prototyping",
        "dry-cast": "1 row has a value that does not go into date unchanged",
        "push-drop": "%db_undo brings it back",
        "undo": "Undone in prototyping",
        "members-undone": "countess",
    },
    "exploring": {
        "insert-readings": "1,095 rows",
        "table": "2025-01-13",
        "pivot": "Mill bridge",
        "view": "peak",
    },
    "production": {
        "generate-orders": "git add migrations/0000_orders.sql",
        "read-sql": 'CREATE TABLE "customer"',
        "migrate": "Applied 1 migration to staging",
        "migrate-again": "Nothing to do",
        "migrate-index": "Applied 1 migration to staging",
        "check": "sound",
        "status-drift": "note",
        "diff-drift": "note",
    },
    "existing_database": {
        "pull": "0000_baseline.sql",
        "declare": "The database has it all.",
        "generate-loans": "Generated 0001_add_loans",
        "migrate": "Applied 1 migration to library",
        "lent": "Frankenstein",
    },
}

RUNNERS = {
    "nbclient": ["-c", "from nbclient.cli import main; main()", "{source}", "--output", "{target}"],
    "nbconvert": [
        *("-m", "nbconvert", "--to", "notebook", "--execute", "{source}"),
        *("--output", "{target}"),
    ],
    "papermill": ["-m", "papermill", "{source}", "{target}", "--no-progress-bar"],
}


def execute(
    runner: str, source: Path, target: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    words = [word.format(source=source, target=target) for word in RUNNERS[runner]]
    kept = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "PYTHONPATH"}}
    return subprocess.run(
        [sys.executable, *words],
        cwd=source.parent,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def outputs(path: Path) -> dict[str, str]:
    """The text of the outputs, by the id of the cell."""
    cells = json.loads(path.read_text())["cells"]
    return {cell["id"]: text_of(cell) for cell in cells if cell["cell_type"] == "code"}


def text_of(cell: dict) -> str:
    parts = []
    for output in cell["outputs"]:
        assert output["output_type"] != "error", output
        parts += output.get("text", []), output.get("data", {}).get("text/plain", [])
    return "".join("".join(part) for part in parts)


def notebook(path: Path, *sources: str) -> Path:
    cells = [
        {
            "cell_type": "code",
            "id": f"c{n}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for n, source in enumerate(sources)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    text = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(text))
    return path


def test_notebooks_are_stored_without_outputs():
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        for cell in json.loads(path.read_text())["cells"]:
            assert not cell.get("outputs"), path
            assert cell.get("execution_count") is None, path


def test_quickstart_from_top_to_bottom_twice(tmp_path):
    source = tmp_path / "my project" / "quickstart.ipynb"
    source.parent.mkdir()
    source.write_bytes(QUICKSTART.read_bytes())
    for time in ("first", "second"):
        done = execute("nbclient", source, tmp_path / f"{time}.ipynb")
        assert done.returncode == 0, done.stderr
    first, second = outputs(tmp_path / "first.ipynb"), outputs(tmp_path / "second.ipynb")
    assert "Pushed to quickstart" in first["push-user"]
    assert "Nothing to push" in second["push-user"]
    assert "Ada Lovelace" in first["table-user"]
    assert "0000_initial_schema" in first["generate-initial"]
    assert "0001_add_post_table" in first["generate-post"]
    assert "Applied 2 migrations to production" in first["migrate"]
    assert "Nothing to do" in first["migrate-again"]
    assert "Nothing to do" in second["migrate"]
    assert "Alan Turing" in first["frame"]
    assert first["frame"] == second["frame"]
    folder = source.parent / "migrations"
    assert sorted(p.name for p in folder.glob("*.sql")) == [
        "0000_initial_schema.sql",
        "0001_add_post_table.sql",
    ]
    stored = (tmp_path / "first.ipynb").read_text()
    assert "application/vnd.jupyter.widget" not in stored
    assert "<script" not in stored
    assert "Warning" not in stored


@pytest.mark.parametrize(
    ("name", "runner"),
    [
        ("prototyping", "papermill"),
        ("exploring", "nbconvert"),
        ("production", "nbclient"),
        ("existing_database", "papermill"),
    ],
)
def test_notebook_from_top_to_bottom_twice(tmp_path, name, runner):
    source = tmp_path / "notebooks" / f"{name}.ipynb"
    source.parent.mkdir()
    source.write_bytes((ROOT / "notebooks" / source.name).read_bytes())
    for time in ("first", "second"):
        done = execute(runner, source, tmp_path / f"{time}.ipynb")
        assert done.returncode == 0, done.stderr
    shown = outputs(tmp_path / "first.ipynb")
    for cell, said in SAID[name].items():
        assert said in shown[cell], f"{cell}: {shown[cell]}"


def test_every_notebook_is_executed():
    names = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert names == {"quickstart", *SAID}


@pytest.mark.parametrize("runner", RUNNERS)
def test_an_open_question_stops_every_runner(tmp_path, database, runner):
    path = notebook(
        tmp_path / "drop.ipynb",
        "%load_ext nbmigrate",
        "%%schema users --sql\nCREATE TABLE users (id int PRIMARY KEY, name text);",
        "%db_push",
        "%%schema users --sql\nCREATE TABLE users (id int PRIMARY KEY, label text);",
        "%db_push",
        "open('reached', 'w').close()",
    )
    done = execute(runner, path, tmp_path / "out.ipynb", DATABASE_URL=database.url)
    assert done.returncode != 0
    assert "hint: %db_push --rename" in done.stdout + done.stderr
    assert not (tmp_path / "reached").exists()
    assert "label" not in database.dump()


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_drop_of_rows_stops_every_runner_with_the_line_to_add(tmp_path, database, runner):
    path = notebook(
        tmp_path / "drop.ipynb",
        "%load_ext nbmigrate",
        "%%schema users --sql\nCREATE TABLE users (id int PRIMARY KEY, name text);",
        "%db_push",
        "%%db_query\nINSERT INTO users VALUES (1, 'Ada')",
        "%%schema users --sql\nCREATE TABLE users (id int PRIMARY KEY);",
        "%db_push",
        "open('reached', 'w').close()",
    )
    done = execute(runner, path, tmp_path / "out.ipynb", DATABASE_URL=database.url)
    assert done.returncode != 0
    assert 'hint: %db_push --drop "public.users.name"' in done.stdout + done.stderr
    assert not (tmp_path / "reached").exists()
    assert "name text" in database.dump()


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_plan_is_static_html_in_every_runner(tmp_path, database, runner):
    path = notebook(
        tmp_path / "plan.ipynb",
        "%load_ext nbmigrate",
        "%%schema --sql\nCREATE TABLE users (id int PRIMARY KEY);",
        "%db_push",
    )
    done = execute(runner, path, tmp_path / "out.ipynb", DATABASE_URL=database.url)
    assert done.returncode == 0, done.stderr
    data = json.loads((tmp_path / "out.ipynb").read_text())["cells"][2]["outputs"][0]["data"]
    assert set(data) == {"text/html", "text/plain"}
    assert "table public.users" in "".join(data["text/html"])

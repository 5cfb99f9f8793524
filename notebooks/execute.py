"""Execute a notebook from top to bottom on a fresh embedded server, and say what happened.

``python notebooks/execute.py notebooks/quickstart.ipynb`` works in
``out/quickstart``, which is emptied first: the executed notebook, its HTML and
everything the notebook writes are there afterwards. What is reported is read from
the outputs of the cells, from the folder and from the server, never assumed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import psycopg
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter
from psycopg import sql
from traitlets.config import Config

from nbmigrate.server import EmbeddedServer, embedded, remove

OUT = Path("out")
LINE_CHARACTERS = 100
HISTORY = "SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL"
APPLIED = "SELECT created_at FROM drizzle.__drizzle_migrations ORDER BY created_at"
TABLES = """
SELECT schemaname, tablename FROM pg_catalog.pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'drizzle')
  AND schemaname NOT LIKE 'nbmigrate%'
ORDER BY 1, 2
"""
ROWS = re.compile(r"^\s*[(\[]?([\d,]+(?: of [\d,]+)? rows?)\b", re.MULTILINE)
#: The databases of the user; those for proofs have names of nbmigrate.
DATABASES = r"""
SELECT datname FROM pg_catalog.pg_database
WHERE NOT datistemplate AND datname NOT LIKE 'nbmigrate\_%' ORDER BY 1
"""


def main() -> int:
    """Execute the notebook of the command line; 1 when one of its cells fails."""
    parser = argparse.ArgumentParser(description="Execute a notebook on a fresh embedded server.")
    parser.add_argument("notebook", nargs="?", type=Path)
    parser.add_argument("--remove", action="store_true", help="only remove what earlier runs left")
    arguments = parser.parse_args()
    if arguments.remove or arguments.notebook is None:
        for folder in OUT.iterdir():
            _empty(folder)
        return 0
    return _run(arguments.notebook, OUT / arguments.notebook.stem)


def _run(path: Path, folder: Path) -> int:
    _empty(folder)
    folder.mkdir(parents=True)
    notebook = nbformat.read(path, as_version=4)
    began = time.monotonic()
    say(f"Starting PostgreSQL in {folder}/.nbmigrate")
    server = embedded(folder)
    try:
        say(f"PostgreSQL {server.version} is running; executing {path}")
        error = _execute(notebook, folder)
        notebook_path, page_path = _write(notebook, folder / path.name)
        if error is None:
            _report(notebook, server, folder)
    finally:
        server.stop()
    say()
    say(f"{'Notebook':12}{notebook_path}")
    say(f"{'HTML':12}{page_path}")
    say()
    if error is not None:
        say(f"FAILED in the cell shown last: {error.ename}: {error.evalue}")
        return 1
    say(f"Done in {time.monotonic() - began:.1f} s. Next: make lab")
    return 0


def _empty(folder: Path) -> None:
    if (folder / ".nbmigrate").is_dir():
        remove(folder)
    if folder.exists():
        shutil.rmtree(folder)


def _execute(notebook: Any, folder: Path) -> CellExecutionError | None:  # noqa: ANN401 - untyped
    """Execute all cells with a line of progress each; the error of the cell that failed."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    numbers = {cell.id: number for number, cell in enumerate(code, 1)}

    def show(cell: Any, **_: object) -> None:  # noqa: ANN401 - untyped
        if cell.id in numbers:
            say(f"[{numbers[cell.id]:2}/{len(code)}] {first_line(cell.source)}")
            for line in _shown(cell):
                say(f"        {line}")

    with tempfile.TemporaryDirectory(prefix="nbm-", dir="/tmp") as settings:
        _isolate(settings)
        client = NotebookClient(
            notebook,
            # Sockets that nobody else can reach; their path has to be short.
            config=Config(AsyncKernelManager={"transport": "ipc", "ip": f"{settings}/kernel"}),
            timeout=120,
            resources={"metadata": {"path": str(folder)}},
            on_cell_executed=show,
        )
        try:
            client.execute()
        except CellExecutionError as error:
            return error
    return None


def _isolate(settings: str) -> None:
    """Take from the environment what would lead the notebook elsewhere.

    That is other databases, start-up files, and other kernels named ``python3``.
    """
    for name in list(os.environ):
        if name in {"DATABASE_URL", "JUPYTER_PATH", "PYTHONSTARTUP"} or name.startswith("PG"):
            del os.environ[name]
    folders = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    os.environ |= dict.fromkeys(folders, settings)
    # No advice to debuggers at every start of a kernel.
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"


def _shown(cell: Any) -> Iterator[str]:  # noqa: ANN401 - untyped
    """The first line of each output of a cell."""
    for output in cell.outputs:
        if output.output_type == "stream":
            yield first_line(output.text)
        elif output.output_type == "error":
            yield f"{output.ename}: {first_line(output.evalue)}"
        elif rows := _rows_shown(output):
            yield rows
        elif "text/plain" in output.data:
            yield first_line(output.data["text/plain"])


def first_line(text: str) -> str:
    """The first line of a text that says something, cut to the width of a terminal."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    line = lines[0] if lines else ""
    return line if len(line) <= LINE_CHARACTERS else f"{line[: LINE_CHARACTERS - 1]}…"


def _write(notebook: Any, path: Path) -> tuple[Path, Path]:  # noqa: ANN401 - untyped
    nbformat.write(notebook, path)
    body, _ = HTMLExporter().from_notebook_node(notebook)
    page = path.with_suffix(".html")
    page.write_text(body, encoding="utf-8")
    return path, page


def _report(notebook: Any, server: EmbeddedServer, folder: Path) -> None:  # noqa: ANN401 - untyped
    own = {folder / f"{folder.name}.ipynb", folder / f"{folder.name}.html"}
    written = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and ".nbmigrate" not in path.parts and path not in own
    )
    say()
    for database in _ask(server.url_for("postgres"), DATABASES):
        _report_database(server.url_for(database[0]), database[0], folder)
    for path in written:
        _fact("Written", path)
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if rows := _rows_shown(output):
                _fact("Read", f"{rows} by the cell {first_line(cell.source)}")


def _report_database(url: str, name: str, folder: Path) -> None:
    for schema, table in _ask(url, TABLES):
        count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
        _fact("Table", f"{schema}.{table} in database {name}, {_ask(url, count)[0][0]} rows")
    if _ask(url, HISTORY)[0][0]:
        tags = _tags(folder)
        for (moment,) in _ask(url, APPLIED):
            _fact("Applied", f"{tags.get(int(moment), moment)} in database {name}")


def _tags(folder: Path) -> dict[int, str]:
    """The names of the migrations in the folder by the moment that the history records."""
    journals = (json.loads(path.read_text()) for path in folder.rglob("_journal.json"))
    return {entry["when"]: entry["tag"] for journal in journals for entry in journal["entries"]}


def _rows_shown(output: Any) -> str:  # noqa: ANN401 - untyped
    """How many rows an output shows: as its text says, or as a DataFrame has."""
    data = output.get("data", {})
    if said := ROWS.search(data.get("text/plain", "")):
        return said.group(1)
    page = data.get("text/html", "")
    if 'class="dataframe"' not in page:
        return ""
    count = page.partition("<tbody>")[2].count("<tr")
    return f"{count} row" if count == 1 else f"{count} rows"


def _ask(url: str, query: str | sql.Composed) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query).fetchall()


def _fact(label: str, text: object) -> None:
    say(f"{label:12}{text}")


def say(line: str = "") -> None:
    """Write a line at once: cells take a while."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

"""``nbmigrate demo``: a tour of two minutes' reading in a folder that is removed afterwards."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nbmigrate.display import Block, Code, Heading, Text
from nbmigrate.results import Result

if TYPE_CHECKING:
    from nbmigrate.workspace import Workspace

_USER = """\
CREATE TABLE "user" (id text PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE);
"""
_POST = """\
CREATE TABLE post (
  id text PRIMARY KEY,
  title text NOT NULL,
  content text,
  user_id text NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
  created_at timestamp NOT NULL
);
"""
_ROWS = """\
INSERT INTO "user" VALUES ('ada', 'Ada', 'ada@example.org'), ('alan', 'Alan', 'alan@example.org')
"""


@dataclass(frozen=True, repr=False)
class DemoResult(Result):
    """The steps of the tour: what one would type, and what comes of it."""

    steps: tuple[tuple[str, Result], ...]

    def blocks(self) -> tuple[Block, ...]:
        """Each step under the line that makes it."""
        shown = (block for typed, result in self.steps for block in _step(typed, result))
        return (
            *shown,
            Text("The folder is gone again. Next: notebooks/quickstart.ipynb", "muted"),
        )

    def records(self) -> list[dict[str, object]]:
        """One row per step."""
        return [{"typed": typed, "result": repr(result)} for typed, result in self.steps]


def _step(typed: str, result: Result) -> tuple[Block, ...]:
    return (Heading(f"> {typed.splitlines()[0]}"), *_body(typed), *result.blocks())


def _body(typed: str) -> tuple[Block, ...]:
    lines = typed.splitlines()[1:]
    return (Code("\n".join(lines)),) if lines else ()


def run_demo() -> DemoResult:
    """Declare, generate and migrate on the embedded server, in a temporary folder."""
    from nbmigrate import server
    from nbmigrate.workspace import Workspace

    with tempfile.TemporaryDirectory(prefix="nbmigrate-demo-") as root:
        workspace = Workspace(root=Path(root))
        try:
            return DemoResult(tuple(_tour(workspace)))
        finally:
            workspace.close()
            if server.is_installed():
                # Root's data may be outside of the folder.
                server.remove(Path(root))


def _tour(workspace: Workspace) -> list[tuple[str, Result]]:
    def declare(name: str, sql: str) -> tuple[str, Result]:
        result = workspace.declare(sql, cell=name, name=name, sql=True, namespace={}, first_line=2)
        return f"%%schema {name} --sql\n{sql}", result

    return [
        ("%db_connect", workspace.connect(None)),
        declare("users", _USER),
        ("%db_generate initial_schema", workspace.generate("initial_schema")),
        declare("posts", _POST),
        ("%db_generate add_post_table", workspace.generate("add_post_table")),
        ("%db_migrate", workspace.migrate()),
        ("%db_migrate", workspace.migrate()),
        (f"%%db_query\n{_ROWS}", workspace.query(_ROWS)),
        ("%db_table user", workspace.table("user")),
    ]

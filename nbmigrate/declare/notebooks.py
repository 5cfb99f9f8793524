"""The ``%%schema`` cells of a notebook file, and the plain cells that these need.

A plain cell is run only when it binds a name that a later ``%%schema`` cell uses, or that
such a plain cell uses. Magics and shell lines are never run.
"""

from __future__ import annotations

import ast
import builtins
import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from nbmigrate.declare.blocks import ParseSql
from nbmigrate.declare.declarations import Declarations
from nbmigrate.declare.faults import explain
from nbmigrate.declare.reading import Names, names_of
from nbmigrate.declare.scope import Scope
from nbmigrate.declare.values import CellText
from nbmigrate.errors import DeclarationError, SourceError
from nbmigrate.model import Snapshot
from nbmigrate.postgresql.ddl import Ddl

_MAGIC = "%%schema"


@dataclass(frozen=True)
class Cell:
    """A code cell; ``is_schema`` with the options of its first line."""

    number: int
    text: str
    first_line: int = 1
    is_schema: bool = False
    name: str | None = None
    sql: bool = False
    names: Names = field(default_factory=Names)

    def named(self, source: str) -> str:
        """What the cell is called in messages."""
        return f"{source}, cell {self.number}" + (f" ({self.name})" if self.name else "")


def declare_notebook(
    text: str, *, source: str, into: Declarations, parse_sql: ParseSql | None = None
) -> None:
    """Declare the schema cells of a notebook, in order.

    Raises:
        SourceError: when the text is no notebook.
        DeclarationError: when a cell fails; it names the cell and the line.
    """
    cells = read_cells(text, source)
    needed = _needed(cells)
    namespace: dict[str, object] = {"__name__": "__main__"}
    for cell in cells:
        if cell.is_schema:
            into.declare(
                cell.text,
                cell=cell.named(source),
                label=cell.named(source),
                name=cell.name,
                parse_sql=(parse_sql or _refuse(cell.named(source))) if cell.sql else None,
                namespace=namespace,
                first_line=cell.first_line,
            )
        elif cell.number in needed:
            _execute(cell, source, namespace)


def read_cells(text: str, source: str) -> tuple[Cell, ...]:
    """The code cells of a notebook file, numbered as all cells are, from 1."""
    try:
        cells = json.loads(text)["cells"]
        sources = [(cell["cell_type"], cell["source"]) for cell in cells]
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{source} is not a notebook (nbformat 4)", source=source) from error
    return tuple(
        _cell(number, body if isinstance(body, str) else "".join(body), source)
        for number, (kind, body) in enumerate(sources, start=1)
        if kind == "code"
    )


def _cell(number: int, text: str, source: str) -> Cell:
    blank = len(text) - len(text.lstrip())
    head, _, body = text.lstrip().partition("\n")
    if head.split()[:1] == [_MAGIC]:
        name, sql = _options(head, f"{source}, cell {number}")
        first_line = text[:blank].count("\n") + 2
        names = Names() if sql else _names(body)
        return Cell(number, body, first_line, is_schema=True, name=name, sql=sql, names=names)
    if head.startswith("%%"):
        return Cell(number, "")
    plain = "\n".join("" if _is_magic(line) else line for line in text.split("\n"))
    return Cell(number, plain, names=_names(plain))


def _options(head: str, where: str) -> tuple[str | None, bool]:
    """The name and ``--sql`` of a ``%%schema`` line; other options do not matter here."""
    try:
        words = shlex.split(head, comments=True)[1:]
    except ValueError as error:
        raise DeclarationError(f"{error} in {head}", source=where, line=1) from error
    names = [word for word in words if not word.startswith("-")]
    return (names[0] if names else None, "--sql" in words)


def _is_magic(line: str) -> bool:
    stripped = line.strip()
    return stripped.startswith(("%", "!", "?")) or stripped.endswith("?")


def _names(text: str) -> Names:
    """The names of a text; a text that is not plain Python gives none."""
    try:
        return names_of(ast.parse(text))
    except (SyntaxError, ValueError):
        return Names()


def _needed(cells: Sequence[Cell]) -> frozenset[int]:
    """The numbers of the plain cells to run, found from the last cell back to the first."""
    wanted: set[str] = set()
    found: set[int] = set()
    for cell in reversed(cells):
        if not cell.is_schema and not cell.names.binds & wanted and not _may_give(cell, wanted):
            continue
        if not cell.is_schema:
            found.add(cell.number)
        wanted |= cell.names.loads
    return frozenset(found)


def _may_give(cell: Cell, wanted: set[str]) -> bool:
    """Whether an ``import *`` may bind a wanted name."""
    return cell.names.imports_all and bool(wanted - set(vars(builtins)))


def _refuse(where: str) -> ParseSql:
    """In the place of a reader of DDL when there is none."""

    def parse_sql(_text: str, _others: Snapshot) -> Ddl:
        raise DeclarationError("a cell of SQL needs a PostgreSQL to read it", source=where)

    return parse_sql


def _execute(cell: Cell, source: str, namespace: dict[str, object]) -> None:
    where = CellText(cell.text, cell.named(source), f"<{cell.named(source)}>")
    try:
        exec(compile(cell.text, where.filename, "exec", dont_inherit=True), namespace)  # noqa: S102 - the notebook's own code
    except Exception as error:
        scope = Scope({})
        scope.namespace = namespace
        raise explain(error, where, scope) from error

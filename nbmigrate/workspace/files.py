"""Files of a project that are sources, and files that commands write."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nbmigrate.errors import SourceError, StatementFailedError
from nbmigrate.journal import Draft, Journal
from nbmigrate.model import EMPTY, Snapshot
from nbmigrate.plan import Plan
from nbmigrate.postgresql.ddl import Ddl
from nbmigrate.results import GenerateResult, InitResult, WrittenFile

if TYPE_CHECKING:
    from nbmigrate.declare import Declared

#: DDL and what it may refer to -> what it creates.
ReadDdl = Callable[[str, Snapshot], Ddl]

_SETTINGS = """
[tool.nbmigrate]
# url = "postgresql://user@localhost/name"   # or DATABASE_URL; without either, the embedded server
folder = "migrations"
"""


def read_sql(path: Path, read_ddl: ReadDdl) -> Snapshot:
    """The schema that a file of DDL creates.

    Raises:
        SourceError: there is no such file, or it is not UTF-8.
        StatementFailedError: PostgreSQL refuses a statement; the file and the line are named.
    """
    text = ""
    try:
        text = path.read_text("utf-8-sig")
        return read_ddl(text, EMPTY).created
    except StatementFailedError as error:
        raise _placed(error, path, text) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"cannot read {path}: {error}", source=str(path)) from error


def _placed(error: StatementFailedError, path: Path, text: str) -> StatementFailedError:
    """The error with the file and the line, as a cell has them."""
    lines = text.splitlines()
    known = bool(error.line and error.line <= len(lines))
    shown = f"\n    {lines[error.line - 1].strip()}" if error.line and known else ""
    where = f"{path}, line {error.line}" if known else str(path)
    detail = f"\n{error.detail}" if error.detail else ""
    state = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
    return StatementFailedError(
        f"{where}: {error.message}{state}{detail}{shown}",
        sql=error.sql,
        sqlstate=error.sqlstate,
        path=str(path),
        line=error.line,
        detail=error.detail,
        hint=error.hint,
    )


def is_module(text: str, root: Path) -> bool:
    """True for ``module:attribute``."""
    module, colon, attribute = text.partition(":")
    words = (*module.split("."), attribute)
    return bool(colon) and all(w.isidentifier() for w in words) and not (root / text).exists()


def read_declarations(text: str, root: Path, read_ddl: ReadDdl) -> Declared:
    """What a Python file, a module's attribute or a notebook declares."""
    from nbmigrate.declare import load_source  # SQLAlchemy: only for a source that uses it

    return load_source(text, root=root, parse_sql=read_ddl)


CUSTOM_TEXT = (
    "-- Write the SQL of this migration below; separate statements with --> statement-breakpoint"
)


def custom_draft(name: str, snapshot: Snapshot) -> Draft:
    """A migration to be written by hand; the schema is what it was until someone says otherwise."""
    return Draft(name, (CUSTOM_TEXT,), snapshot)


def files_of(journal: Journal, tag: str) -> tuple[Path, ...]:
    """The files that belong to a migration, the journal last."""
    layout, entry = journal.layout, journal.entry(tag)
    paths = (layout.sql(entry), layout.snapshot(entry), layout.sidecar(entry), layout.journal)
    return tuple(path for path in paths if path.exists())


def generated(
    journal: Journal, root: Path, tag: str, plan: Plan, proof: str = ""
) -> GenerateResult:
    """The result for a migration whose files are there."""
    shown = tuple(written(path, root) for path in files_of(journal, tag))
    listed = " ".join(shell_quoted(file.path) for file in shown)
    return GenerateResult(
        plan=plan, tag=tag, files=shown, git_command=f"git add {listed}", proof=proof
    )


def written(path: Path, root: Path) -> WrittenFile:
    """A written file as it is listed."""
    return WrittenFile(path=relative(path, root), bytes=path.stat().st_size)


def relative(path: Path, root: Path) -> str:
    """The path as a person in the project's folder would type it."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def shell_quoted(text: str) -> str:
    """The text as one word of a shell."""
    return shlex.quote(text)


def init(root: Path, folder: Path) -> InitResult:
    """Write what is missing of a project; nothing that is there is touched but pyproject.toml."""
    made = [_write_new(folder / ".gitattributes", "*.sql text eol=lf\nmeta/*.json text eol=lf\n")]
    project = root / "pyproject.toml"
    if not project.exists() or "[tool.nbmigrate]" not in project.read_text("utf-8"):
        with project.open("a", encoding="utf-8", newline="\n") as file:
            file.write(_SETTINGS if project.stat().st_size else _SETTINGS.lstrip())
        made.append(project)
    return InitResult(files=tuple(written(path, root) for path in made if path))


def _write_new(path: Path, text: str) -> Path | None:
    if path.exists():
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")
    return path

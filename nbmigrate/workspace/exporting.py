"""Export: a declared schema as a file that other programs import or run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from nbmigrate.errors import SourceError
from nbmigrate.model import EMPTY, Snapshot, format_path
from nbmigrate.results import ExportResult, WrittenFile
from nbmigrate.workspace import files
from nbmigrate.workspace.differences import differences
from nbmigrate.workspace.pulling import proved_code, respelled
from nbmigrate.workspace.sources import Source

if TYPE_CHECKING:
    from nbmigrate.workspace.project import Project

#: The first line of an exported file ends with it; only such a file is written over.
MARK = "by nbmigrate; edit the source, not this file."


def export(
    workspace: Project, source: str, *, sql: bool = False, output: str | None = None
) -> ExportResult:
    """The schema of a source as code that was run and compared; with ``output`` in a file.

    Raises:
        SourceError: the source declares nothing, or the file is somebody's own.
    """
    path = _own_file(workspace.root / output) if output else None
    found = workspace.source(source)
    if found.snapshot == EMPTY:
        raise SourceError(
            f"{found.name} declares nothing: there is nothing to export",
            source=source,
            hint="name what declares it: nbmigrate export schema.ipynb -o schema.py",
        )
    body, missing = _ddl(workspace, found) if sql else proved_code(workspace, found, (), cell=False)
    code = f"{'--' if sql else '#'} Exported from {_one_line(found.name)} {MARK}\n{body}"
    return ExportResult(
        code=code,
        language="sql" if sql else "python",
        tables=tuple(format_path(*table.id) for table in found.snapshot.tables.values()),
        not_expressed=missing,
        files=(_write(path, code, workspace.root),) if path else (),
        source=found.name,
    )


def _ddl(workspace: Project, source: Source) -> tuple[str, tuple[str, ...]]:
    """The DDL, and what is missing in the schema that PostgreSQL made of it."""
    # SQLAlchemy: only here
    from nbmigrate.postgresql.to_code import to_ddl

    code = to_ddl(source.snapshot)
    made: Snapshot = workspace.read_ddl(code, EMPTY).created
    same = respelled(source.snapshot, made, workspace.asking(source))
    return code, tuple(sorted(differences(source.snapshot, same)))


def _own_file(path: Path) -> Path:
    """The path, unless there is a file that no export wrote."""
    try:
        with path.open(encoding="utf-8") as file:
            is_ours = file.readline().rstrip().endswith(MARK)
    except FileNotFoundError:
        return path
    except (OSError, UnicodeDecodeError):
        is_ours = False
    if not is_ours:
        raise SourceError(
            f"{path.name} is there already and was not exported; nothing was written",
            source=str(path),
            hint="choose another name for -o, or move the file away",
        )
    return path


def _write(path: Path, code: str, root: Path) -> WrittenFile:
    """Write the file whole or not at all: a program may be reading it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(code, encoding="utf-8", newline="\n")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return files.written(path, root)


def _one_line(text: str) -> str:
    return " ".join(text.split())

"""Looking at one schema: which tables of which source, with what a database knows of them."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from nbmigrate import data, results
from nbmigrate.errors import SourceError
from nbmigrate.model import EMPTY, Snapshot, Table
from nbmigrate.results.words import path
from nbmigrate.workspace.sources import Source

if TYPE_CHECKING:
    from nbmigrate.operations import Id
    from nbmigrate.workspace.project import Project


def schema(
    workspace: Project, names: Sequence[str], *, source: str | None, svg: str | None, mermaid: bool
) -> results.SchemaResult:
    """The tables that were named; with ``svg`` their diagram is written to that file."""
    asked = source or ("declared" if workspace.cells else "live")
    found = source_or_tag(workspace, asked)
    result = results.SchemaResult(
        snapshot=_named(found.snapshot, names) if names else found.snapshot,
        source=found.name,
        figures=_figures(workspace) if found.name == "live" else {},
        is_mermaid=mermaid,
    )
    return _written(workspace, result, svg) if svg else result


def source_or_tag(workspace: Project, text: str) -> Source:
    """A source; the tag or number of a migration of the folder is one as well."""
    for entry in workspace.journal.entries:
        if text in (entry.tag, entry.prefix):
            found = workspace.journal.read_snapshot(entry.tag)
            return Source(found.snapshot if found else EMPTY, entry.tag)
    return workspace.source(text)


def _named(snapshot: Snapshot, names: Sequence[str]) -> Snapshot:
    """These tables alone, without the other objects."""
    tables = snapshot.tables
    kept = {key for name in names for key in _matching(tables, name)}
    return Snapshot(tables={key: table for key, table in tables.items() if key in kept})


def _matching(tables: Mapping[str, Table], name: str) -> Iterator[str]:
    """The keys of the tables that a name or pattern means; one without a schema, in any."""
    found = [key for key, table in tables.items() if _is_meant(table, name)]
    if not found:
        known = [said for table in tables.values() for said in (table.name, path(table.id))]
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        hint = (
            f"did you mean {', '.join(near)}?"
            if near
            else "nbmigrate schema without a name shows all"
        )
        raise SourceError(f"there is no table `{name}`", source=name, hint=hint)
    yield from found


def _is_meant(table: Table, name: str) -> bool:
    schema_name, own = table.id
    spelled = (own, f"{schema_name}.{own}", path(table.id))
    return name in spelled or any(fnmatchcase(one, name) for one in spelled)


def _figures(workspace: Project) -> dict[Id, tuple[int | None, int]]:
    sizes = data.table_sizes(workspace.target.connection, workspace.settings.schemas)
    return {(one.schema, one.name): (one.rows_estimate, one.bytes) for one in sizes}


def _written(workspace: Project, result: results.SchemaResult, name: str) -> results.SchemaResult:
    """The result, whose diagram is now in the file."""
    text = result.svg()
    try:
        (workspace.root / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise SourceError(
            f"`{name}` cannot be written: {error.strerror or error}", hint="give another file"
        ) from error
    file = results.WrittenFile(path=name, bytes=len(text.encode()))
    return dataclasses.replace(result, file=file)

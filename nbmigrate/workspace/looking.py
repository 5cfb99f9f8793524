"""Commands that look: what the executor and data layers return, as results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from nbmigrate import data, executor, results
from nbmigrate.errors import ConnectFailedError, ServerError
from nbmigrate.model.names import format_path, parse_path
from nbmigrate.plan import Plan
from nbmigrate.postgresql.introspect import unmanaged
from nbmigrate.workspace import drifting, trash

if TYPE_CHECKING:
    from nbmigrate.workspace.project import Project

FIRST_ROWS = 5


def preview(workspace: Project) -> tuple[Plan | None, str]:
    """What differs from the database, or why that cannot be told: a declaration needs none."""
    try:
        found = workspace.compare(workspace.source("live"), workspace.source("declared"))
    except (ConnectFailedError, ServerError) as error:
        return None, f"not compared with a database: {error.message}"
    return found.plan, ""


def status(workspace: Project) -> results.StatusResult:
    """Migrations and their states, drift against the last snapshot, what is not managed."""
    connection = workspace.target.connection
    settings = workspace.executor_settings()
    states = executor.read_status(connection, workspace.journal.there(), settings)
    drift, not_declared = _drift(workspace, states)
    return results.StatusResult(
        database=workspace.target.database,
        server_version=workspace.target.server_version,
        migrations=tuple(_in_order(workspace, states)),
        drift=drift,
        not_declared=not_declared,
        unmanaged=unmanaged(connection),
        declared=workspace.cells,
        backfills=tuple(
            results.BackfillState(
                table=format_path(b.schema, b.name),
                change=b.change,
                rows=b.rows,
                cursor=b.cursor or (),
                updated_at=b.updated_at.isoformat(timespec="seconds"),
            )
            for b in executor.unfinished(connection)
        ),
        statements=tuple(
            results.RanStatement(**msgspec.structs.asdict(s))
            for s in executor.read_statements(connection, settings)
        ),
        trash=tuple(entry for entry in trash.entries(workspace) if entry.bytes),
    )


def _in_order(
    workspace: Project, states: Sequence[executor.Status]
) -> Iterator[results.MigrationState]:
    """As the folder lists them, those without a file too; then what only the database knows."""
    known = {s.tag: s for s in states}
    listed = [entry.tag for entry in workspace.journal.entries]
    for tag in listed:
        found = known.get(tag)
        state, applied_at = (found.state, found.applied_at) if found else ("missing", "")
        yield results.MigrationState(tag=tag, state=state, applied_at=applied_at)
    for only in (s for s in states if s.tag not in listed):
        yield results.MigrationState(tag=only.tag, state=only.state, applied_at=only.applied_at)


def _drift(workspace: Project, states: Sequence[Any]) -> tuple[Plan | None, tuple[str, ...]]:
    """What leads from the database to what its applied migrations say; nothing without any."""
    if not any(state.state in {"applied", "edited"} for state in states):
        return None, ()
    found = drifting.find(workspace)
    return found.plan, found.not_declared


def studio(
    workspace: Project, name: str | None, *, read_only: bool | None, first_rows: int | None
) -> results.StudioResult:
    """Every table with its size and first rows, or the one that is named; and a session."""
    from nbmigrate.workspace.studio import Studio

    relation = _relation(name) if name else None
    sizes = data.table_sizes(workspace.target.connection, workspace.settings.schemas)
    shown = [s for s in sizes if relation in {None, (s.schema, s.name)}]
    limit = FIRST_ROWS if first_rows is None else first_rows
    return results.StudioResult(
        tables=tuple(_card(workspace, size, limit) for size in shown),
        database=workspace.target.database,
        relation=relation,
        session=Studio(workspace, read_only=read_only),
    )


def _relation(name: str) -> tuple[str, str]:
    parts = parse_path(name)
    return (parts[0], parts[1]) if len(parts) > 1 else ("public", parts[0])


def _card(workspace: Project, size: data.TableSize, limit: int) -> results.TableCard:
    card = results.TableCard(
        schema=size.schema,
        name=size.name,
        rows_estimate=size.rows_estimate or 0,
        bytes=size.bytes,
        columns=(),
    )
    if limit == 0:
        return card
    rows = data.read_table(
        workspace.target.connection,
        (size.schema, size.name),
        where=None,
        order=None,
        columns=(),
        limit=limit,
    )
    return replace(card, columns=tuple(rows.columns), first_rows=tuple(rows.rows))


def table_names(workspace: Project) -> tuple[str, ...]:
    """``table`` in public, ``schema.table`` elsewhere."""
    sizes = data.table_sizes(workspace.target.connection, workspace.settings.schemas)
    return tuple(
        format_path(s.name) if s.schema == "public" else format_path(s.schema, s.name)
        for s in sizes
    )

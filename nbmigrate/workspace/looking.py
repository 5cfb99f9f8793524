"""Commands that look, and the one that runs files: what the executor and data layers return, as results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbmigrate import data, executor, results
from nbmigrate.errors import ConnectFailedError, MissingFileError, ServerError
from nbmigrate.model.names import format_path
from nbmigrate.plan import Plan
from nbmigrate.postgresql.introspect import unmanaged
from nbmigrate.workspace.sources import Source

if TYPE_CHECKING:
    from nbmigrate.operations import Id
    from nbmigrate.workspace.project import Project

FIRST_ROWS = 5


def preview(workspace: Project) -> tuple[Plan | None, str]:
    """What differs from the database, or why that cannot be told: a declaration needs none."""
    try:
        found = workspace.compare(workspace.source("live"), workspace.source("declared"))
    except (ConnectFailedError, ServerError) as error:
        return None, f"not compared with a database: {error.message}"
    return found.plan, ""


def migrate(
    workspace: Project, *, to: str | None, dry_run: bool, on_event: Callable[[Any], None] | None
) -> results.MigrateResult:
    """Apply, or with ``dry_run`` show, the pending migrations."""
    migrations = workspace.journal.migrations()
    _require_tag(migrations, to)
    settings = workspace.executor_settings()
    waits: list[str] = []

    def listen(event: Any) -> None:  # noqa: ANN401 - any event
        if isinstance(event, executor.LockWaited):
            waits.append(str(event.holder))
        if on_event is not None:
            on_event(event)

    states = executor.read_status(workspace.target.connection, migrations, settings)
    waiting = {state.tag for state in states if state.state == "pending"}
    for migration in migrations:
        if migration.tag in waiting:
            migration.statements()  # raises for text that must not run, before anything runs
    applied: Sequence[Any] = ()
    if not dry_run:
        applied = executor.migrate(
            workspace.target.url, migrations, to=to, on_event=listen, settings=settings
        )
    states = executor.read_status(workspace.target.connection, migrations, settings)
    pending = tuple(s.tag for s in states if s.state == "pending")
    return results.MigrateResult(
        applied=tuple(
            results.AppliedMigration(tag=a.tag, statements=a.statements, ms=a.ms) for a in applied
        ),
        pending=pending,
        waited_for=waits[0] if waits else "",
        dry_run_sql=_sql_of(migrations, pending, to) if dry_run else "",
        database=workspace.target.database,
    )


def _require_tag(migrations: Sequence[Any], to: str | None) -> None:
    tags = [migration.tag for migration in migrations]
    if to is not None and to not in tags:
        listed = ", ".join(tags) or "none"
        raise MissingFileError(f"no migration `{to}`", tag=to, hint=f"there are: {listed}")


def _sql_of(migrations: Sequence[Any], pending: Sequence[str], to: str | None) -> str:
    texts = []
    for migration in migrations:
        if migration.tag in pending:
            texts.append(f"-- {migration.tag}\n{migration.sql.rstrip()}\n")
        if migration.tag == to:
            break
    return "\n".join(texts)


def status(workspace: Project) -> results.StatusResult:
    """Migrations and their states, drift against the last snapshot, what is not managed."""
    connection = workspace.target.connection
    settings = workspace.executor_settings()
    states = executor.read_status(connection, workspace.journal.migrations(), settings)
    drift, not_declared = _drift(workspace, states)
    return results.StatusResult(
        database=workspace.target.database,
        server_version=workspace.target.server_version,
        migrations=tuple(
            results.MigrationState(tag=s.tag, state=s.state, applied_at=s.applied_at)
            for s in states
        ),
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
    )


def _drift(workspace: Project, states: Sequence[Any]) -> tuple[Plan | None, tuple[str, ...]]:
    """What leads from the database to what its applied migrations say; nothing without any."""
    applied = [s.tag for s in states if s.state in ("applied", "edited")]
    journal = workspace.journal
    if not applied:
        return None, ()
    known = [e.tag for e in journal.entries if e.tag in applied]
    file = journal.read_snapshot(known[-1]) if known else None
    if file is None:
        return None, ()
    new = Source(file.snapshot, known[-1], is_complete=False)
    found = workspace.compare(workspace.source("live"), new)
    return found.plan, found.not_declared


def table(
    workspace: Project,
    id_: Id,
    *,
    where: str | None,
    order: str | None,
    columns: Sequence[str],
    limit: int | None,
) -> results.TableResult:
    """Rows of one table."""
    connection = workspace.target.connection
    rows = data.read_table(
        connection, id_, where=where, order=order, columns=tuple(columns), limit=limit
    )
    sizes = {(s.schema, s.name): s for s in data.table_sizes(connection, (id_[0],))}
    size = sizes.get(id_)
    return results.TableResult(
        name=format_path(*id_),
        columns=tuple(rows.columns),
        rows=tuple(rows.rows),
        frame=_frame(rows),
        total_estimate=size.rows_estimate if size else None,
    )


def query(workspace: Project, sql: str, params: Mapping[str, Any] | None) -> results.QueryResult:
    """One piece of the user's SQL, in a transaction of its own."""
    rows = data.query(workspace.target.connection, sql, params)
    return results.QueryResult(
        columns=tuple(rows.columns),
        frame=_frame(rows),
        rowcount=rows.rowcount,
        ms=rows.ms,
        rows=tuple(rows.rows),
    )


def _frame(rows: data.Rows) -> Any:  # noqa: ANN401 - a pandas DataFrame
    from nbmigrate.data.frames import to_frame  # pandas: only for a command that shows rows

    return to_frame(rows)


def studio(workspace: Project) -> results.StudioResult:
    """Every table with its size and first rows."""
    connection = workspace.target.connection
    cards = []
    for size in data.table_sizes(connection, workspace.settings.schemas):
        rows = data.read_table(
            connection,
            (size.schema, size.name),
            where=None,
            order=None,
            columns=(),
            limit=FIRST_ROWS,
        )
        cards.append(
            results.TableCard(
                schema=size.schema,
                name=size.name,
                rows_estimate=size.rows_estimate or 0,
                bytes=size.bytes,
                columns=tuple(rows.columns),
                first_rows=tuple(rows.rows),
            )
        )
    return results.StudioResult(tables=tuple(cards))


def table_names(workspace: Project) -> tuple[str, ...]:
    """``table`` in public, ``schema.table`` elsewhere."""
    sizes = data.table_sizes(workspace.target.connection, workspace.settings.schemas)
    return tuple(
        format_path(s.name) if s.schema == "public" else format_path(s.schema, s.name)
        for s in sizes
    )

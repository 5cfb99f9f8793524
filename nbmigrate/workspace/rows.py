"""Rows of tables and queries as results: read at once, as a stream, or by Dask's workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from nbmigrate import data, executor, results
from nbmigrate.errors import UsageConflictError
from nbmigrate.model.names import format_path

if TYPE_CHECKING:
    from nbmigrate.operations import Id
    from nbmigrate.workspace.project import Project

FORMS = ("pandas", "arrow", "polars", "dask")
#: Up to so many rows, reading them as text takes no time that anybody would notice.
_FEW = 1000


class Selection(NamedTuple):
    """Which rows and columns of a table."""

    where: str | None = None
    order: str | None = None
    columns: tuple[str, ...] = ()
    limit: int | None = None


def table(
    workspace: Project, id_: Id, wanted: Selection, form: str, *, stream: bool
) -> results.TableResult | results.StreamResult:
    """Rows of one table."""
    _require_form(form, stream=stream)
    if form == "dask":
        return _dask(workspace, id_, wanted)
    if stream:
        from nbmigrate.data.framing import table_sql

        sql = table_sql(id_, **wanted._asdict())
        return _stream(workspace, format_path(*id_), (sql, []), form)
    columns, rows, frame = _read(workspace, id_, wanted, form)
    sizes = {
        (s.schema, s.name): s for s in data.table_sizes(workspace.target.connection, (id_[0],))
    }
    size = sizes.get(id_)
    return results.TableResult(
        name=format_path(*id_),
        columns=columns,
        rows=rows,
        frame=frame,
        total_estimate=size.rows_estimate if size else None,
    )


def _read(
    workspace: Project, id_: Id, wanted: Selection, form: str
) -> tuple[tuple[str, ...], Sequence[tuple[object, ...]], Any]:
    from nbmigrate.data.framing import rows_frame, table_frame  # pandas: only where rows are shown

    connection = workspace.target.connection
    if form == "pandas" and wanted.limit is not None and wanted.limit <= _FEW:
        found = data.read_table(connection, id_, **wanted._asdict())
        return found.columns, found.rows, rows_frame(found, form)
    frame = table_frame(connection, id_, **wanted._asdict(), form=form)
    return names(frame), results.FrameRows(frame), frame


def query(
    workspace: Project,
    sql: str,
    params: Mapping[str, Any] | None,
    form: str = "pandas",
    *,
    stream: bool = False,
) -> results.QueryResult | results.StreamResult:
    """One piece of the user's SQL, in a transaction of its own."""
    import time

    from nbmigrate.data.framing import query_frame, rows_frame, streamable

    _require_form(form, stream=stream)
    if form == "dask":
        raise UsageConflictError(
            "--as dask reads tables: a query has no key to part its rows by",
            hint="%db_table NAME --where ... --as dask; or %%db_query --stream",
        )
    if stream:
        return _stream(workspace, "query", streamable(sql, params), form)
    connection = workspace.target.connection
    began = time.perf_counter()
    frame = None if params else query_frame(connection, sql, form)
    if frame is not None:
        return results.QueryResult(
            columns=names(frame),
            frame=frame,
            rowcount=len(frame),
            ms=(time.perf_counter() - began) * 1000,
            rows=results.FrameRows(frame),
        )
    rows = data.query(connection, sql, params)
    return results.QueryResult(
        columns=rows.columns,
        frame=rows_frame(rows, form),
        rowcount=rows.rowcount,
        ms=rows.ms,
        rows=rows.rows,
    )


def names(frame: Any) -> tuple[str, ...]:  # noqa: ANN401 - of pandas, Arrow or polars
    """The names of its columns."""
    found = frame.column_names if hasattr(frame, "column_names") else frame.columns
    return tuple(map(str, found))


def _require_form(form: str, *, stream: bool) -> None:
    from nbmigrate.data.arrow import require_form

    if form not in FORMS:
        raise UsageConflictError(
            f"`{form}` is no form of a frame", hint=f"one of {', '.join(FORMS)}"
        )
    if stream and form == "dask":
        raise UsageConflictError("--stream and --as dask do not go together", hint="leave out one")
    require_form(form)


def _stream(
    workspace: Project, name: str, read: tuple[str, list[Any]], form: str
) -> results.StreamResult:
    from nbmigrate.data.framing import FrameStream

    url = workspace.target.url
    sql, values = read
    stream = FrameStream(lambda: executor.connect(url), sql, form, values)
    how = (
        "Nothing is read yet: put it into a variable with >> frames, then: for frame in frames: ..."
    )
    return results.StreamResult(name=name, frames=stream, how=how, closes=stream.close)


def _dask(workspace: Project, id_: Id, wanted: Selection) -> results.StreamResult:
    from nbmigrate.data.dask import dask_table

    if wanted.order or wanted.limit is not None:
        raise UsageConflictError(
            "--order and --limit do not go with --as dask: its parts are read side by side",
            hint="sort_values() and head() of the Dask DataFrame",
        )
    frame, keeper = dask_table(
        executor.connect, workspace.target.url, id_, where=wanted.where, columns=wanted.columns
    )
    how = (
        f"A Dask DataFrame of {frame.npartitions} parts, all of one moment, which an open transaction"
        " keeps until close() of this result, or until nobody refers to the frame."
    )
    return results.StreamResult(name=format_path(*id_), frames=frame, how=how, closes=keeper.close)

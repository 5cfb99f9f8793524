"""A DataFrame into a table: a new one by way of a plan, or one that is there. All rows or none."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg

from nbmigrate import results
from nbmigrate.errors import MissingFileError, UsageConflictError
from nbmigrate.model.names import NAME_BYTES, format_path, truncate
from nbmigrate.workspace.load_outcome import Outcome
from nbmigrate.workspace.sources import Source

if TYPE_CHECKING:
    import pandas as pd

    from nbmigrate.data.copy_in import Listen
    from nbmigrate.operations import Id
    from nbmigrate.workspace.migration_commands import MigrationCommands


@dataclass(frozen=True)
class LoadOptions:
    """How rows go in. ``key`` and ``types`` are of a new table."""

    append: bool = False
    upsert: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    types: dict[str, str] = field(default_factory=dict)
    dry_run: bool = False


def load(
    workspace: MigrationCommands,
    data: Any,  # noqa: ANN401 - a DataFrame of pandas, polars or Arrow
    id_: Id,
    options: LoadOptions,
    on_event: Listen | None,
) -> results.LoadResult:
    """Load the rows."""
    frame = as_pandas(data)
    is_there = _is_there(workspace, id_)
    _require_fitting(id_, options, is_there=is_there)
    way = _into if is_there else _as_new
    outcome = Outcome(format_path(*id_), is_new=not is_there)
    try:
        return way(workspace, frame, id_, options, outcome, on_event)
    except KeyboardInterrupt as error:
        raise outcome.interrupted(workspace.target.connection) from error


def _as_new(
    workspace: MigrationCommands,
    frame: pd.DataFrame,
    id_: Id,
    options: LoadOptions,
    outcome: Outcome,
    on_event: Listen | None,
) -> results.LoadResult:
    from nbmigrate.data.copy_in import copy_in
    from nbmigrate.data.proposing import propose

    proposal = propose(frame, id_, key=options.key, types=options.types)
    new = _one_table_more(workspace, proposal.sql)
    began = time.perf_counter()
    loaded: list[int] = []

    # The one that the plan runs on; asked for again inside, it would be rolled back.
    connection = workspace.target.connection

    def fill() -> None:
        loaded.clear()  # of a try that was not granted
        outcome.begin(connection)
        loaded.append(_named(lambda: copy_in(connection, frame, id_, on_event)))

    push = workspace.push_source(new, dry_run=options.dry_run, fill=fill)
    return results.LoadResult(
        table=format_path(*id_),
        rows=sum(loaded),
        total=len(frame),
        ms=(time.perf_counter() - began) * 1000,
        columns=tuple(
            results.LoadedColumn(name=c.name, type=c.type, evidence=c.evidence)
            for c in proposal.columns
        ),
        candidates=proposal.candidates,
        sql=proposal.sql,
        push=push,
        dry_run=options.dry_run,
    )


def _one_table_more(workspace: MigrationCommands, sql: str) -> Source:
    """All that is there and the new table: a load drops nothing and renames nothing."""
    live = workspace.source("live").snapshot
    made = workspace.read_ddl(sql, live).created.tables
    both = msgspec.structs.replace(live, tables={**live.tables, **made})
    return Source(both, "the DataFrame")


def _into(
    workspace: MigrationCommands,
    frame: pd.DataFrame,
    id_: Id,
    options: LoadOptions,
    outcome: Outcome,
    on_event: Listen | None,
) -> results.LoadResult:
    from nbmigrate.data.copy_in import copy_in, upsert
    from nbmigrate.data.framing import reporting
    from nbmigrate.data.proposing import require_names

    require_names(frame)
    connection = workspace.target.connection
    began = time.perf_counter()
    rows = 0
    if not options.dry_run:
        with reporting(connection, f"load into {format_path(*id_)}"), connection.transaction():
            outcome.begin(connection)
            if options.upsert:
                rows = _named(lambda: upsert(connection, frame, id_, options.upsert, on_event))
            else:
                rows = _named(lambda: copy_in(connection, frame, id_, on_event))
    return results.LoadResult(
        table=format_path(*id_),
        rows=rows,
        total=len(frame),
        ms=(time.perf_counter() - began) * 1000,
        dry_run=options.dry_run,
    )


def _named(work: Callable[[], int]) -> int:
    """Do the work; what PostgreSQL refuses of a row is told with its line and column."""
    from nbmigrate.errors import StatementFailedError

    try:
        return work()
    except psycopg.Error as error:
        # Its innermost first; the row and the column stand where COPY is named.
        places = (error.diag.context or "").splitlines()
        place = next((one for one in places if one.startswith("COPY ")), "".join(places[:1]))
        where = f"{place}: " if place else ""
        detail = f"\n{error.diag.message_detail}" if error.diag.message_detail else ""
        hints = {
            "42P10": "a unique index on the key is needed: declare one and push it first",
            "21000": "the DataFrame has one key twice: df.drop_duplicates(...)",
        }
        raise StatementFailedError(
            f"{where}{error.diag.message_primary or error} (SQLSTATE {error.sqlstate}){detail}",
            sql="COPY",
            sqlstate=error.sqlstate or "",
            line=None,
            detail=error.diag.message_detail or "",
            hint=hints.get(error.sqlstate or "", error.diag.message_hint or "nothing was loaded"),
        ) from error


def _require_fitting(id_: Id, options: LoadOptions, *, is_there: bool) -> None:
    name = format_path(*id_)
    if not is_there and (cut := truncate(id_[1])) != id_[1]:
        raise UsageConflictError(
            f"`{name}` has more than {NAME_BYTES} bytes, which is all that PostgreSQL keeps of a name",
            hint=f"a shorter one, such as {cut}",
        )
    if options.append and options.upsert:
        raise UsageConflictError("--append and --upsert do not go together", hint="leave out one")
    is_adding = options.append or bool(options.upsert)
    if is_there and not is_adding:
        raise UsageConflictError(
            f"`{name}` is there already", hint="--append adds rows, --upsert KEY also changes them"
        )
    if is_there and (options.key or options.types):
        raise UsageConflictError(
            f"--key and --type are of a new table, and `{name}` is there already",
            hint="leave them out",
        )
    if not is_there and is_adding:
        raise UsageConflictError(
            f"there is no table `{name}`", hint="leave out --append and --upsert to make it"
        )


def _is_there(workspace: MigrationCommands, id_: Id) -> bool:
    query = (
        "SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n"
        " ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relname = %s"
    )
    return workspace.target.connection.execute(query, id_).fetchone() is not None


def as_pandas(data: Any) -> pd.DataFrame:  # noqa: ANN401 - a DataFrame of pandas, polars or Arrow
    """The rows as a DataFrame of pandas that holds the same values.

    Raises:
        UsageConflictError: it is no frame, or one of a type that has no way to Arrow.
    """
    import pandas as pd

    if isinstance(data, pd.DataFrame):
        return data
    maker = type(data).__module__.partition(".")[0]
    if hasattr(data, "to_arrow") and hasattr(data, "columns"):
        from nbmigrate.data.arrow import require_form

        require_form("arrow", f"a {maker} DataFrame")
        data = _to_arrow(data)
    if not hasattr(data, "column_names"):
        what = f"a {type(data).__name__} of {maker}" if maker != "builtins" else type(data).__name__
        raise UsageConflictError(
            f"{what} is no DataFrame",
            hint=_AS_FRAME.get((maker, type(data).__name__))
            or "give a DataFrame of pandas or polars, or a table of Arrow",
        )
    from nbmigrate.data.arrow_in import frame_of

    return frame_of(data)


#: What makes a frame of what is nearly one.
_AS_FRAME = {
    ("polars", "LazyFrame"): "give frame.collect()",
    ("polars", "Series"): "give series.to_frame()",
    ("pandas", "Series"): "give series.to_frame()",
    ("dask", "DataFrame"): "give frame.compute(), or load each part: --append",
}


def _to_arrow(frame: Any) -> Any:  # noqa: ANN401 - a table of Arrow of a DataFrame of polars
    """The table, or the column that Arrow has no type for: polars has integers of 128 bits, and objects."""
    try:
        return frame.to_arrow()
    except Exception as error:
        for name in frame.columns:
            try:
                frame.select(name).to_arrow()
            except Exception as why:  # noqa: BLE001 - whatever polars and Arrow say of it
                raise UsageConflictError(
                    f"column {name}: Arrow has no type for {frame[name].dtype} of polars ({why})",
                    hint=f'df = df.with_columns(pl.col("{name}").cast(...)), or leave it out',
                ) from error
        raise


def read_file(text: str, root: Path) -> Any:  # noqa: ANN401 - pandas or Arrow
    """The rows of a CSV or Parquet file.

    Raises:
        MissingFileError: there is no such file.
        UsageConflictError: it is neither.
    """
    path = root / text
    if not path.is_file():
        raise MissingFileError(f"there is no file `{text}`", tag="", path=text)
    if path.suffix == ".csv":
        import pandas as pd

        return pd.read_csv(path, dtype_backend="numpy_nullable")
    if path.suffix == ".parquet":
        from nbmigrate.data.arrow import require_form

        require_form("arrow", "a Parquet file")
        import pyarrow.parquet as pq

        return pq.read_table(path)
    raise UsageConflictError(f"`{text}` is no .csv and no .parquet file", hint="convert it")

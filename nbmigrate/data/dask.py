"""A table as a Dask DataFrame: its workers read the parts themselves, all of one moment.

A transaction here exports its snapshot and stays open (PostgreSQL docs, "Snapshot
Synchronization Functions"); each worker takes it and reads its range of pages. The keeper
ends with ``close``, or when nothing in this process refers to the graph any more.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import psycopg

from nbmigrate.data.framing import reporting, table_frame, table_sql
from nbmigrate.data.transfer import plan_transfer, read_frame, textual_columns
from nbmigrate.data.wire import describe
from nbmigrate.errors import ExecutionError, UsageConflictError
from nbmigrate.postgresql.identifiers import qualified

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]
Connect = Callable[[str], Connection]

#: What the keeper's connection is called in pg_stat_activity.
APPLICATION = "nbmigrate dask"

#: What one part takes of the table; as a DataFrame it is a few times as much.
PART_BYTES = 16 << 20

# Of a partitioned table each leaf has pages of its own, counted from 0.
_PAGES = """
    SELECT c.relkind::text, pg_catalog.current_setting('block_size')::bigint,
           (SELECT pg_catalog.count(*) FROM pg_catalog.pg_partition_tree(c.oid) AS t
             WHERE t.isleaf AND c.relkind = 'p'),
           CASE WHEN c.relkind = 'p'
                THEN (SELECT pg_catalog.max(pg_catalog.pg_relation_size(t.relid))
                        FROM pg_catalog.pg_partition_tree(c.oid) AS t WHERE t.isleaf)
                ELSE pg_catalog.pg_relation_size(c.oid) END
      FROM pg_catalog.pg_class AS c WHERE c.oid = %s::pg_catalog.regclass
"""


class Keeper:
    """Holds the moment: an open transaction whose snapshot others may take."""

    def __init__(self, connection: Connection, id_: tuple[str, str]) -> None:
        self._connection = connection
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # It holds the moment for as long as others read, and is idle meanwhile.
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        # Also its lock: nobody can rewrite the table, which would move the rows, until the end.
        connection.execute(f"SELECT FROM {qualified(id_, spell_public=True)} LIMIT 0")
        row = connection.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
        self.snapshot: str = row[0] if row else ""

    def close(self) -> None:
        """End the transaction; parts that were not read cannot be read any more."""
        self._connection.close()

    def __del__(self) -> None:
        self._connection.close()


class PartReader:
    """Reads one part, in whatever process it was sent to; the keeper stays where it is."""

    def __init__(
        self, connect: Connect, url: str, sql: str, snapshot: str, keeper: Keeper | None
    ) -> None:
        self._connect = connect
        self._url = url
        self._sql = sql
        self._snapshot = snapshot
        self.keeper = keeper

    def __reduce__(self) -> tuple[Any, ...]:
        return PartReader, (self._connect, self._url, self._sql, self._snapshot, None)

    def __dask_tokenize__(self) -> tuple[str, str]:
        return self._sql, self._snapshot

    def __call__(self, pages: tuple[int, int | None]) -> pd.DataFrame:
        """The rows on these pages."""
        first, end = pages
        sql = self._sql.format(pages=_condition(first, end))
        with (
            self._connect(self._url) as connection,
            _moment(connection, self._snapshot),
            reporting(connection, sql),
        ):
            transfer = plan_transfer(connection, sql)
            assert transfer  # it was found to be possible before the parts were made
            return read_frame(connection, transfer)


def _condition(first: int, end: int | None) -> str:
    upper = "" if end is None else f" AND ctid < '({end},0)'::tid"
    return f"ctid >= '({first},0)'::tid{upper}"


@contextlib.contextmanager
def _moment(connection: Connection, snapshot: str) -> Iterator[None]:
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
    except psycopg.Error as error:
        raise ExecutionError(
            "the moment that this Dask DataFrame was made of is gone: its transaction has ended",
            hint="make it again with --as dask, and keep it until everything is computed",
        ) from error
    yield
    connection.execute("COMMIT")


def dask_table(
    connect: Connect,
    url: str,
    id_: tuple[str, str],
    *,
    where: str | None = None,
    columns: Sequence[str] = (),
) -> tuple[Any, Keeper]:
    """The Dask DataFrame of a table, and what holds its moment.

    ``connect`` is a function of a module, so that it can be sent to the workers by name.

    Raises:
        UsageConflictError: it is no table, or a column cannot be sent in binary form.
        StatementFailedError: the condition is wrong.
    """
    import dask
    import dask.dataframe as dd

    connection = connect(url)
    set_config = "SELECT pg_catalog.set_config('application_name', %s, false)"
    connection.execute(set_config, [APPLICATION])
    try:
        meta = table_frame(connection, id_, where=where, columns=columns, limit=0)
        keeper = Keeper(connection, id_)
        parts = _parts(connection, id_)
        sql = _template(id_, where, columns)
        _require_binary(connection, sql.format(pages="true"))
    except BaseException:
        connection.close()
        raise
    reader = PartReader(connect, url, sql, keeper.snapshot, keeper)
    # Left to itself Dask makes text of all objects: of Decimals too.
    with dask.config.set({"dataframe.convert-string": False}):
        frame: Any = dd.from_map(reader, parts, meta=meta, label=f"nbmigrate-{id_[1]}")  # type: ignore[no-untyped-call]  # Dask has no types here
    return frame, keeper


def _require_binary(connection: Connection, sql: str) -> None:
    if plan_transfer(connection, sql) is not None:
        return
    textual = textual_columns(connection, sql)
    others = ",".join(d.name for d in describe(connection, sql) if d.name not in textual)
    raise UsageConflictError(
        f"{', '.join(textual) or 'a column'}: the type has no binary form that a worker could read",
        hint=f"--columns {others}" if others else "--as pandas",
    )


def _template(id_: tuple[str, str], where: str | None, columns: Sequence[str]) -> str:
    condition = "\0" if where is None else f"\0 AND (\n{where}\n)"
    sql = table_sql(id_, where=condition, columns=columns)
    return sql.replace("{", "{{").replace("}", "}}").replace("\0", "{pages}", 1)


def _parts(connection: Connection, id_: tuple[str, str]) -> list[tuple[int, int | None]]:
    name = qualified(id_, spell_public=True)
    row = connection.execute(_PAGES, [name]).fetchone()
    kind, block, leaves, size = row or ("", 1, 0, 0)
    if kind not in {"r", "m", "p"}:
        raise UsageConflictError(
            f"`{name}` is no table: only a table's pages can be shared among workers",
            hint="--stream reads views and foreign tables in pieces",
        )
    step = max(PART_BYTES // int(block) // max(int(leaves), 1), 1)
    starts = range(0, max(int(size or 0) // int(block), 1), step)
    return [(first, first + step if first != starts[-1] else None) for first in starts]

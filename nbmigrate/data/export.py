"""A whole table, filtered, into a file: streamed by COPY, never held in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from nbmigrate.data.arrow import require_form
from nbmigrate.data.filters import all_of, conditions, identifier
from nbmigrate.data.framing import FrameStream, query_frame
from nbmigrate.data.page import Request
from nbmigrate.data.relations import Column, Relation
from nbmigrate.data.transfer import textual_columns
from nbmigrate.errors import ExecutionError, StatementFailedError, UsageConflictError

#: A cell that begins so is a formula to a spreadsheet (OWASP, "CSV Injection"); the last are wide = + - @.
_FORMULA = "=+@\t\r\n-\uff1d\uff0b\uff0d\uff20"


#: Rows of a CSV file between two words about it.
_TOLD_EVERY = 2_000

Tell = Callable[[int, int], None]


def _silent(_rows: int, _bytes: int) -> None:
    """Nobody wants to know."""


class Exported(NamedTuple):
    """What was written."""

    path: Path
    rows: int
    bytes: int


def export_csv(
    connection: psycopg.Connection[Any],
    relation: Relation,
    path: Path,
    wanted: Request,
    *,
    guard: bool = False,
    tell: Tell = _silent,
) -> Exported:
    """Write the rows as CSV with a head line; ``guard`` puts a ``'`` before formulas in texts.

    The file appears when it is complete. NULL is an empty field, an empty text is ``""``.
    ``tell`` gets the rows and bytes that were written, every now and then.

    Raises:
        UsageConflictError: the file cannot be written.
        psycopg.Error: what PostgreSQL refuses; no file is left then.
    """
    columns = [_spelled(column, guard=guard) for column in relation.columns]
    query = f"COPY ({_select(connection, relation, columns, wanted)}) TO STDOUT"
    query += " (FORMAT csv, HEADER)"
    with _complete(path) as partial, partial.open("xb") as file, connection.cursor() as cursor:
        with cursor.copy(query.encode()) as copy:
            for at, piece in enumerate(copy):  # a row each, and the head
                file.write(piece)
                if at % _TOLD_EVERY == 0:
                    tell(at, file.tell())
        rows, size = cursor.rowcount, file.tell()
    return Exported(path, rows, size)


def export_parquet(
    opener: Callable[[], psycopg.Connection[Any]],
    relation: Relation,
    path: Path,
    wanted: Request,
    *,
    tell: Tell = _silent,
) -> Exported:
    """Write the rows as Parquet, with the types that :mod:`nbmigrate.data.arrow` gives them.

    ``opener`` connects; the rows come on a connection of their own, piece by piece.
    ``tell`` gets the rows and bytes that were written, after each piece.

    Raises:
        UsageConflictError: pyarrow is missing, or the file cannot be written.
        ExecutionError: a value has no place in its Arrow type; no file is left then.
    """
    require_form("arrow", "an export as Parquet")
    from pyarrow import parquet

    with opener() as connection:
        query = _binary_select(connection, relation, wanted)
    rows = 0
    with _complete(path) as partial, _placed(), FrameStream(opener, query, "arrow") as tables:
        writer = None
        for table in tables:
            writer = writer or parquet.ParquetWriter(partial, table.schema)
            writer.write_table(table)
            rows += table.num_rows
            tell(rows, partial.stat().st_size)
        if writer is None:  # no rows, and their types all the same
            with opener() as connection:
                writer = parquet.ParquetWriter(partial, _without_rows(connection, query).schema)
        writer.close()
        size = partial.stat().st_size
    return Exported(path, rows, size)


def _binary_select(connection: psycopg.Connection[Any], relation: Relation, wanted: Request) -> str:
    """The rows, with the text of what PostgreSQL has no binary form for, such as composites."""
    names = [identifier(column.name) for column in relation.columns]
    textual = textual_columns(connection, _select(connection, relation, names, wanted))
    columns = [
        sql.SQL("CAST({} AS text) AS {}").format(name, name) if column.name in textual else name
        for name, column in zip(names, relation.columns, strict=True)
    ]
    return _select(connection, relation, columns, wanted)


def _without_rows(connection: psycopg.Connection[Any], query: str) -> Any:  # noqa: ANN401 - of Arrow
    return query_frame(connection, f"SELECT * FROM ({query}) AS t LIMIT 0", "arrow")


@contextmanager
def _placed() -> Iterator[None]:
    """A value without a place in Arrow is told with what can be done here."""
    try:
        yield
    except StatementFailedError:
        raise
    except ExecutionError as error:
        hint = "as CSV every value has its text; or filter those rows out"
        raise ExecutionError(error.message, hint=hint) from error


@contextmanager
def _complete(path: Path) -> Iterator[Path]:
    """A file beside the other, which takes its place when all is written."""
    partial = path.with_name(f".{path.name}.part")
    is_ours = False
    try:
        if partial.exists():
            hint = f"wait for it; or delete {partial}"
            raise UsageConflictError(f"another export writes {path}", hint=hint)
        is_ours = True
        yield partial
        partial.replace(path)
    except OSError as error:
        raise UsageConflictError(f"{error.filename or path}: {error.strerror}") from error
    finally:
        if is_ours:
            partial.unlink(missing_ok=True)


def _select(
    connection: psycopg.Connection[Any],
    relation: Relation,
    columns: Sequence[sql.Composable],
    wanted: Request,
) -> str:
    """The rows; COPY takes no parameters, so psycopg puts the values in as literals."""
    where = all_of(conditions(relation, wanted.filters))
    order = [
        sql.SQL("{} DESC" if one.descending else "{}").format(
            identifier(relation.column(one.column).name)
        )
        for one in wanted.sort
    ]
    query = sql.SQL("SELECT {} FROM {}{}{}").format(
        sql.SQL(", ").join(columns),
        identifier(*relation.relation),
        where.sql,
        sql.SQL(" ORDER BY ") + sql.SQL(", ").join(order) if order else sql.SQL(""),
    )
    return psycopg.ClientCursor(connection).mogrify(query, where.values)


def _spelled(column: Column, *, guard: bool) -> sql.Composable:
    name = identifier(column.name)
    if not guard:
        return name
    head = identifier(f"'{column.name}" if column.name[0] in _FORMULA else column.name)
    if column.category not in {"text", "enum", "other", "json", "array"}:
        return sql.SQL("{} AS {}").format(name, head)
    text = sql.SQL("CAST({} AS text)").format(name)
    first = sql.SQL("left({}, 1) = ANY ({})").format(text, sql.Literal(list(_FORMULA)))
    guarded = sql.SQL("CASE WHEN {} THEN '''' || {} ELSE {} END AS {}")
    return guarded.format(first, text, text, head)

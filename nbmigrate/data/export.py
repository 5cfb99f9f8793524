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
from nbmigrate.errors import NoPlaceError, UsageConflictError

#: A cell that begins so is a formula to a spreadsheet (OWASP, "CSV Injection"); the last are wide = + - @.
_FORMULA = "=+@\t\r\n-\uff1d\uff0b\uff0d\uff20"


#: Rows of a CSV file between two words about it.
_TOLD_EVERY = 2_000

Tell = Callable[[int, int], None]


def _silent(_rows: int, _bytes: int) -> None:
    """Nobody wants to know."""


class Exported(NamedTuple):
    """What was written; ``texts`` are the columns that went as text in place of their type."""

    path: Path
    rows: int
    bytes: int
    texts: tuple[str, ...] = ()


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

    Columns are texts where PostgreSQL has no binary form of the type, such as composites, and where
    a value has no place in Arrow's type, such as an infinite date: that is found out on the way,
    and the rows are read again. ``opener`` connects; the rows come on a connection of their own,
    piece by piece. ``tell`` gets the rows and bytes that were written, after each piece.

    Raises:
        UsageConflictError: pyarrow is missing, or the file cannot be written.
        psycopg.Error: what PostgreSQL refuses; no file is left then.
    """
    require_form("arrow", "an export as Parquet")
    with opener() as connection:
        names = [identifier(column.name) for column in relation.columns]
        texts = set(textual_columns(connection, _select(connection, relation, names, wanted)))
    while True:
        try:
            return _parquet(opener, relation, path, wanted, frozenset(texts), tell)
        except NoPlaceError as error:
            if error.column in texts:
                raise
            texts.add(error.column)


def _parquet(
    opener: Callable[[], psycopg.Connection[Any]],
    relation: Relation,
    path: Path,
    wanted: Request,
    texts: frozenset[str],
    tell: Tell,
) -> Exported:
    from pyarrow import parquet

    with opener() as connection:
        query = _select(connection, relation, _with_texts(relation, texts), wanted)
    rows = 0
    with _complete(path) as partial, FrameStream(opener, query, "arrow") as tables:
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
    named = tuple(column.name for column in relation.columns if column.name in texts)
    return Exported(path, rows, size, named)


def _with_texts(relation: Relation, texts: frozenset[str]) -> list[sql.Composable]:
    names = [(identifier(column.name), column.name in texts) for column in relation.columns]
    return [
        sql.SQL("CAST({} AS text) AS {}").format(name, name) if is_text else name
        for name, is_text in names
    ]


def _without_rows(connection: psycopg.Connection[Any], query: str) -> Any:  # noqa: ANN401 - of Arrow
    return query_frame(connection, f"SELECT * FROM ({query}) AS t LIMIT 0", "arrow")


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

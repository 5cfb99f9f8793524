"""A whole table, filtered, into a file: streamed by COPY, never held in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from nbmigrate.data.filters import Filter, all_of, conditions, identifier
from nbmigrate.data.page import Sort
from nbmigrate.data.relations import Column, Relation
from nbmigrate.errors import UsageConflictError

#: A cell that begins so is a formula to a spreadsheet (OWASP, "CSV Injection").
_FORMULA = r"^[=+@\t\r-]"


class Exported(NamedTuple):
    """What was written."""

    path: Path
    rows: int
    bytes: int


def export_csv(  # noqa: PLR0913 - one argument per choice of the person
    connection: psycopg.Connection[Any],
    relation: Relation,
    path: Path,
    *,
    filters: Sequence[Filter] = (),
    sort: Sequence[Sort] = (),
    guard: bool = False,
    progress: Callable[[int], None] = lambda _bytes: None,
) -> Exported:
    """Write the rows as CSV with a head line; ``guard`` puts a ``'`` before formulas in texts.

    The file appears when it is complete. NULL is an empty field, an empty text is ``""``.

    Raises:
        UsageConflictError: the file cannot be written.
        psycopg.Error: what PostgreSQL refuses; no file is left then.
    """
    partial = path.with_name(f".{path.name}.part")
    query = _query(connection, relation, filters, sort, guard=guard)
    try:
        with partial.open("xb") as file, connection.cursor() as cursor:
            with cursor.copy(query) as copy:
                for piece in copy:
                    file.write(piece)
                    progress(file.tell())
            rows, size = cursor.rowcount, file.tell()
        partial.replace(path)
    except OSError as error:
        hint = (
            "another export writes it; or delete it" if isinstance(error, FileExistsError) else ""
        )
        raise UsageConflictError(f"{error.filename}: {error.strerror}", hint=hint) from error
    finally:
        partial.unlink(missing_ok=True)
    return Exported(path, rows, size)


def _query(
    connection: psycopg.Connection[Any],
    relation: Relation,
    filters: Sequence[Filter],
    sort: Sequence[Sort],
    *,
    guard: bool,
) -> bytes:
    """COPY takes no parameters: the values are put in as literals, by psycopg."""
    where = all_of(conditions(relation, filters))
    columns = [_spelled(column, guard=guard) for column in relation.columns]
    order = [
        sql.SQL("{} DESC" if one.descending else "{}").format(
            identifier(relation.column(one.column).name)
        )
        for one in sort
    ]
    query = sql.SQL("COPY (SELECT {} FROM {}{}{}) TO STDOUT (FORMAT csv, HEADER)").format(
        sql.SQL(", ").join(columns),
        identifier(*relation.relation),
        where.sql,
        sql.SQL(" ORDER BY ") + sql.SQL(", ").join(order) if order else sql.SQL(""),
    )
    return psycopg.ClientCursor(connection).mogrify(query, where.values).encode()


def _spelled(column: Column, *, guard: bool) -> sql.Composable:
    name = identifier(column.name)
    if not guard or column.category not in {"text", "enum", "other", "json", "array"}:
        return name
    text = sql.SQL("CAST({} AS text)").format(name)
    return sql.SQL("CASE WHEN {} ~ {} THEN '''' || {} ELSE {} END AS {}").format(
        text, sql.SQL(f"E'{_FORMULA}'"), text, text, name
    )

"""Tables and queries as DataFrames: by binary transfer where it can be, otherwise as text.

``form`` says what the frame is made of: ``pandas``, ``arrow`` or ``polars``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

import psycopg

from nbmigrate.data.arrow import Type, in_form
from nbmigrate.data.fetching import bound
from nbmigrate.data.frames import to_frame
from nbmigrate.data.parameters import bind
from nbmigrate.data.read import Typed, failed, read_table, select
from nbmigrate.data.rows import Rows
from nbmigrate.data.transfer import (
    Transfer,
    plan_transfer,
    read_frame,
    read_frames,
    textual_columns,
)
from nbmigrate.errors import UsageConflictError
from nbmigrate.postgresql.identifiers import quote
from nbmigrate.postgresql.lexer import significant

Connection = psycopg.Connection[Any]
Frame = Any

_READS = frozenset({"select", "with", "values", "table"})
#: What COPY refuses of a SELECT that runs well by itself; it says so before anything runs.
_NOT_FOR_COPY = (psycopg.errors.FeatureNotSupported, psycopg.errors.SyntaxError)


def table_frame(  # noqa: PLR0913 - a table, what of it, and the form
    connection: Connection,
    id_: tuple[str, str],
    *,
    where: str | None = None,
    order: str | None = None,
    columns: Sequence[str] = (),
    limit: int | None = None,
    form: str = "pandas",
) -> Frame:
    """Rows of a table, in a transaction that can only read.

    Raises:
        StatementFailedError: there is no such table or column, or the SQL is wrong.
    """
    sql = table_sql(id_, where=where, order=order, columns=columns, limit=limit)
    with reporting(connection, sql, (where, order)), connection.transaction():
        connection.execute("SET TRANSACTION READ ONLY")
        transfer = plan_transfer(connection, sql)
        if transfer is not None:
            return in_form(read_frame(connection, transfer), _types(transfer), form)
    rows = read_table(connection, id_, where=where, order=order, columns=columns, limit=limit)
    return rows_frame(rows, form)


def table_sql(
    id_: tuple[str, str],
    *,
    where: str | None = None,
    order: str | None = None,
    columns: Sequence[str] = (),
    limit: int | None = None,
) -> str:
    """The SELECT of a table's rows."""
    sql = select(id_, where=where, order=order, columns=columns)
    return sql if limit is None else f"{sql}\nLIMIT {int(limit)}"


def query_frame(connection: Connection, sql: str, form: str = "pandas") -> Frame | None:
    """The rows of one SELECT without parameters; None when it must be run as it stands.

    Raises:
        StatementFailedError: what PostgreSQL refused.
    """
    text = _single(sql)
    if text is None:
        return None
    with reporting(connection, sql), connection.transaction():
        transfer = plan_transfer(connection, text)
        if transfer is None:
            return None
        try:
            with connection.transaction():
                return in_form(read_frame(connection, transfer), _types(transfer), form)
        except _NOT_FOR_COPY:
            return None


def rows_frame(rows: Rows, form: str) -> Frame:
    """Rows that were read as text, in the form."""
    types = tuple(Type(name, -1, rows.labels.get(at, ())) for at, name in enumerate(rows.types))
    return in_form(to_frame(rows), types, form)


def _types(transfer: Transfer) -> tuple[Type, ...]:
    return tuple(Type(c.type_name, c.described.modifier, c.labels) for c in transfer.columns)


def _single(sql: str) -> str | None:
    """The one SELECT without its semicolon, its lines where they were; None for anything else."""
    found = list(significant(sql))
    while found and found[-1].text == ";":
        sql = sql[: found.pop().start]
    words = [token.word for token in found]
    if any(token.text == ";" for token in found):
        return None
    if not words or words[0] not in _READS or "into" in words:
        return None
    return sql


@contextmanager
def reporting(connection: Connection, sql: str, typed: Typed = ()) -> Iterator[None]:
    """What psycopg raises inside, as an error of ours."""
    try:
        yield
    except psycopg.Error as error:
        raise failed(connection, error, sql, typed) from error


class FrameStream:
    """DataFrames of one query, each read when it is asked for, from a connection of its own.

    One statement, so one state of the data. Its transaction ends with the last frame,
    with ``close()``, at the end of a ``with`` block, or when nobody refers to it any more.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        sql: str,
        form: str = "pandas",
        values: Sequence[Any] = (),
    ) -> None:
        self._open: list[Connection] = []
        self._connect = connect
        self._sql = sql
        self._values = values
        self._frames = self._read(form)

    def _connected(self) -> Connection:
        self._open.append(self._connect())
        return self._open[-1]

    def _asking(self) -> Connection:
        # The first is busy sending rows.
        return self._open[1] if len(self._open) > 1 else self._connected()

    def _read(self, form: str) -> Iterator[Frame]:
        connection = self._connected()
        try:
            with reporting(connection, self._sql), connection.transaction():
                connection.execute("SET TRANSACTION READ ONLY")
                # Whoever asked may take long with a piece.
                connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
                given = bound(connection, self._values) if self._values else None
                transfer = plan_transfer(connection, self._sql, self._asking, given)
                if transfer is None:
                    raise _unstreamable(textual_columns(connection, self._sql, given))
                types = _types(transfer)
                for frame in read_frames(connection, transfer):
                    yield in_form(frame, types, form)
        finally:
            self._disconnect()

    def _disconnect(self) -> None:
        while self._open:
            self._open.pop().close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Frame:
        return next(self._frames)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Cancel what is left and close the connection."""
        self._frames.close()  # type: ignore[attr-defined]  # a generator


def _unstreamable(names: Sequence[str]) -> UsageConflictError:
    listed = ", ".join(names) or "a column"
    casts = ", ".join(f"{quote(name)}::text" for name in names)
    return UsageConflictError(
        f"{listed}: the type has no binary form that could be streamed, such as a row",
        hint=f"%%db_query with {casts or 'a cast to text'}, or read it without --stream",
    )


def streamable(sql: str, params: Mapping[str, Any] | None) -> tuple[str, list[Any]]:
    """The SELECT that a stream reads, with ``$n`` for its parameters, and their values.

    Raises:
        UsageConflictError: several statements, no SELECT, or a parameter that is none.
    """
    bare, values = bind(sql, params) if params else (sql, [])
    text = _single(bare)
    if text is None:
        raise UsageConflictError(
            "--stream needs one SELECT", hint="leave out --stream, or write one SELECT"
        )
    return text, values

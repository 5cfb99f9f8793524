"""Read: the user's SQL word for word, or the rows of one table.

Each is its own short transaction: nothing stays open when the call returns.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from nbmigrate.data.parameters import bind, unbound
from nbmigrate.data.rows import Result, Rows, fetch, name_types, open_cursor
from nbmigrate.errors import ExecutionError, StatementFailedError, UsageConflictError
from nbmigrate.postgresql.identifiers import qualified, quote
from nbmigrate.postgresql.lexer import significant
from nbmigrate.postgresql.secrets import mask_sql
from nbmigrate.postgresql.statements import split

#: Pieces of SQL that were typed, among others that were not.
Typed = Sequence[str | None]
_HINTS = {
    "22P02": "a parameter given as text must look like the type it is compared with",
    "25006": "this may only read",
    "42601": "check the syntax; with parameters, only one statement is possible",
    "42P18": "say the type of the parameter: :name::text",
    "55P03": "somebody holds a lock on it; try again",
    "57014": "the statement was cancelled",
}


def query(
    connection: psycopg.Connection[Any], sql: str, params: Mapping[str, Any] | None = None
) -> Rows:
    """Run SQL and return its last rows.

    The text is sent as it is: ``%``, ``::`` and ``:x`` mean what PostgreSQL says, except
    ``:name`` for the names in ``params``. Without parameters it may be several statements,
    which then are one transaction.

    Raises:
        StatementFailedError: what PostgreSQL refused; nothing of it was kept.
        ExecutionError: the SQL left a transaction open; it was rolled back.
    """
    _refuse_streams(sql)
    text, values = bind(sql, params) if params else (sql, None)
    started = time.perf_counter()
    try:
        with open_cursor(connection, is_raw=values is not None) as cursor:
            found = fetch(cursor.execute(text, values))
    except psycopg.Error as error:
        raise failed(connection, error, text) from shown(error, text)
    ms = (time.perf_counter() - started) * 1000
    require_closed(connection)
    return name_types(connection, found, ms)


def read_table(
    connection: psycopg.Connection[Any],
    id_: tuple[str, str],
    *,
    where: str | None = None,
    order: str | None = None,
    columns: Sequence[str] = (),
    limit: int | None = None,
) -> Rows:
    """Rows of a table, in a transaction that can only read.

    ``id_`` and ``columns`` are names, quoted here; ``where`` and ``order`` are SQL.

    Raises:
        StatementFailedError: there is no such table or column, or the SQL is wrong.
    """
    sql = select(id_, where=where, order=order, columns=columns) + "\nLIMIT $1"
    started = time.perf_counter()
    try:
        found = _read_only(connection, sql, limit)
    except psycopg.Error as error:
        raise failed(connection, error, sql, (where, order)) from shown(error, sql)
    return name_types(connection, found, (time.perf_counter() - started) * 1000)


def select(
    id_: tuple[str, str], *, where: str | None, order: str | None, columns: Sequence[str]
) -> str:
    """The SELECT of a table's rows; names are quoted, ``where`` and ``order`` are SQL."""
    listed = ", ".join(quote(name) for name in columns) or "*"
    parts = [f"SELECT {listed} FROM {qualified(id_, spell_public=True)}"]
    # On lines of their own: a comment at the end of a condition ends there.
    parts += [f"WHERE (\n{where}\n)"] if where else []
    parts += [f"ORDER BY\n{order}"] if order else []
    return "\n".join(parts)


def _read_only(connection: psycopg.Connection[Any], sql: str, limit: int | None) -> Result:
    with connection.transaction():
        connection.execute("SET TRANSACTION READ ONLY")
        # A parameter means the extended protocol, which takes one statement only.
        with open_cursor(connection, is_raw=True) as cursor:
            return fetch(cursor.execute(sql, [limit]))


def _refuse_streams(sql: str) -> None:
    for piece in split(sql):
        words = [token.word for token in significant(piece.sql)]
        if words[0] == "copy" and {"stdin", "stdout"} & set(words):
            raise UsageConflictError(
                f"line {piece.line}: COPY to or from the client has no stream here",
                hint="write SELECT, and take the DataFrame; or COPY to a file of the server",
            )


def require_closed(connection: psycopg.Connection[Any]) -> None:
    """Nothing, when the user's SQL has ended its transaction.

    Raises:
        ExecutionError: it has not; the transaction was rolled back.
    """
    if connection.info.transaction_status == TransactionStatus.IDLE:
        return
    connection.rollback()
    raise ExecutionError(
        "the SQL left a transaction open, which would hold its locks; it was rolled back",
        hint="leave out BEGIN: all statements of one text are one transaction; or end with COMMIT",
    )


def shown(error: psycopg.Error, sql: str) -> psycopg.Error | None:
    """The driver's error as the cause, unless it quotes a password of the statement."""
    return error if mask_sql(sql) == sql else None


def failed(
    connection: psycopg.Connection[Any], error: psycopg.Error, sql: str, typed: Typed = ()
) -> StatementFailedError:
    """The error of ours for one of psycopg's; no transaction stays open."""
    if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
        connection.rollback()
    return refused(error, sql, typed)


def refused(
    error: psycopg.Error, sql: str, typed: Typed = (), *, skipped: int = 0
) -> StatementFailedError:
    """What PostgreSQL said of the SQL; before it stood ``skipped`` characters that nobody typed.

    ``typed`` are the pieces that somebody did type, each on lines of its own; without them it is
    all of the SQL.
    """
    diagnosis = error.diag
    sqlstate = error.sqlstate or ""
    position = int(diagnosis.statement_position or 0) - skipped
    line, column = _place_of_piece(sql, typed, position) if typed else _place(sql, position)
    primary = diagnosis.message_primary or str(error).strip()
    where = f"line {line}, column {column}: " if line else ""
    code = f" (SQLSTATE {sqlstate})" if sqlstate else ""
    message = "\n".join(x for x in (f"{where}{primary}{code}", diagnosis.message_detail) if x)
    return StatementFailedError(
        mask_sql(message),
        sql=mask_sql(sql),
        sqlstate=sqlstate,
        line=line,
        column=column,
        detail=mask_sql(diagnosis.message_detail or ""),
        hint=diagnosis.message_hint or _hint(sqlstate, sql, message),
    )


def _place_of_piece(sql: str, typed: Typed, position: int) -> tuple[int, int] | tuple[None, None]:
    """The place within the piece that it lies in, if it does."""
    for piece in filter(None, typed):
        start = sql.find(f"\n{piece}") + 1
        if 0 < start < position <= start + len(piece):
            return _place(piece, position - start)
    return None, None


def _place(sql: str, position: int) -> tuple[int, int] | tuple[None, None]:
    """Line and column, from 1, of a position that PostgreSQL counts in characters, from 1."""
    if position < 1:
        return None, None
    before = sql[: position - 1]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _hint(sqlstate: str, sql: str, message: str) -> str:
    """What to do about it, as far as the state says so."""
    if "cannot adapt type" in message:
        return "a value may be a text, a number, a date, a list of such, or a dict for JSON"
    names = unbound(sql) if sqlstate == "42601" else []
    if names:
        return f"`:{names[0]}` has no value: --param {names[0]} gives it that of the variable"
    return _HINTS.get(sqlstate, "")

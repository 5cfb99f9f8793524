"""Queries that are sent together, and whose rows are taken one query after the other.

psycopg's own pipeline takes the results of all as soon as it is asked for one. Here values are
made of the rows of a query while the server is at the next ones (PostgreSQL docs, "Pipeline Mode").
And it has its price: a cursor and a wait for each statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import count
from typing import Any, NamedTuple, overload

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, PipelineStatus

from nbmigrate.postgresql.libpq import next_result

Row = tuple[Any, ...]

#: Rows between two looks at the socket. A server whose buffer is full stands still.
_AT_ONCE = 250
_CANCEL_S = 5
_DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
#: Of the prepared statements: what one of a failed exchange is called, no later one is.
_NUMBERS = count()


class Rows(Sequence[Row]):
    """The rows of one query; the first look at them waits for the server."""

    def __init__(self, sent: _Sent, number: int) -> None:
        self._sent = sent
        self._number = number

    def __iter__(self) -> Iterator[Row]:
        found = self._sent.rows(self._number)
        for at in range(0, len(found), _AT_ONCE):
            self._sent.look()
            yield from found[at : at + _AT_ONCE]

    def __len__(self) -> int:
        return len(self._sent.rows(self._number))

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | Sequence[Row]:
        return self._sent.rows(self._number)[at]


class _Sent:
    """The results of a pipeline, each taken once, in the order in which they come."""

    def __init__(self, connection: psycopg.Connection[Any], results: Sequence[int]) -> None:
        self._libpq = connection.pgconn
        self._encoding = connection.info.encoding
        self._transformer = Transformer(connection)
        #: How many results there are of each query; the last one has its rows.
        self._results = results
        self._taken: list[list[Row]] = []

    def rows(self, number: int) -> list[Row]:
        while len(self._taken) <= number:
            found = [self._take() for _ in range(self._results[len(self._taken)])]
            self._taken.append(found[-1])
        return self._taken[number]

    def look(self) -> None:
        """Take what has arrived off the socket, without waiting."""
        if len(self._taken) < len(self._results):
            self._libpq.consume_input()

    def _take(self) -> list[Row]:
        result = next_result(self._libpq)
        if result is None:
            raise psycopg.OperationalError(self._libpq.get_error_message(self._encoding))
        if result.status not in _DONE:
            raise psycopg.errors.error_from_result(result, encoding=self._encoding)
        next_result(self._libpq)  # the mark behind each query
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple)

    def finish(self) -> None:
        """Take what nobody has asked for."""
        self.rows(len(self._results) - 1)


class Query(NamedTuple):
    """SQL with ``$1``, ``$2`` ..., and what they are; ``%`` means nothing."""

    sql: str
    values: Sequence[object] = ()


class Prepared:
    """What the server has parsed already for one session; of no use behind a ``DISCARD ALL``.

    A statement is another one with parameters of other types.
    """

    def __init__(self) -> None:
        self._names: dict[object, bytes] = {}

    def name(self, sql: str, types: Sequence[int]) -> tuple[bytes, bool]:
        """The name of the statement, and whether the server does not know it yet."""
        key = (sql, *types)
        is_new = key not in self._names
        if is_new:
            self._names[key] = b"nbmigrate_%d" % next(_NUMBERS)
        return self._names[key], is_new


def exchanged(
    connection: psycopg.Connection[Any],
    queries: Sequence[Query],
    prepared: Prepared | None = None,
) -> list[Sequence[Row]]:
    """Run the queries in one exchange with the server; the rows of each.

    When one fails the server runs none of those behind it, and ``prepared`` is of no use any more.

    Raises:
        psycopg.Error: what the server refused.
    """
    with _sent(connection, queries, prepared, one_by_one=False) as sent:
        return [[*rows] for rows in sent]


def sent_together(
    connection: psycopg.Connection[Any], queries: Sequence[Query]
) -> AbstractContextManager[Sequence[Sequence[Row]]]:
    """The rows of each query; they can be asked for inside only.

    Those of the first can be taken while the server is at the second.

    Raises:
        psycopg.Error: what the server refused; also when rows are asked for.
    """
    return _sent(connection, queries, None, one_by_one=True)


@contextmanager
def _sent(
    connection: psycopg.Connection[Any],
    queries: Sequence[Query],
    prepared: Prepared | None,
    *,
    one_by_one: bool,
) -> Iterator[Sequence[Sequence[Row]]]:
    if not queries or not psycopg.Pipeline.is_supported():
        yield [_run(connection, *query) for query in queries]
        return
    libpq = connection.pgconn
    with connection.lock:  # as psycopg itself does: another thread may look at the same connection
        former, libpq.nonblocking = libpq.nonblocking, 1
        libpq.enter_pipeline_mode()
        try:
            results: list[int] = []
            for command in _commands(connection, queries, prepared):
                results.append(command)
                if one_by_one:
                    # or the end of its rows waits for those of later ones
                    libpq.send_flush_request()
            libpq.pipeline_sync()
            sent = _Sent(connection, results)
            yield tuple(Rows(sent, number) for number in range(len(queries)))
            sent.finish()
        except psycopg.Error:
            raise  # the server skips what was sent behind the query that failed
        except BaseException:
            with suppress(psycopg.Error):
                connection.cancel_safe(timeout=_CANCEL_S)
            raise
        finally:
            _leave(connection, former)


def _run(connection: psycopg.Connection[Any], sql: str, values: Sequence[object]) -> Sequence[Row]:
    """One by one, with a libpq before 14."""
    cursor = psycopg.RawCursor(connection).execute(sql, values, prepare=False)
    return cursor.fetchall() if cursor.description else []


def _commands(
    connection: psycopg.Connection[Any], queries: Iterable[Query], prepared: Prepared | None
) -> Iterator[int]:
    """Send the queries one after the other; how many results will come of each."""
    libpq, encoding, transformer = (
        connection.pgconn,
        connection.info.encoding,
        Transformer(connection),
    )
    for sql, values in queries:
        dumped = transformer.dump_sequence(values, [PyFormat.AUTO] * len(values))
        types, formats = transformer.types or (), transformer.formats or ()
        if prepared is None:
            libpq.send_query_params(sql.encode(encoding), dumped, types, formats)
            yield 1
            continue
        name, is_new = prepared.name(sql, types)
        if is_new:
            libpq.send_prepare(name, sql.encode(encoding), types)
        libpq.send_query_prepared(name, dumped, formats)
        yield 2 if is_new else 1


def _leave(connection: psycopg.Connection[Any], former: int) -> None:
    """Take the rest off the wire, and use libpq as before."""
    libpq = connection.pgconn
    try:
        while libpq.pipeline_status != PipelineStatus.OFF:
            result = next_result(libpq)
            if result is not None and result.status == ExecStatus.PIPELINE_SYNC:
                libpq.exit_pipeline_mode()
        libpq.nonblocking = former
    except psycopg.Error:
        # What is half read can serve nobody.
        connection.close()

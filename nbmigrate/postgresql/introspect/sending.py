"""Queries that are sent together, and whose rows are taken one query after the other.

psycopg's own pipeline takes the results of all as soon as it is asked for one. Here values are
made of the rows of a query while the server is at the next ones (PostgreSQL docs, "Pipeline Mode").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, overload

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, PipelineStatus

from nbmigrate.postgresql.libpq import next_result

Row = tuple[Any, ...]

#: Rows between two looks at the socket. A server whose buffer is full stands still.
_AT_ONCE = 250
_CANCEL_S = 5


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

    def __init__(self, connection: psycopg.Connection[Any], count: int) -> None:
        self._libpq = connection.pgconn
        self._encoding = connection.info.encoding
        self._transformer = Transformer(connection)
        self._count = count
        self._taken: list[list[Row]] = []

    def rows(self, number: int) -> list[Row]:
        while len(self._taken) <= number:
            self._taken.append(self._take())
        return self._taken[number]

    def look(self) -> None:
        """Take what has arrived off the socket, without waiting."""
        if len(self._taken) < self._count:
            self._libpq.consume_input()

    def _take(self) -> list[Row]:
        result = next_result(self._libpq)
        if result is None:
            raise psycopg.OperationalError(self._libpq.get_error_message(self._encoding))
        if result.status != ExecStatus.TUPLES_OK:
            raise psycopg.errors.error_from_result(result, encoding=self._encoding)
        next_result(self._libpq)  # the mark behind each query
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple)

    def finish(self) -> None:
        """Take what nobody has asked for."""
        self.rows(self._count - 1)


class Query(NamedTuple):
    """A query, and what its ``$1`` is where it has one."""

    sql: bytes
    parameter: Buffer | None


@contextmanager
def sent_together(
    connection: psycopg.Connection[Any], queries: Sequence[Query]
) -> Iterator[tuple[Rows, ...]]:
    """The rows of each query; they can be asked for inside only.

    Raises:
        psycopg.Error: what the server refused; also when rows are asked for.
    """
    libpq = connection.pgconn
    former, libpq.nonblocking = libpq.nonblocking, 1
    libpq.enter_pipeline_mode()
    try:
        for query in queries:
            libpq.send_query_params(query.sql, [query.parameter] if b"$1" in query.sql else None)
            libpq.send_flush_request()  # or the end of its rows waits for those of later ones
        libpq.pipeline_sync()
        sent = _Sent(connection, len(queries))
        yield tuple(Rows(sent, number) for number in range(len(queries)))
        sent.finish()
    except BaseException:
        with suppress(psycopg.Error):
            connection.cancel_safe(timeout=_CANCEL_S)
        raise
    finally:
        _leave(connection, former)


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

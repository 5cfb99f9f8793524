"""Reading a query by ``COPY ... TO STDOUT (FORMAT binary)``, in pieces, without an object per value.

libpq is spoken to without blocking, so that Interrupt is heard while the server works; it
then cancels the statement and leaves the connection usable.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from nbmigrate.postgresql.libpq import next_result, wait

#: So much is taken from the server before it is decoded: little, since it fills its buffer meanwhile
#: and the processor's cache holds what is decoded; not less, since each chunk costs some calls a column.
CHUNK_BYTES = 1 << 20
#: PostgreSQL docs, COPY, "Binary Format": a header of 19 bytes, then the length of its extension.
_HEADER = 19
TRAILER = b"\xff\xff"
#: So many bytes at most are read of each row at once, from anywhere in it.
RUN_BYTES = 256
#: Room behind the last row, so that as many, and a fixed width more, may be read where a NULL stands.
PADDING = bytes(RUN_BYTES + 64)


@dataclass(frozen=True)
class Described:
    """A column of a result, as the server describes it before anything runs."""

    name: str
    oid: int
    modifier: int


@dataclass(frozen=True)
class Chunk:
    """Rows as they came, and where each begins."""

    data: bytes
    starts: np.ndarray[Any, np.dtype[np.int64]]

    def __len__(self) -> int:
        return len(self.starts)


def describe(
    connection: psycopg.Connection[Any], sql: str, oids: Sequence[int] = ()
) -> tuple[Described, ...]:
    """The columns that one statement would return; it is parsed and not run.

    ``oids`` are the types of its parameters.

    Raises:
        psycopg.Error: it is not one statement, or not SQL.
    """
    encoding = connection.info.encoding
    with interruptible(connection) as libpq:
        libpq.send_prepare(b"", sql.encode(encoding), oids or None)
        drain(libpq, encoding)
        libpq.send_describe_prepared(b"")
        found = drain(libpq, encoding)
    return tuple(
        Described((found.fname(at) or b"").decode(encoding), found.ftype(at), found.fmod(at))
        for at in range(found.nfields)
    )


def copy_out(
    connection: psycopg.Connection[Any], sql: str, chunk_bytes: int = CHUNK_BYTES
) -> Generator[Chunk, None, None]:
    """The rows of one query that ``describe`` has found to be one statement.

    Raises:
        psycopg.Error: what the server refused.
    """
    encoding = connection.info.encoding
    # The line break ends a comment; a parameter list means one statement only.
    text = f"COPY (\n{sql}\n) TO STDOUT (FORMAT binary)"
    with interruptible(connection) as libpq:
        libpq.send_query_params(text.encode(encoding), None)
        _await_copy(libpq, encoding)
        yield from _chunks(libpq, chunk_bytes)
        drain(libpq, encoding)


def _chunks(libpq: PGconn, chunk_bytes: int) -> Iterator[Chunk]:
    """The rows, each a message (PostgreSQL docs, "COPY Operations"), many to a chunk."""
    take = libpq.get_copy_data
    pieces: list[memoryview | bytes] = []
    sizes: list[int] = []
    total, is_first, is_open = 0, True, True
    while is_open:
        # One turn per row: nothing may stand here that need not.
        size, data = take(1)
        if size > 0:
            pieces.append(data)
            sizes.append(size)
            total += size
        elif size == 0:
            wait(libpq)
            libpq.consume_input()
        else:
            is_open = False
        if (total >= chunk_bytes or not is_open) and sizes:
            chunk = _joined(pieces, sizes, is_first=is_first, is_last=not is_open)
            pieces, sizes, total, is_first = [], [], 0, False
            if len(chunk):
                yield chunk


def _joined(
    pieces: list[memoryview | bytes], sizes: list[int], *, is_first: bool, is_last: bool
) -> Chunk:
    """The rows without the header before the first and the trailer behind the last."""
    if is_first:
        extension = int.from_bytes(pieces[0][_HEADER - 4 : _HEADER], "big")
        pieces[0] = bytes(pieces[0][_HEADER + extension :])
        sizes[0] = len(pieces[0])
    if is_last and bytes(pieces[-1]) == TRAILER:
        del pieces[-1], sizes[-1]
    if sizes and not sizes[0]:
        del pieces[0], sizes[0]
    ends = np.cumsum(np.array(sizes, dtype=np.int64))
    starts = np.concatenate((np.zeros(1, np.int64), ends))[:-1]
    return Chunk(b"".join((*pieces, PADDING)), starts)


def _await_copy(libpq: PGconn, encoding: str) -> None:
    found = next_result(libpq)
    if found is None or found.status != ExecStatus.COPY_OUT:
        drain(libpq, encoding, found)


def drain(libpq: PGconn, encoding: str, found: PGresult | None = None) -> PGresult:
    """The last result of what was sent, when there is no more.

    Raises:
        psycopg.Error: one of them is an error.
    """
    results = [found] if found else []
    while (one := next_result(libpq)) is not None:
        results.append(one)
    for result in results:
        if result.status not in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
            raise psycopg.errors.error_from_result(result, encoding=encoding)
    if not results:
        raise psycopg.OperationalError(libpq.get_error_message(encoding))
    return results[-1]


@contextmanager
def interruptible(connection: psycopg.Connection[Any]) -> Iterator[PGconn]:
    """Libpq without blocking; whatever breaks off inside cancels the statement and takes the rest off the wire."""
    libpq = connection.pgconn
    former = libpq.nonblocking
    libpq.nonblocking = 1
    try:
        yield libpq
    except BaseException:
        _clear(connection, libpq)
        raise
    finally:
        if libpq.status == psycopg.pq.ConnStatus.OK:
            libpq.nonblocking = former


def _clear(connection: psycopg.Connection[Any], libpq: PGconn) -> None:
    if libpq.transaction_status != psycopg.pq.TransactionStatus.ACTIVE:
        return
    try:
        connection.cancel_safe(timeout=5)
        while (found := next_result(libpq)) is not None:
            if found.status == ExecStatus.COPY_OUT:
                for _ in _chunks(libpq, CHUNK_BYTES):
                    pass
    except psycopg.Error:
        # The server is gone or does not hear: what is half read can serve nobody.
        connection.close()

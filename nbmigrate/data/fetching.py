"""Reading a query that has parameters by a cursor, in the pieces that COPY would give: COPY takes none."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, NamedTuple

import numpy as np
import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import Format
from psycopg.pq.abc import PGresult

from nbmigrate.data.wire import PADDING, Chunk, drain, interruptible

_CURSOR = "nbmigrate_stream"
#: Rows that are asked for first; how many then follows from how large they are.
_FIRST_ROWS, _MOST_ROWS = 500, 100_000
_NULL = (-1).to_bytes(4, "big", signed=True)


class Bound(NamedTuple):
    """Values as the server takes them, in the order of ``$n``."""

    values: Sequence[Any]
    oids: Sequence[int]
    formats: Sequence[Format]


def bound(connection: psycopg.Connection[Any], values: Sequence[Any]) -> Bound:
    """The values of a query for this server.

    Raises:
        psycopg.Error: a value has no form there.
    """
    transformer = Transformer(connection)
    dumped = transformer.dump_sequence(values, [PyFormat.AUTO] * len(values))
    return Bound(dumped, transformer.types or (), transformer.formats or ())


def fetch_out(
    connection: psycopg.Connection[Any], sql: str, given: Bound, chunk_bytes: int
) -> Generator[Chunk, None, None]:
    """The rows of one SELECT, inside the transaction of the caller.

    Raises:
        psycopg.Error: what the server refused.
    """
    encoding = connection.info.encoding
    # All rows are wanted, not the first soon.
    connection.execute("SET LOCAL cursor_tuple_fraction = 1")
    with interruptible(connection) as libpq:
        declare = f"DECLARE {_CURSOR} NO SCROLL CURSOR FOR\n{sql}".encode(encoding)
        libpq.send_query_params(declare, given.values, given.oids, given.formats)
        drain(libpq, encoding)
        rows = _FIRST_ROWS
        while True:
            fetch = f"FETCH FORWARD {rows} FROM {_CURSOR}".encode()
            libpq.send_query_params(fetch, None, result_format=Format.BINARY)
            found = drain(libpq, encoding)
            if not found.ntuples:
                return
            chunk = _chunk(found)
            yield chunk
            rows = max(1, min(_MOST_ROWS, len(chunk) * chunk_bytes // len(chunk.data)))


def _chunk(found: PGresult) -> Chunk:
    """The rows as COPY sends them (PostgreSQL docs, COPY, "Tuples")."""
    columns = range(found.nfields)
    head = found.nfields.to_bytes(2, "big")
    pieces: list[bytes] = []
    sizes: list[int] = []
    for row in range(found.ntuples):
        values = [found.get_value(row, at) for at in columns]
        fields = [_NULL if v is None else len(v).to_bytes(4, "big") + v for v in values]
        pieces += [head, *fields]
        sizes.append(2 + sum(map(len, fields)))
    ends = np.cumsum(np.array(sizes, dtype=np.int64))
    starts = np.concatenate((np.zeros(1, np.int64), ends))[:-1]
    return Chunk(b"".join((*pieces, PADDING)), starts)

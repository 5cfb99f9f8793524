"""The Python value of any raw binary value: psycopg's, or what the server's own text becomes.

A raw value that psycopg cannot load from its binary form without losing something is sent
back as a binary parameter and read as text, as if the column had been read as text at
first: ``infinity``, years before 1, types that psycopg does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psycopg
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, Format

from nbmigrate.data.loaders import register
from nbmigrate.data.rows import text_array

_ELEMENTS = [
    "bool",
    "int2",
    "int4",
    "int8",
    "oid",
    "float4",
    "float8",
    "numeric",
    "text",
    "varchar",
    "bpchar",
    "name",
    "uuid",
    "date",
    "time",
    "timetz",
    "timestamp",
    "timestamptz",
    "bytea",
    "inet",
    "cidr",
]
_RANGES = ["int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange"]
#: A statement may have 65535 parameters; one with as many takes long to plan.
_BATCH = 500

_types = psycopg.adapters.types
#: Types whose binary form psycopg loads to what it makes of their text.
LOADABLE = frozenset(
    {_types[name].oid for name in (*_ELEMENTS, *_RANGES)}
    | {_types[name].array_oid for name in _ELEMENTS}
)


class Pending:
    """A value that only the server can spell; asked for when nothing else is on the wire."""

    __slots__ = ("raw",)

    def __init__(self, raw: bytes) -> None:
        self.raw = raw


class Exact:
    """Loads the values of one type.

    ``ask`` gives a connection that is free for a question; ``delimiter`` parts the elements of an
    array that psycopg does not know.
    """

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        oid: int,
        ask: Callable[[], psycopg.Connection[Any]],
        *,
        delimiter: str = "",
    ) -> None:
        self._ask = ask
        self._oid = oid
        cursor = psycopg.Cursor(connection)
        register(cursor)
        self._transformer = Transformer.from_context(cursor)
        text = self._transformer.get_loader(oid, Format.TEXT)
        self._text = (text_array(connection, delimiter) if delimiter else text).load
        self._binary = self._transformer.get_loader(oid, Format.BINARY).load
        self._known: dict[bytes, bytes] = {}

    def load(self, raw: Iterable[bytes | None]) -> list[Any]:
        """What can be loaded without the server; for the rest a ``Pending``."""
        if self._oid not in LOADABLE:
            return [None if value is None else Pending(value) for value in raw]
        return [None if value is None else self._loaded(value) for value in raw]

    def _loaded(self, raw: bytes) -> Any:  # noqa: ANN401 - any value
        try:
            return self._binary(raw)
        except (psycopg.DataError, ValueError, OverflowError):
            return Pending(raw)

    def settle(self, values: list[Any]) -> list[Any]:
        """The values, with what the server says in place of each ``Pending``."""
        places = [at for at, value in enumerate(values) if isinstance(value, Pending)]
        if places:
            spelled = self._spelled({values[at].raw for at in places})
            for at in places:
                values[at] = self._text(spelled[values[at].raw])
        return values

    def texts(self, raw: Sequence[bytes | None]) -> list[str | None]:
        """What PostgreSQL prints for each."""
        spelled = self._spelled({value for value in raw if value is not None})
        return [None if value is None else spelled[value].decode() for value in raw]

    def _spelled(self, raw: Iterable[bytes]) -> dict[bytes, bytes]:
        left = [value for value in raw if value not in self._known]
        for start in range(0, len(left), _BATCH):
            batch = left[start : start + _BATCH]
            self._known.update(zip(batch, self._asked(batch), strict=True))
        return self._known

    def _asked(self, batch: list[bytes]) -> list[bytes]:
        connection = self._ask()
        places = ", ".join(f"${number + 1}" for number in range(len(batch)))
        found = connection.pgconn.exec_params(
            f"SELECT {places}".encode(),
            batch,
            [self._oid] * len(batch),
            [Format.BINARY] * len(batch),
            Format.TEXT,
        )
        if found.status != ExecStatus.TUPLES_OK:
            raise psycopg.errors.error_from_result(found, encoding=connection.info.encoding)
        return [found.get_value(0, at) or b"" for at in range(len(batch))]

"""Questions about one moment of a database, which leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import psycopg
from psycopg.pq import TransactionStatus

from nbmigrate.postgresql.sending import Query, Row, exchanged

# With an empty search_path every name comes back with its schema; the others are what pg_dump
# sets, so that constants are written the same whoever asks. JIT costs more than it saves here.
_SETTINGS = {
    "search_path": "",
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "jit": "off",
}
_NAME = "nbmigrate_reading"
_BEGIN = Query("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")


class ReadTransaction(NamedTuple):
    """A transaction that sees one moment and leaves no setting behind.

    In a transaction that is open already it is a savepoint, which sees what the
    transaction has done so far. Either is rolled back. The end of its own transaction may be sent
    with the last question.
    """

    begin: tuple[Query, ...]
    end: tuple[Query, ...]
    is_own: bool = False

    @classmethod
    def around(
        cls, connection: psycopg.Connection[Any], *, is_last: bool = False
    ) -> ReadTransaction:
        """What begins and ends it on the connection as it is now.

        ``is_last``: a transaction that is open is rolled back afterwards, and with it the settings.
        """
        calls = (f"pg_catalog.set_config('{name}', '{to}', true)" for name, to in _SETTINGS.items())
        settings = Query(f"SELECT {', '.join(calls)}")
        if connection.info.transaction_status == TransactionStatus.IDLE:
            return cls((_BEGIN, settings), (Query("ROLLBACK"),), is_own=True)
        if is_last:
            return cls((settings,), ())
        back = (Query(f"ROLLBACK TO SAVEPOINT {_NAME}"), Query(f"RELEASE SAVEPOINT {_NAME}"))
        return cls((Query(f"SAVEPOINT {_NAME}"), settings), back)

    @contextmanager
    def closing(self, connection: psycopg.Connection[Any]) -> Iterator[None]:
        """End it in any case."""
        try:
            yield
        except BaseException:
            self.give_up(connection)
            raise
        self._finish(connection)

    def give_up(self, connection: psycopg.Connection[Any]) -> None:
        """End it behind an error, which is the one to be told."""
        with suppress(psycopg.Error):
            self._finish(connection)

    def _finish(self, connection: psycopg.Connection[Any]) -> None:
        is_over = self.is_own and connection.info.transaction_status == TransactionStatus.IDLE
        if self.end and not is_over:
            exchanged(connection, self.end)


def asked(connection: psycopg.Connection[Any], queries: Sequence[Query]) -> Sequence[Sequence[Row]]:
    """The rows of each query as of one moment, all in one exchange; nothing is left behind."""
    reading = ReadTransaction.around(connection)
    try:
        found = exchanged(connection, (*reading.begin, *queries, *reading.end))
    except BaseException:
        reading.give_up(connection)
        raise
    return found[len(reading.begin) : -len(reading.end)]

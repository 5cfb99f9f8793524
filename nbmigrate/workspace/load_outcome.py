"""What an interrupt has left of a load: asked of PostgreSQL by the number of its transaction."""

from __future__ import annotations

import time
from typing import Any

import psycopg

_PATIENCE_S = 5.0
_STATUS = "SELECT pg_catalog.pg_xact_status(%s::pg_catalog.xid8)"


class LoadInterruptedError(KeyboardInterrupt):
    """A load was interrupted; the text says whether its rows are in the table."""


class Outcome:
    """Notes the transaction that the rows go in by, and later says what became of it."""

    def __init__(self, table: str, *, is_new: bool) -> None:
        self._table = table
        self._is_new = is_new
        self._transaction: str | None = None

    def begin(self, connection: psycopg.Connection[Any]) -> None:
        """Note the transaction that is open now; of several tries the last."""
        found = connection.execute("SELECT pg_catalog.pg_current_xact_id()::text").fetchone()
        self._transaction = found[0] if found else None

    def interrupted(self, connection: psycopg.Connection[Any]) -> LoadInterruptedError:
        """What to raise in place of the interrupt."""
        status = "aborted" if self._transaction is None else self._status(connection)
        if status == "committed":
            # Interrupt came while PostgreSQL was ending the transaction.
            return LoadInterruptedError(f"Interrupted too late: all rows are in `{self._table}`.")
        if status == "aborted":
            what = "was not made" if self._is_new else "is as it was"
            return LoadInterruptedError(f"Interrupted: nothing was loaded; `{self._table}` {what}.")
        return LoadInterruptedError(
            f"Interrupted: PostgreSQL could not be asked whether the rows are in `{self._table}`."
            f" Look there: %db_table {self._table} --limit 10"
        )

    def _status(self, connection: psycopg.Connection[Any]) -> str | None:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                found = connection.execute(_STATUS, [self._transaction]).fetchone()
            except psycopg.Error:
                return None
            if not found or found[0] != "in progress" or time.monotonic() > deadline:
                return found[0] if found else None
            time.sleep(0.05)

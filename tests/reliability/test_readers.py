"""Who reads a table that a migration wants waits no longer than its lock timeout."""

from __future__ import annotations

import logging
import threading
import time
from typing import Self

import pytest

from nbmigrate.executor import Settings, connect, migrate
from tests.fixtures.faults import IS_DEEP

LOG = logging.getLogger(__name__)
LOCK_TIMEOUT_S = 0.4
TOLERANCE_S = 0.2
#: On a busy machine a reader waits for the processor too; every day, one quiet try is enough.
TRIES = 1 if IS_DEEP else 5


class Readers:
    """Reads a table again and again, and keeps how long each reading took."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self.waits: list[float] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _read(self) -> None:
        with connect(self._url) as reader:
            while not self._done.wait(0.02):
                begun = time.monotonic()
                reader.execute("SELECT * FROM t")
                self.waits.append(time.monotonic() - begun)


def _longest_wait(database, migration) -> float:
    """The longest wait of a reader while a migration meets a lock three times."""
    idle = database.connect(autocommit=False)
    idle.execute("SELECT * FROM t")
    retried = []

    def listen(event: object) -> None:
        if type(event).__name__ == "Retried":
            retried.append(event)
            if len(retried) == 3:
                idle.rollback()

    settings = Settings(lock_timeout_ms=round(LOCK_TIMEOUT_S * 1000))
    with Readers(database.url) as readers:
        migrate(database.url, migration, on_event=listen, settings=settings)
    assert len(retried) >= 3
    return max(readers.waits)


@pytest.mark.fault
def test_readers_wait_stays_below_the_lock_timeout(database, make) -> None:
    database.execute("CREATE TABLE t (a int)")
    texts = [f"ALTER TABLE t ADD b{number} int" for number in range(TRIES)]
    longest = []
    for number in range(TRIES):
        longest.append(_longest_wait(database, make(*texts[: number + 1])))
        # It did wait behind the migration, as this is about.
        assert longest[-1] > LOCK_TIMEOUT_S / 2, longest
        if longest[-1] < LOCK_TIMEOUT_S + TOLERANCE_S:
            break
    LOG.info("a reader waited at most %.3f s", longest[-1])
    assert longest[-1] < LOCK_TIMEOUT_S + TOLERANCE_S, longest

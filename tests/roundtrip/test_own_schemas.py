"""Our own schemas go all the way and come back to the letter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fixtures.postgres import Database
from tests.roundtrip.trip import round_trip

DATA = Path(__file__).parents[1] / "data"
NAMES = (
    *(
        "apart",
        "definitions",
        "elsewhere",
        "kept",
        "lists",
        "music",
        "not_null",
        "options",
        "privileges",
    ),
    *("rental", "said", "trading"),
)


@pytest.mark.parametrize("name", NAMES)
def test_comes_back_whole(name: str, databases: Callable[[], Database]) -> None:
    source, copy = databases(), databases()
    source.execute((DATA / f"{name}.sql").read_text(encoding="utf-8"))
    trip = round_trip(source, copy)
    assert trip.is_whole, trip.report()

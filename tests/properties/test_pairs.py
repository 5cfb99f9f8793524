"""Random pairs of schemas with rows: each is pushed and compared with what was built directly.

``NBMIGRATE_PAIRS=10000`` tries more of them, ``NBMIGRATE_FIRST_PAIR`` others.
"""

from __future__ import annotations

import os
import typing
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from nbmigrate import operations
from tests.fixtures.postgres import Database, Server
from tests.properties.bench import Bench, reason
from tests.properties.pairs import random_pair

#: In CI, where the workers share them.
MANY, FEW = 500, 40
PAIRS = int(os.environ.get("NBMIGRATE_PAIRS", MANY if "CI" in os.environ else FEW))
FIRST = int(os.environ.get("NBMIGRATE_FIRST_PAIR", "0"))
#: Pairs in one test: small enough to be shared by workers, and to show where a run is.
BATCH = 20
#: Every so many pairs go by files too, where pg_dump judges.
BY_FILES = 5
#: Pairs in which every operation is: ``python -m tests.properties.running 0 2100 --cover``.
COVERING = (
    775, 638, 347, 350, 178, 813, 579, 554, 1858, 1307, 50, 745, 806, 10, 223, 460, 75, 80, 91, 92, 277, 290,
    362,
)  # fmt: skip
#: What a plan has in its online form alone (`tests/test_online.py`).
ONLINE = {"FillColumn", "AddKeyFromIndex", "AttachIndex"}
#: Every operation there is.
OPERATIONS = {kind.__name__ for kind in typing.get_args(operations.Operation)}


@pytest.fixture(scope="module")
def bench(server: Server) -> Iterator[Bench]:
    """The database for all pairs, and what they were made of."""
    name = f"nbmt_pairs_{os.getpid()}"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        bench = Bench(Database(server, name))
        yield bench
        bench.close()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.mark.parametrize("first", range(FIRST, FIRST + PAIRS, BATCH))
def test_pairs_are_pushed(bench: Bench, first: int, tmp_path: Path) -> None:
    seeds = range(first, min(first + BATCH, FIRST + PAIRS))
    folders = {seed: tmp_path / str(seed) for seed in seeds if seed % BY_FILES == 0}
    failed = [text for seed in seeds if (text := reason(bench, seed, folders.get(seed)))]
    assert not failed, f"{len(failed)} of {len(seeds)} pairs:\n" + "\n\n".join(failed)


def test_a_pair_is_the_same_twice() -> None:
    first, second = random_pair(7), random_pair(7)
    assert (first.old_ddl, first.new_ddl, first.rows, first.answers) == (
        second.old_ddl,
        second.new_ddl,
        second.rows,
        second.answers,
    )


def test_every_operation_was_there(bench: Bench) -> None:
    """Pairs that were found so; after a change of how pairs are drawn they are looked for again."""
    made: set[str] = set()
    for seed in COVERING:
        assert not reason(bench, seed)
        made |= bench.last
    assert made == OPERATIONS - ONLINE

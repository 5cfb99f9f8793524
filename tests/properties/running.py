"""Pairs by hand: ``python -m tests.properties.running 0 10000`` names every one that fails.

``--files`` takes each by files too, ``--shrink`` leaves out the steps that a failure does not need
and writes what is left, ``--cover`` ends with a few seeds in which every operation is that came up,
``--version 15`` runs on another PostgreSQL that is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

from tests.fixtures.postgres import Database, start_server, stop_server
from tests.fixtures.versions import folder_of
from tests.properties.bench import Bench, reason
from tests.properties.pairs import ALL_STEPS, Pair, random_pair

#: Of a failure, as much as names it.
SHOWN = 600


def main() -> int:
    """Run the pairs; the result is 1 when one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.properties.running", description=__doc__)
    parser.add_argument("first", type=int)
    parser.add_argument("end", type=int, nargs="?")
    parser.add_argument("--files", action="store_true")
    parser.add_argument("--shrink", action="store_true")
    parser.add_argument("--cover", action="store_true")
    parser.add_argument("--version", default="")
    said = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):  # also in the background, with its server
        signal.signal(number, lambda *_: sys.exit(1))
    seeds = range(said.first, said.end or said.first + 1)
    with made_bench(said.version) as bench:
        if said.shrink:
            for seed in seeds:
                show(*shrunk(bench, seed, by_files=said.files))
            return 0
        return run_all(bench, seeds, by_files=said.files, cover=said.cover)


@contextlib.contextmanager
def made_bench(version: str = "") -> Iterator[Bench]:
    """A bench on a server of its own."""
    directory = Path(tempfile.mkdtemp(prefix="nbmt-", dir="/tmp"))
    server = start_server(directory, folder_of(version) if version else None)
    try:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE pairs TEMPLATE template0")
        bench = Bench(Database(server, "pairs"))
        yield bench
        bench.close()
    finally:
        stop_server(server, directory)


def run_all(bench: Bench, seeds: range, *, by_files: bool, cover: bool) -> int:
    """Run the pairs of the seeds and print each that fails, then what there was."""
    started, failed = time.monotonic(), []
    made: dict[int, frozenset[str]] = {}
    for done, seed in enumerate(seeds, start=1):
        if text := why(bench, seed, by_files=by_files):
            failed.append(seed)
            print(text[:SHOWN], "\n", flush=True)
        else:
            made[seed] = bench.last
        if done % 100 == 0:
            print(f"{done} pairs, {(time.monotonic() - started) / done:.3f} s each", flush=True)
    print(f"{len(seeds)} pairs, {len(failed)} failed: {failed}")
    print(", ".join(f"{name} {count}" for name, count in bench.operations.most_common()))
    if cover:
        print("all of them in", tuple(covering(made)))
    return 1 if failed else 0


def covering(made: dict[int, frozenset[str]]) -> Iterator[int]:
    """A few seeds with all operations, the most useful first."""
    rest = frozenset().union(*made.values())
    while rest:
        best = max(made, key=lambda seed: len(made[seed] & rest))
        yield best
        rest -= made[best]


def why(bench: Bench, seed: int, without: frozenset[int] = frozenset(), *, by_files: bool) -> str:
    """Why a pair fails; empty when it does not."""
    with tempfile.TemporaryDirectory() as folder:
        return reason(bench, seed, Path(folder) if by_files else None, without)


def shrunk(bench: Bench, seed: int, *, by_files: bool) -> tuple[Pair, str]:
    """The pair without the steps that its failure does not need, and the failure."""
    wanted = _sort(why(bench, seed, by_files=by_files))
    left_out: frozenset[int] = frozenset()

    def fails(without: frozenset[int]) -> bool:
        return _sort(why(bench, seed, without, by_files=by_files)) == wanted

    if wanted:
        left_out = _most(frozenset(range(ALL_STEPS)), fails)
    return random_pair(seed, left_out), why(bench, seed, left_out, by_files=by_files)


def _most(steps: frozenset[int], fails: Callable[[frozenset[int]], bool]) -> frozenset[int]:
    """As many of the steps as can be left out at once; tried in halves, then one by one."""
    left_out: frozenset[int] = frozenset()
    size = len(steps)
    while size:
        rest = sorted(steps - left_out)
        for at in range(0, len(rest), size):
            some = left_out | frozenset(rest[at : at + size])
            if fails(some):
                left_out = some
        size //= 2
    return left_out


def _sort(text: str) -> str:
    """What kind of failure it is: its first words without names and numbers."""
    first = text.split("\nafter", maxsplit=1)[0].partition(": ")[2].split("\n")[0]
    return re.sub(r'"[^"]*"|\d+', "", first)[:60]


def show(pair: Pair, text: str) -> None:
    """The pair and its failure, to be read."""
    print(f"{text or f'pair {pair.seed} holds'}\n--- old\n{pair.old_ddl}")
    print(f"--- new\n{pair.new_ddl}\n--- answers\n{pair.answers}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

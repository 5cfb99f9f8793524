"""Where the time of a call goes: own time by package, the wait for the server apart."""

from __future__ import annotations

import cProfile
import pstats
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

Shares = Mapping[str, float]

WAIT = "waiting for the server"
#: What is less than this of the whole is told together.
_SMALL = 0.03


def shares(call: Callable[[], object]) -> dict[str, float]:
    """The share of each package in the time of the call, the largest first.

    cProfile makes Python slower, about half as slow again; the share of the server is a little
    larger than it says.
    """
    profile = cProfile.Profile()
    profile.runcall(call)
    seconds: Counter[str] = Counter()
    stats = pstats.Stats(profile)
    for (file, _, function), (_, _, own, _, _) in stats.stats.items():  # type: ignore[attr-defined]
        seconds[_package(file, function)] += own
    whole = sum(seconds.values())
    found = {name: own / whole for name, own in seconds.most_common() if own / whole >= _SMALL}
    return {**found, "the rest": 1 - sum(found.values())}


def _package(file: str, function: str) -> str:
    parts = Path(file).parts
    # psycopg's own, and that of an exchange: a poll of the socket
    if (function == "wait" and "psycopg" in parts) or "'select.poll'" in function:
        return WAIT
    if "nbmigrate" in parts:
        at = len(parts) - 1 - parts[::-1].index("nbmigrate")
        return ".".join(part.removesuffix(".py") for part in parts[at : at + 2])
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1]
    return "Python itself"


def told(found: Shares) -> str:
    """The shares in one line."""
    return ", ".join(f"{name} {share:.0%}" for name, share in found.items())

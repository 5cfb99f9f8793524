"""Medians, growth, and memory."""

from __future__ import annotations

import gc
import math
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path

#: A figure is the median of so many runs.
RUNS = 5
#: One that takes longer than this is run only once more.
SLOW_S = 20.0


def median_s(
    call: Callable[[], object], *, runs: int = RUNS, before: Callable[[], object] | None = None
) -> float:
    """The median of the wall-clock seconds of the runs; of a slow call there are fewer.

    ``before`` is done before each, and not counted.
    """
    times: list[float] = []
    while len(times) < runs and not (len(times) >= 2 and times[0] > SLOW_S):
        if before is not None:
            before()
        gc.collect()
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def growth(seconds: Mapping[int, float]) -> float | None:
    """The exponent by which time grows with size between the two largest sizes."""
    sizes = sorted(size for size, value in seconds.items() if value > 0)
    if len(sizes) < 2:
        return None
    small, large = sizes[-2:]
    return math.log(seconds[large] / seconds[small]) / math.log(large / small)


def peak_mb() -> float:
    """The largest resident size of this process so far, in MB.

    Of the program alone: what getrusage(2) tells begins with the size of the process that started it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

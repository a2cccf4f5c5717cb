"""How a loader is timed: the same for ours and for its peers, in a process of its own."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SECONDS = 4.0


def megabytes(field: str) -> int:
    """A line of this process's status, such as ``VmRSS``."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return round(int(line.split()[1]) * 1.024 / 1000)
    raise LookupError(field)


def seconds_alive() -> float:
    """Since this process began."""
    born = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - born / os.sysconf("SC_CLK_TCK")


def time_loader(open_batches: Callable[[], Iterator[Any]], sequence: int, batch: int) -> None:
    """Print one line of JSON: start-up, rate and memory of batches without end.

    The rate is of batches ``(batch, sequence)`` or longer by one token, on one core.
    """
    began = time.perf_counter()
    batches = open_batches()
    first = next(batches)
    start, since_birth = time.perf_counter() - began, seconds_alive()
    assert tuple(first.shape) in ((batch, sequence), (batch, sequence + 1)), first.shape
    for _ in range(3):
        next(batches)
    best = {"mtok_per_cpu_second": 0.0, "mtok_per_second": 0.0}
    for _ in range(3):
        wall, cpu, count = time.perf_counter(), time.process_time(), 0
        while time.perf_counter() - wall < SECONDS / 3:
            next(batches)
            count += 1
        tokens = count * batch * sequence / 1e6
        rates = tokens / (time.process_time() - cpu), tokens / (time.perf_counter() - wall)
        best = {key: max(old, rate) for (key, old), rate in zip(best.items(), rates, strict=True)}
    figures = {"start_seconds": round(start, 4), "with_imports_seconds": round(since_birth, 2)}
    figures |= {key: round(rate, 1) for key, rate in best.items()}
    figures |= {"rss_mb": megabytes("VmRSS"), "rss_anon_mb": megabytes("RssAnon")}
    print(json.dumps(figures), flush=True)
    sys.stdout.flush()

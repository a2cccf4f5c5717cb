"""CPU time and memory of this process's descendants: Spark's JVM and its Python workers."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """Since the processes began: seconds of CPU, and their largest resident sizes in MB."""

    java_seconds: float
    python_seconds: float
    java_megabytes: float
    worker_megabytes: float

    @property
    def seconds(self) -> float:
        return self.java_seconds + self.python_seconds


def usage_of_children() -> Usage:
    """Usage of all living descendants; time of the dead ones is in their parents'."""
    children: dict[int, list[int]] = {}
    facts: dict[int, tuple[str, float, float]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name, _, rest = (folder / "stat").read_text().partition("(")[2].rpartition(")")
            peak = next(
                (line for line in (folder / "status").read_text().splitlines() if "VmHWM" in line),
                "VmHWM: 0 kB",
            )
        except OSError:  # it ended meanwhile
            continue
        fields = rest.split()
        process = int(folder.name)
        children.setdefault(int(fields[1]), []).append(process)
        ticks = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
        # Java's dead children are the Python daemons, which count as Python.
        seconds = (ticks[0] if name == "java" else sum(ticks)) / _TICKS
        facts[process] = name, seconds, int(peak.split()[1]) / 1000
    totals = {"java": 0.0, "python": 0.0}
    peaks = {"java": 0.0, "python": 0.0}
    waiting = list(children.get(os.getpid(), []))
    while waiting:
        process = waiting.pop()
        waiting += children.get(process, [])
        name, seconds, peak_size = facts[process]
        kind = "java" if name == "java" else "python"
        totals[kind] += seconds
        peaks[kind] = max(peaks[kind], peak_size)
    return Usage(totals["java"], totals["python"], peaks["java"], peaks["python"])

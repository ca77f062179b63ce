"""What the benchmarks share: timing callers that take turns, and the processor's name."""

from __future__ import annotations

import os
import platform
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path


def processor() -> str:
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    name = found[1] if found else platform.processor() or platform.machine()
    return f"{name}, {platform.system()}, Python {platform.python_version()}"


def busy_cores(seconds: float = 1.0) -> float | None:
    """How many cores other processes keep busy now; None: this system does not say."""

    def read() -> tuple[int, int]:
        values = [int(value) for value in Path("/proc/stat").read_text().split()[1:9]]
        return sum(values), values[3] + values[4]

    try:
        total, idle = read()
        time.sleep(seconds)
        total, idle = read()[0] - total, read()[1] - idle
    except (OSError, ValueError):
        return None
    return (os.cpu_count() or 1) * (1 - idle / max(total, 1))


def by_turns(
    calls: dict[str, Callable[[], object]], rounds: int = 15, batch_s: float = 0.03
) -> dict[str, float]:
    """Median microseconds of each call, the callers taking turns."""
    counts: dict[str, int] = {}
    times: dict[str, list[float]] = {name: [] for name in calls}
    for name, call in calls.items():
        call()
        start = time.perf_counter()
        call()
        counts[name] = max(1, int(batch_s / max(time.perf_counter() - start, 1e-7)))
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(counts[name]):
                call()
            times[name].append((time.perf_counter() - start) / counts[name] * 1e6)
    return {name: statistics.median(values) for name, values in times.items()}

"""How many threads a caller may use."""

from __future__ import annotations

import os

from .checks import whole

MOST_THREADS = 64  # as in the core


def thread_count(threads: object) -> int:
    """A number of threads as it is given: a whole number, or "auto" for available()."""
    if threads == "auto":
        return available()
    return min(whole("threads", threads, 1), MOST_THREADS)


def available() -> int:
    """Cores that this process may use: those that the system gives it, or fewer if a control group
    (a container) limits its time on them."""
    try:
        cores = len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        cores = os.cpu_count() or 1
    quota = _quota()
    if quota is not None:
        cores = min(cores, max(1, int(quota + 0.5)))
    return max(1, min(cores, MOST_THREADS))


def _quota(groups: str = "/proc/self/cgroup", root: str = "/sys/fs/cgroup") -> float | None:
    """Cores' worth of time that the process's control groups allow, the least of them; None
    without a limit."""
    found: list[float] = []
    for line in _read(groups).splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers and "cpu" not in controllers.split(","):
            continue
        # version 2 has one tree, version 1 one for each controller; a container may see its own
        # group as the root
        tree = f"{root}/{controllers}" if controllers else root
        parts = [part for part in path.split("/") if part and part != ".."]
        for depth in range(len(parts), -1, -1):
            folder = "/".join([tree, *parts[:depth]])
            if controllers:
                limit = [_read(f"{folder}/cpu.cfs_{name}_us") for name in ("quota", "period")]
            else:
                limit = _read(f"{folder}/cpu.max").split()
            try:
                quota, period = (float(value) for value in limit)
            except ValueError:  # no such file, or "max"
                continue
            if quota > 0 and period > 0:
                found.append(quota / period)
    return min(found, default=None)


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""

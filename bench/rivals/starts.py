"""What a program takes before its first answer: time, memory, and room on the disk."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import bertlite_fast as bf
from bertlite_fast.bench.processes import environment
from bertlite_fast.bench.statistics import median

from .cases import Case, Rival

TIMEOUT = 120.0
OURS = ("bertlite-fast",)
NOT_INSTALLED = {".c", ".pyx", ".pxi", ".pxd"}


def fresh(rival: Rival, folder: Path, text: str) -> dict[str, float] | None:
    """One fresh process: milliseconds to its first answer, of its processor, and its peak memory.
    None if there was no answer."""
    request = json.dumps({"folder": str(folder), "text": text})
    command = [sys.executable, "-m", "rivals.worker", rival.function, json.dumps(rival.settings),
               request]  # fmt: skip
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    limit = threading.Timer(TIMEOUT, process.kill)
    limit.start()
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        took = (time.perf_counter() - begun) * 1e3
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        limit.cancel()
    if not first or process.returncode not in (0, -signal.SIGPIPE):
        return None
    kilobyte = 1 if sys.platform == "darwin" else 1024
    return {
        "ms": took,
        "cpu_ms": (usage.ru_utime + usage.ru_stime) * 1e3,
        "peak_mb": usage.ru_maxrss * kilobyte / 1e6,
    }


def measure(case: Case, found: list[dict[str, Any]], models: Path, rounds: int) -> None:
    """Into what run_case found, for the rivals that answered, in turn."""
    folder, text = models / case.model, case.inputs[0].texts[0]
    working = [(r, one) for r, one in zip(case.rivals, found)
               if one["state"] == "ready" and r.starts]  # fmt: skip
    samples: dict[str, list[dict[str, float]]] = {}
    for turn in range(rounds + 1):
        for rival, one in working:
            sample = fresh(rival, folder, text)
            if turn and sample:  # the first fills the system's file cache
                samples.setdefault(one["name"], []).append(sample)
    for _, one in working:
        taken = samples.get(one["name"])
        if taken:
            one["start"] = {key: median([s[key] for s in taken]) for key in taken[0]}
            one["start"]["least_ms"] = min(s["ms"] for s in taken)


# ---- room on the disk -----------------------------------------------------------------------


def room(packages: Sequence[str]) -> float | None:
    """Megabytes of the packages and of all that they require; None if one is not installed."""
    if tuple(packages) == OURS:  # which may be in use from a checkout
        folder = Path(bf.__file__).parent
        files = [f for f in folder.rglob("*") if f.is_file() and f.suffix not in NOT_INSTALLED]
        return sum(file.stat().st_size for file in files) / 1e6
    sizes: dict[str, int] = {}
    left = list(packages)
    while left:
        name = re.sub(r"[-_.]+", "-", left.pop()).lower()
        if name in sizes:
            continue
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            if name in packages:
                return None
            continue  # for another system
        sizes[name] = sum(_size(found, file) for file in found.files or ())
        for requirement in found.requires or ():
            wanted = re.match(r"[\w.-]+", requirement)
            if wanted and "extra ==" not in requirement:
                left.append(wanted[0])
    return sum(sizes.values()) / 1e6


def _size(found: metadata.Distribution, file: Any) -> int:
    try:
        return Path(str(found.locate_file(file))).stat().st_size
    except OSError:
        return 0

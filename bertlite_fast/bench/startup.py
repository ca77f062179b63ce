"""Fresh processes: how long until the first answer, and how much memory it takes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

from .processes import WorkerError, environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TIMEOUT = 120.0

# What a user's shortest program does. It prints the answer, then what it measured itself.
FIRST_ANSWER = """
import time
begun = time.perf_counter()
import bertlite_fast
imported = time.perf_counter()
pipe = bertlite_fast.pipeline("intent-classification")
print(pipe("Turn on the light in the kitchen.")["label"], flush=True)
print((imported - begun) * 1000)
def memory():
    try:
        with open("/proc/self/status") as file:
            fields = dict(line.split(":", 1) for line in file)
        return [int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM")]
    except (OSError, KeyError, ValueError):
        pass
    try:
        import resource, sys
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return [0, most if sys.platform == "darwin" else most * 1024]
    except ImportError:
        return [0, 0]
print(*memory())
"""
NOTHING = "print(1, flush=True)\nprint(0)\nprint(0, 0)"  # what Python itself takes


def start(code: str, isa: str | None = None) -> dict[str, Any]:
    """Run a program in a fresh process; its times in milliseconds and its memory in bytes."""
    begun = time.perf_counter()
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            env=environment(isa),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    except (OSError, ValueError) as error:
        raise WorkerError(f"no process could be started: {error}.") from None
    limit = threading.Timer(TIMEOUT, process.kill)
    limit.start()
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        took = (time.perf_counter() - begun) * 1000
        rest = process.stdout.read().split()
        process.stdout.close()
        code_ = process.wait()
    finally:
        limit.cancel()
    if code_ or not first.strip() or len(rest) != 3:
        raise WorkerError(f"a fresh process gave no answer; it ended with {code_}.")
    return {
        "first_answer_ms": took,
        "import_ms": float(rest[0]),
        "rss_bytes": int(rest[1]) or None,
        "peak_bytes": int(rest[2]) or None,
    }

"""Starts a service of the command line for a test, and ends it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


# As `python -m bertlite_fast`, without the modules that BLOCKED names.
PROGRAM = """
import os, sys
for name in os.environ.get("BLOCKED", "").split():
    sys.modules[name] = None
from bertlite_fast.cli import main
sys.exit(main())
"""


class Service:
    """A running service; `lines` are what it has said."""

    def __init__(self, arguments: tuple[str, ...], ready: str, **variables: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        )
        self.lines: list[str] = []
        self.ready = threading.Event()
        self.pattern = ready
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        assert self.ready.wait(60) and self.process.poll() is None, self.lines

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            for line in stream:
                self.lines.append(line)
                if re.search(self.pattern, line):
                    self.ready.set()
        self.ready.set()

    @property
    def port(self) -> int:
        found = re.search(r":(\d+)$", self.lines[-1].strip())
        assert found, self.lines
        return int(found[1])

    def wait_for(self, lines: int) -> None:
        for _ in range(600):
            if len(self.lines) >= lines:
                return
            time.sleep(0.1)
        raise AssertionError(self.lines)

    def end(self) -> int:
        """Stop as systemd does, and return the exit code."""
        self.process.terminate()
        return self.wait()

    def kill(self) -> None:
        self.process.kill()
        self.wait()

    def wait(self) -> int:
        status = self.process.wait(30)
        self.reader.join(10)
        return status


@contextmanager
def service(*arguments: str, ready: str, **variables: str) -> Iterator[Service]:
    running = Service(arguments, ready, **variables)
    try:
        yield running
    finally:
        running.kill()


def http(*arguments: str, **variables: str) -> Service:
    return Service(("serve", "--port", "0", *arguments), "serving on", **variables)

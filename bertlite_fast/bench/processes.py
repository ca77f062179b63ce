"""The parent's side of a worker, which may crash, hang or answer nonsense."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from ..errors import BertliteError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PACKAGE_PARENT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORKER = ("-m", "bertlite_fast.bench.worker")


class WorkerError(BertliteError):
    """A worker could not measure what it was asked for; whether it still runs, `alive` says."""


def environment(isa: str | None = None) -> dict[str, str]:
    """The environment of a process that imports this same package."""
    paths = [PACKAGE_PARENT, os.environ.get("PYTHONPATH", "")]
    found = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    if isa is not None:
        found["BERTLITE_ISA"] = isa
    return found


class Worker:
    """A process on an instruction set. Used in a `with` block, it ends with it."""

    def __init__(self, isa: str, command: tuple[str, ...] = WORKER) -> None:
        import queue
        import threading

        self.isa = isa
        self.answers: queue.Queue[str | None] = queue.Queue()
        self.empty = queue.Empty
        try:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                env=environment(isa),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
                errors="replace",
            )
        except (OSError, ValueError) as error:
            raise WorkerError(f"no process could be started: {error}.") from None
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.answers.put(line)
        self.answers.put(None)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def ask(self, op: str, timeout: float, **request: Any) -> dict[str, Any]:
        """The answer to a request; WorkerError if there is none in time."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({"op": op, **request}) + "\n")
            self.process.stdin.flush()
            line = self.answers.get(timeout=timeout)
        except self.empty:
            self.stop()
            raise WorkerError(f"gave no answer in {timeout:.0f} s.") from None
        except (OSError, ValueError):
            line = None
        if line is None:
            raise WorkerError(self._ending())
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            self.stop()
            raise WorkerError("gave an answer that is not JSON.")
        if "error" in found:
            raise WorkerError(str(found["error"]))
        return found

    def _ending(self) -> str:
        try:
            code = self.process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self.stop()
            return "closed its output."
        return f"ended with {f'signal {-code}' if code < 0 else f'exit status {code}'}."

    def stop(self) -> None:
        import contextlib

        with contextlib.suppress(OSError):
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError, ValueError):
                    stream.close()

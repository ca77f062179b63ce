"""Runs the items in turn, round after round, until all rounds are done or the time is over.

Settings take turns within a round, and every second round goes backward, so that heat and other
programs disturb all of them alike. Whatever fails is recorded with its reason, and the rest goes
on.
"""

from __future__ import annotations

import time

from ..errors import BertliteError
from . import startup
from .processes import Worker, WorkerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .plan import Item, Options
    from .progress import Progress

LEAST_SLICE = 0.004  # seconds
TIMEOUT = 60.0  # seconds that an item may take beyond its slice
MOST_FAILURES = 2  # of an item, which is then left out
MOST_CRASHES = 3  # of an instruction set, which is then left out
RESERVE = 0.97  # of the time: what follows the rounds needs some, too


class Runner:
    """The workers of all instruction sets, and what they have measured."""

    def __init__(
        self,
        options: Options,
        progress: Progress,
        cores: list[int] | None = None,
        start: Callable[[str], Worker] = Worker,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.options, self.progress, self.cores, self.start = options, progress, cores, start
        self.clock = clock
        self.end = clock() + RESERVE * options.seconds
        self.workers: dict[str, Worker] = {}
        self.crashes: dict[str, int] = {}
        self.missing: list[dict[str, str]] = []
        self.backward = 0

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers.values():
            worker.stop()

    def worker(self, isa: str) -> Worker:
        """The running process of an instruction set, started again if it has ended."""
        found = self.workers.get(isa)
        if found is not None and found.alive:
            return found
        if self.crashes.get(isa, 0) >= MOST_CRASHES:
            raise WorkerError(f"the process on {isa} ended {MOST_CRASHES} times.")
        if found is not None:
            found.stop()
        self.crashes[isa] = self.crashes.get(isa, -1) + 1
        made = self.workers[isa] = self.start(isa)
        if self.cores:
            made.ask("pin", TIMEOUT, cores=self.cores)
        return made

    def ask(self, isa: str, op: str, **request: Any) -> dict[str, Any]:
        return self.worker(isa).ask(op, TIMEOUT, **request)

    def fail(self, what: str, why: object) -> None:
        entry = {"what": what, "why": str(why)}
        if entry not in self.missing:
            self.missing.append(entry)

    def run(self, items: list[Item]) -> int:
        """The number of rounds that were complete."""
        weight = sum(item.weight for item in items if item.op not in ("start", "python"))
        slice_ = max(LEAST_SLICE, 0.6 * self.options.seconds / self.options.rounds / max(1, weight))
        for done in range(self.options.rounds):
            for item in items if done % 2 == 0 else list(reversed(items)):
                if item.failures >= MOST_FAILURES:
                    continue
                if self.clock() + item.took > self.end:
                    if done == 0:
                        self._out_of_time(items)
                    return done
                self.progress.step(item.name)
                self._measure(item, slice_ * item.weight)
        return self.options.rounds

    def _out_of_time(self, items: list[Item]) -> None:
        for item in items:
            if not any(record["rounds"] for record in item.records.values()):
                self.fail(item.name, "the time was over; give more with --seconds.")

    def _measure(self, item: Item, seconds: float) -> None:
        begun = self.clock()
        try:
            if item.op in ("start", "python"):
                code = startup.FIRST_ANSWER if item.op == "start" else startup.NOTHING
                found = startup.start(code, item.isa)
            else:
                found = self.ask(item.isa, item.op, seconds=seconds, **item.request)
        except (BertliteError, OSError) as error:
            item.failures += 1
            self.fail(item.name, error)
            return
        item.took = max(0.0, self.clock() - begun)
        self.backward += found.get("backward", 0)
        for key, record in item.records.items():
            value = found.get(key)
            samples = value if isinstance(value, list) else [value]
            if value is not None and samples:
                record["rounds"].append([float(f"{sample:.5g}") for sample in samples])
            for name in ("tokens", "calls_per_sample"):
                if name in found:
                    record[name] = found[name]

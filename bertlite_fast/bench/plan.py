"""The items of a run: what each measures, where, and the records that its samples go to."""

from __future__ import annotations

from . import cases, limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

THREADS_WEIGHT = 4  # of an item that runs threads, whose start takes part of its time
STARTS = {  # metric: (its name in what startup.start returns, unit)
    "cold_start": ("first_answer_ms", "ms"),
    "import": ("import_ms", "ms"),
    "memory": ("rss_bytes", "bytes"),
    "memory_peak": ("peak_bytes", "bytes"),
}


class Options:
    """What the user asked for."""

    def __init__(self, seconds: float | None = None, quick: bool = False) -> None:
        self.quick = quick
        self.seconds = seconds if seconds is not None else 18.0 if quick else 240.0
        self.rounds = 5 if quick else 10
        self.most = 20 if quick else 30  # samples of a round
        self.tasks = cases.QUICK_TASKS if quick else cases.TASKS
        self.lengths = cases.QUICK_LENGTHS if quick else cases.LENGTHS


class Item:
    """A measurement that is repeated in every round."""

    def __init__(
        self, op: str, isa: str, records: dict[str, dict[str, Any]], weight: int = 1, **request: Any
    ) -> None:
        self.op, self.isa, self.weight, self.request = op, isa, weight, request
        self.records = records  # by the name of the samples in the answer
        self.failures = 0
        self.took = 0.0  # seconds, the last time

    @property
    def name(self) -> str:
        record = next(iter(self.records.values()))
        parts = [record[k] for k in ("metric", "task", "stage", "length", "caller") if k in record]
        if "threads" in record:
            parts.append(f"{record['threads']} threads")
        return " ".join(str(part) for part in [*parts, self.isa])


def record(metric: str, unit: str, **dimensions: Any) -> dict[str, Any]:
    return {"metric": metric, "unit": unit, **dimensions, "rounds": []}


def _latency(task: str, length: int | str, stage: str, isa: str, most: int) -> Item:
    made = record("latency", "us", task=task, stage=stage, length=length, isa=isa)
    request: dict[str, Any] = {"task": task, "length": length, "stage": stage, "most": most}
    return Item("latency", isa, {"samples": made}, **request)


def thread_counts(usable: int, quick: bool) -> list[int]:
    """1, 2, 4 and so on up to all cores; for a quick run, 1 and all."""
    if quick:
        return sorted({1, usable})
    powers = [1 << i for i in range(usable.bit_length()) if 1 << i <= usable]
    return sorted({*powers, usable})


def items(options: Options, isas: list[str], cores: int, memory: int | None) -> list[Item]:
    """All items, the ones that matter most first, should the time not suffice for all."""
    best = isas[-1]
    made = [
        Item(
            "start",
            best,
            {key: record(metric, unit, isa=best) for metric, (key, unit) in STARTS.items()},
        ),
        Item("python", best, {"first_answer_ms": record("python_start", "ms")}),
    ]
    for isa in [best] if options.quick else reversed(isas):
        for length in options.lengths:
            for task in options.tasks:
                made.append(_latency(task, length, cases.ANSWER, isa, options.most))
    for task in cases.STAGED_TASKS:
        if task in options.tasks:
            for length in options.lengths:
                for stage in (cases.IDS, cases.MODEL):
                    made.append(_latency(task, length, stage, best, options.most))
    for isa in isas:
        made.append(
            Item("products", isa, {"samples": record("products", "products/s", isa=isa)}, 2)
        )
    for size in sorted({limits.TABLE, limits.large_size(memory)}):
        made.append(
            Item("read", best, {"samples": record("read", "bytes/s", bytes=size)}, 2, bytes=size)
        )
    for count in thread_counts(cores, options.quick):
        for op, caller in (("shared", cases.SHARED), ("batch", cases.ONE_CALL)):
            made.append(
                Item(
                    op,
                    best,
                    {
                        "samples": record(
                            "throughput", "texts/s", caller=caller, threads=count, isa=best
                        )
                    },
                    THREADS_WEIGHT,
                    threads=count,
                )
            )
    return made

"""The items of a run: what each measures, where, and the records that its samples go to."""

from __future__ import annotations

from . import cases, limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TRAINED = ("head", "encoder", "all")  # what fine-tuning changes
TRAINING_BATCH = {"texts": 16, "length": 32}
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
        parts = [
            record[k]
            for k in ("metric", "task", "trained", "stage", "length", "caller")
            if k in record
        ]
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


def has_training() -> bool:
    """Whether this build can fine-tune models."""
    from importlib.util import find_spec

    return find_spec("bertlite_fast._training") is not None


def items(options: Options, isas: list[str], cores: int, memory: int | None) -> list[Item]:
    """All items, the ones that matter most first, should the time not suffice for all."""
    best = isas[-1]
    return [
        *_starts(best),
        *_latencies(options, isas),
        *_limits(isas, memory),
        *_threads(best, thread_counts(cores, options.quick)),
        *(_training(best, options.most) if has_training() else ()),
    ]


def _starts(isa: str) -> list[Item]:
    of_start = {key: record(metric, unit, isa=isa) for metric, (key, unit) in STARTS.items()}
    alone = {"first_answer_ms": record("python_start", "ms")}
    return [Item("start", isa, of_start), Item("python", isa, alone)]


def _latencies(options: Options, isas: list[str]) -> list[Item]:
    """Answers on every instruction set, the best first; and their stages on the best."""
    best, most = isas[-1], options.most
    answers = [
        _latency(task, length, cases.ANSWER, isa, most)
        for isa in ([best] if options.quick else reversed(isas))
        for length in options.lengths
        for task in options.tasks
    ]
    stages = [
        _latency(task, length, stage, best, most)
        for task in cases.STAGED_TASKS
        if task in options.tasks
        for length in options.lengths
        for stage in (cases.IDS, cases.MODEL)
    ]
    return answers + stages


def _limits(isas: list[str], memory: int | None) -> list[Item]:
    products = [
        Item("products", isa, {"samples": record("products", "products/s", isa=isa)}, 2)
        for isa in isas
    ]
    read = [
        Item("read", isas[-1], {"samples": record("read", "bytes/s", bytes=size)}, 2, bytes=size)
        for size in sorted({limits.TABLE, limits.large_size(memory)})
    ]
    return products + read


def _threads(isa: str, counts: list[int]) -> list[Item]:
    made = []
    for count in counts:
        for op, caller in (("shared", cases.SHARED), ("batch", cases.ONE_CALL)):
            rate = record("throughput", "texts/s", caller=caller, threads=count, isa=isa)
            made.append(Item(op, isa, {"samples": rate}, THREADS_WEIGHT, threads=count))
    return made


def _training(isa: str, most: int) -> list[Item]:
    made = []
    for trained in TRAINED:
        steps = record("training", "steps/s", trained=trained, isa=isa, **TRAINING_BATCH)
        request: dict[str, Any] = {"trained": trained, "most": most, **TRAINING_BATCH}
        made.append(Item("train", isa, {"samples": steps}, 2, **request))
    return made

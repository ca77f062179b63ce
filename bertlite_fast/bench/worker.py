"""A process on one instruction set that measures on request.

    python -m bertlite_fast.bench.worker

Reads a request on each line of standard input and answers each with a line, both JSON. The
instruction set is that of BERTLITE_ISA. Whatever goes wrong here costs one answer, not the run.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from itertools import cycle, islice

from .._native import active_isa
from ..errors import BertliteError
from . import cases, limits
from .sampling import calls_per_sample, clock_facts, sample

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

WARM_CALLS, WARM_SECONDS = 20, 0.2
BATCH = 64  # texts of one call
LABELS = 8  # of a model that is fine-tuned

_cases: dict[tuple[str, int | str, str], cases.Case] = {}
_step_ns: list[int | None] = []
_trainers: dict[str, tuple[Any, Any]] = {}
_affinity: list[set[int]] = []  # the cores that this process was given, and those it is pinned to


def digest(request: dict[str, Any]) -> dict[str, Any]:
    """The checksums of every embedded model's outputs."""
    from .. import selftest

    return {"answers": selftest.answers(), "isa": active_isa()}


def clock(request: dict[str, Any]) -> dict[str, Any]:
    return clock_facts()


def latency(request: dict[str, Any]) -> dict[str, Any]:
    """Times of calls of a task at a length."""
    key = request["task"], request["length"], request["stage"]
    case = _cases.get(key)
    if case is None:
        case = cases.Case(*key)
        _warm_up(case)
        _cases[key] = case
    else:
        next(case.calls)()  # what ran in between has displaced it from the caches
        for _ in range(len(case.texts) - 1):
            next(case.calls)  # so that a mixture begins with the text after the last one
    most = -(-request["most"] // len(case.texts)) * len(case.texts)
    samples, backward = sample(case.calls, request["seconds"], most, case.per_sample)
    return {
        "samples": samples,
        "backward": backward,
        "tokens": sum(case.tokens) / len(case.tokens),
        "calls_per_sample": case.per_sample,
    }


def _warm_up(case: cases.Case) -> None:
    begun = time.perf_counter()
    for done in range(WARM_CALLS):
        next(case.calls)()
        if done and time.perf_counter() - begun > WARM_SECONDS:
            break
    if not _step_ns:
        _step_ns.append(clock_facts()["step_ns"])
    case.per_sample = calls_per_sample(lambda: next(case.calls)(), _step_ns[0])
    if len(case.texts) > 1:
        case.per_sample = 1  # the samples of a mixture are its texts


def products(request: dict[str, Any]) -> dict[str, Any]:
    return {"samples": limits.products_per_second(active_isa(), request["seconds"])}


def read(request: dict[str, Any]) -> dict[str, Any]:
    return {"samples": limits.bytes_per_second(request["bytes"], request["seconds"])}


def batch(request: dict[str, Any]) -> dict[str, Any]:
    """Texts a second of one call with many texts, on several threads of the core."""
    tokenizer, model = _embedding()
    ids = [tokenizer.encode(text) for text in islice(cycle(cases.MIXED), BATCH)]
    threads = request["threads"]
    model(ids, threads=threads)
    done, begun = 0, time.perf_counter()
    while True:
        model(ids, threads=threads)
        done += BATCH
        took = time.perf_counter() - begun
        if took >= request["seconds"] or took < 0:
            return {"samples": [done / max(took, 1e-9)]}


def _embedding() -> tuple[Any, Any]:
    from .. import embedded
    from ..models import Model

    pipe = cases.open_task("feature-extraction")
    return pipe.tokenizer, Model(embedded.for_task("feature-extraction"), "embedding")


def shared(request: dict[str, Any]) -> dict[str, Any]:
    """Texts a second of Python threads that share one pipeline."""
    pipe = cases.open_task("sentiment-analysis")
    threads: int = request["threads"]
    end = time.perf_counter() + request["seconds"]
    counts = [0] * threads

    def work(index: int) -> None:
        while True:
            for text in cases.MIXED:
                pipe(text)
            counts[index] += len(cases.MIXED)
            if time.perf_counter() >= end:
                return

    begun = time.perf_counter()
    workers = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return {"samples": [sum(counts) / max(time.perf_counter() - begun, 1e-9)]}


def train(request: dict[str, Any]) -> dict[str, Any]:
    """Steps a second of fine-tuning the model of intents on batches of made-up ids."""
    trained: str = request["trained"]
    if trained not in _trainers:
        _trainers[trained] = _trainer(trained, request["texts"], request["length"])
    trainer, texts = _trainers[trained]
    samples: list[float] = []
    end = time.perf_counter() + request["seconds"]
    while len(samples) < request["most"]:
        begun = time.perf_counter()
        trainer.step(texts, range(request["texts"]), number=len(samples), rate=1e-5)
        ended = time.perf_counter()
        samples.append(1 / max(ended - begun, 1e-9))
        if ended >= end:
            break
    return {"samples": samples}


def _trainer(trained: str, count: int, length: int) -> tuple[Any, Any]:
    from importlib import import_module

    from .. import embedded
    from ..models import Model

    training: Any = import_module("bertlite_fast._training")
    model = Model(embedded.for_task("intent-classification"), "encoder", precision="fp32")
    rows = [[1000 + (7 * i + j) % 20000 for j in range(length)] for i in range(count)]
    texts = training.Texts(rows)
    texts.set_labels([i % LABELS for i in range(count)])
    trainer = training.Trainer(
        model, trained=trained, labels=LABELS, tokens=count * length, texts=count, length=length
    )
    trainer.step(texts, range(count), number=0, rate=0.0)
    return trainer, texts


def shape(request: dict[str, Any]) -> dict[str, Any]:
    """The size of the model whose encoder is compared with the limits."""
    info = _embedding()[1].info
    return {name: info[name] for name in ("layers", "hidden", "intermediate")}


def pin(request: dict[str, Any]) -> dict[str, Any]:
    """Stay on these cores from now on, but where threads are measured."""
    try:
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, request["cores"])
    except (AttributeError, OSError):
        return {"pinned": False}
    _affinity[:] = [before, set(request["cores"])]
    return {"pinned": True}


def _on_all_cores(
    operation: Callable[[dict[str, Any]], dict[str, Any]], request: dict[str, Any]
) -> dict[str, Any]:
    if not _affinity:
        return operation(request)
    os.sched_setaffinity(0, _affinity[0])
    try:
        return operation(request)
    finally:
        os.sched_setaffinity(0, _affinity[1])


OPERATIONS = {
    f.__name__: f
    for f in (digest, clock, latency, products, read, batch, shared, train, shape, pin)
}


def answer(line: str) -> dict[str, Any]:
    try:
        request = json.loads(line)
        operation = OPERATIONS[request["op"]]
        if "threads" in request:
            return _on_all_cores(operation, request)
        return operation(request)
    except BertliteError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": "out of memory."}
    except Exception as error:  # reported, and the run goes on
        return {"error": f"{type(error).__name__}: {error}"}


def main() -> None:
    out = sys.stdout
    for line in sys.stdin:
        out.write(json.dumps(answer(line)) + "\n")
        out.flush()


if __name__ == "__main__":
    main()

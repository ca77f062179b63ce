"""From a text to its answer, beside the C time of the model: python bench/answers.py DATA

Answers 600 texts of several lengths (300 requests of Snips, 300 sentences of UD EWT, from the
validation parts in DATA, the folder that training/README.md describes) with each pipeline, one call
a text, on one thread, and times the model's forward pass in C at every length among them. The
difference is what reading a text and making an answer of logits cost: tokenization, spelling,
spans, Python's objects.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import core
from latency import c_call
from rivals import texts
from turns import processor

from bertlite_fast import active_isa, pipeline
from bertlite_fast.bench.statistics import median

QUESTION = "What is asked for?"
TASKS = {  # with the output of bench/forward.c that their models give
    "sentiment-analysis": "classes",
    "intent-classification": "classes",
    "ner": "tokens",
    "token-classification": "tokens",
    "question-answering": "tokens",
}


class Row(NamedTuple):
    """Microseconds of a text, means over all texts."""

    task: str
    answer: float
    model: float


def inputs_of(task: str, found: Sequence[str]) -> list[Any]:
    if task == "question-answering":
        return [{"question": QUESTION, "context": text} for text in found]
    return list(found)


def lengths_of(pipe: Any, inputs: Sequence[Any]) -> list[int]:
    rows = [tuple(entry.values()) if isinstance(entry, dict) else (entry,) for entry in inputs]
    return [len(pipe.tokenizer(*row)["input_ids"]) for row in rows]


def passes(call: Callable[[Any], object], inputs: Sequence[Any], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        for entry in inputs:
            call(entry)
        times.append((time.perf_counter() - begun) / len(inputs) * 1e6)
    return median(times)


def measure(data: Path, rounds: int = 9) -> list[Row]:
    found = texts.real(data)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        (program,) = core.build(
            [os.environ.get("CC", "cc")], [], Path(folder) / "build", ["bench/forward.c"]
        )
        for task, output in TASKS.items():
            pipe: Any = cast(Any, pipeline)(task)
            inputs = inputs_of(task, found)
            counts = Counter(lengths_of(pipe, inputs))
            before = passes(pipe, inputs, rounds)
            alone = {n: c_call(program, pipe.model.source, n, 200, output) for n in counts}
            answer = min(before, passes(pipe, inputs, rounds))
            total = sum(count * alone[n] for n, count in counts.items())
            rows.append(Row(task, answer, total / len(inputs)))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA")
    args = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"{processor()}, {active_isa()}; one thread, microseconds of a text\n")
    print("| task | answer | its model in C | ratio |\n|---|---:|---:|---:|")
    for row in measure(args.data):
        print(
            f"| {row.task} | {row.answer:.1f} | {row.model:.1f} | {row.answer / row.model:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()

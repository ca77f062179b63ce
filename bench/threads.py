"""Lists of texts on several threads: python bench/threads.py [--threads N] [--texts N]

Every pipeline of the embedded models answers short texts and paragraphs, on one thread and on
--threads, taking turns; the table has the least times of a text and their ratio.

On a machine with other work a wall clock tells little, so two more figures are given: the load
(runnable processes for each core; above 1 the ratio is not to be trusted), and "at most": the ratio
if all processor time that the threads took were spread evenly, which tells what sharing itself
costs.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from turns import processor

from bertlite_fast import cores, pipeline

SHORT = "turn on the kitchen lights and play some quiet music before Anna comes home"
PARAGRAPH = (
    "The town of Ely lies on a hill above the fens, and its cathedral is seen for many miles. "
    "People came here by boat until the marshes were drained by Vermuyden in the 1630s. "
) * 4
TASKS: list[tuple[str, dict[str, Any]]] = [
    ("sentence-similarity", {}),
    ("feature-extraction", {"pooling": "mean", "return_tensors": True}),
    ("text-classification", {}),
    ("intent-classification", {}),
    ("ner", {}),
    ("token-classification", {}),
    ("fill-mask", {}),
    ("question-answering", {}),
    ("zero-shot-classification", {"candidate_labels": ["light", "music", "food"]}),
]


def inputs_of(task: str, text: str, count: int) -> list[Any]:
    texts = [f"{i} {text}" for i in range(count)]
    if task == "fill-mask":
        return [f"[MASK] {text}" for text in texts]
    if task == "question-answering":
        return [{"question": "Who comes home?", "context": text} for text in texts]
    return texts


def caller_of(task: str, inputs: list[Any], settings: dict[str, Any]) -> Callable[[int], object]:
    pipe: Any = cast(Any, pipeline)(task)
    if task == "sentence-similarity":
        return lambda threads: pipe.embed(inputs, threads=threads)
    return lambda threads: pipe(inputs, threads=threads, **settings)


def measure(call: Callable[[int], object], threads: int, rounds: int) -> tuple[float, ...]:
    """Least wall times of one thread and of `threads`, and the ratio that is possible."""
    wall: dict[int, list[float]] = {1: [], threads: []}
    work: dict[int, list[float]] = {1: [], threads: []}
    call(threads)
    for _ in range(rounds):
        for n in (1, threads):
            before = time.perf_counter(), time.process_time()
            call(n)
            wall[n].append(time.perf_counter() - before[0])
            work[n].append(time.process_time() - before[1])
    possible = min(work[1]) / (min(work[threads]) / threads)
    return min(wall[1]), min(wall[threads]), possible


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=cores.available())
    parser.add_argument(
        "--texts", type=int, default=10000, help="short ones; a tenth of paragraphs"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tasks", nargs="*", default=[])
    args = parser.parse_args()
    print(f"{processor()}; {args.threads} threads; microseconds of a text")
    print(
        f"{'':28}{'texts':>12}{'1 thread':>10}{'threads':>10}{'ratio':>7}{'at most':>9}{'load':>6}"
    )
    for task, settings in TASKS:
        if args.tasks and task not in args.tasks:
            continue
        for kind, text, count in (
            ("short", SHORT, args.texts),
            ("paragraphs", PARAGRAPH, args.texts // 10),
        ):
            call = caller_of(task, inputs_of(task, text, count), settings)
            one, several, possible = measure(call, args.threads, args.rounds)
            load = os.getloadavg()[0] / (os.cpu_count() or 1)
            print(
                f"{task:28}{kind:>12}{one / count * 1e6:>10.1f}{several / count * 1e6:>10.1f}"
                f"{one / several:>7.2f}{possible:>9.2f}{load:>6.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()

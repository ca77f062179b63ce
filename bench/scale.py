"""Texts a second for each core, with one process, several, and engines for many machines:

    python bench/scale.py [--price 0.04] [--write] [--engines ray spark dask]

One process is measured in seconds of its processor, so that what else runs counts little; workers
by the clock, all of them together, without their start. What a billion texts cost is arithmetic
from the former. --write puts the tables into docs/scale.md.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "examples")]
os.environ["PYTHONPATH"] = os.pathsep.join(sys.path[:2])  # of the workers

os.environ.setdefault("RAY_worker_niceness", "0")  # as of the others

from turns import processor

import bertlite_fast as bf

PAGE = ROOT / "docs" / "scale.md"
TASKS = ("intent-classification", "sentiment-analysis", "feature-extraction", "ner")
WORDS = (
    "please turn on the lights in the kitchen and tell me what the weather will be like in Paris "
    "tomorrow morning because we want to visit the old town with Anna and her friends from Berlin "
    "before the train leaves at seven and I was not happy with the hotel although the room itself "
    "was excellent and much larger than in the pictures"
).split()
LENGTHS = (4, 6, 8, 9, 10, 12, 14, 16, 20, 24, 32, 48)
ROUNDS = 7
ROWS = 100_000  # for workers


def texts(count: int) -> list[str]:
    """Sentences of 4 to 48 words, no two neighbors alike."""
    found = []
    for i in range(count):
        at, length = i * 7 % len(WORDS), LENGTHS[i % len(LENGTHS)]
        found.append(" ".join((WORDS * 2)[at : at + length]))
    return found


def answer(task: str, given: list[str]) -> Any:
    """The answers as they leave a worker."""
    pipe = opened(task)
    return pipe.embed(given) if task == "feature-extraction" else pipe(given)


@cache  # of this process
def opened(task: str) -> Any:
    open_task: Any = bf.pipeline
    return open_task(task)


def of_a_core(task: str) -> float:
    """Texts for each second of a processor, the median of some rounds."""
    given = texts(3000)
    answer(task, given[:100])
    rates = []
    for _ in range(ROUNDS):
        began = time.process_time()
        answer(task, given)
        rates.append(len(given) / (time.process_time() - began))
    return statistics.median(rates)


def of_processes(workers: int) -> float:
    given = texts(ROWS)
    parts = [given[i : i + 2000] for i in range(0, ROWS, 2000)]
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        work = partial(answer, TASKS[0])
        list(pool.imap_unordered(work, [part[:10] for part in parts[: 4 * workers]]))
        began = time.perf_counter()
        for _ in pool.imap_unordered(work, parts):
            pass
        return ROWS / (time.perf_counter() - began)


# ---- engines: a first run starts the workers, a second one is measured --------------------------


def timed(run: Callable[[], int]) -> float:
    """Rows a second of the second run."""
    run()
    began = time.perf_counter()
    count = run()
    return count / (time.perf_counter() - began)


def of_ray(workers: int) -> float:
    import ray
    import ray_data

    ray.init(num_cpus=workers + 1, include_dashboard=False, logging_level="error")
    try:
        rows = ray.data.from_items([{"text": text} for text in texts(ROWS)]).repartition(
            4 * workers
        )
        rows = rows.materialize()
        return timed(lambda: ray_data.answered(rows, workers).materialize().count())
    finally:
        ray.shutdown()


def of_spark(workers: int) -> float:
    import pandas as pd
    import spark
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = (
        SparkSession.builder.master(f"local[{workers}]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .getOrCreate()
    )
    try:
        frame = pd.DataFrame({"id": range(ROWS), "text": texts(ROWS)})
        rows = session.createDataFrame(frame).repartition(4 * workers).cache()
        rows.count()

        def run() -> int:
            found = rows.mapInArrow(spark.intents, spark.SCHEMA)
            found.write.format("noop").mode("overwrite").save()
            return ROWS

        return timed(run)
    finally:
        session.stop()


def of_dask(workers: int) -> float:
    import dask.dataframe as dd
    import dask_frames
    import pandas as pd
    from dask.distributed import Client, LocalCluster, wait

    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        frame = pd.DataFrame({"id": range(ROWS), "text": texts(ROWS)})
        rows = dd.from_pandas(frame, npartitions=5 * workers).persist()
        parts = [rows.partitions[:workers], rows.partitions[workers:]]  # a result may be kept

        def run() -> int:
            some = parts.pop(0)
            wait(dask_frames.answered(some).persist())
            return int(ROWS * some.npartitions // rows.npartitions)

        return timed(run)


ENGINES: dict[str, Callable[[int], float]] = {"ray": of_ray, "spark": of_spark, "dask": of_dask}

# ---- the page -----------------------------------------------------------------------------------


def lines(price: float, engines: list[str]) -> Iterator[str]:
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    average = statistics.mean(map(len, (bf.Tokenizer(opened(TASKS[0]).model.source).encode(text)
                                        for text in texts(len(LENGTHS)))))  # fmt: skip
    yield f"{processor()}, {bf.active_isa()}, {cores} cores; texts of {average:.0f} tokens."
    yield ""
    yield ("| task | texts a second and core | a billion texts: core hours | "
           f"at ${price:g} an hour and core |")  # fmt: skip
    yield "|---|---:|---:|---:|"
    for task in TASKS:
        rate = of_a_core(task)
        hours = 1e9 / rate / 3600
        yield f"| {task} | {rate:,.0f} | {hours:.1f} | ${hours * price:.2f} |"
    counts = [1]
    while counts[-1] * 2 <= cores:
        counts.append(counts[-1] * 2)
    yield ""
    header = " | ".join(f"{n} worker{'s' * (n > 1)}" for n in counts)
    yield f"| {TASKS[0]}, rows a second | {header} |"
    yield "|---|" + "---:|" * len(counts)
    rows: dict[str, Callable[[int], float]] = {"processes": of_processes}
    rows.update({name: ENGINES[name] for name in engines})
    for name, measure in rows.items():
        yield f"| {name} | {' | '.join(f'{measure(n):,.0f}' for n in counts)} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--price", type=float, default=0.04, help="of a core, an hour, in dollars")
    parser.add_argument("--engines", nargs="*", default=[], choices=list(ENGINES))
    parser.add_argument("--write", action="store_true", help="into docs/scale.md")
    args = parser.parse_args()
    found = []
    for line in lines(args.price, args.engines):
        print(line, flush=True)
        found.append(line)
    if args.write:
        page = PAGE.read_text(encoding="utf-8")
        table = "<!-- scale -->\n" + "\n".join(found) + "\n<!-- /scale -->"
        page = re.sub(r"<!-- scale -->.*<!-- /scale -->", lambda _: table, page, flags=re.DOTALL)
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

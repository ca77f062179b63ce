"""Texts a second for each core, and rows a second of engines for many machines:

    python bench/scale.py [--price 0.04] [--write] [--engines ray spark dask] [--workers 1 2]

One process is measured in seconds of its processor, so that what else runs counts little. What a
billion texts cost is arithmetic from that.

Each engine runs in a process of its own, by the clock, without its start, between two runs of
pipe(texts, threads=n) in a process of its own: what it takes longer is its overhead. An engine that
fails or hangs (--patience) costs only its own row. --write puts the tables into docs/scale.md, each
row once it is there; rows of others stay, so that after a failure only the missing are named.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import re
import signal
import statistics
import subprocess
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

from turns import busy_cores, processor

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
FEW, ROWS = 6_000, 240_000  # for workers; the best of
RUNS = 2


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


# ---- rows a second by the clock -----------------------------------------------------------------


def timed(prepared: Callable[[list[str]], Callable[[], object]]) -> tuple[float, float]:
    """Rows a second, and the seconds with which each run begins, whatever its rows.

    prepared: what runs for these texts. A first run, which starts the workers, does not count.
    """
    seconds: list[float] = []
    for count in (FEW, ROWS):
        run = prepared(texts(count))
        if not seconds:
            run()
        times = []
        for _ in range(RUNS):
            began = time.perf_counter()
            run()
            times.append(time.perf_counter() - began)
        seconds.append(min(times))
    few, many = seconds
    rate = (ROWS - FEW) / max(many - few, many / 10)
    return rate, max(0.0, few - FEW / rate)


def of_threads(workers: int) -> tuple[float, float]:
    pipe = opened(TASKS[0])
    return timed(lambda given: lambda: pipe(given, threads=workers))


def of_processes(workers: int) -> tuple[float, float]:
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        work = partial(answer, TASKS[0])

        def prepared(given: list[str]) -> Callable[[], object]:
            parts = [given[i : i + 1000] for i in range(0, len(given), 1000)]
            return lambda: sum(map(len, pool.imap_unordered(work, parts)))

        return timed(prepared)


def of_ray(workers: int) -> tuple[float, float]:
    import ray
    import ray_data

    ray.init(
        num_cpus=workers + 1, include_dashboard=False, logging_level="error",
        object_store_memory=1 << 28, log_to_driver=False,
    )  # fmt: skip
    ray.data.DataContext.get_current().enable_progress_bars = False

    def prepared(given: list[str]) -> Callable[[], object]:
        rows = ray.data.from_items([{"text": text} for text in given])
        rows = rows.repartition(4 * workers).materialize()
        return lambda: ray_data.answered(rows, workers).materialize().count()

    try:
        return timed(prepared)
    finally:
        ray.shutdown()


def of_spark(workers: int) -> tuple[float, float]:
    import pandas as pd
    import spark
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = (
        SparkSession.builder.master(f"local[{workers}]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .getOrCreate()
    )

    def prepared(given: list[str]) -> Callable[[], object]:
        frame = pd.DataFrame({"id": range(len(given)), "text": given})
        rows = session.createDataFrame(frame).repartition(4 * workers).cache()
        rows.count()

        def run() -> None:
            found = rows.mapInArrow(spark.intents, spark.SCHEMA)
            found.write.format("noop").mode("overwrite").save()

        return run

    try:
        return timed(prepared)
    finally:
        session.stop()


def of_dask(workers: int) -> tuple[float, float]:
    import dask.dataframe as dd
    import dask_frames
    import pandas as pd
    from dask.distributed import Client, LocalCluster, wait

    def prepared(given: list[str]) -> Callable[[], object]:
        frame = pd.DataFrame({"id": range(len(given)), "text": given})
        # other rows for each run: answers that there are already would be used again
        copies = [
            dd.from_pandas(frame.assign(id=frame.id + i), npartitions=4 * workers).persist()
            for i in range(RUNS + 1)
        ]
        wait(copies)
        return lambda: wait(dask_frames.answered(copies.pop()).persist())

    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        return timed(prepared)


ENGINES: dict[str, Callable[[int], tuple[float, float]]] = {
    "ray": of_ray, "spark": of_spark, "dask": of_dask,
}  # fmt: skip
WAYS = {"threads": of_threads, "processes": of_processes, **ENGINES}


def measured(name: str, workers: int, patience: float) -> tuple[float, float]:
    """What timed() says of a way, in a process of its own."""
    command = [sys.executable, __file__, "--measure", name, str(workers)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        out, said = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        raise MeasureError(f"no result in {patience:g} seconds") from None
    finally:
        end(process)
    found = re.search(r"^measured: ([\d.]+) ([\d.]+)$", out, re.MULTILINE)
    if process.returncode or found is None:
        last = [line for line in said.splitlines() if line.strip()]
        raise MeasureError(last[-1] if last else f"exit {process.returncode}")
    return float(found[1]), float(found[2])


class MeasureError(Exception):
    pass


def end(process: subprocess.Popen[str]) -> None:
    """Also what it has started: Java, actors."""
    if process.poll() is None:
        process.kill()
    if hasattr(os, "killpg"):
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


# ---- the page -----------------------------------------------------------------------------------


def machine() -> str:
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    return f"{processor()}, {bf.active_isa()}, {cores} cores"


def lines(price: float) -> Iterator[str]:
    average = statistics.mean(map(len, (bf.Tokenizer(opened(TASKS[0]).model.source).encode(text)
                                        for text in texts(len(LENGTHS)))))  # fmt: skip
    yield f"{machine()}; texts of {average:.0f} tokens."
    yield ""
    yield ("| task | texts a second and core | a billion texts: core hours | "
           f"at ${price:g} an hour and core |")  # fmt: skip
    yield "|---|---:|---:|---:|"
    for task in TASKS:
        rate = of_a_core(task)
        hours = 1e9 / rate / 3600
        yield f"| {task} | {rate:,.0f} | {hours:.1f} | ${hours * price:.2f} |"


def row_of(name: str, counts: list[int], patience: float) -> str:
    """A way's row: for each number of workers its rows a second, what it lacks to threads, which
    are measured before and after it, and the seconds that each run begins with."""
    cells, loads = [], []
    for workers in counts:
        loads.append(busy_cores())
        if name == "threads":
            cells += [f"{measured(name, workers, patience)[0]:,.0f}", "", ""]
            continue
        before, _ = measured("threads", workers, patience)
        rate, start = measured(name, workers, patience)
        after, _ = measured("threads", workers, patience)
        cells += [f"{rate:,.0f}", f"{1 - rate / max(before, after):.0%}", f"{start:.2f} s"]
    load = [f"{value:.1f}" for value in loads if value is not None]
    return f"| {name} | {' | '.join(cells)} | {' / '.join(load)} |"


def table_of(rows: dict[str, str], counts: list[int]) -> list[str]:
    heads = [f"{n} worker{'s' * (n > 1)}: rows a second | overhead | start of a run"
             for n in counts]  # fmt: skip
    return [
        f"{machine()}; {TASKS[0]}, {ROWS:,} texts.",
        "",
        f"| engine | {' | '.join(heads)} | cores that other work kept busy |",
        "|---|" + "---:|" * (3 * len(counts) + 1),
        *(rows[name] for name in WAYS if name in rows),
    ]


def kept_rows(page: str, counts: list[int]) -> dict[str, str]:
    """The rows of the page's table, if it is of this machine and these numbers of workers."""
    found = re.search(r"<!-- engines -->\n(.*?)<!-- /engines -->", page, re.DOTALL)
    old = found[1].splitlines() if found else []
    if old[:4] != table_of({}, counts):
        return {}
    return {line.split("|")[1].strip(): line for line in old[4:] if line.startswith("|")}


def put(mark: str, found: list[str]) -> None:
    """Into the page, between its marks."""
    page = PAGE.read_text(encoding="utf-8")
    table = f"<!-- {mark} -->\n" + "\n".join(found) + f"\n<!-- /{mark} -->"
    pattern = rf"<!-- {mark} -->.*<!-- /{mark} -->"
    PAGE.write_text(re.sub(pattern, lambda _: table, page, flags=re.DOTALL), encoding="utf-8")


def compare(names: list[str], counts: list[int], patience: float, write: bool) -> bool:
    """Measure the ways, each row written once it is there; whether all have one."""
    rows = kept_rows(PAGE.read_text(encoding="utf-8"), counts) if write else {}
    failed = False
    for line in table_of({}, counts):
        print(line, flush=True)
    for name in WAYS:
        if name not in names and (name in ENGINES or name in rows):
            continue
        try:
            rows[name] = row_of(name, counts, patience)
        except MeasureError as error:
            print(f"{name} failed: {error}", file=sys.stderr, flush=True)
            failed = True
            continue
        print(rows[name], flush=True)
        if write:
            put("engines", table_of(rows, counts))
    return not failed


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--price", type=float, default=0.04, help="of a core, an hour, in dollars")
    parser.add_argument("--engines", nargs="*", default=[], choices=list(WAYS))
    parser.add_argument("--workers", nargs="*", type=int, default=[1, 2], help="of each (1 2)")
    parser.add_argument("--patience", type=float, default=90, help="seconds for one number (90)")
    parser.add_argument("--write", action="store_true", help="into docs/scale.md")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        name, workers = args.measure
        rate, start = WAYS[name](int(workers))
        print(f"measured: {rate:.1f} {start:.3f}")
        return
    found = []
    for line in lines(args.price):
        print(line, flush=True)
        found.append(line)
    if args.write:
        put("scale", found)
    if args.engines:
        print()
        if not compare(args.engines, args.workers, args.patience, args.write):
            raise SystemExit(1)


if __name__ == "__main__":
    main()

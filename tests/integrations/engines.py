"""A program that answers rows with an engine of several workers, for the tests beside it:

    python engines.py ray|spark|dask FOLDER [--kill]

FOLDER gets found.json, the answers, and opened/, a file for each time that a worker opened the
model. --kill: the first worker that has answered a batch kills itself, as kill -9 does (with Spark,
its executor), before it returns it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
PATHS = [str(ROOT), str(ROOT / "examples"), str(Path(__file__).resolve().parent)]
sys.path[:0] = PATHS
os.environ["PYTHONPATH"] = os.pathsep.join(PATHS)  # of the workers

import dask_frames
import ray_data
import spark as spark_example

ROWS = 4000
WORKERS = 2
PARTS = 8
ASKED = (
    "turn on the light in the kitchen", None, "play some jazz", "", "what a nice day",
    "wake me at 7", "\u4f60\u597d", "how is the weather in Paris tomorrow",
)  # fmt: skip


def text_of(row: int) -> str | None:
    text = ASKED[row % len(ASKED)]
    return f"{text} {row % 100}" if text else text


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def first_time(name: str) -> bool:
    try:
        (Path(os.environ["ENGINE_FOLDER"]) / name).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def opening() -> None:
    """Notes that this process opens the model; the second time fails the test."""
    if not first_time(f"opened/{os.getpid()}"):
        first_time(f"opened/{os.getpid()}-again")


def maybe_die(generations: int = 0) -> None:
    if os.environ.get("ENGINE_KILL") and first_time("killed"):
        pid = os.getpid()
        for _ in range(generations):
            pid = parent(pid)
        os.kill(pid, signal.SIGKILL)


class Actor(ray_data.Intents):
    def __init__(self) -> None:
        opening()
        super().__init__()

    def __call__(self, batch: Any) -> Any:
        found = super().__call__(batch)
        maybe_die()
        return found


def of_spark(batches: Iterable[Any]) -> Iterator[Any]:
    if not spark_example.opened.cache_info().currsize:
        opening()
    for batch in spark_example.intents(batches):
        maybe_die(2)  # the worker was started by Spark's daemon, and that by the executor
        yield batch


def of_dask(frame: Any) -> Any:
    if len(frame) and not dask_frames.opened.cache_info().currsize:
        opening()
    found = dask_frames.intents(frame)
    maybe_die()
    return found


def with_ray() -> Any:
    os.environ.setdefault("RAY_worker_niceness", "0")  # a busy machine would starve them
    import ray

    ray.init(num_cpus=WORKERS + 1, include_dashboard=False, logging_level="error")
    rows = ray.data.from_items([{"id": i, "text": text_of(i)} for i in range(ROWS)])
    found = ray_data.answered(rows.repartition(PARTS), WORKERS, Actor).to_pandas()
    ray.shutdown()
    return found


def with_spark() -> Any:
    import pyspark
    from pyspark.sql import SparkSession

    os.environ["SPARK_HOME"] = str(Path(pyspark.__file__).parent)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    spark = (
        SparkSession.builder.master(f"local-cluster[{WORKERS},1,1024]")
        .config("spark.ui.enabled", "false")
        .config("spark.executorEnv.PYTHONPATH", os.environ["PYTHONPATH"])
        .config("spark.executorEnv.ENGINE_FOLDER", os.environ["ENGINE_FOLDER"])
        .config("spark.executorEnv.ENGINE_KILL", os.environ.get("ENGINE_KILL", ""))
        .config("spark.sql.warehouse.dir", os.environ["ENGINE_FOLDER"] + "/warehouse")
        .getOrCreate()
    )
    rows = spark.createDataFrame([(i, text_of(i)) for i in range(ROWS)], "id long, text string")
    found = rows.repartition(PARTS).mapInArrow(of_spark, spark_example.SCHEMA).toPandas()
    labels = rows.select("id", spark_example.pandas_function()("text").alias("label")).toPandas()
    spark.stop()
    both = found.merge(labels, on="id", suffixes=("", "_again"))
    assert both["label"].fillna("").equals(both["label_again"].fillna(""))
    return found


def with_dask() -> Any:
    import dask.dataframe as dd
    import pandas as pd
    from dask.distributed import Client, LocalCluster

    frame = pd.DataFrame({"id": range(ROWS), "text": [text_of(i) for i in range(ROWS)]})
    rows = dd.from_pandas(frame, npartitions=PARTS)
    columns = {**rows.dtypes.to_dict(), "label": "string", "score": "float32"}
    with (
        LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        return rows.map_partitions(of_dask, meta=columns).compute()


def main() -> None:
    engine, folder = sys.argv[1], sys.argv[2]
    os.environ["ENGINE_FOLDER"] = folder
    os.environ["ENGINE_KILL"] = "yes" if "--kill" in sys.argv else ""
    (Path(folder) / "opened").mkdir()
    found = {"ray": with_ray, "spark": with_spark, "dask": with_dask}[engine]()
    rows = [
        [int(row.id), row.text, row.label, None if row.score is None else float(row.score)]
        for row in found.astype(object).where(found.notna(), None).itertuples()
    ]
    (Path(folder) / "found.json").write_text(json.dumps(rows))


if __name__ == "__main__":
    main()

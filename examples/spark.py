"""Intents of many texts with Spark, on as many machines as the cluster has.

    python examples/spark.py                   # 20,000 texts, two workers

mapInArrow takes record batches; the pandas function is for SQL and for single columns. Both keep
the model open in Spark's Python workers, which live as long as their executor. A task whose worker
dies is run again, so that no row is lost and none is there twice.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from bertlite_fast import pipeline

SCHEMA = "id long, text string, label string, score float"


@lru_cache(None)
def opened(task: str) -> Any:
    """The pipeline of this worker, opened once."""
    open_task: Any = pipeline
    return open_task(task)


def answers(texts: list[Any], task: str) -> list[dict[str, Any]]:
    """An answer for each row. One without a text (None, or NaN in pandas) has no intent."""
    has_text = [isinstance(text, str) and bool(text) for text in texts]
    found = iter(opened(task)([text for text, has in zip(texts, has_text) if has]))
    return [next(found) if has else {"label": None, "score": None} for has in has_text]


def intents(batches: Iterable[Any], task: str = "intent-classification") -> Iterator[Any]:
    """For mapInArrow: each batch with "label" and "score" behind its columns."""
    import pyarrow as pa

    for batch in batches:
        found = answers(batch.column("text").to_pylist(), task)
        labels = pa.array([answer["label"] for answer in found], pa.string())
        scores = pa.array([answer["score"] for answer in found], pa.float32())
        names = [*batch.schema.names, "label", "score"]
        yield pa.RecordBatch.from_arrays([*batch.columns, labels, scores], names)


def pandas_function(task: str = "intent-classification") -> Any:
    """For columns: `select(intent("text"))`."""
    import pandas as pd
    from pyspark.sql.functions import pandas_udf

    def labels(columns: Iterator[pd.Series]) -> Iterator[pd.Series]:
        for texts in columns:
            yield pd.Series(
                [answer["label"] for answer in answers(texts.tolist(), task)], dtype=object
            )

    # Spark reads types, not texts of them.
    labels.__annotations__ = {"columns": Iterator[pd.Series], "return": Iterator[pd.Series]}
    return pandas_udf(labels, "string")


def main() -> None:
    from pyspark.sql import SparkSession

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    asked = ["turn on the light in the kitchen", "play some jazz", "what a nice day"]
    # local[2, 4]: two workers, and a task that failed is tried up to four times
    spark = SparkSession.builder.master("local[2,4]").getOrCreate()
    rows = spark.createDataFrame([(i, asked[i % 3]) for i in range(count)], "id long, text string")
    began = time.perf_counter()
    found = rows.repartition(8).mapInArrow(intents, SCHEMA).toPandas()
    print(f"{len(found) / (time.perf_counter() - began):.0f} rows a second, with its start")
    rows.select("id", pandas_function()("text").alias("label")).show(3)


if __name__ == "__main__":
    main()

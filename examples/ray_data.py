"""Intents of many texts with Ray Data, on as many machines as the cluster has.

    python examples/ray_data.py                # 20,000 texts, two workers

Each worker is an actor: it opens the model once, and answers batches. An actor that dies is
started again, and its batches with it, so that no row is lost and none is there twice.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from bertlite_fast import pipeline


class Intents:
    """What each row asks for. A row without a text has no intent."""

    def __init__(self, task: Any = "intent-classification") -> None:
        self.pipe = pipeline(task)

    def __call__(self, batch: Any) -> Any:
        """batch: a table of Arrow; its columns stay, and "label" and "score" are added."""
        import pyarrow as pa

        texts = batch.column("text").to_pylist()
        answers: Any = iter(self.pipe([text for text in texts if text]))
        found = [next(answers) if text else {"label": None, "score": None} for text in texts]
        labels = pa.array([answer["label"] for answer in found], pa.string())
        scores = pa.array([answer["score"] for answer in found], pa.float32())
        return batch.append_column("label", labels).append_column("score", scores)


def answered(rows: Any, workers: int, kind: Any = Intents) -> Any:
    """A data set with the answers; each of the workers takes one core."""
    return rows.map_batches(
        kind, batch_format="pyarrow", batch_size=1024, num_cpus=1, concurrency=workers
    )


def main() -> None:
    import ray

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    asked = ["turn on the light in the kitchen", "play some jazz", "what a nice day"]
    workers = 2
    ray.init(num_cpus=workers + 1, logging_level="warning")
    rows = ray.data.from_items([{"id": i, "text": asked[i % 3]} for i in range(count)])
    began = time.perf_counter()
    found = answered(rows, workers).materialize()
    print(f"{found.count() / (time.perf_counter() - began):.0f} rows a second, with its start")
    print(found.take(3))


if __name__ == "__main__":
    main()

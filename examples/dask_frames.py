"""Intents of many texts with Dask, on as many machines as the cluster has.

    python examples/dask_frames.py             # 20,000 texts, two workers

A partition is a data frame of pandas. A partition whose worker dies is computed again, so that no
row is lost and none is there twice.
"""

from __future__ import annotations

import sys
import time
from functools import lru_cache
from typing import Any

from bertlite_fast import pipeline


@lru_cache(None)
def opened(task: str) -> Any:
    """The pipeline of this worker, opened once."""
    open_task: Any = pipeline
    return open_task(task)


def intents(frame: Any, task: str = "intent-classification") -> Any:
    """The frame with "label" and "score". A row without a text has neither."""
    texts = [text if isinstance(text, str) and text else None for text in frame["text"].tolist()]
    answers = iter(opened(task)([text for text in texts if text]))
    found = [next(answers) if text else {"label": None, "score": None} for text in texts]
    frame = frame.assign(label=[answer["label"] for answer in found])
    return frame.assign(score=[answer["score"] for answer in found]).astype(
        {"label": "string", "score": "float32"}
    )


def answered(rows: Any) -> Any:
    """A Dask data frame with the answers."""
    columns = {**rows.dtypes.to_dict(), "label": "string", "score": "float32"}
    return rows.map_partitions(intents, meta=columns)


def main() -> None:
    import dask.dataframe as dd
    import pandas as pd
    from dask.distributed import Client, LocalCluster

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    asked = ["turn on the light in the kitchen", "play some jazz", "what a nice day"]
    frame = pd.DataFrame({"id": range(count), "text": [asked[i % 3] for i in range(count)]})
    with LocalCluster(n_workers=2, threads_per_worker=1) as cluster, Client(cluster):
        began = time.perf_counter()
        found = answered(dd.from_pandas(frame, npartitions=8)).compute()
        print(f"{len(found) / (time.perf_counter() - began):.0f} rows a second")
        print(found.head(3))


if __name__ == "__main__":
    main()

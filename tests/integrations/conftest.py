"""What the tests of adapters share. Libraries warn as they like here.

A test whose library is absent is skipped; with BERTLITE_LIBRARIES=all it fails.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bertlite_fast import SentenceTransformer

TEXTS = (
    "turn on the lights",
    None,
    "",
    "za\u017c\u00f3\u0142\u0107 g\u0119\u015bl\u0105 \u65e5\u672c \U0001f600",
    "what is the weather like tomorrow in Berlin",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("default"))


@pytest.fixture(scope="session")
def library() -> Callable[[str], Any]:
    """A function that imports a library."""
    if os.environ.get("BERTLITE_LIBRARIES") == "all":
        return importlib.import_module
    return lambda name: pytest.importorskip(name, exc_type=ImportError)


@pytest.fixture(scope="session")
def model() -> Any:
    return SentenceTransformer()


@pytest.fixture(scope="session")
def texts() -> list[Any]:
    """Texts and a null."""
    return list(TEXTS)

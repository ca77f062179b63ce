"""What the tests of several adapters use."""

from __future__ import annotations

from typing import Any

import pytest

from bertlite_fast import SentenceTransformer


@pytest.fixture(scope="session")
def model() -> Any:
    return SentenceTransformer()

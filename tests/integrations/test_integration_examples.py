"""The examples run with the libraries that are there, and print their rows a second."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bertlite_fast as bf

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "integrations"
# Of which there is no other test.
FIRST = ("sqlite", "usearch", "faiss", "sqlite_vec", "lancedb", "datasets")
NEEDS = {"chroma": "chromadb", "langchain": "langchain_core", "sqlite": "sqlite3"}
NEEDS["fastembed"] = "numpy"  # the example does without fastembed


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("with_*.py")), ids=lambda path: path.stem)
def test_example(path: Path, library: Callable[[str], Any]) -> None:
    name = path.stem.partition("_")[2]
    if os.environ.get("BERTLITE_LIBRARIES") != "all":  # then a library that is missing fails below
        if name not in FIRST:
            pytest.skip("the adapter's own test is enough; make check-integrations runs it")
        library(NEEDS.get(name, name))
    if name == "sqlite_vec" and not hasattr(sqlite3.Connection, "enable_load_extension"):
        pytest.skip("this Python's sqlite3 loads no extensions")
    home = os.environ | {
        "PYTHONPATH": str(Path(bf.__file__).resolve().parent.parent),
        "HF_HUB_OFFLINE": "1",
    }
    done = subprocess.run(
        [sys.executable, str(path), "300"], capture_output=True, text=True, env=home
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"[\d,]+ rows a second", done.stdout), done.stdout

"""Ray Data, Spark and Dask, each with two workers: the answers are those of one process, to the
byte, none is lost and none is there twice, also when a worker is killed."""

from __future__ import annotations

import importlib.util
import json
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from bertlite_fast import pipeline

from . import engines

PROGRAM = Path(__file__).resolve().parent / "engines.py"
NEEDS = {"ray": "ray", "spark": "pyspark", "dask": "distributed"}
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills processes by /proc")


def answers() -> list[list[object]]:
    """Of one process."""
    pipe = pipeline("intent-classification")
    rows: list[list[object]] = []
    for row in range(engines.ROWS):
        text = engines.text_of(row)
        found = pipe(text) if text else None
        score = struct.unpack("f", struct.pack("f", found["score"]))[0] if found else None
        rows.append([row, text, found and found["label"], score])
    return rows


@pytest.mark.parametrize("kill", [False, True], ids=["", "killed"])
@pytest.mark.parametrize("engine", list(NEEDS))
def test_an_engine_gives_what_one_process_gives(engine: str, kill: bool, tmp_path: Path) -> None:
    for name in (NEEDS[engine], "pandas", "pyarrow"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    if engine == "spark" and shutil.which("java") is None:
        pytest.skip("Java is not installed")
    command = [sys.executable, str(PROGRAM), engine, str(tmp_path), *(["--kill"] if kill else [])]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stderr[-4000:]
    found = sorted(json.loads((tmp_path / "found.json").read_text()))
    assert [row[0] for row in found] == list(range(engines.ROWS))
    assert found == answers()
    assert (tmp_path / "killed").exists() == kill
    opened = [path.name for path in (tmp_path / "opened").iterdir()]
    assert opened and not [name for name in opened if "again" in name]

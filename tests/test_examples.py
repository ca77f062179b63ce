"""The examples run, and say what transformers' own code says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import test_tasks

import bertlite_fast as bf

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
pytestmark = pytest.mark.skipif(not EXAMPLES.exists(), reason="run from a checkout")


def run(name: str, *words: str) -> str:
    home = os.environ | {"PYTHONPATH": str(Path(bf.__file__).resolve().parent.parent)}
    return subprocess.run(
        [sys.executable, str(EXAMPLES / name), *words],
        capture_output=True,
        text=True,
        check=True,
        env=home,
    ).stdout


def test_labels(tmp_path: Path) -> None:
    folder = test_tasks.make(tmp_path, "sequence-classification", ["Play", "Stop", "Pause"])
    want = bf.pipeline("text-classification", folder)("play music")[0]
    assert (
        run("labels.py", str(folder), "play music", "Play", "Stop", "Pause")
        == f"Predicted label: {want['label']} ({want['score']:.2f})\n"
    )


def test_similarity(tmp_path: Path) -> None:
    folder = test_tasks.make(tmp_path, "encoder", [])
    want = bf.pipeline("sentence-similarity", folder)("turn on the light", "play music")
    assert float(
        run("similarity.py", str(folder), "turn on the light", "play music").split(":")[1]
    ) == pytest.approx(want, abs=1e-3)


def test_masked_words(tmp_path: Path) -> None:
    folder = test_tasks.make(tmp_path, "masked-lm", [])
    printed = run("masked_words.py", str(folder))
    assert printed.count("Expected:") == 10 and "Total passed:" in printed
    pipe = bf.pipeline("fill-mask", folder)
    first = pipe("She is a [MASK] at the local hospital.")[0]["token_str"]
    assert f"- {first.strip().lower():12} |" in printed


def cpu_ms(program: str, *words: str) -> float:
    """CPU time of a fresh Python that runs the program, at its least of several."""
    code = (
        program
        + "\nimport resource, json; u = resource.getrusage(resource.RUSAGE_SELF); print(json.dumps(u.ru_utime + u.ru_stime))"
    )
    times = [
        float(
            json.loads(
                subprocess.run(
                    [sys.executable, "-S", "-c", code, *words],
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout
            )
        )
        for _ in range(7)
    ]
    return 1000 * min(times)


def test_a_first_answer_imports_little(tmp_path: Path) -> None:
    """What takes time at the start is imports; none of the heavy ones happen. (The times are only printed.)"""
    folder = test_tasks.make(tmp_path, "sequence-classification", ["a", "b"])
    path = str(Path(bf.__file__).resolve().parent.parent)
    program = f"import sys; sys.path.insert(0, {path!r}); from bertlite_fast import pipeline; pipeline('text-classification', sys.argv[1])('play music')"
    loaded = subprocess.run(
        [sys.executable, "-S", "-c", program + "; print(*sys.modules)", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    for heavy in (
        "numpy",
        "torch",
        "typing",
        "dataclasses",
        "asyncio",
        "argparse",
        "inspect",
        "logging",
    ):
        assert heavy not in loaded
    if sys.platform == "linux":
        bare = cpu_ms("pass")
        print(
            f"\nCPU over bare Python: import {cpu_ms(f'import sys; sys.path.insert(0, {path!r}); import bertlite_fast') - bare:.1f} ms",
            end="",
        )
        print(f", first answer {cpu_ms(program, str(folder)) - bare:.1f} ms")

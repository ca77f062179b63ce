"""The examples run, and print what the pipelines answer."""

from __future__ import annotations

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


@pytest.mark.parametrize("name", ["labels.py", "masked_words.py", "similarity.py"])
def test_an_example_without_arguments_says_how_to_call_it(name: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as found:
        run(name)
    assert f"python examples/{name} MODEL" in found.value.stderr
    assert "Traceback" not in found.value.stderr


def run_code(code: str, *arguments: str) -> str:
    """What a new Python, without site-packages, prints when it runs the code."""
    command = [sys.executable, "-S", "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


PRINT_CPU_TIME = """
import resource
usage = resource.getrusage(resource.RUSAGE_SELF)
print(usage.ru_utime + usage.ru_stime)
"""


def cpu_ms(code: str, *arguments: str) -> float:
    """CPU time of a new Python that runs the code; the smallest of seven measurements."""
    return 1000 * min(float(run_code(code + PRINT_CPU_TIME, *arguments)) for _ in range(7))


def test_a_first_answer_imports_little(tmp_path: Path) -> None:
    """A start spends its time on imports; none of the slow ones happen. Times are only printed."""
    folder = test_tasks.make(tmp_path, "sequence-classification", ["a", "b"])
    path = str(Path(bf.__file__).resolve().parent.parent)
    import_it = f"import sys; sys.path.insert(0, {path!r}); from bertlite_fast import pipeline\n"
    answer = import_it + "pipeline('text-classification', sys.argv[1])('play music')\n"
    loaded = run_code(answer + "print(*sys.modules)", str(folder)).split()
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
        bare = cpu_ms("")
        imported = cpu_ms(import_it) - bare
        answered = cpu_ms(answer, str(folder)) - bare
        print(
            f"\nCPU time beyond a bare Python's: import {imported:.1f} ms, "
            f"first answer {answered:.1f} ms"
        )

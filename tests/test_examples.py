"""The examples run, and print what the pipelines answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import test_tasks

import bertlite_fast as bf

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
sys.path.append(str(ROOT / "bench"))
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


# What an import loads of this package, and what a first answer of each task adds to that.
IMPORTED = "_native checks errors models pipelines tasks tasks.base"
OF_ANY = "config embedded"
OF_TASKS = {
    "fill-mask": "tasks.fill_mask added_token batch_encoding token_changes token_rows tokenizer",
    "question-answering": "tasks.question_answering",
    "ner": "tasks.token_classification",
    "token-classification": "tasks.token_classification",
    "text-classification": "tasks.text_classification",
    "sentiment-analysis": "tasks.text_classification",
    "intent-classification": "tasks.text_classification tasks.intent_classification",
    "zero-shot-classification": "tasks.zero_shot_classification tasks.embedder tasks.entailment "
    "tasks.arguments compatibility",
    "feature-extraction": "tasks.feature_extraction tasks.embedder arrays",
    "sentence-similarity": "tasks.sentence_similarity tasks.embedder cores",
}
# What a bare Python may not have loaded. json, re, collections and functools would each cost more
# than half of a first answer.
OTHERS = {"__future__", "_operator", "_json", "cython_runtime", "os", "os.path", "stat",
          "posixpath", "genericpath", "abc", "_abc", "_stat", "_collections_abc"}  # fmt: skip


@pytest.mark.parametrize("task", ["", *OF_TASKS])
def test_a_first_answer_imports_little(task: str) -> None:
    """A start spends its time on imports, so they are listed; bench/startup.py measures it."""
    startup = pytest.importorskip("startup")  # of bench/, in a checkout
    calls = {**startup.CALLS, "sentiment-analysis": '("I love it")'}
    answer = f"pipeline({task!r}){calls[task]}\n" if task else ""
    before = "import sys; before = set(sys.modules)\n"
    found = set(run_code(
        before + startup.IMPORT + answer + "print(*set(sys.modules) - before)"
    ).split())  # fmt: skip
    ours = {name for name in found if name.startswith("bertlite_fast.")}
    expected = f"{IMPORTED} {OF_ANY} {OF_TASKS[task]}" if task else IMPORTED
    assert ours == {f"bertlite_fast.{name}" for name in expected.split()}
    others = {name for name in found - ours - OTHERS if not name.startswith("_cython_")}
    assert others == {"bertlite_fast"}

"""The README's Python blocks run, in order, against a checkpoint called my-bert."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import compare_tokenizers
import pytest
import test_tasks

README = Path(__file__).resolve().parent.parent / "README.md"


NAMES = {
    "my-bert": ("sequence-classification", ["play", "stop", "pause"]),
    "my-bert-words": ("masked-lm", []),
    "my-bert-names": ("token-classification", test_tasks.TAGS),
    "my-bert-answers": ("question-answering", ["start", "end"]),
    "my-bert-vectors": ("encoder", []),
    "my-reranker": ("sequence-classification", ["fits"]),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the checkpoints that the README and the docstrings speak of."""
    text = README.read_text(encoding="utf-8").lower() if README.exists() else ""
    words = dict.fromkeys([*compare_tokenizers.vocabulary(), *re.findall(r"[a-z]+", text)])
    for name, (task, labels) in NAMES.items():
        folder = test_tasks.make(tmp_path / name, task, labels, size=len(words))
        (folder / "vocab.txt").write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


BLOCK = re.compile(r"```python\n(.*?)```(?:\n```text\n(.*?)```)?", re.S)


@pytest.mark.skipif(not README.exists(), reason="run from a checkout")
def test_the_readme_runs_and_prints_what_it_says(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = BLOCK.findall(README.read_text(encoding="utf-8"))
    assert len(blocks) >= 10 and (
        sum(bool(says) for _, says in blocks) >= 6 or "README_WRITE" in os.environ
    )
    names: dict[str, object] = {}
    printed = []
    for block, _ in blocks:
        exec(compile(block, "README.md", "exec"), names)
        printed.append(capsys.readouterr().out)
    if os.environ.get("README_WRITE"):  # make the README say what is printed
        outputs = iter(printed)
        README.write_text(
            BLOCK.sub(lambda m: rewritten(m, next(outputs)), README.read_text(encoding="utf-8")),
            encoding="utf-8",
        )
    else:
        assert [says for _, says in blocks if says] == [
            out for out, (_, says) in zip(printed, blocks) if says
        ]


def rewritten(found: re.Match[str], printed: str) -> str:
    return found[0] if found[2] is None else f"```python\n{found[1]}```\n```text\n{printed}```"


def test_the_docstrings_run(here: Path) -> None:
    import doctest
    import importlib

    import bertlite_fast as bf
    from bertlite_fast import pipelines

    runner, finder = doctest.DocTestRunner(), doctest.DocTestFinder()
    tried = 0
    found: list[tuple[str, Any, dict[str, Any]]] = [
        ("native", bf.active_isa, {}),
        ("native", bf.available_isas, {}),
        ("native", bf.top, {}),
    ]
    tasks = sorted({f"tasks.{file}" for file, _ in pipelines.TASKS.values()})
    for name in ("files", "models", "tokenizer", "pipelines", *tasks):
        module = importlib.import_module(f"bertlite_fast.{name}")
        found.append((name, module, vars(module)))
    for name, thing, names in found:
        for test in finder.find(thing, name, globs={**vars(bf), "pipeline": bf.pipeline, **names}):
            runner.run(test)
            tried += len(test.examples)
    assert tried >= 30 and runner.summarize(verbose=False).failed == 0

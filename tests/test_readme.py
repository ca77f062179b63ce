"""The README's Python blocks run, in order, against a checkpoint called my-bert."""

from __future__ import annotations

import re
from pathlib import Path

import checkpoints
import compare_tokenizers
import pytest

README = Path(__file__).resolve().parent.parent / "README.md"


@pytest.mark.skipif(not README.exists(), reason="run from a checkout")
def test_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    assert len(blocks) >= 4
    checkpoints.write(checkpoints.Spec("readme", "sequence-classification", vocabulary=30522), tmp_path / "my-bert")
    words = dict.fromkeys([*compare_tokenizers.vocabulary(), *re.findall(r"[a-z]+", "".join(blocks).lower())])
    (tmp_path / "my-bert/vocab.txt").write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)


def test_the_docstrings_run() -> None:
    import doctest

    import bertlite_fast as bf

    names = {"active_isa": bf.active_isa, "available_isas": bf.available_isas, "top": bf.top}
    runner = doctest.DocTestRunner()
    tried = 0
    for name, function in names.items():
        for test in doctest.DocTestFinder().find(function, name, globs=dict(names)):
            runner.run(test)
            tried += len(test.examples)
    assert tried >= 3 and runner.summarize(verbose=False).failed == 0

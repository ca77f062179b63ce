"""A base file that is written again keeps the delta files beside it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("safetensors")

from safetensors import safe_open

import bertlite_fast
from bertlite_fast import pipeline
from training.model import checkpoints
from training.recipe import Recipe
from training.release.export import Exporter
from training.release.outputs import Outputs
from training.release.packaged import state_of
from training.release.rebase import is_same, rebase, shared_of
from training.stages.run import Run

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS, MODELS = ROOT / "bertlite_fast/weights", ROOT / "training/models"
BASE = WEIGHTS / "base.bertlite"
TEXT = "The room was spotless and nobody was rude."


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run whose outputs hold two packaged models, and whose words were trained again."""
    outputs = Outputs.folder(tmp_path / "outputs")
    outputs.weights.mkdir(parents=True, exist_ok=True)
    outputs.models.mkdir(parents=True, exist_ok=True)
    for name in ("base", "sentiment"):
        shutil.copy(WEIGHTS / f"{name}.bertlite", outputs.weights)
    shutil.copy(MODELS / "snips.bertlite", outputs.models)
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(ROOT / "training/base/vocab.txt", data)
    found = Run(data, tmp_path / "run", Recipe(), outputs)
    state = state_of(BASE, BASE)
    state["encoder"]["layers.0.out.bias"] += 0.25
    checkpoints.save(state, found.tuned_file("try/words"))
    return found


def tensors(file: Path) -> dict[str, Any]:
    with safe_open(file, "np") as opened:
        return {name: opened.get_tensor(name).tobytes() for name in list(opened.keys())}


def test_models_beside_a_new_base_file_answer_as_before(run: Run, tmp_path: Path) -> None:
    """Their tensors are the same bytes; with the old base file they are refused."""
    before = pipeline("sentiment-analysis", str(WEIGHTS / "sentiment.bertlite"))(TEXT)
    Exporter(run, tmp_path).words("try/words")
    base, file = run.outputs.weights / "base.bertlite", run.outputs.weights / "sentiment.bertlite"
    assert base.read_bytes() != BASE.read_bytes()
    assert is_same(shared_of(BASE), shared_of(base))
    assert pipeline("sentiment-analysis", str(file))(TEXT) == before
    assert tensors(file) == tensors(WEIGHTS / "sentiment.bertlite")
    assert file.read_bytes() != (WEIGHTS / "sentiment.bertlite").read_bytes()
    for folder in (run.outputs.weights, run.outputs.models):
        for one in folder.glob("*.bertlite"):
            if one != base:
                shutil.copy(BASE, tmp_path / "base.bertlite")
                shutil.copy(one, tmp_path / one.name)
                with pytest.raises(bertlite_fast.ModelFileError, match="is a delta file of"):
                    bertlite_fast.AutoModel.from_pretrained(str(tmp_path / one.name))


def test_other_embeddings_leave_the_models_alone(run: Run, tmp_path: Path) -> None:
    """They would read what they were not trained on."""
    state = state_of(BASE, BASE)
    state["encoder"]["table"][2000] += 0.5
    checkpoints.save(state, run.tuned_file("try/words"))
    file = run.outputs.weights / "sentiment.bertlite"
    Exporter(run, tmp_path).words("try/words")
    assert file.read_bytes() == (WEIGHTS / "sentiment.bertlite").read_bytes()


def test_only_files_of_that_base_are_changed(tmp_path: Path) -> None:
    file = tmp_path / "sentiment.bertlite"
    shutil.copy(WEIGHTS / file.name, file)
    assert not rebase(file, "0" * 16, "1" * 16)
    assert file.read_bytes() == (WEIGHTS / file.name).read_bytes()

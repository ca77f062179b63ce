"""A run of the miniature recipe: it is killed, resumed, and its models are opened."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bertlite_fast import pipeline

ROOT = Path(__file__).resolve().parent.parent
KILLED_AFTER = "alone/vectors"  # killed in the stage that follows this one
WEIGHTS = ROOT / "bertlite_fast/weights"
PACKAGED = sorted(file.stem for file in WEIGHTS.glob("*.bertlite"))
TIMEOUT = 600  # seconds, for very busy machines; a quiet one needs 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for name in ("torch", "transformers", "safetensors"):
        pytest.importorskip(name)
    from training_data import VOCABULARY, write_data

    if not VOCABULARY.exists():
        pytest.skip("run from a checkout")
    found = tmp_path_factory.mktemp("training")
    write_data(found / "data")
    return found


def start(folder: Path, log: Path) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join([str(ROOT), *sys.path])
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": paths}
    arguments = ["run", "data", "run", "--miniature", "--outputs", "outputs"]
    with log.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "training", *arguments],
            cwd=folder,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )


def kill_after(process: subprocess.Popen[bytes], file: Path) -> None:
    end = time.monotonic() + TIMEOUT
    while not file.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture(scope="module")
def logs(folder: Path) -> tuple[str, str]:
    """What the killed run printed, and what the run that resumed it printed."""
    killed, finished = folder / "killed.log", folder / "finished.log"
    kill_after(start(folder, killed), folder / f"run/{KILLED_AFTER}.pt")
    process = start(folder, finished)
    status = process.wait(TIMEOUT)
    assert status == 0, finished.read_text(encoding="utf-8")
    return killed.read_text(encoding="utf-8"), finished.read_text(encoding="utf-8")


def stages(log: str) -> tuple[list[str], list[str]]:
    """The stages that a run found finished, and those that it ran."""
    found = re.findall(r"^-- (\S+?)(: done before)?$", log, re.M)
    return [name for name, before in found if before], [name for name, no in found if not no]


def test_a_killed_run_is_resumed(folder: Path, logs: tuple[str, str]) -> None:
    from training.recipe import miniature
    from training.release.outputs import Outputs
    from training.stages.plan import plan
    from training.stages.run import Run

    run = Run(folder / "data", folder / "run", miniature(), Outputs.folder(folder / "outputs"))
    names = [stage.name for stage in plan(run)]
    before, now = stages(logs[1])
    assert before + now == names
    assert KILLED_AFTER in before
    assert {"again", "finish-longer/pos", "export", "score"} <= set(now)
    assert all(stage.is_done or not stage.outputs for stage in plan(run))


def test_every_file_of_a_run_is_complete(folder: Path, logs: tuple[str, str]) -> None:
    import torch

    files = [path for path in (folder / "run").rglob("*.pt") if not path.name.startswith(".")]
    assert len(files) > 20
    for path in files:
        torch.load(path, weights_only=True)


@pytest.mark.parametrize(
    ("task", "name", "text"),
    [
        ("text-classification", "clinc150", "The farmer painted a bridge."),
        ("sentiment-analysis", "sentiment", "The farmer painted a bridge."),
        ("intent-classification", "intent", "The farmer painted a bridge."),
        ("token-classification", "ner", "Mary Smith painted a bridge in Paris."),
        ("fill-mask", "base", "The farmer painted a [MASK]."),
    ],
)
def test_pipelines_open_the_exported_models(
    folder: Path, logs: tuple[str, str], task: Any, name: str, text: str
) -> None:
    pipe: Any = pipeline(task, str(folder / f"outputs/models/{name}.bertlite"))
    assert pipe(text) is not None


def test_the_model_card_has_the_scores(folder: Path, logs: tuple[str, str]) -> None:
    card = json.loads((folder / "outputs/card.json").read_text(encoding="utf-8"))
    assert {"fill-mask", "intent", "qamr", "ud_ewt", "wikigold"} <= set(card["scores"])
    assert card["scores"]["fill-mask"]["of"] == 10


def test_activations_are_rounded_as_the_engine_rounds_them() -> None:
    """254 steps from a row's minimum to its maximum, with zero among them."""
    torch = pytest.importorskip("torch")
    from training.model.rounding import ACTIVATION_STEPS, rounded_activations

    row = torch.tensor([[-1.0, 0.0, 0.303, 1.54]])
    scale = 2.54 / 254
    assert ACTIVATION_STEPS == 254
    found = rounded_activations(row) / scale
    assert torch.allclose(found, torch.tensor([[-100.0, 0, 30, 154]]), atol=1e-3)


@pytest.mark.parametrize("name", PACKAGED)
def test_a_packaged_model_is_restored_for_further_training(name: str) -> None:
    """Its matrices are rounded to the same int8 rows again."""
    np = pytest.importorskip("numpy")
    for needed in ("torch", "safetensors"):
        pytest.importorskip(needed)
    from safetensors import safe_open

    from training.release.huggingface import EMBEDDINGS
    from training.release.packaged import restored, state_of

    file = WEIGHTS / f"{name}.bertlite"
    state = state_of(file, WEIGHTS / "base.bertlite")
    assert {*EMBEDDINGS.values(), "layers.1.qkv.weight"} <= set(state["encoder"])
    with safe_open(file, "np") as opened:
        matrix = "bert.encoder.layer.0.output.dense.weight"
        rows, scale = opened.get_tensor(matrix), opened.get_tensor(f"{matrix}.scale")
    again = restored(rows, scale)
    assert np.array_equal(np.abs(again).max(1) * np.float32(1 / 127), scale)
    assert np.array_equal(np.rint(again / scale[:, None]).astype(np.int8), rows)


def test_an_unknown_stage_is_refused(folder: Path) -> None:
    from training.recipe import miniature
    from training.release.outputs import Outputs
    from training.stages.plan import chosen, plan
    from training.stages.run import Run

    run = Run(folder / "data", folder / "run", miniature(), Outputs.folder(folder / "outputs"))
    assert len(chosen(plan(run), "alone")) == 11
    assert [stage.name for stage in chosen(plan(run), "finish/ner")] == ["finish/ner"]
    with pytest.raises(ValueError, match="the stage nonsense is unknown"):
        chosen(plan(run), "nonsense")


def test_a_tuned_teacher_keeps_its_words(folder: Path, logs: tuple[str, str]) -> None:
    from safetensors.numpy import load_file

    before = load_file(folder / "data/teacher/model.safetensors")
    after = load_file(folder / "run/teacher/ner/model.safetensors")
    parts = {"embeddings.word_embeddings": True, "encoder.layer.0.output.dense": False}
    for part, is_kept in parts.items():
        name = f"bert.{part}.weight"
        assert (before[name] == after[name]).all() == is_kept


def test_gold_sentences_weigh_what_a_tuning_says() -> None:
    import itertools

    torch = pytest.importorskip("torch")
    from training.model.batches import Row
    from training.model.network import Head, new_encoder
    from training.recipe import miniature
    from training.tasks.learner import Task
    from training.tasks.tokens import TokenLearner

    recipe = miniature()
    torch.manual_seed(1)
    gold = [Row([101, 2984, 3044, 102], [-100, 1, 1, -100])]
    silver = [Row([101, 1996, 3898, 102], torch.full((4, 5), 51).numpy())]
    task = Task("ner", "tokens", list("OPLGM"), gold, gold)
    head = Head("tokens", recipe.shape, 5)
    learner = TokenLearner(task, new_encoder(recipe.shape), head, recipe)

    def loss(weight: float) -> float:
        learner.random.manual_seed(1)
        learner.gold = weight
        return float(learner.loss(gold).detach())

    alone = loss(0.3)
    learner.silver = itertools.repeat(silver)
    assert loss(1.0) - loss(0.0) == pytest.approx(alone, rel=1e-4)
    assert loss(0.3) - loss(0.0) == pytest.approx(0.3 * alone, rel=1e-4)


def test_made_sentences_count_as_much_as_a_tuning_says(tmp_path: Path) -> None:
    import itertools

    import numpy as np

    pytest.importorskip("torch")
    from training.model.batches import Row
    from training.model.network import Head, new_encoder
    from training.recipe import miniature
    from training.tasks.learner import Task
    from training.tasks.tokens import TokenLearner

    recipe, file = miniature(), tmp_path / "silver.npz"
    ids = np.repeat(np.array([7, 8], np.uint16), 150)  # one token a row; 8: made
    np.savez(
        file,
        ids=ids,
        probabilities=np.full((300, 5), 51, np.uint8),
        lengths=np.ones(300, np.int32),
        made=ids == 8,
    )
    gold = [Row([101, 102], [-100, -100])]
    head = Head("tokens", recipe.shape, 5)
    task = Task("ner", "tokens", list("OPLGM"), gold, gold)
    learner = TokenLearner(task, new_encoder(recipe.shape), head, recipe)

    def made(share: float) -> float:
        """How many of the rows that are learned from are made."""
        learner.use_silver(file, share)
        assert learner.silver is not None
        batches = itertools.islice(learner.silver, 60)
        return float(np.mean([row.ids[0] == 8 for rows in batches for row in rows]))

    assert made(0.0) == 0
    assert 0.1 < made(0.2) < 0.3  # 30 of 180
    assert 0.4 < made(1.0) < 0.6


def test_a_tuning_leaves_the_layers_that_it_is_told_to_keep(
    folder: Path, logs: tuple[str, str]
) -> None:
    from training.model import checkpoints
    from training.model.network import depth_of

    depths = {
        name: depth_of(checkpoints.load(folder / f"run/{name}/ner.pt")["encoder"])
        for name in ("seven", "nine", "nine-longer")
    }
    assert depths == {"seven": 4, "nine": 5, "nine-longer": 4}

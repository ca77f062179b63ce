"""The embedded models: present, small, the same on every board, and robust to unusual texts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from bertlite_fast import ModelFileError, embedded, pipeline, selftest
from bertlite_fast.cli import main as command
from bertlite_fast.pipelines import TASKS

UNUSUAL = {
    "empty": "",
    "spaces": "  \n\t ",
    "unknown characters": "\u0e01\u0e02\u0e03 \u13a0\u13a1 \ue000",
    "another language": "Wo ist der nächste Bahnhof, bitte? 最近的车站在哪里",
    "emoji only": "🙂🙃🤖🔥",
    "very long": "the light in the kitchen is on and the music plays " * 400,
    "one letter": "x",
    "no spaces": "a" * 5000,
    "controls": "\x00\x01\x7f\ufffd",
}


def test_every_task_has_a_model() -> None:
    assert set(embedded.BY_TASK) == set(TASKS)
    assert set(embedded.BY_TASK.values()) <= set(embedded.names()) == set(embedded.MADE_FOR)
    for task in TASKS:
        assert os.path.samefile(
            str(cast(Any, pipeline)(task).model.source), embedded.for_task(task)
        )


def test_embedded_models_are_small() -> None:
    sizes = {name: os.path.getsize(embedded.path_of(name)) for name in embedded.names()}
    assert all(size <= 360_000 for name, size in sizes.items() if name != "base")
    assert sum(sizes.values()) < 5_200_000  # installed; a wheel holds them in 4.1 MB


def test_names() -> None:
    assert pipeline("token-classification", "bertlite/slots").model.source == embedded.path_of(
        "slots"
    )
    with pytest.raises(ModelFileError, match="it has bertlite/base"):
        pipeline("token-classification", "bertlite/nothing")


@pytest.mark.filterwarnings("ignore:.*the rest was not read")
@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_texts_are_answered_or_refused(name: str) -> None:
    text = UNUSUAL[name]
    intents: Any = pipeline("intent-classification")
    if name in ("empty", "spaces", "unknown characters", "emoji only", "controls"):
        assert intents(text)["label"] is None
    intents(text)
    for task in ("sentiment-analysis", "text-classification"):
        answer = cast(Any, pipeline)(task)(text)
        answer = answer[0] if isinstance(answer, list) else answer
        assert 0 <= answer["score"] <= 1
    for task in ("ner", "token-classification"):
        assert isinstance(cast(Any, pipeline)(task)(text), list)
    similarity: Any = pipeline("sentence-similarity")
    assert -1.001 <= similarity(text, "turn on the light") <= 1.001
    if text.strip():
        pipeline("zero-shot-classification")(text, candidate_labels=["music", "light"])
        pipeline("question-answering")(question="What is on?", context=text)


def test_answers_are_the_same_as_on_every_board() -> None:
    assert selftest.answers() == selftest.expected() != {}


def test_the_selftest_runs_and_can_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-m", "bertlite_fast.selftest"],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert run.returncode == 0 and "all right" in run.stdout, run.stdout + run.stderr
    assert command(["info", "--selftest"]) == 0
    monkeypatch.setattr(selftest, "expected", lambda: {**selftest.answers(), "ner": 1})
    assert selftest.run() == 1
    assert "bytes differ from those of other boards: ner" in capsys.readouterr().out


def test_info_lists_the_embedded_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["info", "--json"]) == 0
    models = json.loads(capsys.readouterr().out)["embedded_models"]
    assert {m["name"] for m in models} == {"bertlite/" + name for name in embedded.names()}
    assert all(m["what"] and m["scores"] for m in models)


def test_transformers_loads_the_encoder() -> None:
    folder = Path(__file__).resolve().parent.parent / "training/base"
    if not folder.exists():
        pytest.skip("run from a checkout")
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    model, info = transformers.BertForMaskedLM.from_pretrained(
        folder, output_loading_info=True, dtype=torch.float32
    )
    assert not info["missing_keys"] and not info["unexpected_keys"]
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    text = "Please [MASK] the lights before you go to bed."
    ids = tokenizer(text, return_tensors="pt")
    with torch.no_grad():
        logits = model.eval()(**ids).logits[
            0, ids.input_ids[0].tolist().index(tokenizer.mask_token_id)
        ]
    theirs = [tokenizer.convert_ids_to_tokens(int(i)) for i in logits.topk(5).indices]
    ours: Any = pipeline("fill-mask", str(folder), precision="fp32")
    assert [answer["token_str"] for answer in ours(text)] == theirs

"""zero-shot classification with models of natural language inference, beside transformers."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import sentence_folders as made

import bertlite_fast as bf

TEXTS = ["turn on the light", "a", "play the music in the kitchen " * 30]
LABELS = ["light", "music", "red lamp"]


def inference(folder: Path, *labels: str) -> Path:
    """A random classifier of these labels."""
    pytest.importorskip("transformers")
    made.encoder(folder, len(labels))
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = dict(enumerate(labels))
    config["label2id"] = {label: i for i, label in enumerate(labels)}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize(
    "names",
    ["contradiction entailment neutral", "entailment neutral contradiction", "NOT Entailed"],
)
def test_inference_is_that_of_transformers(names: str, tmp_path: Path) -> None:
    folder = inference(tmp_path / "model", *names.split())
    theirs = pytest.importorskip("transformers").pipeline(
        "zero-shot-classification",
        str(folder),
        tokenizer=_theirs_tokenizer(folder),
    )
    ours: Any = bf.pipeline("zero-shot-classification", folder, precision="fp32")
    assert ours.entailment_id == theirs.entailment_id >= 0
    settings: list[dict[str, Any]] = [
        {},
        {"multi_label": True},
        {"hypothesis_template": "is it {} ?"},
        {"hypothesis_template": "{0} lamp", "multi_label": True},
    ]
    for labels in (LABELS, "kitchen, lamp", ["b"]):
        for more in settings:
            found = ours(TEXTS, candidate_labels=labels, **more)
            for a, b in zip(theirs(TEXTS, candidate_labels=labels, **more), found):
                assert a["sequence"] == b["sequence"]
                scores = dict(zip(a["labels"], a["scores"]))
                assert b["scores"] == sorted(b["scores"], reverse=True)
                for label, score in zip(b["labels"], b["scores"]):
                    assert score == pytest.approx(scores[label], abs=1e-5)


def _theirs_tokenizer(folder: Path) -> Any:
    transformers = pytest.importorskip("transformers")
    return transformers.AutoTokenizer.from_pretrained(str(folder), model_max_length=made.LONGEST)


def test_what_inference_does_not_take(tmp_path: Path) -> None:
    folder = inference(tmp_path / "model", "contradiction", "entailment")
    pipe: Any = bf.pipeline("zero-shot-classification", folder)
    with pytest.raises(bf.InputError, match="sharpness"):
        pipe("a", LABELS, sharpness=3)
    with pytest.raises(bf.InputError, match="does not learn from examples"):
        pipe.add_examples("lamp", "turn on the light")
    with pytest.raises(bf.InputError, match="shorten it"):
        pipe("a", ["light " * 50])
    again = pickle.loads(pickle.dumps(pipe))
    assert again("a", LABELS) == pipe("a", LABELS)


def test_without_a_label_for_entailment_the_last_one_is_taken(tmp_path: Path) -> None:
    folder = inference(tmp_path / "model", "positive", "negative")
    with pytest.warns(UserWarning, match="its last one") as caught:
        pipe: Any = bf.pipeline("zero-shot-classification", folder)
    assert caught[0].filename == __file__
    assert pipe.entailment_id == -1
    found = pipe("a", LABELS)
    pipe.model.config.label2id = {"not": 0, "entailment": 1}
    assert pipe("a", LABELS) == found


@pytest.mark.parametrize("template", ["no label", "{", "{x}", "{} {}", None, 3])
def test_templates_that_cannot_be_filled(template: Any, tmp_path: Path) -> None:
    folder = inference(tmp_path / "model", "contradiction", "entailment")
    pipe: Any = bf.pipeline("zero-shot-classification", folder)
    with pytest.raises(bf.InputError, match="hypothesis_template"):
        pipe("a", LABELS, hypothesis_template=template)


def test_kept_vectors_are_those_of_the_labels_that_are_asked_for() -> None:
    """Not those of the call before, whatever has changed since."""

    def fresh(labels: list[str], examples: dict[str, list[str]], **settings: Any) -> Any:
        pipe: Any = bf.pipeline("zero-shot-classification")
        for label, texts in examples.items():
            pipe.add_examples(label, texts)
        return pipe(text, candidate_labels=labels, **settings)

    text = "the soup was cold"
    kept: Any = bf.pipeline("zero-shot-classification")
    template = {"hypothesis_template": "It is about {}."}
    asked = (["food", "music"], ["sport", "weather"], ["weather", "sport"])
    for labels in asked:
        assert kept(text, candidate_labels=labels) == fresh(labels, {})
    for labels in asked:
        assert kept(text, candidate_labels=labels, **template) == fresh(labels, {}, **template)
    examples = {"sport": ["the spoon is too hot", "a cold dinner"]}
    before = kept(text, candidate_labels=["weather", "sport"])
    kept.add_examples("sport", examples["sport"])
    after = kept(text, candidate_labels=["weather", "sport"])
    assert after == fresh(["weather", "sport"], examples) and after != before

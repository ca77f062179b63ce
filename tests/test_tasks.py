"""The tasks: results of the same shapes and values as transformers' pipelines, and extensions."""

from __future__ import annotations

import copy
import json
import pickle
import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, cast

import checkpoints
import compare_tokenizers
import numpy as np
import pytest

import bertlite_fast as bf
from bertlite_fast import InputError, ModelConfigError, ModelFileError, pipeline

VOCAB = compare_tokenizers.vocabulary()
WORDS = [p for p in VOCAB if p.isascii() and p.isalpha() and len(p) > 1]
TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


def make(root: Path, task: str, labels: list[str], size: int = len(VOCAB), **config: Any) -> Path:
    """A checkpoint with a tokenizer, and random weights large enough for different answers."""
    folder = checkpoints.write(
        checkpoints.Spec(f"task-{task}-{len(labels)}", task, vocabulary=size, labels=len(labels)),
        root,
    )
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in VOCAB), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 64}
        )
    )
    values = json.loads((folder / "config.json").read_text())
    values |= {
        "id2label": {str(i): label for i, label in enumerate(labels)},
        "label2id": {label: i for i, label in enumerate(labels)},
    } | config
    (folder / "config.json").write_text(json.dumps(values))
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("tasks")
    return {
        "text-classification": make(root / "c", "sequence-classification", ["on", "off", "play"]),
        "multi": make(
            root / "m",
            "sequence-classification",
            ["a", "b", "c", "d"],
            problem_type="multi_label_classification",
        ),
        "regression": make(
            root / "r", "sequence-classification", ["score"], problem_type="regression"
        ),
        "token-classification": make(root / "t", "token-classification", TAGS),
        "fill-mask": make(root / "w", "masked-lm", []),
        "question-answering": make(root / "q", "question-answering", ["start", "end"]),
        "feature-extraction": make(root / "e", "encoder", []),
    }


def texts(count: int, seed: int = 1, most: int = 14) -> list[str]:
    r = random.Random(seed)
    made = [
        " ".join(
            r.choices(
                [*WORDS, "Istanbul", "naïve", "unhappyness", "Playing", ",", "中国"],
                k=r.randrange(1, most),
            )
        )
        for _ in range(count)
    ]
    return [text.capitalize() if r.random() < 0.5 else text for text in made]


def same(a: Any, b: Any, where: str = "") -> None:
    """Assert that two results are equal, and numbers equal up to rounding."""
    if isinstance(b, dict):
        assert isinstance(a, dict) and list(a) == list(b), (where, a, b)
        for key in b:
            same(a[key], b[key], f"{where}.{key}")
    elif isinstance(b, (list, tuple)):
        assert len(a) == len(b), (where, a, b)
        for i, (x, y) in enumerate(zip(a, b)):
            same(x, y, f"{where}[{i}]")
    elif isinstance(b, (float, np.floating)):
        assert a == pytest.approx(float(b), abs=2e-5, rel=1e-4), where
    else:
        assert a == b, (where, a, b)


def both(
    models: dict[str, Path], task: str, folder: str | None = None, **settings: Any
) -> tuple[Any, Any]:
    """Our pipeline in fp32, and that of transformers."""
    pytest.importorskip("torch", reason="compares with transformers where it is installed")
    transformers = pytest.importorskip("transformers")
    transformers.logging.set_verbosity_error()
    path = models[folder or task]
    return cast(Any, pipeline)(task, path, precision="fp32", **settings), transformers.pipeline(
        task, str(path), device="cpu", **settings
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("folder", ["text-classification", "multi", "regression"])
def test_live_text_classification(models: dict[str, Path], folder: str) -> None:
    ours, theirs = both(models, "text-classification", folder)
    for text in texts(40):
        same(ours(text), theirs(text))
        same(ours(text, top_k=None), theirs(text, top_k=None))
        same(ours(text, top_k=2), theirs(text, top_k=2))
        for function in ("softmax", "sigmoid", "none"):
            same(ours(text, function_to_apply=function), theirs(text, function_to_apply=function))
        same(
            ours({"text": text, "text_pair": "the light"}),
            theirs({"text": text, "text_pair": "the light"}),
        )
    same(ours(texts(5)), theirs(texts(5)))
    same(ours(texts(3), top_k=1), theirs(texts(3), top_k=1))
    ours, theirs = both(models, "sentiment-analysis", folder, top_k=2)
    same(ours("the light"), theirs("the light"))


@pytest.mark.filterwarnings("ignore")
def test_live_fill_mask(models: dict[str, Path]) -> None:
    ours, theirs = both(models, "fill-mask")
    for text in texts(30):
        one = f"{text} [MASK] the light."
        same(ours(one), theirs(one))
        same(ours(one, top_k=2), theirs(one, top_k=2))
        same(
            ours(one, targets=["light", "kitchen", "zzz"]),
            theirs(one, targets=["light", "kitchen", "zzz"]),
        )
        two = f"[MASK] {text} [MASK]"
        same(ours(two, top_k=3), theirs(two, top_k=3))
    same(ours(["a [MASK]", "the [MASK] of"]), theirs(["a [MASK]", "the [MASK] of"]))
    same(ours(["a [MASK]"]), theirs(["a [MASK]"]))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("strategy", ["none", "simple", "first", "average", "max"])
def test_live_token_classification(models: dict[str, Path], strategy: str) -> None:
    ours, theirs = both(models, "token-classification", aggregation_strategy=strategy)
    for text in texts(40):
        same(ours(text), theirs(text))
        same(ours(text, ignore_labels=[]), theirs(text, ignore_labels=[]))
        words = text.split(" ")
        same(
            ours(words, is_split_into_words=True),
            theirs(words, is_split_into_words=True)[0]
            if strategy is None
            else theirs(words, is_split_into_words=True),
        )
    same(ours(texts(4)), theirs(texts(4)))
    if strategy != "none":
        for text in texts(6, seed=2, most=200):
            same(ours(text, stride=8), theirs(text, stride=8))


@pytest.mark.filterwarnings("ignore")
def test_live_feature_extraction(models: dict[str, Path]) -> None:
    ours, theirs = both(models, "feature-extraction")
    for text in texts(10):
        same(ours(text), theirs(text))
    same(ours(texts(3)), theirs(texts(3)))


def test_question_answering_as_transformers_4_did(models: dict[str, Path]) -> None:
    stored = json.loads((Path(__file__).resolve().parent / "reference/answers.json").read_text())
    ours = pipeline("question-answering", models["question-answering"], precision="fp32")
    for question, context, settings, want in stored["answers"]:
        # transformers may append spans of score 0 in any order; our list is shorter then.
        some = (
            [
                answer
                for answer in want
                if answer["score"] > 0 or settings.get("handle_impossible_answer")
            ]
            if isinstance(want, list)
            else want
        )
        same(
            ours(question=question, context=context, **settings),
            some[0] if isinstance(some, list) and len(some) == 1 else some,
        )


def test_question_answering_calls(models: dict[str, Path]) -> None:
    ours = pipeline("question-answering", models["question-answering"])
    one = ours(question="the light", context="music in the kitchen of istanbul")
    assert set(one) == {"score", "start", "end", "answer"}
    assert one["answer"] == "music in the kitchen of istanbul"[one["start"] : one["end"]]
    assert ours({"question": "the light", "context": "music in the kitchen of istanbul"}) == one
    assert ours(question=["the light"] * 2, context=["music in the kitchen of istanbul"] * 2) == [
        one,
        one,
    ]
    assert ours(question=["the light"] * 2, context="music in the kitchen of istanbul") == [
        one,
        one,
    ]
    for wrong in (
        {"question": "", "context": "a"},
        {"question": "a", "context": ""},
        {"question": "a"},
        {"question": 3, "context": "a"},
    ):
        with pytest.raises(InputError):
            ours(wrong)


def test_texts_without_an_intent_are_rejected(models: dict[str, Path], tmp_path: Path) -> None:
    ours = pipeline("intent-classification", models["text-classification"])
    answer = ours("turn on the light", threshold=0.0)
    assert (
        answer["label"] in ("on", "off", "play") and 0 <= answer["margin"] <= answer["score"] <= 1
    )
    assert ours("turn on the light", threshold=1.0)["label"] is None
    assert ours("", threshold=0.0)["label"] is None
    candidates = ours("turn on the light", top_k=2)["candidates"]
    assert [c["score"] for c in candidates] == sorted(
        [c["score"] for c in candidates], reverse=True
    ) and len(candidates) == 2
    refusing = make(
        tmp_path / "oos",
        "sequence-classification",
        ["on", "oos"],
        intent_threshold=0.0,
        refused_labels=["on", "oos"],
    )
    assert pipeline("intent-classification", refusing)("light")["label"] is None


def test_intents_are_calibrated_on_texts(models: dict[str, Path]) -> None:
    ours = pipeline("intent-classification", models["text-classification"])
    some = texts(40)
    found = ours.calibrate(some, texts(20, seed=5), keep=0.9)
    assert found["kept"] >= 0.9 and 0 <= found["false_accepts"] <= 1
    assert sum(ours(text)["label"] is not None for text in some) == round(found["kept"] * 40)
    assert pickle.loads(pickle.dumps(ours))(some[0]) == ours(some[0])
    with pytest.raises(InputError, match="calibrate"):
        ours.calibrate([], [])


def test_similarity_and_search(models: dict[str, Path]) -> None:
    ours = pipeline("sentence-similarity", models["feature-extraction"])
    a, b, c = texts(3)
    assert ours(a, a) == pytest.approx(1.0, abs=1e-6)
    assert ours(a, [b, c]) == [ours(a, b), ours(a, c)]
    assert ours([a, b], [b, c]) == [ours(a, [b, c]), ours(b, [b, c])]
    assert ours({"source_sentence": a, "sentences": [b, c]}) == ours(a, [b, c])
    hidden = np.array(pipeline("feature-extraction", models["feature-extraction"])(a))[0]
    mean = hidden.mean(0) / np.linalg.norm(hidden.mean(0))
    np.testing.assert_allclose(np.asarray(ours.embed(a))[0], mean, atol=1e-5)
    first = hidden[0] / np.linalg.norm(hidden[0])
    np.testing.assert_allclose(np.asarray(ours.embed(a, pooling="cls"))[0], first, atol=2e-2)
    found = ours.search(a, [c, b, a, c], top_k=2)
    assert found[0]["index"] == 2 and found[0]["text"] == a and len(found) == 2
    assert ours.index([c, b, a]).search(a, 9)[0]["index"] == 2


def test_scores_and_their_order() -> None:
    from bertlite_fast import _native

    values = [1.0, 3.0, 3.0, 2.0, 3.0, -1.0, 2.0]
    products = _native.similarities([[1.0]], [[v] for v in values])
    for k in range(1, 9):  # equal scores keep their order
        want = sorted(range(len(values)), key=lambda i: -values[i])[:k]
        assert [i for i, _ in _native.best_of(products, 0, k)] == want
    r = random.Random(3)
    for _ in range(50):
        logits = [r.uniform(-30, 30) for _ in range(r.randrange(1, 40))]
        shifted = np.exp(
            np.array(logits, np.float32).astype(np.float64) - max(np.float32(x) for x in logits)
        )
        np.testing.assert_allclose(
            _native.softmax(logits), shifted / shifted.sum(), rtol=1e-6, atol=1e-30
        )
    a, b = (np.random.RandomState(i).randn(5, 7).astype(np.float32) for i in (1, 2))
    np.testing.assert_allclose(np.asarray(_native.similarities(a, b)), a @ b.T, atol=1e-5)
    np.testing.assert_allclose(
        _native.cosines(a, b),
        [(x @ y) / np.linalg.norm(x) / np.linalg.norm(y) for x, y in zip(a, b)],
        atol=1e-6,
    )
    with pytest.raises(InputError, match="same number"):
        _native.similarities([[1.0, 2.0]], [[1.0]])


def test_labels_of_the_callers_own(models: dict[str, Path], tmp_path: Path) -> None:
    ours = pipeline("zero-shot-classification", models["feature-extraction"])
    answer = ours("turn on the light", candidate_labels=["light", "music", "kitchen"])
    assert list(answer) == ["sequence", "labels", "scores"] and sum(
        answer["scores"]
    ) == pytest.approx(1, abs=1e-5)
    assert answer["scores"] == sorted(answer["scores"], reverse=True)
    assert (
        ours("turn on the light", "light, music")["labels"]
        == ours("turn on the light", ["light", "music"])["labels"]
    )
    assert all(0 <= s <= 1 for s in ours("turn", ["light", "music"], multi_label=True)["scores"])
    ours.add_examples("lamp", ["turn on the light", "light on"])
    ours.add_examples("sound", "play some music")
    assert ours("turn on the light")["labels"][0] == "lamp"
    ours.save(tmp_path / "examples.json")
    again = pipeline("zero-shot-classification", models["feature-extraction"])
    again.load(tmp_path / "examples.json")
    assert (
        again("turn on the light")
        == ours("turn on the light")
        == pickle.loads(pickle.dumps(ours))("turn on the light")
    )
    (tmp_path / "broken.json").write_text("[1]")
    for path in ("broken.json", "absent.json"):
        with pytest.raises(InputError, match="does not hold examples"):
            again.load(tmp_path / path)
    with pytest.raises(InputError, match="no labels"):
        pipeline("zero-shot-classification", models["feature-extraction"])("text")


@pytest.mark.parametrize(
    "task", ["text-classification", "token-classification", "fill-mask", "feature-extraction"]
)
def test_pipelines_stream_copy_pickle_and_share(models: dict[str, Path], task: str) -> None:
    ours = cast(Any, pipeline)(task, models[task])
    some = [text + " [MASK]" for text in texts(6)]
    want = [ours(text) for text in some]
    flat = [w[0] if task == "text-classification" else w for w in want]
    assert ours(some) == flat
    assert list(ours(text for text in some)) == flat
    for other in (copy.copy(ours), copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))):
        assert other(some[0]) == want[0]
    wrong: list[Any] = []
    threads = [
        threading.Thread(
            target=lambda: wrong.extend(t for t, w in zip(some * 5, want * 5) if ours(t) != w)
        )
        for _ in range(4)
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_pipelines_work_after_fork(models: dict[str, Path]) -> None:
    import os

    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    program = """
import os, sys
from bertlite_fast import pipeline
pipe = pipeline("text-classification", sys.argv[1])
want = pipe("turn on the light")
child = os.fork()
if child == 0:
    os._exit(0 if pipe("turn on the light") == want else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    subprocess.run([sys.executable, "-c", program, str(models["text-classification"])], check=True)


def test_the_warning_of_a_truncated_text_points_to_the_caller(models: dict[str, Path]) -> None:
    for task in (
        "text-classification",
        "intent-classification",
        "feature-extraction",
        "fill-mask",
        "token-classification",
    ):
        ours = pipeline(
            task, models["text-classification" if task == "intent-classification" else task]
        )
        start = "[MASK] " if task == "fill-mask" else ""
        full = ours(start + "light " * (61 if start else 62))
        with pytest.warns(UserWarning, match="but the model takes 64") as told:
            assert ours(start + "light " * 500) == full
        assert [warning.filename for warning in told] == [__file__]
        with pytest.warns(UserWarning, match="but the model takes 64") as told:
            assert list(ours(text for text in [start + "light " * 500])) in ([full], full)
        assert [warning.filename for warning in told] == [__file__]
    with pytest.warns(UserWarning, match="but the model takes 64"):
        pipeline("sentence-similarity", models["feature-extraction"]).embed("light " * 500)


def test_more_words_than_the_quick_way_gives(models: dict[str, Path]) -> None:
    ours = pipeline("fill-mask", models["fill-mask"])
    many, few = ours("the [MASK]", top_k=200), ours("the [MASK]", top_k=10)
    assert len(many) == 200 and [w["token"] for w in many[:10]] == [w["token"] for w in few]
    assert [w["score"] for w in many[:10]] == pytest.approx([w["score"] for w in few], rel=1e-5)


def test_invalid_arguments_are_reported(
    models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    with pytest.raises(InputError, match="'dance' is not a task"):
        cast(Any, pipeline)("dance")
    with pytest.raises(ModelFileError, match="bertlite/nothing is not an embedded model"):
        pipeline("fill-mask", "bertlite/nothing")
    with pytest.raises(ModelConfigError, match="masked-lm"):
        pipeline("fill-mask", models["text-classification"])
    with pytest.raises(ModelFileError, match="not in the cache"):
        pipeline("fill-mask", "someone/some-model", local_files_only=True)
    with pytest.raises(ModelFileError, match="not a folder or a file"):
        pipeline("fill-mask", "./absent/model")
    with pytest.raises(InputError, match=r"no \[MASK\]"):
        pipeline("fill-mask", models["fill-mask"])("nothing here")
    ours: Any = pipeline("text-classification", models["text-classification"])
    for bad in (None, 3, b"x", [3], {"text_pair": "x"}):
        with pytest.raises(InputError):
            ours(bad)
    for settings in (
        {"top_k": 0},
        {"top_k": "many"},
        {"function_to_apply": "tanh"},
        {"color": "red"},
    ):
        with pytest.raises(InputError):
            ours("light", **settings)
    for settings in ({"aggregation_strategy": "sum"}, {"stride": 3}, {"stride": -1}):
        with pytest.raises(InputError):
            pipeline("ner", models["token-classification"])("light", **settings)
    assert ours("")[0]["label"] in ("on", "off", "play")


def test_names_are_looked_up_in_the_cache(
    models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    folder = tmp_path / "models--someone--small"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs/main").write_text("abc")
    (folder / "snapshots").mkdir()
    (folder / "snapshots/abc").symlink_to(models["text-classification"])
    want = pipeline("text-classification", models["text-classification"])("the light")
    assert (
        pipeline("text-classification", "someone/small", local_files_only=True)("the light") == want
    )
    assert bf.AutoTokenizer.from_pretrained("someone/small").encode(
        "light"
    ) == bf.AutoTokenizer.from_pretrained(models["fill-mask"]).encode("light")
    assert (
        bf.AutoModelForSequenceClassification.from_pretrained("someone/small").info["labels"] == 3
    )


def test_a_converted_file_answers_the_same(models: dict[str, Path], tmp_path: Path) -> None:
    for task in (
        "text-classification",
        "token-classification",
        "fill-mask",
        "question-answering",
        "feature-extraction",
    ):
        bf.convert(models[task], tmp_path / "file")
        pipes = [pipeline(task, source) for source in (models[task], tmp_path / "file")]
        item: Any = (
            {"question": "the light", "context": "music in the kitchen"}
            if task == "question-answering"
            else "turn [MASK] the light"
        )
        assert pipes[0](item) == pipes[1](item)


@pytest.mark.parametrize("name", ["text-classification", "multi", "regression"])
def test_one_text_without_settings_is_answered_like_others(
    models: dict[str, Path], name: str
) -> None:
    pipe = pipeline("text-classification", models[name])
    for text in texts(10):
        (one,) = pipe(text)
        assert [one, one] == pipe([text, text])
        assert [one] == pipe(text, top_k=1)
        assert one == pipe(text, function_to_apply=pipe.function)[0]
    pipe.config.problem_type = "multi_label_classification"
    pipe.config.id2label[pipe.config.label2id[one["label"]]] = "another name"
    assert pipe(text) == pipe(text, function_to_apply="sigmoid")
    assert pipe(text)[0]["label"] == "another name"
    pipe.config.problem_type = None
    function = "sigmoid" if name == "regression" else "softmax"  # it has one label
    assert pipe(text) == pipe(text, function_to_apply=function)


@pytest.mark.parametrize("task", ["ner", "token-classification"])
@pytest.mark.parametrize("strategy", [None, "none", "words", "simple"])
def test_the_entities_of_one_text_are_those_of_a_list(task: str, strategy: str | None) -> None:
    settings = {} if strategy is None else {"aggregation_strategy": strategy}
    pipe = cast(Any, pipeline)(task, **settings)
    for text in ("Anna Berg of Acme Ltd. flew from Oslo to New York.", "nothing here", ""):
        found = pipe(text)
        assert found == pipe([text, text])[1]
        words = pipe.tokenizer.convert_ids_to_tokens(pipe.tokenizer(text)["input_ids"])
        for e in found:
            piece = words[e.get("index", 0)].strip("#")  # [CLS]: it has none
            assert "index" not in e or e["word"].strip("#").lower().startswith(piece)


def test_one_intent_without_settings_is_answered_like_others() -> None:
    pipe = pipeline("intent-classification")
    for text in (
        "turn on the light in the kitchen",
        "  ",
        "",
        "the river is long",
        "play no music",
        "don't lock it, switch off the heating",
        "no lights, play some jazz",
    ):
        one = pipe(text)
        more = pipe(text, top_k=2)
        assert len(more.pop("candidates")) == 2
        assert one == more == pipe([text, text])[0]
    assert (
        pipe("turn on the light")["label"] and not pipe("turn on the light", threshold=1)["label"]
    )
    pipe.threshold = 1.0
    assert pipe("turn on the light")["label"] is None


def test_names_of_tokens_are_those_that_the_config_has_now() -> None:
    pipe = pipeline("ner")
    text = "Elon Musk visited Paris"
    before = pipe(text)
    assert [e["entity"] for e in before] == ["PERSON", "LOCATION"]
    reader = pipe.text_model
    # other dicts, and other objects for the same names
    pipe.config.id2label = {i: "".join(name) for i, name in pipe.config.id2label.items()}
    assert pipe(text) == before
    assert pipe.text_model is reader
    pipe.config.id2label = {
        i: name.replace("LOCATION", "PLACE") for i, name in pipe.config.id2label.items()
    }
    assert [e["entity"] for e in pipe(text)] == ["PERSON", "PLACE"]


def test_words_are_the_same_in_every_call(models: dict[str, Path]) -> None:
    """Every other sweep over the vocabulary goes backward."""
    pipe = pipeline("fill-mask", models["fill-mask"])
    answers = [pipe("turn [MASK] the light", top_k=50) for _ in range(4)]
    assert all(answer == answers[0] for answer in answers)

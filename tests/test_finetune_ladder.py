"""The ladder: n-grams, label names, mixtures, refusal, checkpoints, going on, many labels."""

from __future__ import annotations

import json
import math
import os
import pickle
import struct
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from test_finetune_classifier import FAST, LABELS, TEXTS

import bertlite_fast as bf
from bertlite_fast import embedded
from bertlite_fast._training import Mixed, Ngrams, Texts, scaled
from bertlite_fast.finetune import checkpoint, everyday, loop, refusal
from bertlite_fast.finetune.ladder import Ladder
from bertlite_fast.finetune.rungs import RECIPES, Rungs
from bertlite_fast.finetune.start import Start

pytestmark = pytest.mark.skipif(not embedded.names(), reason="this build has no embedded models")

KNOWN = sorted(set(LABELS))
INDICES = [KNOWN.index(label) for label in LABELS]
MASK = 0xFFFFFFFF


@pytest.fixture(autouse=True)
def few_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RECIPES["pairs"], "steps", 20)


# ---- n-grams ------------------------------------------------------------------------------------


def key(first: int, second: int = -1) -> int:
    """As csrc/model/ngrams.c and docs/format.md."""
    value = first * 0x9E3779B1 + 0x7F4A7C15 & MASK
    if second >= 0:
        value = (value ^ value >> 15) * 0x85EBCA6B + second * 0xC2B2AE35 + 1 & MASK
    value = (value ^ value >> 16) * 0x7FEB352D & MASK
    value = (value ^ value >> 15) * 0x846CA68B & MASK
    return value ^ value >> 16


def tensors_of(data: bytes) -> dict[str, tuple[list[int], bytes]]:
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__")
    return {
        name: (entry["shape"], data[8 + size :][slice(*entry["data_offsets"])])
        for name, entry in header.items()
    }


def ngram_logits(tensors: dict[str, tuple[list[int], bytes]], ids: list[int]) -> list[float]:
    """What the n-grams of a converted file add to a text's logits, computed here."""
    (count, labels), weights = tensors["ngrams.weight"]
    keys = memoryview(tensors["ngrams.keys"][1]).cast("I").tolist()
    rarity = memoryview(tensors["ngrams.rarity"][1]).cast("f").tolist()
    steps = memoryview(tensors["ngrams.weight.scale"][1]).cast("f").tolist()
    assert keys == sorted(set(keys)) and len(keys) == count
    found = Counter(
        [key(a) for a in ids] + [key(a, b) for a, b in zip(ids, ids[1:])]
    )  # fmt: skip
    values = {
        keys.index(k): math.sqrt(n) * rarity[keys.index(k)] for k, n in found.items() if k in keys
    }
    length = math.sqrt(sum(value**2 for value in values.values()))
    logits = [0.0] * labels
    for row, value in values.items():
        for label, q in enumerate(memoryview(weights[row * labels : (row + 1) * labels]).cast("b")):
            logits[label] += value / length * steps[row] * q
    return logits


@pytest.fixture(scope="module")
def by_ngrams() -> bf.TextClassifier:
    return bf.TextClassifier(trained="ngrams", threads=1).fit(TEXTS, LABELS)


def test_a_file_with_ngrams_answers_as_its_tensors_say(
    by_ngrams: bf.TextClassifier, tmp_path: Path
) -> None:
    path = tmp_path / "n.bertlite"
    by_ngrams.save(path)
    pipe = bf.pipeline("text-classification", str(path), function_to_apply="none")
    tensors = tensors_of(path.read_bytes())
    texts = ["", "play play play a song please", *TEXTS[:5], "lamp " * 300, "zzz qqq"]
    rows = [pipe.tokenizer(text, truncation=True, max_length=512)["input_ids"] for text in texts]
    for text, ids in zip(texts, rows):
        found = {answer["label"]: answer["score"] for answer in pipe(text, top_k=None)}
        for label, wanted in zip(KNOWN, ngram_logits(tensors, ids)):
            assert found[label] == pytest.approx(wanted, abs=2e-4)
    for threads in (1, 2):  # a batch gives what texts give one by one
        model = bf.AutoModelForSequenceClassification.from_pretrained(str(path), threads=threads)
        batch = pipe.tokenizer(texts, truncation=True, max_length=512, padding=True)
        logits = model(batch["input_ids"], batch["attention_mask"]).logits.tolist()
        for row, ids in zip(logits, rows):
            assert row == model([ids], [[1] * len(ids)]).logits.tolist()[0]
    assert by_ngrams.score(TEXTS, LABELS) == 1.0


def test_ngrams_are_the_frequent_ones_and_learn_labels() -> None:
    texts = Texts([[7, 1, 2], [7, 1, 3], [7, 4, 5], [7, 4, 6]])
    texts.set_labels([0, 0, 1, 1])
    learned = Ngrams(texts, range(4), labels=2, fewest=2)
    keys = memoryview(learned.tensors(1.0)[2][3]).cast("I").tolist()
    assert sorted(keys) == sorted([key(7), key(1), key(4), key(7, 1), key(7, 4)])
    assert [row[0] > row[1] for row in learned.evaluate(texts, range(4))] == [1, 1, 0, 0]
    assert len(Ngrams(texts, range(4), labels=2, most=3)) <= 3
    same = [Ngrams(texts, range(4), labels=2, seed=seed).tensors(2.0) for seed in (1, 1, 2)]
    assert same[0] == same[1] != same[2]
    weighted = Ngrams(texts, range(4), labels=2, class_weights=[0.0, 1.0])
    assert weighted.evaluate(texts, [0])[0][1] >= 0
    for rows, labels in ((range(5), 2), (range(4), 1), (range(4), 0), (range(4), 70000)):
        with pytest.raises(bf.InputError):
            Ngrams(texts, rows, labels=labels)


def test_damaged_ngrams_are_refused(by_ngrams: bf.TextClassifier, tmp_path: Path) -> None:
    path = tmp_path / "n.bertlite"
    data = by_ngrams._file
    keys = tensors_of(data)["ngrams.keys"][1]
    at = data.index(keys)
    path.write_bytes(data[:at] + keys[4:8] + keys[:4] + data[at + 8 :])
    with pytest.raises(bf.ModelConfigError, match="rising order"):
        bf.pipeline("text-classification", str(path))
    path.write_bytes(data.replace(b'"ngrams.rarity"', b'"ngrams.rarety"'))
    with pytest.raises(bf.ModelConfigError, match=r"ngrams\.rarity"):
        bf.pipeline("text-classification", str(path))


def test_training_gives_the_same_bytes_on_plain_c() -> None:
    code = (
        "import bertlite_fast as bf, hashlib\n"
        f"c = bf.TextClassifier(trained='ngrams', refuse=True).fit({TEXTS!r}, {LABELS!r})\n"
        "print(hashlib.sha256(c._file).hexdigest(), c.threshold_)"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={**os.environ, **({"BERTLITE_ISA": isa} if isa else {})},
        ).stdout
        for isa in ("generic", "")  # the best one, too
    }  # fmt: skip
    assert len(found) == 1


# ---- mixtures -----------------------------------------------------------------------------------


def test_a_mixture_takes_what_is_right() -> None:
    good, bad = [[2.0, 0.0], [0.0, 2.0]] * 8, [[0.0, 9.0], [9.0, 0.0], [9.0, 0.0], [0.0, 9.0]] * 4
    targets = [0, 1] * 8
    (first, second), loss = Mixed(good, bad, targets).find()
    assert first > second and loss < 0.4
    (first, second), _ = Mixed(bad, good, targets).find()
    assert first < second
    (first, second), _ = Mixed(bad * 20, good * 20, targets * 20).find()
    assert first == 0.0 < second
    (first, second), _ = Mixed(good[:2], good[:2], targets[:2]).find()
    assert first == pytest.approx(second)  # few texts: halves
    answers = Mixed([[2.0, 0.0]], [[0.0, 1.0]]).answers((1.0, 0.5))
    wanted = math.exp(2) / (math.exp(2) + math.exp(0.5))  # the logits are 2 and 0.5
    assert answers[0][0] == 0 and answers[0][1] == pytest.approx(wanted, abs=1e-5)
    # all right, yet not endlessly sure: one of 17 may be wrong
    (first, _), _ = Mixed(good, None, targets).find()
    assert 0.8 < Mixed(good).answers((first, 0.0))[0][1] < 0.99


@pytest.mark.parametrize(
    ("first", "second", "labels"),
    [
        ([[1.0, math.nan]], None, [0]),
        ([[1.0, 0.0]], [[math.inf, 0.0]], [0]),
        ([[1.0, 0.0]], None, [2]),
        ([[1.0, 0.0]], None, [0, 1]),
        ([[1.0, 0.0]], [], [0]),
        ([[1.0, 0.0], [1.0]], None, [0, 0]),
        ([], None, []),
        ([[1.0, 0.0]], None, None),
    ],
)
def test_bad_mixtures(first: Any, second: Any, labels: Any) -> None:
    with pytest.raises(bf.InputError):
        Mixed(first, second, labels).find()


def test_scaling() -> None:
    assert memoryview(scaled(memoryview(b"\0\0\x80?").tobytes(), -2.0)).cast("f").tolist() == [-2.0]


def test_the_best_rung_is_taken_and_a_wish_is_obeyed() -> None:
    settings = bf.TextClassifier(trained="head", patience=2, **FAST)
    classifier = settings.fit(TEXTS, LABELS)
    assert [rung["trained"] for rung in classifier.ladder_ if rung["chosen"]] == ["head"]
    assert [rung["trained"] for rung in classifier.ladder_] == ["head", "ngrams"]
    assert classifier.held_out_ is not None
    assert len(classifier.held_out_["rows"]) == len(TEXTS)
    right = sum(
        LABELS[row] == label
        for row, label in zip(classifier.held_out_["rows"], classifier.held_out_["labels"])
    )
    assert right / len(TEXTS) == classifier.ladder_[0]["held_out_accuracy"]


def test_ngrams_win_where_only_they_can() -> None:
    """Which of two made-up words stands in a text is nothing that vectors tell."""
    made = [f"item {n} is {'brillig' if n % 2 else 'slithy'} now" for n in range(60)]
    labels = [n % 2 for n in range(60)]
    classifier = bf.TextClassifier(epochs=1, threads=1, random_state=3).fit(made, labels)
    scores = {rung["trained"]: rung["held_out_accuracy"] for rung in classifier.ladder_}
    (chosen,) = (rung for rung in classifier.ladder_ if rung["chosen"])
    assert "ngrams" in chosen["trained"] and chosen["held_out_accuracy"] >= scores["ngrams"]
    assert classifier.score(made, labels) == 1.0


# ---- label names --------------------------------------------------------------------------------


def test_names_alone_are_a_classifier() -> None:
    labels = ["turn_on_light", "play-music", "rain forecast"]
    classifier = bf.TextClassifier(trained="names").fit([], labels)
    found = classifier.predict(["please play the music", "will there be rain", "light on"])
    assert list(found) == ["play-music", "rain forecast", "turn_on_light"]
    spaced = bf.TextClassifier(trained="names").fit([], [name.replace("_", " ") for name in labels])
    rows = [sorted(c.predict_proba(["turn it on"])[0]) for c in (classifier, spaced)]
    assert rows[0] == rows[1]
    with pytest.raises(bf.InputError, match="words"):
        bf.TextClassifier(trained="names").fit([], ["1", "2"])
    with pytest.raises(bf.InputError, match="0 texts"):
        bf.TextClassifier().fit([], labels)


# ---- refusal ------------------------------------------------------------------------------------


def test_a_threshold_separates_and_keeps() -> None:
    found = refusal.calibrated([0.9, 0.8, 0.7, 0.95], [0.3, 0.5], ["everyday"] * 2, 0.95)
    assert 0.5 < found["threshold"] < 0.7
    assert found["known_pass"] == 1.0 and found["everyday_pass"] == 0.0
    # known texts come first, whatever passes with them
    found = refusal.calibrated([0.2, 0.9], [0.5] * 8, ["everyday"] * 8, 0.95)
    assert found["known_pass"] == 1.0 == found["everyday_pass"]
    found = refusal.calibrated([0.2, 0.9], [0.5] * 8, ["everyday"] * 8, 0.5)
    assert found["known_pass"] == 0.5 and found["everyday_pass"] == 0.0
    # two groups count alike, however many texts they have
    found = refusal.calibrated(
        [0.6, 0.76, 0.8, 0.9], [0.75] * 2 + [0.1] * 98, ["unknown"] * 2 + ["everyday"] * 98, 0.25
    )
    assert found["unknown_pass"] == 0.0 == found["everyday_pass"]


def test_refused_texts_are_none_and_the_file_knows_why(tmp_path: Path) -> None:
    unknown = ["order a pizza", "call my mother", "what time is it"]
    classifier = bf.TextClassifier(
        trained="head", refuse=True, unknown=unknown, epochs=80, threads=1
    ).fit(TEXTS, LABELS)  # fmt: skip
    report: Any = classifier.refusal_
    assert report["known_pass"] >= 0.95 and report["everyday_pass"] < 0.7
    assert report["unknown"] == 3 * (3 + len(everyday.TEXTS)) and "unknown_pass" in report
    texts = [*TEXTS, "asdf qwer", "42"]
    assert list(classifier.predict([" "])) == [None]
    found = list(classifier.predict(texts))
    assert None in found and set(found) <= {*KNOWN, None}
    scores = [max(row) for row in classifier.predict_proba(texts)]
    assert [label is None for label in found] == [s < classifier.threshold_ for s in scores]
    result = classifier.evaluate(texts, [*LABELS, None, None])
    assert result["known_pass"] == sum(label is not None for label in found[:-2]) / len(TEXTS)
    assert result["unknown_pass"] == sum(label is not None for label in found[-2:]) / 2
    path = tmp_path / "r.bertlite"
    classifier.save(path)
    intents = bf.pipeline("intent-classification", str(path))
    assert intents.threshold == pytest.approx(classifier.threshold_)
    assert [answer["label"] for answer in intents(texts)] == found
    assert [answer["label"] for answer in classifier.to_pipeline()(texts)] == found
    again = bf.TextClassifier.load(path, refuse=True)
    assert list(again.predict(texts)) == found
    assert None not in list(bf.TextClassifier.load(path).predict(texts))
    assert list(pickle.loads(pickle.dumps(classifier)).predict(texts)) == found
    with pytest.raises(bf.InputError, match="refuse"):
        bf.TextClassifier(refuse=2.0).fit(TEXTS, LABELS)
    with pytest.warns(UserWarning, match="too few texts"):
        bf.TextClassifier(refuse=True, **FAST).fit(["lamp", "song"], ["a", "b"])


# ---- going on -----------------------------------------------------------------------------------


@pytest.mark.parametrize("trained", ["head", "encoder"])
def test_partial_fit_learns_more(trained: str, tmp_path: Path) -> None:
    classifier = bf.TextClassifier(trained=trained, threads=1, epochs=15)
    with pytest.raises(bf.InputError, match="classes="):
        classifier.partial_fit(TEXTS, LABELS)
    classifier.fit(TEXTS, LABELS)
    new = ["my uncle sold his boat", "uncle and boat", "boats of uncles"] * 2
    path = tmp_path / "m.bertlite"
    classifier.save(path)
    for one in (classifier, bf.TextClassifier.load(path, trained=trained, threads=1, epochs=15)):
        one.partial_fit(new, ["music"] * 6)
        assert list(one.predict(new)) == ["music"] * 6
        assert one.score(TEXTS, LABELS) > 0.8  # what was learned before is still known
        with pytest.raises(bf.InputError, match="'sport', which is not one"):
            one.partial_fit(["football"], ["sport"])


def test_partial_fit_from_nothing() -> None:
    classifier = bf.TextClassifier(threads=1)
    for _ in range(3):
        classifier.partial_fit(TEXTS, LABELS, classes=[*KNOWN, "other"])
    assert list(classifier.classes_) == ["light", "music", "other", "weather"]
    assert classifier.score(TEXTS, LABELS) > 0.8


def test_partial_fit_keeps_ngrams_and_the_threshold() -> None:
    classifier = bf.TextClassifier(trained="ngrams", refuse=True, threads=1).fit(TEXTS, LABELS)
    before, threshold = tensors_of(classifier._file), classifier.threshold_
    classifier.partial_fit(["my uncle sold his boat"], ["music"])
    after = tensors_of(classifier._file)
    names = [name for name in before if name.startswith("ngrams.")]
    assert len(names) == 4 and all(before[name] == after[name] for name in names)
    pipe: Any = classifier.to_pipeline()
    assert pipe.threshold == pytest.approx(threshold)


# ---- checkpoints --------------------------------------------------------------------------------


class PowerCut(Exception):
    pass


@pytest.mark.parametrize("trained", ["auto", "encoder"])
def test_a_resumed_training_ends_in_the_same_bytes(
    trained: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "EVERY", 0.0)
    monkeypatch.setattr(RECIPES["head"], "steps", 8)
    path = tmp_path / "c"
    settings: dict[str, Any] = {"trained": trained, "epochs": 2, "threads": 1}
    whole = bf.TextClassifier(**settings).fit(TEXTS, LABELS)
    rungs: list[str] = []

    def cut(rung: str, progress: loop.Progress) -> None:
        rungs.append(rung)
        if rung == "encoder" and progress.epoch == 1 and progress.step == 2:
            raise PowerCut

    with pytest.raises(PowerCut):
        bf.TextClassifier(**settings).fit(TEXTS, LABELS, watch=cut, checkpoint=path)
    assert path.exists()
    again: list[str] = []
    resumed = bf.TextClassifier(**settings).fit(
        TEXTS, LABELS, checkpoint=path, resume=True, watch=lambda rung, _: again.append(rung)
    )
    assert resumed._file == whole._file and resumed.ladder_ == whole.ladder_
    assert not path.exists()
    assert again.count("head") < rungs.count("head") * 2 and again[0] == "encoder"


def test_a_checkpoint_of_others_or_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c"
    classifier = bf.TextClassifier(trained="head", **FAST)
    classifier.fit(TEXTS, LABELS, checkpoint=path, keep_checkpoint=True)
    if not path.exists():  # all was done within a moment
        identity = checkpoint.identity_of(
            classifier.get_params(), classifier._begin(), [TEXTS, LABELS]
        )
        checkpoint.Checkpoint(path, identity, resume=False).write(now=True)
    with pytest.raises(bf.InputError, match="other texts, labels or settings"):
        classifier.fit(TEXTS, LABELS[::-1], checkpoint=path, resume=True)
    data = path.read_bytes()
    for damaged in (b"", b"nonsense", data[:-3] if data.count(b"\n") > 1 else data[:-1] + b"]",
                    data + b"x"):  # fmt: skip
        path.write_bytes(damaged)
        with pytest.raises(bf.ModelFileError, match="not a whole checkpoint"):
            classifier.fit(TEXTS, LABELS, checkpoint=path, resume=True)
    classifier.fit(TEXTS, LABELS, checkpoint=path)  # without resume it is written anew
    with pytest.raises(bf.InputError, match="not a folder"):
        classifier.fit(TEXTS, LABELS, checkpoint=tmp_path / "no" / "c")


def test_a_checkpoint_knows_the_bytes_of_its_base(tmp_path: Path) -> None:
    path = tmp_path / "own.bertlite"
    identities = []
    for name in ("vectors", "slots"):
        path.write_bytes(Path(embedded.path_of(name)).read_bytes())
        identities.append(checkpoint.identity_of({"base": "own"}, Start(path), []))
    assert identities[0] != identities[1]


# ---- interrupts and bad data --------------------------------------------------------------------


def test_an_interrupt_while_rungs_are_compared_keeps_the_best(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(rung: str, progress: loop.Progress) -> None:
        if rung == "encoder":
            raise KeyboardInterrupt

    classifier = bf.TextClassifier(**FAST)
    with pytest.warns(UserWarning, match="a part of them while rungs were compared"):
        classifier.fit(TEXTS, LABELS, watch=interrupt)
    assert classifier.interrupted_ and classifier.score(TEXTS, LABELS) > 0.8

    def at_once(rung: str, progress: loop.Progress) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Ladder, "_candidates", lambda _: ["head"])
    with pytest.raises(KeyboardInterrupt):
        bf.TextClassifier(**FAST).fit(TEXTS, LABELS, watch=at_once)


def test_an_interrupt_before_all_texts_are_learned_says_what_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train, choose = Rungs.train, Ladder._choose
    kept: list[str] = []

    def interrupted(self: Rungs, *rows: Any, **more: Any) -> Any:
        if self.part == "all":
            raise KeyboardInterrupt
        return train(self, *rows, **more)

    def another(self: Ladder, *scored: Any) -> list[dict[str, Any]]:
        ladder = choose(self, *scored)
        assert self.best_so_far is not None
        kept.append(self.best_so_far[1])
        taken = "encoder" if kept[0] == "head" else "head"
        return [{**rung, "chosen": rung["trained"] == taken} for rung in ladder]

    monkeypatch.setattr(Rungs, "train", interrupted)
    monkeypatch.setattr(Ladder, "_choose", another)
    classifier = bf.TextClassifier(**FAST)
    with pytest.warns(UserWarning, match="before it had all texts"):
        classifier.fit(TEXTS, LABELS)
    assert classifier.interrupted_ and classifier._learned.trained == kept[0]


@pytest.mark.parametrize("refit", [False, True])
def test_a_loss_that_is_no_number_ends_training(refit: bool, tmp_path: Path) -> None:
    """A weight of 2e38 twice over is infinite, whatever the learning rate; what was learned before
    stays, and so does its file."""
    classifier = bf.TextClassifier(trained="encoder", epochs=2, threads=1)
    path = tmp_path / "model"
    before = None
    if refit:
        before = classifier.fit(TEXTS, LABELS)._file
        classifier.save(path)
    write = Rungs.trainer

    def broken(self: Rungs, trained: str, loss: str = "one_label") -> Any:
        trainer = write(self, trained, loss)
        if trained == "encoder":
            name = "bert.encoder.layer.0.intermediate.dense.weight"
            count = len(trainer.read(name)) // 4
            trainer.write(name, struct.pack(f"<{count}f", *[2e38] * count))
        return trainer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rungs, "trainer", broken)
        with pytest.raises(bf.InputError, match=r"no longer a finite number at step 1;.*lower"):
            classifier.fit(TEXTS, LABELS)
    assert getattr(classifier, "_file", None) == before
    assert not refit or path.read_bytes() == before


def test_thousands_of_labels() -> None:
    texts = [f"part number {n} {n % 7} of shelf {n // 9}" for n in range(2500)]
    labels = [f"shelf {n // 2}" for n in range(2500)]
    classifier = bf.TextClassifier(trained="head", epochs=1, max_length=16).fit(texts, labels)
    assert len(classifier.classes_) == 1250
    assert classifier.predict(texts[:1])[0] in set(labels)
    assert Rungs(classifier, texts[:2], [0, 1], classifier.classes_.tolist()
                 if hasattr(classifier.classes_, "tolist") else classifier.classes_
                 ).most_ngrams == 0  # fmt: skip
    with pytest.raises(bf.InputError, match="too many for n-grams"):
        bf.TextClassifier(trained="ngrams").fit(texts, labels)


def test_texts_of_any_length_and_kind() -> None:
    odd = ["x" * 5000, "lamp " * 2000, "\x00", "🙂" * 50, "\ud7ff\u200b", "دخل", "a\nb\tc", "."]
    classifier = bf.TextClassifier(trained="encoder", threads=1, epochs=1, refuse=True)
    classifier.fit([*TEXTS, *odd], [*LABELS, *["odd"] * len(odd)])
    with pytest.warns(UserWarning, match="the rest was not read"):
        found = classifier.predict([*odd, "", " "])
    assert len(found) == len(odd) + 2


@pytest.mark.parametrize(("texts", "chosen"), [(10, "encoder"), (2000, "ngrams")])
def test_a_few_texts_do_not_outweigh_what_rungs_usually_reach(texts: int, chosen: str) -> None:
    """Nine of ten for n-grams and seven for the encoder say little; of thousands they say all."""
    from bertlite_fast.finetune import ladder

    def tried(name: str, share: float) -> ladder._Tried:
        rung = {"trained": name, "held_out_accuracy": share, "held_out_loss": 1 - share}
        return ladder._Tried(rung, (1.0, 0.0), [], [])

    found = ladder._best([tried("encoder", 0.7), tried("ngrams", 0.9)], texts)
    assert found.rung["trained"] == chosen

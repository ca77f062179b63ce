"""The behavior sets: large enough, apart from training, and scored as is committed."""

from __future__ import annotations

import json
import os
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from behavior import origins, report
from behavior.case import REFUSED, Behavior
from behavior.classes import CLASSES, FALLS
from behavior.grammar import expand, fields, gerund
from behavior.judges import embedded_models
from behavior.scoring import ALPHABET, MARKS, Row, calibration_error, judged, missed, score

from bertlite_fast import embedded
from bertlite_fast.cli import main as command

LEAST = 150
FORTY = ("masks alone",)  # one of the sets of forty, as those that the scores name
EVERY = 9  # which of the cases are judged again
INTENTS = [name for name, one in CLASSES.items() if one.model == "intent"]


def group(name: str) -> str:
    """The name of a class, or of the classes that differ in the position alone."""
    return next((kind for kind in FALLS if name.startswith(f"{kind} ")), name)


def test_every_class_has_enough_cases() -> None:
    counts: Counter[str] = Counter()
    for name, one in CLASSES.items():
        assert len(one.cases()) == len({(c.text, c.rest) for c in one.cases()}), name
        counts[group(name)] += len(one.cases())
    assert not {name: n for name, n in counts.items() if n < LEAST and name not in FORTY}


def test_as_many_valid_commands_stand_beside_those_to_refuse() -> None:
    beside = {one.beside: name for name, one in CLASSES.items() if one.beside}
    assert set(beside) == {"negated", "reports", "past", "chat", "unknown", "titles"}
    for refused, valid in beside.items():
        cases = CLASSES[valid].cases()
        assert len(cases) > 0.9 * len(CLASSES[refused].cases())
        assert not [case for case in cases if REFUSED in case.right]
        assert all(REFUSED in case.right for case in CLASSES[refused].cases())


def test_right_answers_are_labels_of_the_models() -> None:
    intents = {*embedded_models("intent-classification", "intent").labels}
    tags = {*embedded_models("token-classification", "pos").labels}
    slots = {label[2:] for label in embedded_models("token-classification", "slots").labels}
    for name, one in CLASSES.items():
        for case in one.cases():
            assert case.right and not set("{}<>") & set(case.text), (name, case.text)
            if one.model == "intent":
                assert set(case.right) <= intents, (name, case)
            if one.model == "several":
                assert {label for right in case.right for label in right.split(",")} <= intents
            if one.model == "slots":
                assert {right.split()[0] for right in case.right} <= slots, (name, case)
            if one.model == "pos":
                assert {right.split()[1] for right in case.right} <= tags, (name, case)
            if one.model == "zero-shot":
                assert set(case.right) <= set(case.rest), (name, case)


def test_answers_stand_in_their_text() -> None:
    for name, one in CLASSES.items():
        for case in one.cases():
            if one.model == "qa" and case.right != ("",):
                text = case.rest[0].lower()
                assert any(answer.lower() in text for answer in case.right), (name, case)


def test_nothing_that_judges_is_in_the_files_for_training() -> None:
    assert not origins.shared()


def test_what_is_shared_with_training_is_found(tmp_path: Path) -> None:
    def found(name: str, text: str) -> list[str]:
        folder = tmp_path / name.replace(".", "-")
        folder.mkdir()
        (folder / name).write_text(text, encoding="utf-8")
        return origins.shared(folder)

    case = CLASSES["reports"].cases()[0].text
    assert found("a.txt", f"{case.upper()}!\n") == [f"text: {case}"]
    assert found("b.py", f"TEXTS = ['x', '''one\n{case}\n''']\n") == [f"text: {case}"]
    assert found("c.jsonl", json.dumps({"text": case, "label": "none"}) + "\n")
    assert found("d.txt", "@devices = lamp|hedge trimmer|fan\n") == ["lexicon: hedge trimmer"]
    assert found("e.txt", "Whatever you do, don't <do>!\n") == ["template: whatever you do don't _"]
    assert found("f.py", "FRAMES = ['whatever you do don\\'t {command}']\n")
    long = max((case.text for case in CLASSES["past"].cases()), key=len)
    assert found("g.txt", f"well {long}\n") == [
        f"text: {origins.plain(long)}, close to: well {origins.plain(long)}"
    ]
    assert not found("h.txt", "a sentence about something else altogether\n")


@pytest.mark.skipif("BERTLITE_DATA" not in os.environ, reason="needs the training sets")
def test_nothing_that_judges_is_in_the_training_sets() -> None:
    assert not origins.repeated(Path(os.environ["BERTLITE_DATA"]))


class Fake:
    """A pipeline with one answer to everything."""

    threshold = 0.5

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self.answer


def scored(answer: Any, names: list[str]) -> dict[str, Row]:
    return score(lambda task, model: Fake(answer), names)


def test_a_model_that_refuses_everything_fails() -> None:
    found = scored({"label": None, "score": 1.0, "margin": 1.0}, INTENTS)
    assert found["negated"].right == found["chat"].right == 100
    lines = missed(found)
    for name in INTENTS:
        is_missed = any(line.startswith(f"{CLASSES[name].title}: ") for line in lines)
        assert is_missed == (REFUSED not in CLASSES[name].cases()[0].right), name


def test_a_model_that_accepts_everything_fails() -> None:
    found = scored({"label": "light_on", "score": 1.0, "margin": 1.0}, INTENTS)
    lines = missed(found)
    for name in INTENTS:
        one = CLASSES[name]
        is_missed = any(line.startswith(f"{one.title}: ") for line in lines)
        assert is_missed == (not one.beside), name
        assert found[name].accepted == 100


@pytest.mark.parametrize("label", ["positive", "NEGATIVE"])
def test_a_model_with_one_opinion_fails(label: str) -> None:
    names = [name for name in CLASSES if name.startswith("sentiment")]
    found = scored([{"label": label, "score": 0.9}], names)
    assert all(row.right < 65 for row in found.values())
    assert found["sentiment: divided"].right == 0


def test_models_that_find_nothing_fail() -> None:
    nothing: dict[str, list[Any]] = {"ner": [], "slots": [], "qa": [], "pos": [], "base": []}
    for name, one in CLASSES.items():
        if one.model in nothing and name != "no answer":
            assert scored(nothing[one.model], [name])[name].right == 0
    everything = [{"answer": "in 1847", "score": 1.0}][0]
    assert scored(everything, ["no answer"])["no answer"].right == 0
    assert scored([0.5, 0.5], ["near misses"])["near misses"].right == 0


def perfect(one: Behavior) -> Any:
    """A pipeline that knows what is right."""
    right = {case.text: case for case in one.cases()}

    def intent(text: str, threshold: float) -> Any:
        label = right[text].right[0]
        return {"label": None if label == REFUSED else label, "score": 1.0}

    def sentiment(text: str) -> Any:
        label = right[text].right[0]
        score = 0.5 if label == "neutral" else 1.0
        return [{"label": label.replace("neutral", "positive").upper(), "score": score}]

    def names(text: str, aggregation_strategy: str) -> Any:
        spans = [span.split() for span in right[text].right]
        return [
            {"entity_group": kind + "SON", "score": 1.0, "start": int(a), "end": int(b)}
            for kind, a, b in spans
        ]

    def tags(text: str, ignore_labels: list[str]) -> Any:
        words = [word.split() for word in right[text].right]
        return [{"entity": tag, "start": int(start)} for start, tag in words]

    pipes = {"intent": intent, "sentiment": sentiment, "ner": names, "pos": tags}
    pipe: Any = pipes[one.model]
    pipe.threshold = 0.5
    return pipe


def always(pipe: Any, task: str, model: str) -> Any:
    return pipe


def test_a_model_that_is_right_passes() -> None:
    rows = {}
    for name, one in CLASSES.items():
        if one.model in ("intent", "sentiment", "ner", "pos"):
            pipe = perfect(one)
            rows.update(score(partial(always, pipe), [name]))
    assert missed(rows) == []
    assert all(row.right == 100 for row in rows.values())


def test_no_text_has_to_be_both_refused_and_understood() -> None:
    right: dict[str, set[str]] = {}
    for name in INTENTS:
        for case in CLASSES[name].cases():
            text = origins.plain(case.text)
            assert right.setdefault(text, set(case.right)) & set(case.right), case


def test_committed_scores_are_those_of_the_committed_models() -> None:
    """Every ninth case, with the verdict on it."""
    committed = json.loads(report.DIGITS.read_text(encoding="utf-8"))
    assert list(committed) == list(CLASSES)
    hint = "run python -m tests.behavior --write"
    for name, digits in committed.items():
        cases = CLASSES[name].cases()
        assert len(cases) == len(digits), f"{name}: {hint}"
        row = judged(name, cases[::EVERY], embedded_models)
        assert row.digits == digits[::EVERY], f"{name}: {hint}"


def test_what_the_package_and_the_document_say_are_the_committed_scores() -> None:
    committed = json.loads(report.DIGITS.read_text(encoding="utf-8"))
    said = embedded.behavior()["classes"]
    assert list(said) == list(CLASSES)
    document = report.DOCUMENT.read_text(encoding="utf-8")
    for name, digits in committed.items():
        right = 100 * sum(map(ALPHABET.index, digits)) / (MARKS * len(digits))
        assert said[name]["right"] == pytest.approx(right, abs=0.9)
        assert said[name]["cases"] == len(digits)
        if name not in report.POSITIONED:
            row = next(
                li for li in document.splitlines() if li.startswith(f"| {said[name]['title']} |")
            )
            assert f"{said[name]['right']:.1f}" in row


def test_info_shows_the_behavior(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["info", "--behavior"]) == 0
    shown = capsys.readouterr().out
    assert all(one.title in shown for one in CLASSES.values())
    assert command(["info", "--behavior", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == embedded.behavior()
    assert command(["info"]) == 0
    assert "classes reach their aim" in capsys.readouterr().out


def test_calibration_error() -> None:
    assert calibration_error([(0.95, True)] * 95 + [(0.95, False)] * 5) == pytest.approx(0)
    assert calibration_error([(0.9, False)] * 10) == pytest.approx(0.9)
    assert calibration_error([]) == 0


def test_grammar() -> None:
    assert gerund("turn it off") == "turning it off"
    assert gerund("set the clock") == "setting the clock"
    assert gerund("make tea") == "making tea"
    assert gerund("play jazz") == "playing jazz"
    assert gerund("open the gate") == "opening the gate"
    assert expand("a {b|c} d {b|c}", 9) == ["a b d b", "a c d c"]
    assert fields("one | two |") == ["one", "two", ""]

"""Decisions: which of some options a text means, with its probability and its evidence."""

from __future__ import annotations

import json
import pickle
import random
import warnings
from typing import Any

import pytest

from bertlite_fast import Decider, InputError, SentenceTransformer, decide, pipeline
from bertlite_fast._native import Choices, affirmed, similarities, unit_mean
from bertlite_fast.decisions import SCALE, read_options

TRAVEL: dict[str, Any] = {
    "flight": "book a flight",
    "cancel": ["cancel my booking", "call the trip off", "cancel it"],
    "weather": None,
}
TOOLS = [
    {"type": "function", "function": {"name": "get_weather", "description": "the forecast"}},
    {"name": "playMusic", "examples": ["play some jazz", "put a record on"]},
]


def test_an_answer_has_its_evidence_and_probabilities_that_add_up() -> None:
    answer = Decider(TRAVEL)("book me a flight to Rome", top_k=3, words=True)
    assert answer["label"] == answer["best"] == "flight"
    assert answer["reason"] is None
    assert answer["evidence"]["text"] == "book a flight"
    assert 0.5 < answer["evidence"]["similarity"] <= 1.0001
    scores = [c["score"] for c in answer["candidates"]]
    assert answer["candidates"][0]["label"] == "flight"
    assert scores[0] == answer["score"] and scores[1] == answer["runner_up"]["score"]
    assert sum(scores) + answer["none"] == pytest.approx(1, abs=1e-5)
    assert answer["margin"] == pytest.approx(scores[0] - scores[1])
    words = dict(answer["words"])
    assert list(words) == ["book", "me", "a", "flight", "to", "Rome"]
    assert max(words, key=lambda word: words[word]) == "flight"
    assert json.loads(json.dumps(answer))["label"] == "flight"


def test_what_fits_nothing_is_not_decided_unless_it_has_to_be() -> None:
    decider = Decider(TRAVEL)
    answer = decider("my cat is hungry")
    assert answer["label"] is None and answer["reason"] == "none" and answer["none"] > 0.5
    forced = decider("my cat is hungry", abstain=None)
    assert forced["label"] == answer["best"] and forced["none"] == 0 and forced["reason"] is None
    assert forced["score"] > answer["score"]
    assert decider("book a flight", abstain=1.0)["reason"] == "unsure"
    assert decider("my cat is hungry", abstain=0.0)["label"] == answer["best"]


@pytest.mark.parametrize(
    "text",
    [
        "don't book a flight",
        "Please do not book a flight!",
        "i don\u2019t want you to book a flight",
        "no need to book a flight",
        "let's not book a flight",
        "never book a flight",
        "I'd rather not book a flight",
    ],
)
def test_a_denial_is_not_decided_as_its_opposite(text: str) -> None:
    decider = Decider(TRAVEL)
    answer = decider(text)
    assert answer["label"] is None and answer["reason"] == "denied" and answer["none"] == 1
    assert answer["best"] == "flight"  # what it denies
    assert decider(text, abstain=None)["label"] != "flight"
    only = Decider(["flight"])(text, abstain=None)  # there is no other
    assert only["label"] == "flight" and only["score"] == 1


def test_an_option_that_denies_is_meant_by_a_denial() -> None:
    decider = Decider({"mute": ["do not disturb me", "don't ring"], "ring": ["ring the bell"]})
    assert decider("please do not disturb me now")["label"] == "mute"
    assert decider("ring the bell")["label"] == "ring"


def test_what_is_asked_for_beside_a_denial_is_decided() -> None:
    answer = decide("don't book a flight, just check the weather", TRAVEL)
    assert answer["label"] == "weather"
    assert answer["evidence"]["read"] == "check the weather"


@pytest.mark.parametrize(
    "text",
    [
        "don't forget to book a flight",
        "why don't you book a flight",
        "I don't know how to book a flight",
        "I can't book a flight and I haven't got a ticket",
        "turn on the lights and play music, then call mom",
        "never mind",
        "don't",
        "",
        " \n ",
        "\x00 don't",
        "don\u2019t \u2019 \U0001f600 \u2019",
    ],
)
def test_what_does_not_deny_is_read_as_it_is(text: str) -> None:
    if text.startswith("don\u2019t "):
        assert affirmed(text) in ("", text)
    else:
        assert affirmed(text) == text


def test_but_separates_what_is_denied() -> None:
    assert affirmed("book a flight but don't pay") == "book a flight"
    assert affirmed("don't book a flight but play jazz") == "play jazz"


def test_affirmed_never_makes_a_text_longer() -> None:
    draw = random.Random(5)
    words = ["don't", "do", "not", "but", "and", ",", ".", "play", "i", "want", "no", "need", "to",
             "let's", "\u2019", "na\u00efve", "then", "x" * 40]  # fmt: skip
    for _ in range(2000):
        text = draw.choice(["", " "]).join(draw.choices(words, k=draw.randrange(9)))
        assert len(affirmed(text)) <= len(text)


def test_words_of_a_long_text_are_measured_up_to_a_limit() -> None:
    answer = decide("please book a flight " * 100, list(TRAVEL), words=True)
    assert len(answer["words"]) == 64


def test_options_are_taken_in_any_order_and_form() -> None:
    assert read_options({"b": ["y", "x"], "a": None}) == read_options({"a": None, "b": ["x", "y"]})
    labels = ["flight", "hotel", "weather", "music", "lights"]
    text = "is it raining outside"
    first = Decider(labels)(text, top_k=5)
    for seed in range(5):
        random.Random(seed).shuffle(labels)
        assert Decider(labels)(text, top_k=5) == first
    assert Decider([*labels, "music", "flight"])(text, top_k=5) == first
    assert Decider(",".join(labels))(text, top_k=5) == first
    assert Decider(dict.fromkeys(labels))(text, top_k=5) == first
    examples = {"a": ["play jazz", "play rock"], "b": ["lights on", "lamp on"]}
    other = {"b": ["lamp on", "lights on", "lamp on"], "a": ("play rock", "play jazz")}
    assert Decider(examples)(text) == Decider(other)(text)


def test_tools_are_options() -> None:
    decider = Decider(TOOLS)
    assert decider.options == ["get_weather", "playMusic"]
    assert decider("is it going to snow, what is the forecast")["label"] == "get_weather"
    assert decider("play some blues")["label"] == "playMusic"


def test_one_option_and_thousands() -> None:
    one = Decider(["weather"])
    assert one("weather")["label"] == "weather" and one("weather")["runner_up"] is None
    assert one("I want to buy a horse")["label"] is None
    names = [f"room {i} {'abcdefg'[i % 7]}" for i in range(3000)]
    answer = Decider(names, threads=2)(names[1234], abstain=None, top_k=5000)
    assert answer["label"] == names[1234] and len(answer["candidates"]) == 3000
    assert sum(c["score"] for c in answer["candidates"]) == pytest.approx(1, abs=1e-3)


def test_several_texts_are_decided_as_each_alone() -> None:
    decider = Decider(TRAVEL, threads=2)
    texts = ["book a flight", "", "don't cancel it", "rain?", "\u00e9" * 3000, "x " * 9000]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the last text is truncated
        alone = [decider(text) for text in texts]
        assert decider(texts) == decider(tuple(texts)) == list(decider(iter(texts))) == alone
        assert pickle.loads(pickle.dumps(decider))(texts) == alone
        assert [decide(text, TRAVEL) for text in texts] == alone
    assert decider([]) == []


def test_a_score_is_what_the_formula_gives() -> None:
    pipe = pipeline("feature-extraction")
    options = {"a": ["play jazz", "play rock"], "b": ["lights on"]}
    from math import exp, log

    answer = Decider(options)("play blues")
    vector = pipe.embed("play blues")
    fits = []
    for texts in options.values():
        rows = pipe.embed(texts)
        best = max(similarities(vector, rows).tolist()[0])
        fits.append(0.5 * best + 0.5 * similarities(vector, unit_mean(rows)).tolist()[0][0])
    factor, steepness, threshold, softness = (
        always + few * (1 - 2 / 3) + many * log(2) for always, few, many in SCALE
    )
    meant = 1 / (1 + exp(-steepness * (fits[0] - threshold)))
    least, more = (softness + 1 - fit for fit in fits)
    share = least**-factor / (least**-factor + more**-factor)
    assert answer["score"] == pytest.approx(meant * share, abs=1e-5)
    assert answer["none"] == pytest.approx(1 - meant, abs=1e-5)


def test_a_text_that_is_an_example_is_decided_however_alike_the_others_are() -> None:
    texts = ["turn on the lights", "turn off the lights", "play music"]
    for text in texts:
        answer = decide(text, texts)
        assert answer["label"] == text
        assert answer["score"] > 0.7
    assert decide("play music", texts)["score"] > 0.95


def test_another_model_needs_its_own_scale() -> None:
    model = SentenceTransformer()
    with pytest.warns(UserWarning, match="give scale="):
        assert Decider(TRAVEL, model=model)("book a flight")["label"] == "flight"
    same = Decider(TRAVEL, model=model, scale=SCALE)
    assert same("book a flight to Oslo") == Decider(TRAVEL)("book a flight to Oslo")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "no options"),
        ({}, "no options"),
        ("", "no options"),
        ([""], "empty label"),
        ([" "], "empty label"),
        ([3], "not int"),
        ([None], "not NoneType"),
        ({1: "a"}, "not int"),
        ({"a": [1]}, "not int"),
        ({"a": {"b": "c"}}, "not a list of texts"),
        ({"a": 4}, "not int"),
        (b"ab", "not bytes"),
        (7, "not int"),
        ([{"description": "x"}], "no name"),
        ([{"function": 4}], "no name"),
    ],
)
def test_options_that_are_none_are_refused(options: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Decider(options)


def test_what_is_no_text_and_no_threshold_is_refused() -> None:
    decider = Decider(TRAVEL)
    for text in (None, 3, b"x", [1], {"a": 1}):
        with pytest.raises(InputError):
            decider(text)
    wrong: tuple[Any, ...] = (-0.1, 1.5, "yes", float("nan"), [])
    for abstain in wrong:
        with pytest.raises(InputError, match="abstain"):
            decider("a", abstain=abstain)
    with pytest.raises(InputError, match="abstain is None"):
        decider("", abstain=None)
    assert decider(" ")["reason"] == "empty"
    with pytest.raises(InputError, match="top_k"):
        decider("a", top_k=-1)
    with pytest.raises(InputError, match="a text has to be"):
        decide(None, ["a"])  # type: ignore[arg-type]
    with pytest.raises(InputError, match="Decider already"):
        decide("a", decider)  # type: ignore[arg-type]


def test_choices_check_what_they_are_given() -> None:
    scale = ((1.0, 0.0, 0.0),) * 4
    rows = [[1.0, 0.0], [0.0, 1.0]]
    for ends in ([], [1], [0, 2], [2, 1], [1, 3], [2, 2]):
        with pytest.raises(InputError, match="needs a row"):
            Choices(rows, ends, bytes(2), scale)
    with pytest.raises(InputError, match="three numbers"):
        Choices(rows, [1, 2], bytes(2), ((1.0,),) * 4)
    with pytest.raises(InputError, match="3 constants; expected 4"):
        Choices(rows, [1, 2], bytes(2), scale[:3])
    choices = Choices(rows, [1, 2], bytes(2), scale)
    with pytest.raises(InputError, match="2 values"):
        choices.decide([[1.0]], 0, False, False, 1)
    with pytest.raises(InputError, match="cannot be made twice"):
        choices.__init__(rows, [1, 2], bytes(2), scale)  # type: ignore[misc]
    with pytest.raises(InputError, match="not open"):
        Choices.__new__(Choices).decide([[1.0]], 0, False, False, 1)

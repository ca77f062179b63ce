"""Answers as JSON in one call of C: they are those of the pipelines, to the last digit."""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import struct
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bertlite_fast import InputError, pipeline
from bertlite_fast._native import Replies, answer_vectors, json_number, json_text_of
from bertlite_fast.serve.answers import INTENTS, Answers, Limits, Refused, encode

LABELING = (INTENTS, "text-classification", "sentiment-analysis")

LONG = "word " * 600
opened: Any = pipeline  # by names that are variables
TEXTS = [
    "turn on the light in the kitchen", "", " ", "\u3000\n", "\x1c", "\u200b", "💡", "a\0b",
    "don't lock it, i'm outside", "no music tonight", "no, turn on the lamp, don't open the door",
    "set no alarm", "tell me a jokee", "what a day", "i love this", LONG, "x" * 3000,
    "не понимаю", '"\\', "turn off the lights and play some jazz",
    "asdf qwer", "stop it, forget it",
]  # fmt: skip


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of texts that are truncated
        yield


@pytest.fixture(scope="module")
def answers() -> Answers:
    return Answers(tasks=LABELING, limits=Limits(texts=100, characters=5000))


def single(value: float) -> float:
    found: float = struct.unpack("f", struct.pack("f", value))[0]
    return found


def test_numbers_are_written_as_python_writes_them() -> None:
    draw = random.Random(1)
    values = [0.0, -0.0, 1.0, -1.5, 100.0, 1234567.0, 1e22, 1e-5, 1e-4, 0.001, 1.7e308, 2.0**-30]
    values += [math.inf, -math.inf, math.nan, 1 - 2.0**-53, 0.3, 0.1 + 0.2, 5e-5, 123456789.123]
    values += [2.0**-k for k in range(20)] + [1 / k for k in range(2, 200)]
    values += [math.ldexp(1 + s * 2.0**-52, -k) for k in range(1, 9) for s in (1, -0.5)]
    values += [draw.random() for _ in range(20_000)]
    values += [single(draw.random()) for _ in range(20_000)]
    values += [single(draw.random()) - single(draw.random()) for _ in range(20_000)]
    values += [draw.randrange(1 << 18) / (1 << 18) for _ in range(20_000)]  # ends in a 5
    values += [round(draw.random(), k) for k in range(1, 18) for _ in range(500)]
    values += [10 ** draw.uniform(-9, 9) for _ in range(5_000)]
    for value in values:
        assert json_number(value) == json.dumps(value), value.hex()


def test_numbers_have_a_point_whatever_the_locale(tmp_path: Path) -> None:
    """de_DE has a comma there."""
    localedef = shutil.which("localedef")
    if localedef is None:
        pytest.skip("needs localedef")
    command = [localedef, "-i", "de_DE", "-f", "UTF-8", str(tmp_path / "de_DE.UTF-8")]
    if subprocess.run(command, capture_output=True).returncode > 1:  # 1: a warning
        pytest.skip("needs the definition of de_DE")
    code = """
import locale
locale.setlocale(locale.LC_NUMERIC, "de_DE.UTF-8")
assert locale.localeconv()["decimal_point"] == ","
from bertlite_fast._native import json_number
print(*map(json_number, (0.00125, -1234.5, 1e-9, 1.5e300, 3.0, 0.25)))
"""
    paths = os.pathsep.join(sys.path)
    environment = {**os.environ, "LOCPATH": str(tmp_path), "PYTHONPATH": paths}
    out = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    ).stdout
    assert out == "0.00125 -1234.5 1e-09 1.5e+300 3.0 0.25\n"


def test_texts_are_written_as_python_writes_them() -> None:
    draw = random.Random(2)
    texts = ["".join(map(chr, range(start, start + 64))) for start in (0, 64, 128, 2000, 65_472)]
    texts += ["", "\ud7ff\ue000\uffff\U00010000\U0010ffff"]
    texts += ["".join(chr(draw.choice((draw.randrange(300), draw.randrange(0x10000, 0x110000),
                                       draw.randrange(0xE000, 0x10000)))) for _ in range(20))
              for _ in range(2000)]  # fmt: skip
    for text in texts:
        assert json_text_of(text) == json.dumps(text)


@pytest.mark.parametrize("task", LABELING)
def test_they_are_those_of_the_pipelines(answers: Answers, task: str) -> None:
    pipe = opened(task)
    for text in TEXTS:
        usual = pipe(text)
        found, count, cut = answers.task(task, {"inputs": text})
        assert found == encode(usual if task == INTENTS else [usual])
        assert (count, cut) == (1, int(len(pipe.tokenizer.encode(text)) > 512))
    found, count, cut = answers.task(task, {"inputs": TEXTS, "parameters": {}})
    each = pipe(TEXTS)
    assert found == encode(each if task == INTENTS else [[label] for label in each])
    assert (count, cut) == (len(TEXTS), 1)
    refused = [one["label"] is None for one in each]
    assert any(refused) == (task == INTENTS) and not all(refused)


def test_a_text_of_blanks_is_no_intent() -> None:
    own = Answers(tasks=(INTENTS,))
    pipe = own.pipes[INTENTS]
    pipe.threshold, pipe.refused, pipe.refused_mask = 0.0, set(), bytes(len(pipe.labels))
    assert pipe("\u200b")["label"] is not None and pipe("\u3000\n")["label"] is None
    quick = own.quick(INTENTS)
    assert quick is not None
    for text in ("  ", "", " a "):
        assert quick(json.dumps({"inputs": text}).encode()) == encode(pipe(text)).encode()
    for text in TEXTS:
        assert own.task(INTENTS, {"inputs": text})[0] == encode(pipe(text))


@pytest.mark.parametrize("task", LABELING)
def test_just_a_text(answers: Answers, task: str) -> None:
    """From bytes to bytes; whatever else a request has is left to the usual way."""
    quick = answers.quick(task)
    assert quick is not None
    for text in TEXTS:
        usual = answers.task(task, {"inputs": text})[0].encode()
        is_simple = text != LONG and json.dumps(text)[1:-1] == text
        sent = json.dumps({"inputs": text})
        for request in (sent, sent.replace(" ", "\n", 1), f" {sent[:-1]}\t}}\r\n"):
            assert quick(request.encode()) == (usual if is_simple else None), request
        sent = json.dumps({"inputs": text}, ensure_ascii=False)
        assert quick(sent.encode()) == (usual if is_simple else None)
    assert quick(b'{"inputs":"' + b"a" * 5001 + b'"}') is None
    assert quick(b'{"inputs":"' + b"a" * 5000 + b'"}') is not None
    whole = b'{"inputs": "a b"}'
    for other in (
        *(whole[:i] for i in range(len(whole))), whole + b"}", whole + b"\0", whole + whole,
        b"\xff",
        b'{"inputs": "a\tb"}', b'{"inputs": "a\t"}', b'{"inputs": "a\n"}', b'{"inputs": "a\x7f"}',
        b'{"inputs": "a\0"}', b'{"inputs": "\xe9"}', b'{"inputs ": "a"}', b'{"input": "a"}',
        b'{"inputs": "a", "inputs": "b"}', b'{"inputs": ["a"]}', b'{"inputs": null}', b"[]",
        b'{"inputs": "a", "parameters": {}}', b'{"\\u0069nputs": "a"}', b'{inputs: "a"}',
        b'\xef\xbb\xbf{"inputs": "a"}', b'{"inputs": \x0b"a"}', b"{'inputs': 'a'}",
    ):  # fmt: skip
        assert quick(other) is None, other


def test_just_a_text_and_its_vector() -> None:
    own = Answers(tasks=("feature-extraction",), limits=Limits(characters=5000))
    quick = own.quick("/embed")
    assert quick is not None
    for text in TEXTS:
        sent = json.dumps({"inputs": text}).encode()
        if text == LONG or json.dumps(text)[1:-1] != text:
            assert quick(sent) is None
        else:
            assert quick(sent) == own.embed({"inputs": text})[0].encode()
    for other in (b"{}", b'{"inputs": "a", "normalize": false}', b'{"inputs": ["a"]}'):
        assert quick(other) is None
    assert quick(b'{"inputs":"' + b"a" * 5001 + b'"}') is None
    assert Answers(tasks=("ner",)).quick("/embed") is None


def test_what_has_no_quick_way() -> None:
    own = Answers(tasks=("ner", *LABELING), threads=2)
    assert all(own.quick(task) is None for task in own.pipes)


SETTINGS: list[dict[str, Any]] = [
    {"slots": True}, {"several": True}, {"slots": True, "several": True},
    {"slots": False, "several": False}, {"threshold": 0.99}, {"threshold": 0}, {"threshold": 1},
    {"slots": True, "threshold": 0.1}, {"slots": True, "several": True, "threshold": 0.9},
    {"top_k": 2}, {"slots": True, "several": True, "top_k": 3},
]  # fmt: skip
ASKED = [
    *TEXTS, "dim the lamp in the hall", "turn off the lights and play some jazz by Miles Davis",
    'pläy "Héllo \U0001f4a1" by A\\B in the kitchen, then wake me at 7', "wake me at 7 and\tsay hi",
    "turn on the kitchen light and turn off the lamp in the bedroom and set an alarm for 7:30",
]  # fmt: skip


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_intents_with_settings(answers: Answers, settings: dict[str, Any]) -> None:
    pipe = opened(INTENTS)
    inputs: Any
    for inputs in (*ASKED, ASKED, ASKED[:1], ASKED[-1:]):
        found, count, cut = answers.task(INTENTS, {"inputs": inputs, "parameters": settings})
        assert found == encode(pipe(inputs, **settings)), inputs
        assert count == (1 if isinstance(inputs, str) else len(inputs))
        assert cut == (inputs in (LONG, ASKED))
    if settings.get("several"):
        assert (
            len(json.loads(answers.task(INTENTS, {"inputs": ASKED[-1], "parameters": settings})[0]))
            == 3
        )


def test_a_bad_threshold_is_refused(answers: Answers) -> None:
    for threshold in (-0.1, 1.1, 7, 1e400):
        with pytest.raises(InputError, match="from 0 to 1"):
            answers.task(INTENTS, {"inputs": "a", "parameters": {"threshold": threshold}})


def test_denials_are_heeded(answers: Answers) -> None:
    sent = {"inputs": ["turn on the lamp, don't worry", "don't turn on the lamp"]}
    found = json.loads(answers.task(INTENTS, sent)[0])
    assert [one["label"] for one in found] == ["light_on", None]


@pytest.mark.parametrize("task", LABELING[1:])
@pytest.mark.parametrize("top_k", [1, 2, 1000])
def test_several_labels(answers: Answers, task: str, top_k: int) -> None:
    pipe = opened(task)
    for inputs in (TEXTS[0], TEXTS[:1], TEXTS):
        sent = {"inputs": inputs, "parameters": {"top_k": top_k}}
        each = pipe([inputs] if isinstance(inputs, str) else inputs, top_k=top_k)
        assert answers.task(task, sent)[0] == encode(each)


def test_what_else_a_request_sets_is_the_pipelines() -> None:
    own = Answers(tasks=LABELING, threads=2)  # which share a list
    assert own.task(INTENTS, {"inputs": TEXTS[:3]})[0] == encode(opened(INTENTS)(TEXTS[:3]))
    sent = {"inputs": TEXTS[0], "parameters": {"function_to_apply": "none", "top_k": 2}}
    scores = [one["score"] for one in json.loads(own.task(LABELING[1], sent)[0])[0]]
    assert scores != sorted(scores) and max(scores) > 1
    assert not own.replies


def test_what_is_no_text(answers: Answers) -> None:
    wrong: tuple[Any, ...] = (
        None,
        1,
        [None],
        ["a", 1],
        {},
        "a" * 5001,
        ["a" * 5001],
        [],
        ["a"] * 101,
    )
    for inputs in wrong:
        for task in LABELING:
            with pytest.raises(Refused):
                answers.task(task, {"inputs": inputs})
    with pytest.raises(InputError, match="surrogate"):
        answers.task(INTENTS, {"inputs": ["a", "\ud800"]})


def test_objects() -> None:
    model = pipeline("sentiment-analysis").text_model
    labels = [b'"bad"', b'"good"']
    made = Replies(model, "softmax", labels)
    assert made.labels([], 1) == ("[]", 0)
    assert json.loads(made.labels("i love this", 1)[0])[0][0]["label"] == "good"
    assert len(json.loads(made.labels("i love this", 0)[0])[0]) == 2
    intents = opened(INTENTS)
    names = [b"0"] * len(intents.labels)
    with pytest.raises(InputError, match="1 names were given for 2 labels"):
        Replies(model, "softmax", labels[:1])
    with pytest.raises(InputError, match="0 names were given"):
        Replies(intents.text_model, "softmax", names, bytes(len(names)), False, model)
    with pytest.raises(InputError, match="function_to_apply"):
        Replies(model, "best", labels)
    with pytest.raises(InputError, match="not open"):
        Replies.__new__(Replies).labels("a", 1)
    with pytest.raises(InputError, match="not made for that"):
        made.intents("a", 0.5)
    with pytest.raises(InputError, match="not made for that"):
        made.commands("a", 0.5, True, True)
    wrong: Any = ["a", 1]
    with pytest.raises(InputError, match="has to be a str"):
        made.labels(wrong, 1)


def test_vectors_and_their_tokens() -> None:
    pipe = pipeline("feature-extraction")
    for pooling in ("model", "cls"):
        rows, tokens = answer_vectors(pipe.text_model, TEXTS, pooling, True)
        assert rows.tolist() == pipe.text_model.embed(TEXTS, pooling, True).tolist()
        assert tokens == [len(pipe.tokenizer.encode(text)) for text in TEXTS]
    with pytest.raises(InputError, match="surrogate"):
        answer_vectors(pipe.text_model, ["\ud800"], "model", True)

"""Files of intents with slots, the YAML that they are in, and Home Assistant's templates."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

import bertlite_fast as bf
from bertlite_fast.finetune import intents, markup, tagged, templates
from bertlite_fast.finetune.examples import read_file

RASA = """version: "3.1"
nlu:
- intent: book
  examples: |
    - fly to [New York](city) today
    - a flight to [nyc]{"entity": "city", "value": "New York"}, please
- lookup: city
  examples: |
    - Rome
- intent: greet   # a comment
  examples: |
    - hello
"""
BOOK = [("fly to New York today", "book", [(7, 15, "city")]),
        ("a flight to nyc, please", "book", [(12, 15, "city")]),
        ("hello", "greet", [])]  # fmt: skip
HOME = """language: en
intents:
  HassTurnOn:
    data:
      - sentences:
          - "<turn> on [the] {area:place} lamp"
        slots: {domain: light, names: [a, b]}
  HassNevermind:
    data:
      - sentences: ["(never;mind)"]
expansion_rules:
  turn: "(turn|switch)"
lists:
  area:
    values:
      - in: "big (kitchen|hall)"
        out: kitchen
      - bath
"""
SNIPS = {"intents": {"On": {"utterances": [{"data": [
    {"text": "turn on the "}, {"text": "big lamp", "slot_name": "device", "entity": "x"},
    {"text": " now"}]}]}}, "entities": {}, "language": "en"}  # fmt: skip
ON = [("turn on the big lamp now", "On", [(12, 20, "device")])]


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("nlu.yml", RASA, BOOK),
        ("nlu.md", "## intent:book\n- fly to [New York](city:nyc) today\n## lookup:x\n- y\n",
         BOOK[:1]),
        ("nlu.json", json.dumps({"rasa_nlu_data": {"common_examples": [
            {"text": "fly to New York today", "intent": "book",
             "entities": [{"start": 7, "end": 15, "value": "x", "entity": "city"}]}]}}), BOOK[:1]),
        ("set.json", json.dumps(SNIPS), ON),
        ("train.json", json.dumps({"On": [{"data": [
            {"text": "turn on the "}, {"text": "big lamp", "entity": "device"},
            {"text": " now"}]}]}), ON),
        ("set.yaml", "# c\n---\ntype: intent\nname: On\nutterances:\n"
                     "  - turn on the [device:x](big lamp) now\n---\ntype: entity\nname: x\n", ON),
    ],
)  # fmt: skip
def test_forms_of_intents(name: str, content: str, found: Any, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert intents.is_of_intents(name, content)
    assert intents.read_intents(name, content) == found
    assert read_file(tmp_path / name) == ([t for t, _, _ in found], [i for _, i, _ in found])
    words, tags = tagged.tagged_of(tmp_path / name)
    spoken = [" ".join(w for w, t in zip(r, ts) if t != "O") for r, ts in zip(words, tags)]
    assert spoken == [" ".join(t[a:b] for a, b, _ in slots) for t, _, slots in found]


def test_words_are_cut_where_slots_end() -> None:
    rows, tags = intents.tagged([("to nyc, now", "go", [(3, 6, "city")])])
    assert rows == [["to", "nyc", ",", "now"]] and tags == [["O", "B-city", "O", "O"]]


def test_templates_of_home_assistant(tmp_path: Path) -> None:
    found = intents.read_intents("light.yaml", HOME)
    texts = {text for text, intent, _ in found if intent == "HassTurnOn"}
    rooms = ("big kitchen", "big hall", "bath")
    assert texts == {f"{verb} on {the}{room} lamp" for verb in ("turn", "switch")
                     for the in ("", "the ") for room in rooms}  # fmt: skip
    for text, intent, slots in found:
        if intent == "HassTurnOn":
            ((a, b, name),) = slots
            assert name == "place" and text[a:b] in rooms
    assert {text for text, intent, _ in found if intent == "HassNevermind"} == {
        "never mind", "mind never",
    }  # fmt: skip
    # rules and lists may stand in a file of their own
    body, common = HOME.split("expansion_rules")
    (tmp_path / "_common.yaml").write_text("expansion_rules" + common, encoding="utf-8")
    (tmp_path / "light.yaml").write_text(body, encoding="utf-8")
    path = str(tmp_path / "light.yaml")
    assert intents.read_intents(path, body) == found
    with pytest.warns(UserWarning, match="names: nothing"):
        one = intents.read_intents(
            "a.yaml", "intents: {A: {data: [{sentences: ['on {nothing}']}]}}"
        )
    assert one == [("on nothing", "A", [(3, 10, "nothing")])]


def test_a_template_with_many_sentences_is_drawn_from() -> None:
    made = templates.Templates({"n": [str(i) for i in range(100)]}, {})
    found = made.expand("{n} {n} {n}", "here", 0)
    assert 30 < len(found) <= templates.MOST
    assert found == made.expand("{n} {n} {n}", "here", 0) != made.expand("{n} {n} {n}", "here", 1)


BOMB = "intents: {A: {data: [{sentences: ['<r0>']}]}}\nexpansion_rules:\n" + "".join(
    f"  r{i}: '<r{i + 1}><r{i + 1}>'\n" for i in range(28)
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.yaml", "a: b", "expected 'nlu'"),
        ("a.yaml", "[]", "keys of Rasa"),
        ("a.yaml", "", "no example"),
        ("a.yaml", "intents:\n  A: x", "'data', a list"),
        ("a.yaml", "intents: {A: {data: [{sentences: ['a (b']}]}}", r"expected '\)'"),
        ("a.yaml", "intents: {A: {data: [{sentences: ['a) b']}]}}", "closes nothing"),
        ("a.yaml", "intents: {A: {data: [{sentences: ['<b>']}]}}", "no rule <b>"),
        ("a.yaml", "intents: {A: {data: [{sentences: ['{b']}]}}", "not closed"),
        ("a.yaml", BOMB + "  r28: ''", "too many parts"),
        ("a.yaml", BOMB + "  r28: '<r0>'", "has itself in it"),
        ("a.yaml", "intents: {A: {data: [{sentences: ['" + "(" * 99 + "']}]}}", "too deeply"),
        ("a.yaml", "nlu:\n- intent: x", "intent 'x'.*examples"),
        ("a.yaml", "nlu: 3", "'nlu' has to be a list"),
        ("a.yaml", "nlu:\n- intent: x\n  examples: |\n    - [a]{b}", "not JSON"),
        ("a.yaml", "type: intent\nname: x", "name and a list"),
        ("a.yaml", "nlu:\n  - a\n b: c", "line 3"),
        ("a.md", "## intent:\n- a", "line 1.*no name"),
        ("a.md", "## intent:x\n- [a]( )", "line 2.*name its slot"),
        ("a.json", '{"intents": {"A": {"utterances": [3]}}}', "utterance 0"),
        ("a.json", '{"intents": {"A":\n {"utterances": [', "line 2"),
        ("a.json", '{"intents": [' + "[" * 100_000, "nested|JSON"),
        ("a.json", '{"rasa_nlu_data": {"common_examples": [{"text": "a"}]}}', "example 0"),
        ("a.json", '{"rasa_nlu_data": {"common_examples": [{"text": "a", "intent": "x", '
                   '"entities": [{"start": 0, "end": 9, "entity": "e"}]}]}}', "0 to 9"),
    ],
)  # fmt: skip
def test_bad_files_of_intents(name: str, content: str, message: str) -> None:
    with pytest.raises(bf.InputError, match=f"{name}.*{message}"):
        intents.read_intents(name, content)


# ---- YAML ---------------------------------------------------------------------------------------

DOCUMENTS = (
    RASA,
    HOME,
    "- a\n- b: c\n  d: |\n    x\n     y\n- \"q: \\\"r\\\"\"\n- e: >\n    x\n    y\n",
    "- - f\n  - g\n-\n  h: ''\n",
    "a: {b: [c, {d: e}], 'f g': \"h\"}\ni: [j,\n    k] # l\nm: n\n  o\np: 'it''s'\nq:\n- r\n- s\n",
    "---\nurl: http://x.y/z#a\n\"k: 1\": v # c\nempty:\nlast: \"\\u00e9\\n\"\n",
)  # fmt: skip


@pytest.mark.parametrize("document", DOCUMENTS)
def test_yaml_is_read_as_by_pyyaml(document: str) -> None:
    yaml = pytest.importorskip("yaml")
    wanted = yaml.load(document, Loader=yaml.BaseLoader)
    assert _without_none(markup.read_markup("a", document)) == wanted


def _without_none(value: Any) -> Any:
    """BaseLoader gives "" where nothing stands."""
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_none(item) for item in value]
    return "" if value is None else value


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ('a: "x', "line 1.*closing quotation"),
        ("\na: [1, 2", "line 2.*closing bracket"),
        ("a:\n  b: 1\n   c: 2", "line 3.*indented"),
        ("a:\n\t- b", "line 2.*tabs"),
        ("a: &x 1", "line 1.*& is YAML"),
        ("a: 1\nb", "line 2.*name and a colon"),
        ("- a\n  - b", "line 2.*indented"),
        ("a: 'b' c", "line 1.*nothing after"),
        ("- " * 1000, "levels"),
        ("[" * 100_000, "bracket"),
    ],
)
def test_bad_yaml(document: str, message: str) -> None:
    with pytest.raises(bf.InputError, match=message):
        markup.read_markup("a", document)


@pytest.mark.filterwarnings("ignore::UserWarning")  # of lists that a damaged file has lost
def test_damaged_files_never_crash() -> None:
    import random

    choose = random.Random(3)
    for document in (*DOCUMENTS, json.dumps(SNIPS)):
        for _ in range(150):
            text = list(document)
            for _ in range(choose.randint(1, 4)):
                at = choose.randrange(len(text))
                text[at : at + choose.randint(0, 3)] = choose.choice("[]{}()<>|\"'\\:-#\n \t,&é;")
            for name in ("a.yaml", "a.json", "a.md"):
                with contextlib.suppress(bf.InputError):
                    intents.read_intents(name, "".join(text))

"""Texts that are made for training: complete, rightly labeled, and without held-out sentences."""

from __future__ import annotations

import itertools
import random
import re
from typing import Any

import pytest

from training.data import held_out, opposites, reading, requests, slots
from training.data.commands import Commands, grammar
from training.data.intents import LABELS, NONE
from training.data.labeled import SLOT_LABELS
from training.data.noise import shortened, spoken, telegraphed, typed
from training.data.opinions import made_opinions, opinions
from training.data.templates import filled, parsed
from training.data.unanswerable import unanswerable
from training.data.verbs import inflected

COUNT = 4000


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ("VP", "put on the fan"),
        ("VPING", "putting on the fan"),
        ("VPED", "put on the fan"),
        ("VPS", "puts on the fan"),
    ],
)
def test_verbs_take_their_forms(form: str, found: str) -> None:
    assert inflected("put on the fan", form) == found


def test_irregular_verbs() -> None:
    found = [inflected(verb, "VPED") for verb in ("write", "try", "dim", "lower", "close")]
    assert found == ["wrote", "tried", "dimmed", "lowered", "closed"]
    assert inflected("wake me", "VPEN") == "woken me"


def test_templates_choose_and_open_lists() -> None:
    lists = {"a": "{one|two <b>}", "b": "three"}
    found = {filled("{x|y}{|, <a>}!", lists, random.Random(i)) for i in range(200)}
    assert found == {f"{x}{a}!" for x in "xy" for a in ("", ", one", ", two three")}
    with pytest.raises(ValueError, match="brace"):
        parsed("a}")


def test_made_commands_are_complete_labeled_and_not_held_out() -> None:
    found = list(itertools.islice(Commands(3, held_out=False).texts(), COUNT))
    assert not [text for text, _, _ in found if set("{}|<>@#") & set(text)]
    assert not [text for text, _, _ in found if held_out.is_held_out_or_close(text)]
    one = [(label, kind) for _, label, kind in found if isinstance(label, str)]
    assert {label for label, _ in one} == set(LABELS)
    refused = {kind for label, kind in one if label == NONE}
    answered = {"accept", "accept-question", "accept-wish", "played"}
    assert refused == {*grammar(None).frames} - answered
    assert found == list(itertools.islice(Commands(3, held_out=False).texts(), COUNT))


def test_two_commands_of_a_sentence_share_its_probability() -> None:
    found = itertools.islice(Commands(3, held_out=False).texts(), COUNT)
    several = [label for _, label, kind in found if kind == "several"]
    assert several
    for label in several:
        assert not isinstance(label, str)
        (first, a), (second, b) = label
        assert first != second and {first, second} <= set(LABELS) - {NONE}
        assert a + b == pytest.approx(1) and a > b


def test_another_command_of_a_sentence_is_not_what_it_asks_for() -> None:
    made = Commands(5, held_out=None)
    made.grammar.frames["accept"][:] = ["don't XVP but VP"]
    try:
        texts = {made._framed("accept", "lock the door", label="lock") for _ in range(80)}
    finally:
        grammar.cache_clear()
    texts.remove("lock the door")
    assert len(texts) > 20
    assert all(t.startswith("don't ") and t.endswith(" but lock the door") for t in texts)


def test_requests_of_the_sets_become_commands_and_questions() -> None:
    assert requests.command_of("Could you please lock the cellar, thanks") == "lock the cellar"
    assert requests.command_of("don't lock the cellar") == ""
    assert requests.command_of("The cellar is locked.") == ""
    assert requests.question_of("How cold is it in the cellar?") == "how cold is it in the cellar"
    assert requests.question_of("Why not?") == ""


def test_made_values_are_tagged() -> None:
    def tags(text: str) -> list[str]:
        words, found = slots.tagged(text)
        assert len(words) == len(found)
        return [f"{w} {SLOT_LABELS[tag]}" for w, tag in zip(words, found) if tag]

    assert tags("meet \x02person\x03john\x04's dog \x02when\x03on monday morning\x04 ok") == [
        "john's B-person",
        "monday B-date",
        "morning B-time",
    ]
    assert tags("turn it up by \x02amount\x03ten percent\x04") == [
        "by B-change",
        "ten I-change",
        "percent I-change",
    ]
    assert tags("on \x02list\x03my shopping list\x04") == ["shopping B-list"]
    made = list(itertools.islice(slots.made_slots(3), 500))
    assert not [word for words, _ in made for word in words if set("\x02\x03\x04<>{}|") & set(word)]
    assert {SLOT_LABELS[tag][2:] for _, found in made for tag in found} >= {"room", "time", "list"}


def test_scored_templates_are_none_that_train() -> None:
    for part in ("imperatives", "questions", "frames"):
        taught, scored = getattr(grammar(False), part), getattr(grammar(True), part)
        assert scored
        assert not [
            line for name in scored for line in scored[name] if line in taught.get(name, ())
        ]
    assert not {line for line, _ in opinions(True)[1]} & {line for line, _ in opinions(False)[1]}


def test_made_opinions_are_complete() -> None:
    found = list(itertools.islice(made_opinions(3, held_out=None), COUNT))
    assert not [text for text, _, _ in found if set("{}|<>@#") & set(text)]
    assert {weight for _, weight, _ in found} == {weight for _, weight in opinions(None)[1]}


def test_slips_and_speech_change_texts_but_keep_most_of_them() -> None:
    r, text = random.Random(1), "please turn off the light in the kitchen at 7, would you?"
    slips = {typed(text, r) for _ in range(200)}
    assert len(slips) > 100
    assert all(abs(len(one) - len(text)) < 8 for one in slips)
    said = [spoken(text, r) for _ in range(200)]
    assert not [one for one in said if set(",?") & set(one)]
    assert any("seven" in one for one in said)


def test_texts_are_written_short_and_without_small_words() -> None:
    r, text = random.Random(1), "please don't open the blinds for me before you are back tomorrow"
    short = [shortened(text, r) for _ in range(200)]
    assert any("tmrw" in one for one in short) and any("b4" in one for one in short)
    assert all(set(one.split()) & {"don't", "dont", "dnt"} for one in short)
    left = {telegraphed(text, r) for _ in range(200)}
    assert "don't open blinds before you are back tomorrow" in left
    assert telegraphed("the", r) == "the"


def test_unanswerable_questions_have_no_answer_in_their_text() -> None:
    def item(i: int) -> dict[str, Any]:
        context = f"In {1900 + i} Ann Smith built house {i}. Many people from Genoa liked it a lot."
        answers = {"text": [str(1900 + i)], "answer_start": [3]}
        question = f"When did Ann Smith build house {i}?"
        return {"question": question, "context": context, "answers": answers, "title": "a"}

    items = [item(i) for i in range(50)]
    found = unanswerable(items, 1.0, 1)
    assert len(found) > 25
    asked = {(one["question"], one["context"]) for one in items}
    assert not [one for one in found if (one["question"], one["context"]) in asked]
    assert all(one["answers"] is None for one in found)


def test_texts_to_read_hold_their_answers_and_blocks_are_held_out() -> None:
    items = reading.reading_items(400, 0, False, ["It rained."], 0.3)
    assert items == reading.reading_items(400, 0, False, ["It rained."], 0.3)
    answered = [item for item in items if item["answers"]]
    assert 100 < len(answered) < len(items)
    for item in answered:
        [text], [at] = item["answers"]["text"], item["answers"]["answer_start"]
        assert item["context"].startswith(text, at)
        assert re.search(rf"(?<!\w){re.escape(text)}(?!\w)", item["context"])
    said = [item["question"] + item["context"] for item in items]
    assert not any(mark in text for text in said for mark in "[]{}|")
    train, held_out = (reading.Reader(0, kept).blocks for kept in (False, True))
    assert held_out and not set(train) & set(held_out)


def test_near_misses_differ_from_what_was_said() -> None:
    found = list(itertools.islice(opposites.Triples(3, held_out=False).triples(), COUNT))
    assert not [triple for triple in found if triple[2] in triple[:2]]
    scored = opposites.opposites(True)
    taught = opposites.opposites(False)
    assert not [line for line in scored["verbs"] if line in taught["verbs"]]

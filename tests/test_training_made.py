"""Texts that are made for training: complete, rightly labeled, and without held-out sentences."""

from __future__ import annotations

import itertools
import random
import re
from typing import Any

import pytest

from bertlite_fast import AutoTokenizer, embedded
from training.data import held_out, names, opposites, phrases, reading, requests, slots, topics
from training.data.commands import Commands, grammar
from training.data.intents import LABELS, NONE, _label
from training.data.labeled import SLOT_LABELS
from training.data.noise import shortened, spoken, telegraphed, typed
from training.data.opinions import FIRST_REAL, OF_REAL, REAL, made_opinions, opinions, sides
from training.data.templates import filled, parsed
from training.data.unanswerable import unanswerable
from training.data.verbs import inflected
from training.data.windows import Windows, sentences
from training.data.written import is_held_out

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
    assert requests.question_of("What is not in the cellar?") == ""


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
    scored_opinions, taught_opinions = (
        {line for some in opinions(held_out)[1].values() for line, _ in some.lines}
        for held_out in (True, False)
    )
    assert scored_opinions and not scored_opinions & taught_opinions


def test_made_opinions_are_complete() -> None:
    found = list(itertools.islice(made_opinions(3, held_out=None), COUNT))
    assert not [text for text, _, _ in found if set("{}|<>") & set(text)]
    lists, lines = opinions(None)
    assert {kind for _, _, kind in found} == set(lines) - {OF_REAL}
    lists = lists | dict.fromkeys((*REAL.values(), *FIRST_REAL), "")
    weights = {w for kind, some in lines.items() if kind != OF_REAL for _, w in some.lines}
    assert {weight for _, weight, _ in found} == weights
    for line in [*lists.values(), *(line for some in lines.values() for line, _ in some.lines)]:
        parsed(line)
        assert set(re.findall(r"<(\w+)>", line)) <= set(lists), line


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("it is <good>", [("it is <good>", 0.9), ("it is <bad>", 0.1)]),
        ("a (plus/{minus|flaw}) <x>", [("a plus <x>", 0.9), ("a {minus|flaw} <x>", 0.1)]),
        ("! not <good>", [("not <good>", 0.9)]),
    ],
)
def test_lines_have_twins_of_the_opposite_verdict(
    line: str, expected: list[tuple[str, float]]
) -> None:
    assert sides(line, 0.9) == expected


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


def test_texts_that_go_on_stand_first_and_answer_for_whom_they_do_not_name() -> None:
    reader = reading.Reader(0, False, ["It rained."], 0.5)
    reader.blocks = [one for one in reader.blocks if one.goes_on]
    assert reader.blocks
    items = list(itertools.islice(reader.items(), 300))
    openings = {re.split(r"[\[{]", text)[0] for one in reader.blocks for text in one.texts}
    assert all(item["context"].startswith(tuple(openings)) for item in items)
    assert all(len(re.findall(r"\b(?:he|she) was born|\.\.\.", i["context"])) < 2 for i in items)
    asked = [(re.findall(r"did (\w+) study", item["question"]), item) for item in items]
    named = [(names[0], item) for names, item in asked if names]
    assert named and all(item["answers"] for _, item in named)
    assert not [name for name, item in named if name in item["context"]]


def test_near_misses_differ_from_what_was_said() -> None:
    found = list(itertools.islice(opposites.Triples(3, held_out=False).triples(), COUNT))
    assert not [triple for triple in found if triple[2] in triple[:2]]
    scored = opposites.opposites(True)
    taught = opposites.opposites(False)
    for section in ("verbs", "slots", "roles", "sentences"):
        assert not [line for line in scored[section] if line in taught[section]]


def test_each_kind_of_near_miss_is_drawn_whole() -> None:
    made = opposites.Triples(5, held_out=None)
    for kind in (made.slots, made.roles, made.sentences):
        for triple in (kind() for _ in range(COUNT)):
            assert len(set(triple)) == 3
            assert not set("{}|/") & set("".join(triple))


def test_phrases_are_what_stands_between_words_of_grammar() -> None:
    sentence = "The old lighthouse keeper of the island sold his boat, but kept 2 dogs."
    found = list(phrases.phrases(sentence))
    assert found == ["old lighthouse keeper", "island sold", "boat", "kept", "dogs"]
    few = phrases.some_phrases([sentence] * 5, 3, random.Random(1))
    assert len(few) == len(set(few)) == 3 and set(few) <= set(found)
    assert phrases.vocabulary_words(["[CLS]", "the", "##er", "lamp", "a1", "do"]) == ["lamp"]


def test_texts_stand_beside_the_names_of_their_labels() -> None:
    assert "shopping list" in topics.topics()
    assert topics.name_of("card_arrival") == "card arrival"
    sets = [[("a", ["1", "2"]), ("b", ["3"]), ("c", ["4"])], [("x", ["5"]), ("y", ["6"])]]
    r = random.Random(2)
    counts = set()
    for _ in range(50):
        texts, meant, labels = topics.drawn(sets, 3, 4, r)
        counts.add(len(labels))
        of = dict(sets[0] if labels[0] in "abc" else sets[1])
        assert 2 <= len(labels) <= 3 and len(texts) == len(meant) == 4
        assert all(text in of[labels[i]] for text, i in zip(texts, meant))
    assert counts == {2, 3}


def test_questions_come_with_windows_of_their_contexts() -> None:
    tokenizer = AutoTokenizer.from_pretrained(embedded.path_of("base"))
    text = (
        "The mill was built in 1820. Its wheel turned until the war. Anna Berg bought the mill "
        "from the town! Was it cheap? She paid ten crowns. Later it burned down, as mills do."
    )
    start = text.index("Anna Berg")
    answers = {"text": ["Anna Berg"], "answer_start": [start]}
    item = {"question": "Who bought the mill?", "context": text, "answers": answers}
    assert [text[a:b] for a, b in sentences(text)][2:4] == [
        "Anna Berg bought the mill from the town!", "Was it cheap?"
    ]  # fmt: skip
    held, without = set(), set()
    for one in Windows(tokenizer, 20, 1).of([item] * 60, without=0.5):
        context = one["context"]
        assert context in text
        assert len(tokenizer.encode(context, add_special_tokens=False)) <= 20
        if one["answers"] is None:
            assert "Anna" not in context
            without.add(context)
            continue
        at = one["answers"]["answer_start"][0]
        assert context[at : at + len("Anna Berg")] == "Anna Berg"
        held.add(context)
    assert len(held) > 1 and without
    # the sentence that has most of the question's words
    assert all("The mill was built" in context for context in without)
    (whole,) = Windows(tokenizer, 200, 1).of([item], without=1.0)
    assert whole == item


def test_made_names_are_marked_and_apart_from_held_out_ones() -> None:
    found = names.named_items(COUNT, 3)
    assert found == names.named_items(COUNT, 3)
    assert not [words for words, _ in found if set("{}<>[]@") & set("".join(words))]
    assert all(words and len(words) == len(kinds) for words, kinds in found)
    kinds = {kind for _, each in found for kind in each}
    assert kinds == set(range(len(names.KINDS)))
    assert set(names.KINDS) == set(names.LIKELY)
    held = {one for one in names.written()[1] if is_held_out(one)}
    assert 0 < len(held) < len(names.written()[1]) / 4


def test_what_names_are_likely_sums_to_one() -> None:
    assert all(sum(likely) == pytest.approx(1) for likely in names.LIKELY.values())


@pytest.mark.parametrize(
    ("text", "words", "kinds"),
    [
        ("ask [PERSON Ann O'Hara ]'s dog", ["ask", "Ann", "O'Hara", "'s", "dog"], "01100"),
        ("in [LOCATION the US ].", ["in", "the", "US", "."], "0020"),
        ("[ORGANIZATION Bo's Cafe ]", ["Bo", "'s", "Cafe"], "333"),
        ("[MISC the Olympics ]", ["the", "Olympics"], "44"),
    ],
)
def test_words_of_names_have_their_kind(text: str, words: list[str], kinds: str) -> None:
    assert names.words_with_kinds(text) == (words, [int(kind) for kind in kinds])


def test_hidden_persons_get_names() -> None:
    r = random.Random(1)
    assert names.with_persons("a [RELIGION] man", r) == "a [RELIGION] man"
    texts = [names.with_persons("[NAME], is that [NAME]'s dog?", r) for _ in range(20)]
    assert len(set(texts)) > 10
    for text in texts:
        first, _, behind = text.partition(", is that ")
        second = behind.removesuffix("'s dog?")
        assert first and second and second != behind
        assert not set("[]{}<>") & set(text)


def test_a_lamp_is_a_device_and_lights_are_none() -> None:
    words, tags = slots.tagged("dim the desk lamp in the \x02room\x03bedroom\x04")
    found = [SLOT_LABELS[tag] for tag in tags]
    assert found == ["O", "O", "B-device", "I-device", "O", "O", "B-room"]
    assert words[2:4] == ["desk", "lamp"]
    _, tags = slots.tagged("dim the lights and the lamp")
    assert [SLOT_LABELS[tag] for tag in tags] == ["O"] * 5 + ["B-device"]


@pytest.mark.parametrize(("text", "label"), [
    ("play the song clocks", None),
    ("I want to watch The Matrix", None),
    ("find the novel Dune", "none"),
])  # fmt: skip
def test_to_play_something_is_no_search(text: str, label: str | None) -> None:
    assert _label("snips", "SearchCreativeWork", text, {}) == label

"""Names and slots as a text writes them: what a lowercasing model does not see."""

from __future__ import annotations

from typing import Any

import pytest

from bertlite_fast import pipeline


def names(text: str, **settings: Any) -> list[tuple[str, str]]:
    found: Any = pipeline("ner")(text, **settings)
    return [(name["word"], name["entity"]) for name in found]


def slots(text: str) -> list[str]:
    found: Any = pipeline("token-classification", "bertlite/slots")(text)
    return [slot["word"] for slot in found]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Anna lives in Berlin", ["Anna", "Berlin"]),
        ("Anna hates Ben", ["Anna", "Ben"]),
        ("Peter called Susan yesterday.", ["Peter", "Susan"]),
        ("He supports Manchester United but lives in York.", ["Manchester United", "York"]),
        ("Ludwig van Beethoven was born in Bonn.", ["Ludwig van Beethoven", "Bonn"]),
        ("Rio de Janeiro", ["Rio de Janeiro"]),
    ],
)
def test_small_letters_among_capitals(text: str, words: list[str]) -> None:
    assert [word for word, _ in names(text)] == words


def test_texts_without_capitals_lose_nothing() -> None:
    """Nor do those in capitals: there is nothing to tell names by."""
    for text in ("angela merkel visited paris on monday", "ANGELA MERKEL VISITED PARIS ON MONDAY"):
        assert [kind for _, kind in names(text)] == ["PERSON", "LOCATION"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Send it to bob@example.com, or see https://www.example.com/paris in Rome.", ["Rome"]),
        ("Name;City\nAnna;Berlin\nBen;Oslo", ["City", "Anna", "Berlin", "Ben", "Oslo"]),
        ("The U.S. and the U.K. met in Geneva.", ["U.S.", "U.K.", "Geneva"]),
        ("Jean-Luc O'Neill-Smith moved.", ["Jean-Luc O'Neill-Smith"]),
    ],
)
def test_what_is_written_as_one(text: str, words: list[str]) -> None:
    assert [word for word, _ in names(text)] == words


def test_a_wrapped_line_goes_on() -> None:
    text = "On the second day of the journey they arrived at last in New\nYork, and Anna slept."
    assert ("New\nYork", "LOCATION") in names(text)


@pytest.mark.parametrize("gap", ["\n\n", "\r\n \r\n"])
def test_a_blank_line_ends_a_name_whatever_the_line_before_it(gap: str) -> None:
    text = f"You find the lost keys in the office with Mr. Anna Berg{gap}Tomasz Nowak"
    assert [word for word, _ in names(text)] == ["Anna Berg", "Tomasz Nowak"]


def test_words_that_are_given_stay_whole() -> None:
    pipe: Any = pipeline("ner")
    words = ["Jean-Luc", "went", "to", "Baden-Baden", "in", "the", "U.S.", "."]
    found = [name["word"] for name in pipe(words, is_split_into_words=True)[0]]
    assert found and set(found) <= set(words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("remind me to pay rent tomorrow at 5 p.m.", ["pay rent", "tomorrow", "5 p.m."]),
        ("wake me at half past six", ["half past six"]),
        ("set an alarm for 7:30 am", ["7:30 am"]),
    ],
)
def test_slots_have_whole_numbers(text: str, words: list[str]) -> None:
    assert slots(text) == words


def test_no_slot_is_a_clitic_or_begins_with_and() -> None:
    for text in (
        "call my sister's office",
        "order fish and chips",
        "buy salt and pepper",
        "put the kids' room at 20 degrees",
    ):
        assert not {"s", "and"} & {word for slot in slots(text) for word in (slot, slot.split()[0])}
        assert not any(slot.endswith(" and") for slot in slots(text))


def test_other_strategies_do_not_heed_it() -> None:
    settings = {"aggregation_strategy": "simple"}
    text = "write to anna.berg@example.com in Oslo"
    assert names(text) == [("Oslo", "LOCATION")]
    assert ("anna", "PERSON") in names(text, **settings)

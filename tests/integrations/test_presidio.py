"""Presidio's recognizer, in its own analyzer, without any model of spaCy."""

from __future__ import annotations

from typing import Any

import pytest

presidio: Any = pytest.importorskip("presidio_analyzer", exc_type=ImportError)

from bertlite_fast import InputError, pipeline
from bertlite_fast.integrations.presidio import (
    BertliteNlpEngine,
    BertliteRecognizer,
)

TEXT = "My name is Anna Smith, I live in Berlin and my mail is anna@example.org."


@pytest.fixture(scope="module")
def analyzer() -> Any:
    registry = presidio.RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"])
    for name in ("SpacyRecognizer", "StanzaRecognizer", "TransformersRecognizer"):
        if any(one.name == name for one in registry.recognizers):
            registry.remove_recognizer(name)
    registry.add_recognizer(BertliteRecognizer())
    return presidio.AnalyzerEngine(
        registry=registry, nlp_engine=BertliteNlpEngine(), supported_languages=["en"]
    )


def test_names_are_found_beside_what_presidio_finds(analyzer: Any) -> None:
    found = {(TEXT[r.start : r.end], r.entity_type) for r in analyzer.analyze(TEXT, language="en")}
    assert {("Anna Smith", "PERSON"), ("Berlin", "LOCATION"),
            ("anna@example.org", "EMAIL_ADDRESS")} <= found  # fmt: skip


def test_only_kinds_that_are_asked_for_are_found(analyzer: Any) -> None:
    found = analyzer.analyze(TEXT, language="en", entities=["LOCATION"])
    assert {r.entity_type for r in found} == {"LOCATION"}


def test_context_words_raise_a_score(analyzer: Any) -> None:
    with_context = analyzer.analyze("my bank account is 945456787", language="en",
                                    entities=["US_BANK_NUMBER"])  # fmt: skip
    without = analyzer.analyze("his lucky one is 945456787", language="en",
                               entities=["US_BANK_NUMBER"])  # fmt: skip
    assert with_context[0].score > without[0].score


def test_results_are_those_of_the_pipeline() -> None:
    recognizer = BertliteRecognizer()
    names = pipeline("ner")(TEXT)
    found = recognizer.analyze(TEXT, [], None)
    assert [(r.start, r.end, r.score) for r in found] == [
        (n["start"], n["end"], min(1.0, n["score"])) for n in names
    ]
    assert recognizer.analyze(TEXT, ["ORGANIZATION"]) == []
    assert BertliteRecognizer(threshold=1.0).analyze(TEXT, []) == []
    assert recognizer.analyze("", []) == recognizer.analyze(" \n", []) == []
    own = BertliteRecognizer(entities={"PERSON": "NAME"})
    assert own.get_supported_entities() == ["NAME"]
    assert {r.entity_type for r in own.analyze(TEXT, ["NAME"])} == {"NAME"}


def test_an_engine_gives_tokens_without_a_model() -> None:
    engine = BertliteNlpEngine(["en", "de"])
    assert not engine.is_loaded()
    artifacts = engine.process_text("Hello, World", "de")
    assert [str(t) for t in artifacts.tokens] == ["Hello", ",", "World"]
    assert artifacts.lemmas[2] == "world" and artifacts.tokens_indices == [0, 5, 7]
    assert [t for t, _ in engine.process_batch(["a", "b"], "en")] == ["a", "b"]
    assert [c for *_, c in engine.process_batch([("a", 1)], "en", as_tuples=True)] == [1]
    assert engine.is_stopword("the", "en") and engine.is_punct(",", "en")
    assert engine.get_supported_languages() == ["en", "de"] and not engine.get_supported_entities()
    with pytest.raises(InputError, match="not 'fr'"):
        engine.process_text("x", "fr")


@pytest.mark.parametrize("threshold", [-1, 2, "a"])
def test_a_threshold_is_checked(threshold: Any) -> None:
    with pytest.raises(InputError, match="threshold"):
        BertliteRecognizer(threshold=threshold)

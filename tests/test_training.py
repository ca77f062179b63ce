"""What training keeps out of its texts, and the names it knows in EWT: the parts of training/ that need no PyTorch."""

from __future__ import annotations

import json
import random
from pathlib import Path

import ewt
import home
import labeled
import pytest
import sets

TRAINING = Path(ewt.__file__).parent


def sentences(name: str) -> list[str]:
    lines = (TRAINING / name).read_text(encoding="utf-8").splitlines()
    return [item["text"].replace("[MASK]", item["word"]) for item in map(json.loads, lines)]


def test_judged_sentences_are_kept_out() -> None:
    assert all(sets.judged(text) for text in sentences("announced.jsonl"))
    assert all(
        home.close(text)
        for name in ("announced.jsonl", "home-judge.jsonl")
        for text in sentences(name)
    )
    assert not home.close("a completely different sentence about nothing at all")


def test_home_makes_whole_sentences_and_none_that_is_judged() -> None:
    found = list(home.sentences(5000, 3))
    assert len(set(found)) > 3000
    assert not [text for text in found if set("{}|<>@#") & set(text)]
    assert not [text for text in found if sets.judged(text) or home.close(text)]
    assert found == list(home.sentences(5000, 3))


def test_the_list_of_names_has_a_letter_for_each_word() -> None:
    known = ewt.known()
    assert len(known) > 3000
    assert not [
        run
        for run, letters in known.items()
        if len(letters) != len(run.split()) or set(letters) - set("PLON")
    ]
    assert (known["Iraq"], known["Ministry of the Interior"], known["Americans"]) == (
        "L",
        "OOOO",
        "N",
    )


@pytest.mark.parametrize(
    ("text", "tags", "kinds"),
    [
        ("Gen. Pervez Musharraf left Iraq", "PROPN PROPN PROPN VERB PROPN", "NPPNL"),
        ("President Bush spoke on Monday", "PROPN PROPN VERB ADP PROPN", "NPNN?"),
        (
            "officials of the Ministry of the Interior",
            "NOUN ADP DET PROPN ADP DET PROPN",
            "NNNOOOO",
        ),
        ("the United States and China", "DET ADJ PROPN CCONJ PROPN", "NLLNL"),
        ("Zzyzx wrote to a.b@example.com", "PROPN VERB ADP PROPN", "?NNN"),
        ("the end of", "DET NOUN ADP", "NNN"),
        ("Iraq of", "PROPN ADP", "LN"),
    ],
)
def test_kinds_of_names(text: str, tags: str, kinds: str) -> None:
    assert "".join(ewt.kinds(text.split(), tags.split())) == kinds


def test_renamed_sentences_differ_in_their_names_alone() -> None:
    person, place, other = (labeled.ENTITIES.index(kind) for kind in ("PER", "LOC", "MISC"))
    items = [
        (
            ["Ann", "Lee", "saw", "Rome", "in", "Latin", "."],
            [person, person, 0, place, 0, other, 0],
        ),
        (["Bo", "left", "New", "York", "."], [person, 0, place, place, 0]),
        (["who", "is", "Xu", "?"], [0, 0, labeled.UNSURE, 0]),
    ]
    found = [labeled.renamed(items, random.Random(seed)) for seed in range(20)]
    for sentences in found:
        for (words, tags), (before, _) in zip(sentences, items):
            assert len(words) == len(tags)
            assert [w for w, tag in zip(words, tags) if tag not in (person, place)] == [
                w for w in before if w not in "Ann Lee Bo Rome New York".split()
            ]
            assert {w for w, tag in zip(words, tags) if tag == person} <= {"Ann", "Lee", "Bo"}
            assert {w for w, tag in zip(words, tags) if tag == place} <= {"Rome", "New", "York"}
    assert len({str(sentences) for sentences in found}) > 5

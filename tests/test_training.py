"""The parts of training/ that need no PyTorch: its data, its recipe, its statistics."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from training.data import entities, ewt, held_out, home
from training.data.questions import QuestionMaker
from training.data.words import words_of
from training.recipe import RECIPE
from training.release.document import between_marks
from training.release.statistics import answer_overlap, spans, spearman


def sentences(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [item["text"].replace("[MASK]", item["word"]) for item in map(json.loads, lines)]


def test_held_out_sentences_are_recognized() -> None:
    assert all(held_out.is_held_out(text) for text in sentences(held_out.ANNOUNCED))
    assert all(
        held_out.is_close(text)
        for path in (held_out.ANNOUNCED, held_out.HOMES)
        for text in sentences(path)
    )
    assert not held_out.is_close("a completely different sentence about nothing at all")


def test_generated_sentences_are_complete_and_not_held_out() -> None:
    found = list(home.sentences(5000, 3, RECIPE.home))
    assert len(set(found)) > 3000
    assert not [text for text in found if set("{}|<>@#") & set(text)]
    assert not [text for text in found if held_out.is_held_out_or_close(text)]
    assert found == list(home.sentences(5000, 3, RECIPE.home))


def test_generated_questions_are_answered_in_their_sentence() -> None:
    text = "In 1987 the old farmer painted three small boats at the harbor of Genoa."
    maker = QuestionMaker(RECIPE.questions, random.Random(1))
    found = [maker.question(words_of(text)) for _ in range(200)]
    answers = {text[one[1] : one[2]] for one in found if one is not None}
    assert {"1987", "three"} <= answers
    assert all(one[0].endswith("?") for one in found if one is not None)


def test_every_task_is_tuned_on_each_embedding_table() -> None:
    for table in ("together", "again"):
        tuned = {t.task for one in RECIPE.passes if one.table == table for t in one.tunings}
        assert tuned >= {*RECIPE.tasks, "vectors"}
    names = [f"{one.name}/{t.task}" for one in RECIPE.passes for t in one.tunings]
    assert len(set(names)) == len(names)
    starts = [(f"{one.name}/{t.task}", t.start) for one in RECIPE.passes for t in one.tunings]
    assert all(names.index(start) < names.index(name) for name, start in starts if start)


def test_statistics() -> None:
    assert spans(["B-PER", "I-PER", "O", "I-LOC", "B-LOC"]) == {
        (0, 2, "PER"),
        (3, 4, "LOC"),
        (4, 5, "LOC"),
    }
    assert spearman([1, 2, 3, 3], [10, 20, 30, 30]) == pytest.approx(100)
    assert spearman([1, 2, 3], [3, 2, 1]) == pytest.approx(-100)
    assert answer_overlap(["old", "bridge"], ["bridge"]) == pytest.approx(2 / 3)


def test_tables_are_written_between_their_marks() -> None:
    text = "a\n<!-- scores -->\nold\n<!-- /scores -->\nb\n"
    new = "a\n<!-- scores -->\nnew\n<!-- /scores -->\nb\n"
    assert between_marks(text, "scores", ["new"]) == new
    with pytest.raises(ValueError, match="files"):
        between_marks(text, "files", ["new"])


def test_the_list_of_names_has_one_tag_per_word() -> None:
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


def test_renamed_sentences_differ_only_in_their_names() -> None:
    person, location, other = (
        entities.ENTITIES.index(kind) for kind in ("PERSON", "LOCATION", "MISC")
    )
    items = [
        (
            ["Ann", "Lee", "saw", "Rome", "in", "Latin", "."],
            [person, person, 0, location, 0, other, 0],
        ),
        (["Bo", "left", "New", "York", "."], [person, 0, location, location, 0]),
        (["who", "is", "Xu", "?"], [0, 0, entities.UNSURE, 0]),
    ]
    found = [entities.renamed(items, random.Random(seed), 0.8) for seed in range(20)]
    for sentences in found:
        for (words, tags), (before, _) in zip(sentences, items):
            assert len(words) == len(tags)
            assert [w for w, tag in zip(words, tags) if tag not in (person, location)] == [
                w for w in before if w not in "Ann Lee Bo Rome New York".split()
            ]
            assert {w for w, tag in zip(words, tags) if tag == person} <= {"Ann", "Lee", "Bo"}
            assert {w for w, tag in zip(words, tags) if tag == location} <= {"Rome", "New", "York"}
    assert len({str(sentences) for sentences in found}) > 5

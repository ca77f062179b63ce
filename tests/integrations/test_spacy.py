"""spaCy's components, with spaCy itself."""

from __future__ import annotations

import pickle
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from bertlite_fast import embedded, pipeline

spacy: Any = pytest.importorskip("spacy", exc_type=ImportError)
srsly: Any = pytest.importorskip("srsly", exc_type=ImportError)

from bertlite_fast import InputError
from bertlite_fast.integrations import spacy as components

TEXTS = [
    "Elon Musk visited Paris.",
    "I can't believe it's raining in New York's harbor!",
    "",
    "  \n ",
    "Anna met Bob\u2019s friend at Google (Berlin) \U0001f600 \u4f60\u597d.",
]


def nlp_with(*names: str, **config: Any) -> Any:
    nlp = spacy.blank("en")
    for name in names:
        nlp.add_pipe(name, config=config)
    return nlp


def view(doc: Any) -> Any:
    return (
        [(e.text, e.label_, e.start, e.end) for e in doc.ents],
        [token.pos_ for token in doc],
        doc.cats,
    )


def test_entities_are_those_of_the_pipeline() -> None:
    nlp = nlp_with("bertlite_ner")
    doc = nlp(TEXTS[0])
    assert [(e.text, e.label_) for e in doc.ents] == [
        ("Elon Musk", "PERSON"),
        ("Paris", "LOCATION"),
    ]
    names = pipeline("ner")
    for text in TEXTS:
        found = [(e.start_char, e.end_char, e.label_) for e in nlp(text).ents]
        whole = [(n["start"], n["end"], n["entity_group"]) for n in names(text)]
        assert [f[2] for f in found] == [w[2] for w in whole]
        assert all(f[0] <= w[0] and w[1] <= f[1] for f, w in zip(found, whole))


def test_entities_get_other_names_and_keep_those_that_are_there() -> None:
    nlp = nlp_with("bertlite_ner", labels={"PERSON": "PER"}, overwrite=False)
    doc = nlp.make_doc(TEXTS[0])
    doc.set_ents([spacy.tokens.Span(doc, 1, 2, "BRAND")])
    assert [(e.text, e.label_) for e in nlp(doc).ents] == [("Musk", "BRAND"), ("Paris", "LOCATION")]
    assert nlp(TEXTS[0]).ents[0].label_ == "PER"


def test_every_token_of_spacy_has_a_part_of_speech() -> None:
    nlp = nlp_with("bertlite_tagger")
    tags = [(token.text, token.pos_) for token in nlp("I can't sleep , dear.")]
    assert [word for word, _ in tags] == ["I", "ca", "n't", "sleep", ",", "dear", "."]
    assert dict(tags)["I"] == "PRON" and dict(tags)["sleep"] == "VERB" and tags[-1][1] == "PUNCT"
    draw = random.Random(2)
    parts = ["can't", " ", "  ", "\n", "\u4f60\u597d", "\U0001f600", "U.S.", "don\u2019t",
             "a" * 300, "...", "5-6", "\u0301", "\xa0", "e.g."]  # fmt: skip
    for _ in range(60):
        doc = nlp("".join(draw.choices(parts, k=draw.randrange(30))))
        for token in doc:
            assert token.is_space == (token.pos_ == "SPACE") or not token.text.strip(), doc.text
            assert token.pos_ or not pieces(token.text), (token.text, doc.text)


def pieces(text: str) -> Any:
    return pipeline("token-classification").tokenizer.tokenize(text)


def test_a_long_document_is_tagged_to_its_end() -> None:
    doc = nlp_with("bertlite_tagger")("The dog sleeps. " * 400)
    assert [token.pos_ for token in doc[-4:]] == ["DET", "NOUN", "VERB", "PUNCT"]


@pytest.mark.parametrize(
    ("task", "text", "label"),
    [
        ("text-classification", "What a wonderful surprise", None),
        ("sentiment-analysis", "I love it", "positive"),
        ("intent-classification", "play some jazz", "play_music"),
    ],
)
def test_categories_are_all_labels(task: Any, text: str, label: str | None) -> None:
    doc = nlp_with("bertlite_textcat", task=task)(text)
    best = max(doc.cats, key=lambda name: doc.cats[name])
    assert sum(doc.cats.values()) == pytest.approx(1, abs=1e-4)
    assert label is None or best.lower() == label
    assert best == pipeline(task)(text, top_k=1)[0]["label"] if label is None else True
    assert nlp_with("bertlite_textcat", task=task)("").cats == {}


def test_vectors_are_those_of_the_pipeline() -> None:
    nlp = nlp_with("bertlite_vectors")
    a, b, c = nlp.pipe(["turn on the lamp", "switch the light on", "buy some milk"])
    embed = pipeline("feature-extraction").embed
    assert a.vector.tolist() == embed("turn on the lamp").tolist()[0]
    assert a[2:4].vector.tolist() == embed("the lamp").tolist()[0]
    assert a[3].vector.tolist() == embed("lamp").tolist()[0]
    assert a.similarity(b) > 0.5 > a.similarity(c)
    assert a[2:4].similarity(b[1:3]) > 0.5
    assert a.vector_norm == pytest.approx(1) and a.has_vector
    empty = nlp("")
    assert not empty.has_vector and empty.similarity(a) == 0


def test_a_stream_gives_what_each_text_gives() -> None:
    nlp = nlp_with("bertlite_ner", "bertlite_tagger", "bertlite_textcat", threads=2)
    alone = [view(nlp(text)) for text in TEXTS * 3]
    assert [view(doc) for doc in nlp.pipe(TEXTS * 3, batch_size=4)] == alone
    assert list(nlp.pipe([])) == []


def test_processes_give_the_same() -> None:
    nlp = nlp_with("bertlite_ner")
    alone = [view(nlp(text)) for text in TEXTS]
    assert [view(doc) for doc in nlp.pipe(TEXTS, n_process=2, batch_size=2)] == alone


def test_pipelines_are_saved(tmp_path: Path) -> None:
    shutil.copy(embedded.path_of("sentiment"), tmp_path / "own.bertlite")
    nlp = nlp_with("bertlite_ner", "bertlite_tagger")
    nlp.add_pipe("bertlite_textcat", config={"model": str(tmp_path / "own.bertlite")})
    before = [view(nlp(text)) for text in TEXTS]
    nlp.to_disk(tmp_path / "saved")
    data = nlp.to_bytes()
    (tmp_path / "own.bertlite").unlink()  # it is in what was saved
    own = tmp_path / "saved" / "bertlite_textcat" / "model"
    assert any(own.iterdir())
    assert not (tmp_path / "saved" / "bertlite_ner" / "model").exists()
    again = pickle.loads(pickle.dumps(nlp.get_pipe("bertlite_textcat")))
    assert again(nlp.make_doc(TEXTS[0])).cats == before[0][2]
    component = components.make_textcat(nlp, "x", None, "text-classification", 1)
    component.from_disk(tmp_path / "saved" / "bertlite_textcat")
    assert component(nlp.make_doc(TEXTS[0])).cats == before[0][2]
    component.from_bytes(component.to_bytes())
    assert component(nlp.make_doc(TEXTS[0])).cats == before[0][2]
    blank = nlp_with("bertlite_ner", "bertlite_tagger", "bertlite_textcat")
    assert [view(doc) for doc in blank.from_bytes(data).pipe(TEXTS)] == before


def test_a_saved_pipeline_is_loaded(tmp_path: Path) -> None:
    nlp = nlp_with("bertlite_ner", "bertlite_vectors")
    nlp.to_disk(tmp_path / "saved")
    loaded = spacy.load(tmp_path / "saved")
    assert view(loaded(TEXTS[0])) == view(nlp(TEXTS[0]))


def test_what_was_not_saved_is_refused(tmp_path: Path) -> None:
    component = nlp_with("bertlite_ner").get_pipe("bertlite_ner")
    with pytest.raises(InputError, match="to_bytes"):
        component.from_bytes(b"x")
    with pytest.raises(InputError, match="to_disk"):
        component.from_disk(tmp_path)
    bad = srsly.msgpack_dumps({"name": "m", "settings": {}, "files": {"../x": b""}})
    with pytest.raises(InputError, match="outside"):
        component.from_bytes(bad)
    assert not (tmp_path.parent / "x").exists()


def test_saved_files_stay_in_their_folder(tmp_path: Path) -> None:
    for name in ("../out", "a/../../out"):
        with pytest.raises(InputError, match="outside of its folder"):
            components._write_folder(str(tmp_path / "inside"), {name: b"trap"})
    assert not list(tmp_path.rglob("out"))

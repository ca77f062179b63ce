"""TokenTagger, PairScorer, QuestionAnswerer, finetune(): training, files, bad input."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

import bertlite_fast as bf
from bertlite_fast import embedded
from bertlite_fast.finetune import finetune, questions, tagged, tags
from bertlite_fast.finetune.paired import paired_of, spearman

pytestmark = pytest.mark.skipif(not embedded.names(), reason="this build has no embedded models")

PLACES = ("paris", "rome", "new york", "berlin", "oslo", "san juan")
PEOPLE = ("ann", "bob", "eve smith", "tom", "kim")
WORDS: list[list[str]] = []
TAGS: list[list[str]] = []
for i in range(30):
    place, person = PLACES[i % 6].split(), PEOPLE[i % 5].split()
    WORDS.append([*person, "went", "to", *place, "today"])
    TAGS.append(
        ["B-who", *["I-who"] * (len(person) - 1), "O", "O", "B-city",
         *["I-city"] * (len(place) - 1), "O"]
    )  # fmt: skip
FAST: dict[str, Any] = {"threads": 1, "batch_size": 8}
CONTEXT = "The lamp is in the {}. It is red, and it was a present from {}."
QUESTIONS: list[dict[str, Any]] = [
    {"question": "Where is the lamp?", "context": CONTEXT.format(room, name),
     "answers": {"text": [room], "answer_start": [19]}}
    for room in ("kitchen", "hall", "attic", "cellar") for name in ("Ann", "Bob")
]  # fmt: skip
NO_ANSWER: list[dict[str, Any]] = [
    {"question": "Who sold the car?", "context": q["context"],
     "answers": {"text": [], "answer_start": []}} for q in QUESTIONS
]  # fmt: skip
PAIRS = [
    ("turn on the lamp", "switch on the light", 5.0), ("play a song", "some music please", 4.5),
    ("turn on the lamp", "play a song", 0.5), ("a cold day", "how windy it is", 3.0),
    ("the forecast", "some music please", 0.0), ("lights off", "turn off the lights", 5.0),
] * 4  # fmt: skip


@pytest.fixture(scope="module")
def tagger() -> bf.TokenTagger:
    return bf.TokenTagger(epochs=12, **FAST).fit(WORDS, TAGS)


def test_a_tagger_learns_entities(tagger: bf.TokenTagger, tmp_path: Path) -> None:
    assert tagger.labels_ == ["O", "B-city", "I-city", "B-who", "I-who"]
    assert tagger.score(WORDS, TAGS) >= 0.9
    report = tagger.evaluate(WORDS, TAGS)
    assert report["entities"] == 60 and set(report["labels"]) == {"city", "who"}
    path = tmp_path / "mine.bertlite"
    tagger.save(path)
    assert path.stat().st_size < 300_000
    found = bf.pipeline("ner", str(path))("eve smith went to new york today")
    assert [(e["entity_group"], e["word"]) for e in found] == [
        ("who", "eve smith"), ("city", "new york"),
    ]  # fmt: skip
    loaded = bf.TokenTagger.load(path)
    assert loaded.predict(WORDS) == tagger.predict(WORDS)
    assert loaded.labels_ == tagger.labels_
    again = pickle.loads(pickle.dumps(tagger))
    assert again.predict(WORDS[:2]) == tagger.predict(WORDS[:2])
    with pytest.raises(bf.BertliteError):
        bf.TokenTagger.load(embedded.path_of("vectors"))


def test_a_tagger_reads_long_rows_and_odd_words(tagger: bf.TokenTagger) -> None:
    long = [word for row in WORDS for word in row]
    assert [len(row) for row in tagger.predict([long, [], ["", "\u200b", "!?", "x" * 500]])] == [
        len(long), 0, 4,
    ]  # fmt: skip
    wanted = [tag for row in TAGS for tag in row]
    found = tagger.predict([long])[0]
    assert sum(a == b for a, b in zip(found, wanted)) > 0.75 * len(wanted)
    # windows in training, too: one row of 200 words, 16 tokens at a time
    windows = bf.TokenTagger(epochs=12, max_length=16, **FAST).fit([long] * 3, [wanted] * 3)
    assert windows.score([long], [wanted]) > 0.8


def test_a_word_of_several_pieces_has_its_tag_at_the_first(tagger: bf.TokenTagger) -> None:
    rows = [["u.s.", "wins"], ["the", "u.s.", "lost"]] * 8
    row_tags = [["B-org", "O"], ["O", "B-org", "O"]] * 8
    model = bf.TokenTagger(epochs=20, **FAST).fit(rows, row_tags)
    assert model.predict(rows[:2]) == row_tags[:2]
    found = model.to_pipeline()("the u.s. lost")  # whose pieces are words for a pipeline
    assert [e["word"] for e in found] == ["u.s."]


def test_a_seed_and_any_number_of_threads_give_the_same_file() -> None:
    made = [
        bf.TokenTagger(epochs=1, random_state=seed, threads=threads).fit(WORDS, TAGS)._file
        for seed, threads in ((1, 1), (1, 2), (2, 1))
    ]
    assert made[0] == made[1] != made[2]


def test_other_tags_are_those_of_words() -> None:
    rows = [["the", "dog", "runs"], ["a", "cat", "sits"]] * 8
    row_tags = [["DET", "NOUN", "VERB"]] * 16
    model = bf.TokenTagger(epochs=10, patience=3, **FAST).fit(rows, row_tags)
    report = model.evaluate(rows, row_tags)
    assert report["accuracy"] == model.score(rows, row_tags) == 1.0
    assert [w["entity"] for w in model.to_pipeline()("the dog runs")] == ["DET", "NOUN", "VERB"]
    assert all("score" in entry for entry in model.history_)


def test_parameters() -> None:
    tagger = bf.TokenTagger(epochs=3)
    assert tagger.set_params(epochs=4) is tagger and tagger.get_params()["epochs"] == 4
    assert repr(tagger) == "TokenTagger(epochs=4)"
    for wrong in ({"trained": "pairs"}, {"epochs": 0}, {"batch_size": 0}, {"dropout": 2},
                  {"max_length": 7}, {"learning_rate": "high"}, {"threads": "2"},
                  {"random_state": "x"}):  # fmt: skip
        with pytest.raises(bf.InputError):
            bf.TokenTagger(**wrong).fit(WORDS, TAGS)
    with pytest.raises(bf.InputError, match="not a parameter"):
        tagger.set_params(rate=1)
    with pytest.raises(bf.InputError, match="fit"):
        tagger.predict(WORDS)


# ---- tags ---------------------------------------------------------------------------------------


def test_entities_are_counted_as_in_conll() -> None:
    assert tags.entities_of(["B-A", "I-A", "I-B", "O", "I-B", "B-B", "B-B"]) == {
        ("A", 0, 2), ("B", 2, 3), ("B", 4, 5), ("B", 5, 6), ("B", 6, 7),
    }  # fmt: skip
    wanted = [["B-A", "I-A", "O", "B-B"], ["O", "B-A", "O"]]
    found = [["B-A", "O", "O", "B-B"], ["O", "B-A", "B-A"]]
    report = tags.report_of_entities(wanted, found)
    assert (report["precision"], report["recall"]) == (2 / 4, 2 / 3)
    assert report["labels"]["B"]["f1"] == 1.0 and report["entities"] == 3
    assert tags.accuracy(wanted, found) == 5 / 7


def test_schemes_become_bio() -> None:
    assert tags.plain(["S-A", "B-A", "I-A", "E-A", "U-B", "L-B", "O"]) == [
        "B-A", "B-A", "I-A", "I-A", "B-B", "I-B", "O",
    ]  # fmt: skip
    assert not tags.is_of_entities(["NOUN", "O"]) and not tags.is_of_entities(["O"])
    assert tags.is_of_entities(["I-PER"])


class Feature:
    def __init__(self, names: list[str]) -> None:
        self.feature = type("Label", (), {"names": names})()


class Dataset(list[Any]):  # as datasets.Dataset gives its rows
    features: ClassVar[dict[str, Feature]] = {"ner_tags": Feature(["O", "B-PER"])}


@pytest.mark.parametrize(
    "given",
    [
        ([["ann", "ran"], ["he"]], [["B-PER", "O"], ["O"]]),
        ([(["ann", "ran"], ["B-PER", "O"]), (["he"], ["O"])],),
        ([{"tokens": ["ann", "ran"], "tags": ["S-PER", "O"]}, {"tokens": ["he"], "tags": ["O"]}],),
        ({"words": [["ann", "ran"], ["he"]], "ner_tags": [["B-PER", "O"], ["O"]]},),
        (Dataset([{"tokens": ["ann", "ran"], "ner_tags": [1, 0]},
                  {"tokens": ["he"], "ner_tags": [0]}]),),
    ],
)  # fmt: skip
def test_forms_of_tagged_rows(given: Any) -> None:
    assert tagged.tagged_of(*given) == ([["ann", "ran"], ["he"]], [["B-PER", "O"], ["O"]])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "ann B-PER\nran O\n\n\nhe O"),
        ("a.conll", "-DOCSTART- -X- O O\n\nann N N B-PER\r\nran V V O\r\n\nhe P P O\n"),
        ("a.tsv", "# a comment\nann\tB-PER\nran\tO\n \nhe\tO\n"),
        ("a.jsonl", '{"tokens": ["ann", "ran"], "tags": ["B-PER", "O"]}\n\n'
                    '{"tokens": ["he"], "tags": ["O"]}'),
        ("a.csv", "words,labels\nann ran,B-PER O\nhe,O\n"),
    ],
)  # fmt: skip
def test_files_of_tags(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content.encode())
    found = tagged.tagged_of(tmp_path / name)
    assert found == ([["ann", "ran"], ["he"]], [["B-PER", "O"], ["O"]])


def test_conll_u(tmp_path: Path) -> None:
    row = "{}\t{}\tx\t{}\tX\t_\t0\troot\t_\t_\n"
    (tmp_path / "a.conllu").write_text(
        "# text = can't\n" + row.format("1-2", "can't", "_") + row.format(1, "ca", "AUX")
        + row.format(2, "n't", "PART") + row.format("2.1", "z", "X") + "\n", encoding="utf-8"
    )  # fmt: skip
    assert tagged.tagged_of(tmp_path / "a.conllu") == ([["ca", "n't"]], [["AUX", "PART"]])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (([["a"]], [["O"], ["O"]]), "1 rows of words and 2"),
        (([["a", "b"]], [["O"]]), "row 0 has 2 words and 1 tags"),
        ((["a b"], [["O"]]), "row 0.*split it"),
        (([["a"]], ["O"]), "row 0.*list of tags"),
        (([["a", 1]], [["O", "O"]]), "row 0.*word"),
        (([["a"]], [[None]]), "row 0.*tag"),
        (([["a"]], [["O"]]), "only the tag 'O'"),
        (([], []), "no rows"),
        (([],), "no rows"),
        (([{"tokens": ["a"]}],), "'tags'"),
        (([1, 2],), "row 0"),
    ],
)
def test_bad_tagged_rows(given: Any, message: str) -> None:
    with pytest.raises(bf.InputError, match=message):
        bf.TokenTagger().fit(*given)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"a\nb\n", "word and its tag"),
        (b"a O\nb\n", "line 2"),
        (b"a\xff O\n", "not in UTF-8"),
        (b'{"tokens": ["a"], "tags": "O O"}\n', "line 1 has 1 words and 2"),
        (b'{"tokens": 3, "tags": []}\n', "line 1"),
        (b'{"tokens": ["a"], "tags": ["O"]}\n{', "line 2"),
    ],
)
def test_bad_files_of_tags(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_bytes(content)
    with pytest.raises(bf.BertliteError, match=message):
        tagged.tagged_of(tmp_path / "a.conll")
    with pytest.raises(bf.ModelFileError):
        tagged.tagged_of(tmp_path / "absent.conll")


# ---- pairs --------------------------------------------------------------------------------------


def test_pairs_with_scores(tmp_path: Path) -> None:
    pairs, scores = [p[:2] for p in PAIRS], [5 - p[2] for p in PAIRS]  # the wrong way round
    scorer = bf.PairScorer(epochs=25, **FAST).fit(pairs, scores)
    before = bf.PairScorer.load(embedded.path_of("vectors")).evaluate(pairs, scores)
    after = scorer.evaluate(pairs, scores)
    assert after["spearman"] > 0.8 > 0 > before["spearman"]
    path = tmp_path / "mine.bertlite"
    scorer.save(path)
    similar = bf.pipeline("sentence-similarity", str(path))
    assert similar(*pairs[0]) == scorer.predict(pairs[:1])[0]
    vectors = bf.SentenceTransformer(str(path)).encode(list(pairs[0]))
    cosine = sum(a * b for a, b in zip(*map(list, vectors)))
    length = [sum(a * a for a in v) ** 0.5 for v in map(list, vectors)]
    assert abs(cosine / length[0] / length[1] - scorer.predict(pairs[:1])[0]) < 1e-3


def test_pairs_and_triplets_without_scores() -> None:
    pairs = [p[:2] for p in PAIRS if p[2] > 4][:3]
    scorer = bf.PairScorer(epochs=20, temperature=0.1, **FAST).fit(pairs * 3)
    assert scorer.score(pairs) == 1.0
    triplets = [("a warm day", "play a song", "how windy it is"),
                ("turn on the lamp", "the forecast", "lamp on")]  # fmt: skip
    backwards = bf.PairScorer(epochs=60, **FAST).fit(triplets * 4, validation=triplets)
    assert backwards.score(triplets) == 1.0
    plain = bf.PairScorer.load(embedded.path_of("vectors"))
    assert plain.score(triplets) < 1.0


def test_scores_that_are_all_the_same_are_refused() -> None:
    with pytest.raises(bf.InputError, match="all scores are 7"):
        bf.PairScorer().fit([("a", "b")] * 2, [7, 7])


def test_forms_of_pairs(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sentence1,sentence2,score\nx,y,1\nz,w,0.5\n")
    wanted = [("x", "y"), ("z", "w")], [1.0, 0.5]
    assert paired_of(tmp_path / "a.csv") == wanted
    rows = [
        {"text_a": "x", "text_b": "y", "score": 1},
        {"text_a": "z", "text_b": "w", "score": 0.5},
    ]
    assert paired_of(rows) == wanted
    pandas = pytest.importorskip("pandas")
    assert paired_of(pandas.DataFrame(rows)) == wanted
    assert paired_of([("x", "y")]) == ([("x", "y")], None)
    for wrong, message in (
        (([("x", "y"), ("x", "y", "z")],), "all pairs or all triplets"),
        (([("x", "y")], [1, 2]), "1 pairs and 2 scores"),
        (([("x", "y")], ["high"]), "row 0.*number"),
        (([("x", "y")], [float("nan")]), "row 0.*number"),
        (([("x", 3)],), "row 0"),
        (([("x", " ")],), "row 0 has an empty text"),
        (([],), "no"),
        (([{"text_a": "x"}],), "second text"),
        (([("x", "y", "z")], [1]), "triplets"),
    ):
        with pytest.raises(bf.InputError, match=message):
            paired_of(*wrong)


def test_spearman() -> None:
    a, b = [1.0, 2.0, 2.0, 5.0, 3.0], [0.3, 0.1, 0.4, 0.9, 0.4]
    assert spearman(a, a) == pytest.approx(1) and spearman([1, 1], [1, 2]) == 0
    assert spearman(a, b) == pytest.approx(0.7631579)  # scipy's


# ---- questions ----------------------------------------------------------------------------------


def test_questions_with_and_without_answers(tmp_path: Path) -> None:
    answerer = bf.QuestionAnswerer(epochs=40, **FAST).fit(QUESTIONS + NO_ANSWER)
    report = answerer.evaluate(QUESTIONS + NO_ANSWER)
    assert report["exact"] == report["without_answer"] == 1.0
    path = tmp_path / "mine.bertlite"
    answerer.save(path)
    pipe = bf.pipeline("question-answering", str(path))
    answer = pipe(question=QUESTIONS[0]["question"], context=QUESTIONS[0]["context"])
    assert answer["answer"] == "kitchen"
    loaded = bf.QuestionAnswerer.load(path)
    assert loaded.may_have_none_ and loaded.predict(NO_ANSWER[:1]) == [""]
    # windows: the answer stands behind a long text
    long = dict(QUESTIONS[0], context="Nothing of note. " * 100 + QUESTIONS[0]["context"])
    long["answers"] = "kitchen"
    windows = bf.QuestionAnswerer(epochs=6, max_length=48, **FAST).fit([long] * 4 + QUESTIONS)
    assert windows.predict([long]) == ["kitchen"]
    # whatever it is trained on, the embedded model goes on to read a few sentences together
    usual = bf.pipeline("question-answering").config.to_dict()["window"]
    tuned = bf.QuestionAnswerer(epochs=1, random_state=1).fit(QUESTIONS * 4).to_pipeline()
    assert tuned.config.to_dict()["window"] == usual


SQUAD = {
    "version": "v2.0",
    "data": [{"title": "x", "paragraphs": [{
        "context": "Ann is in Rome.",
        "qas": [
            {"id": "1", "question": "Where is Ann?", "is_impossible": False,
             "answers": [{"text": "Rome", "answer_start": 10}, {"text": "in Rome",
                                                                "answer_start": 7}]},
            {"id": "2", "question": "Why?", "is_impossible": True, "answers": [],
             "plausible_answers": [{"text": "Rome", "answer_start": 10}]},
        ]}]}],
}  # fmt: skip


def test_forms_of_questions(tmp_path: Path) -> None:
    context = "Ann is in Rome."
    wanted = [("Where is Ann?", context, [("Rome", 10), ("in Rome", 7)]), ("Why?", context, [])]
    (tmp_path / "a.json").write_text(json.dumps(SQUAD), encoding="utf-8")
    assert questions.questions_of(tmp_path / "a.json") == wanted
    assert questions.questions_of(SQUAD) == wanted
    plain = [("Where is Ann?", context), ("Why?", context)]
    assert questions.questions_of(plain, ["Rome", None]) == [
        (*plain[0], [("Rome", 10)]), (*plain[1], []),
    ]  # fmt: skip
    for wrong, message in (
        ({"data": 3}, "columns"),
        (3, "int"),
        ({"data": [{"paragraphs": 3}]}, "article 0"),
        ({"data": [{"paragraphs": [{"context": "x"}]}]}, "paragraph 0"),
        ({"data": [{"paragraphs": [{"context": "x", "qas": [3]}]}]}, "question 0"),
        ([{"question": "a", "context": "b", "answers": "c"}], "does not stand"),
        ([{"question": "a", "context": "b", "answers": 3}], "answers, not int"),
        ([{"question": "", "context": "b", "answers": "b"}], "empty question"),
        ([{"question": "a", "context": "b", "answers": {"text": ["b"], "answer_start": ["0"]}}],
         "whole number"),
        ([], "no"),
    ):  # fmt: skip
        with pytest.raises(bf.InputError, match=message):
            questions.questions_of(wrong)


def test_answers_are_compared_as_squad_does() -> None:
    assert questions.agreement("The Red Car!", ["red car"]) == (1.0, 1.0)
    exact, f1 = questions.agreement("a fast red car", ["red car", "car"])
    assert exact == 0 and f1 == pytest.approx(0.8)
    assert questions.agreement("", []) == (1.0, 1.0)
    assert questions.agreement("x", []) == (0.0, 0.0)


# ---- masked words -------------------------------------------------------------------------------


def test_masked_words(tmp_path: Path) -> None:
    texts = ["the zebra in the kitchen is red", "the zebra in the hall is blue"] * 6
    given = ["the zebra in the kitchen is [MASK]", "the [MASK] in the hall is blue"]
    plain = bf.WordFiller.load(embedded.path_of("base"))
    assert "zebra" not in plain.predict(given)[1]
    (tmp_path / "a.txt").write_text("\n".join(texts), encoding="utf-8")
    filler = bf.WordFiller(epochs=12, learning_rate=3e-3, **FAST).fit(tmp_path / "a.txt")
    assert [found[0] for found in filler.predict(given)] == ["red", "zebra"]
    report = filler.evaluate(texts)
    assert report["words"] > 0 and report["first_five"] == filler.score(texts)
    filler.save(tmp_path / "mine.bertlite")
    assert (tmp_path / "mine.bertlite").stat().st_size < 500_000
    pipe = bf.pipeline("fill-mask", str(tmp_path / "mine.bertlite"))
    assert pipe(given[0])[0]["token_str"] == "red"
    bad: tuple[tuple[Any, str], ...] = (
        ([], "no words"),
        ([" "], "no words"),
        ([3], "row 0"),
        ("absent", "cannot be read"),
    )
    for wrong, message in bad:
        with pytest.raises(bf.BertliteError, match=message):
            bf.WordFiller().fit(wrong)
    with pytest.raises(bf.InputError, match="no head for masked"):
        bf.WordFiller(base="bertlite/vectors").fit(texts)


# ---- one function, one command ------------------------------------------------------------------


def test_one_function_trains_all(tmp_path: Path) -> None:
    out = tmp_path / "mine.bertlite"
    tiny: dict[str, Any] = {"epochs": 1, "threads": 1}
    rows = [{"tokens": words, "tags": t} for words, t in zip(WORDS, TAGS)]
    made = finetune("ner", rows, rows, out=out, **tiny)
    assert isinstance(made, bf.TokenTagger) and made.validation_report_["rows"] == 30
    assert bf.pipeline("token-classification", str(out)).labels == made.labels_
    scored = finetune("similarity", ([p[:2] for p in PAIRS], [p[2] for p in PAIRS]), **tiny)
    assert isinstance(scored, bf.PairScorer)
    assert isinstance(finetune("qa", QUESTIONS, **tiny), bf.QuestionAnswerer)
    table = {"text": ["lamp on", "lamp off"] * 3, "label": ["on", "off"] * 3}
    labeled = finetune("classification", table, trained="head", **tiny)
    assert isinstance(labeled, bf.TextClassifier)
    with pytest.raises(bf.InputError, match="not a task"):
        finetune("translation", rows)
    with pytest.raises(bf.InputError, match="not a folder"):
        finetune("ner", rows, out=tmp_path / "absent" / "x")
    assert callable(bf.finetune)


def run_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bertlite_fast", *arguments],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


def test_the_command_trains_a_tagger(tmp_path: Path) -> None:
    source, out = tmp_path / "a.conll", tmp_path / "a.bertlite"
    source.write_text(
        "\n\n".join("\n".join(map(" ".join, zip(w, t))) for w, t in zip(WORDS, TAGS)) + "\n",
        encoding="utf-8",
    )
    common = ("finetune", "ner", str(source), "-o", str(out), "--epochs", "12", "--batch-size", "8",
              "--threads", "1")  # fmt: skip
    ran = run_command(*common, "--validation", str(source))
    assert ran.returncode == 0, ran.stderr
    assert "precision" in ran.stdout and "city" in ran.stdout
    assert "encoder" in ran.stderr
    ran = run_command("ner", "--model", str(out), "tom went to oslo today")
    assert "[oslo](city)" in ran.stdout
    source.write_text("a O\nb\n")
    ran = run_command(*common)
    assert ran.returncode == 1 and "line 2" in ran.stderr

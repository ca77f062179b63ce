"""From text to answers in one call of the C library (tests/answers.c)."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import test_tasks

import bertlite_fast as bf

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = Path(bf.__file__).parent / "weights"
COMPILER = os.environ.get("CC", "cc").split()[0]

pytestmark = pytest.mark.skipif(shutil.which(COMPILER) is None, reason="needs a C compiler")


class Answers:
    """Runs the program; a call returns the fields of each line that it prints."""

    def __init__(self, program: Path) -> None:
        self.program = program

    def run(self, model: Path | str, *arguments: object) -> subprocess.CompletedProcess[str]:
        path = model if isinstance(model, Path) else WEIGHTS / f"{model}.bertlite"
        command = [str(self.program), str(path), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")

    def __call__(self, model: Path | str, *arguments: object) -> list[list[str]]:
        done = self.run(model, *arguments)
        assert done.returncode == 0, done.stderr + done.stdout
        return [line.split(" ") for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    out = tmp_path_factory.mktemp("answers")
    command = [sys.executable, "tools/core.py", "--flags=-DBL_FAIL_ALLOCATIONS", "--out", str(out)]
    subprocess.run([*command, "tests/answers.c"], cwd=ROOT, check=True)
    return Answers(out / "answers")


@pytest.fixture(scope="module")
def long_text(tmp_path_factory: pytest.TempPathFactory) -> str:
    r = random.Random(1)
    words = "Angela Merkel lives in New York City naïve 中国 and works".split()
    path = tmp_path_factory.mktemp("text") / "long"
    path.write_text(" ".join(r.choice(words) for _ in range(3000)), encoding="utf-8")
    return f"@{path}"


def without_counts(lines: list[list[str]]) -> list[list[str]]:
    return [x for x in lines if x[0] not in ("allocations", "windows", "extent")]


def test_labels_with_their_names(answers: Answers, tmp_path: Path) -> None:
    named = test_tasks.make(tmp_path / "a", "sequence-classification", ["zero", "é", "two"])
    values = json.loads((named / "config.json").read_text())
    values["id2label"] = {"2": 'a "b"\u00e9', "0": "zero", "1": 5}
    (named / "config.json").write_text(json.dumps(values))
    lines = without_counts(answers(named, "labels", "turn on the light"))
    assert [" ".join(line[:-1]) for line in lines] == ["zero", "LABEL_1", 'a "b"é']
    assert sum(float(line[-1]) for line in lines) == pytest.approx(1)
    (best,) = without_counts(answers(named, "labels", "null=1", "turn on the light"))
    assert float(best[-1]) == max(float(line[-1]) for line in lines)
    assert float(answers("intent", "labels", "null=1", "")[1][1]) > 0


def test_truncation_is_reported(answers: Answers, long_text: str) -> None:
    text = Path(long_text[1:]).read_text(encoding="utf-8")
    total = len(bf.AutoTokenizer.from_pretrained(WEIGHTS / "intent.bertlite").encode(text))
    most = bf.AutoTokenizer.from_pretrained(WEIGHTS / "intent.bertlite").model_max_length
    for model, task in (("intent", "labels"), ("vectors", "vectors"), ("ner", "entities")):
        (extent,) = [x for x in answers(model, task, long_text) if x[0] == "extent"]
        assert int(extent[1]) <= most and int(extent[1]) < total and int(extent[2]) == total, task
    assert ["extent", str(total), str(total)] in answers("ner", "entities", "null=1", long_text)


def test_names_in_words_and_in_text(answers: Answers) -> None:
    text = "Angela Merkel lives in Zürich ."
    found = without_counts(answers("ner", "entities", "aggregation=2", "characters=1", text))
    assert [(line[0], text[int(line[1]) : int(line[2])]) for line in found] == [
        ("PERSON", "Angela Merkel"),
        ("LOCATION", "Zürich"),
    ]
    found_bytes = without_counts(answers("ner", "entities", "null=1", text))
    encoded = text.encode()
    assert [encoded[int(x[1]) : int(x[2])].decode() for x in found_bytes] == [
        "Angela Merkel",
        "Zürich",
    ]
    split = without_counts(
        answers("ner", "entities", "aggregation=2", "words=1", "characters=1", text)
    )
    assert [(x[0], x[1], x[2]) for x in split] == [("PERSON", "0", "6"), ("LOCATION", "0", "6")]
    assert [x[3] for x in split] == [x[3] for x in found]
    # an ignored label, and one that is kept
    assert len(without_counts(answers("ner", "entities", "aggregation=2", "outside=1", text))) > 2
    lines = answers("ner", "entities", "null=1", " ".join(["He met Angela Merkel ."] * 300))
    assert ["windows", "1"] not in lines
    ends = [(int(x[1]), int(x[2])) for x in without_counts(lines)]
    assert len(ends) > 100 and ends[-1][1] > 6000
    assert all(a[1] <= b[0] for a, b in zip(ends, ends[1:])), "entities of two windows overlap"


def test_several_commands_in_one_text(answers: Answers) -> None:
    text = "Okay… turn on the lamp in the kitchen and play some jazz"
    slots = str(WEIGHTS / "slots.bertlite")
    first, second, *_ = answers("intent", "commands", "several=1", "characters=1", text, slots)
    assert first[:4] == ["light_on", "0", "37", "0"]
    assert first[6:] == ["device:18:22", "room:30:37"]
    assert second[:4] == ["play_music", "42", "56", "0"] and second[6:] == ["music:52:56"]
    in_bytes = answers("intent", "commands", "several=1", text, slots)  # the ellipsis has three
    assert in_bytes[0][6:] == ["device:20:24", "room:32:39"]
    assert in_bytes[1][1:3] == ["44", "58"] and in_bytes[1][6:] == ["music:54:58"]
    (whole,) = without_counts(answers("intent", "commands", "null=1", text))
    assert whole[1:3] == ["0", str(len(text.encode()))]
    (none,) = without_counts(answers("intent", "commands", "several=1", " "))
    assert none[3] == "1"


def test_answers_in_a_long_context(answers: Answers, tmp_path: Path) -> None:
    question, fact = "Who lives in Paris?", "Angela Merkel lives in Paris. "
    noise = "It rained all day and nobody went out of the house. "
    for times in (400, 1600):
        path = tmp_path / str(times)
        path.write_text(noise * times + fact + noise * times + fact, encoding="utf-8")
        lines = answers("qa", "spans", "top_k=20", "whole=1", "none=1", question, f"@{path}")
        text, found = path.read_text(), without_counts(lines)
        assert all(0 < float(line[2]) <= 1 for line in found)
        assert [float(x[2]) for x in found] == sorted((float(x[2]) for x in found), reverse=True)
        named = {text[int(x[0]) : int(x[1])].lower() for x in found}
        assert len(named) == len(found) == 20


def test_the_same_answer_counts_once(answers: Answers, tmp_path: Path) -> None:
    """Scores of equal answers add up within a window; across windows only with sum=1."""
    fact = "Angela Merkel lives in Paris. "
    one = answers("qa", "spans", "null=1", "Where does she live?", fact)
    many = answers("qa", "spans", "null=1", "Where does she live?", fact * 300)
    (start, end, score), *_ = without_counts(many)
    assert (fact * 300)[int(start) : int(end)].lower().startswith("paris")
    assert ["windows", "1"] not in many and 0 < float(score) <= 1
    assert ["windows", "1"] in one
    summed = without_counts(
        answers("qa", "spans", "whole=1", "sum=1", "Where does she live?", fact * 300)
    )
    assert float(score) < float(summed[0][2]) <= 1
    path = tmp_path / "case"
    path.write_text("STRASSE ΟΔΟΣ strasse οδος Strasse", encoding="utf-8")
    found = without_counts(answers("qa", "spans", "top_k=99", "max_answer=1", "x", f"@{path}"))
    text = path.read_text(encoding="utf-8").encode()
    kinds = [text[int(x[0]) : int(x[1])].decode().lower() for x in found]
    assert len(kinds) == len(set(kinds))


def test_more_masks_than_fit_one_pass(answers: Answers) -> None:
    lines = without_counts(answers("base", "words", "null=1", "[MASK] " * 40))
    assert len(lines) == 40 * 5
    assert [int(x[0]) for x in lines[::5]] == list(range(1, 41))
    alone = without_counts(answers("base", "words", "top_k=1", "[MASK] " * 40))
    assert alone == lines[::5]
    targets = without_counts(answers("base", "words", "target=100", "the [MASK] is on"))
    everything = without_counts(answers("base", "words", "top_k=1000000", "the [MASK] is on"))
    scores = {x[1]: x[2] for x in everything}
    assert [x[2] for x in targets] == [scores[x[1]] for x in targets]
    assert sorted(int(x[1]) for x in targets) == [7, 100, 101]


@pytest.mark.parametrize(
    ("model", "task", "arguments"),
    [
        ("intent", "labels", ["null=1"]),
        ("vectors", "vectors", ["pooling=2", "normal=1"]),
        ("ner", "entities", ["aggregation=3", "windows=1", "characters=1", "stride=9"]),
        ("ner", "entities", ["aggregation=4", "words=1", "windows=1", "characters=1"]),
        ("ner", "entities", ["aggregation=2", "windows=2", "stride=-1", "characters=1"]),
        ("ner", "entities", ["aggregation=5", "words=1", "windows=2", "stride=9"]),
        ("intent", "commands", ["several=1", "characters=1"]),
        ("base", "words", ["top_k=100"]),
        ("qa", "spans", ["top_k=300", "whole=1", "none=1", "characters=1"]),
    ],
)
def test_memory(
    answers: Answers, long_text: str, model: str, task: str, arguments: list[str]
) -> None:
    """Later calls with such a text do not allocate; every failed allocation is reported as one."""
    texts = {
        "words": ["the [MASK] is on"],
        "spans": ["Who lives?", long_text],
        "commands": ["dim the lamp and play some jazz. " * 20, str(WEIGHTS / "slots.bertlite")],
    }
    lines = answers(model, task, "repeat=3", "sweep=1", *arguments, *texts.get(task, [long_text]))
    assert ["allocations", "0"] in lines
    (failures,) = [int(line[1]) for line in lines if line[0] == "failures"]
    assert failures > 0


@pytest.mark.parametrize(
    ("model", "task", "texts", "said"),
    [
        ("qa", "labels", ["x"], "has a head for question answering, but classifying"),
        ("intent", "entities", ["x"], "needs a head for token classification"),
        ("vectors", "words", ["[MASK]"], "has no head, but filling masks"),
        ("qa", "spans", ["Who?"], "no context"),
        ("ner", "entities", ["a", "b"], "a pair was given"),
        ("ner", "commands", ["a"], "needs a head for sequence classification"),
        ("intent", "commands", ["a", str(WEIGHTS / "qa.bertlite")], "finding values in commands"),
        ("base", "words", ["nothing"], r"has no [MASK]"),
        ("qa", "spans", ["stride=500", "Who?", "a " * 900], "stride is 500"),
    ],
)
def test_wrong_input_is_reported(
    answers: Answers, model: str, task: str, texts: list[str], said: str
) -> None:
    done = answers.run(model, task, *texts)
    assert done.returncode == 1 and said in done.stderr, done.stderr

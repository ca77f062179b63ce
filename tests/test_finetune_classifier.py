"""TextClassifier: training through Python, files, scikit-learn's tools, bad input."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import bertlite_fast as bf
from bertlite_fast import embedded
from bertlite_fast.cli import main
from bertlite_fast.finetune import checkpoint, examples
from bertlite_fast.finetune.examples import read_file
from bertlite_fast.finetune.tagged import tagged_of

pytestmark = pytest.mark.skipif(not embedded.names(), reason="this build has no embedded models")

WORDS = {
    "light": ["turn on the lamp", "the light is too dark", "make it brighter", "lamps off please",
              "switch the bulb on", "dim the lights", "more light in here", "lights out"],
    "music": ["play a song", "stop the music", "next track", "some jazz please", "play my album",
              "skip this song", "turn the radio on", "a tune by the band"],
    "weather": ["will it rain", "how warm is it", "is it sunny today", "snow tomorrow",
                "weather in paris", "do i need an umbrella", "how windy is it", "the forecast"],
}  # fmt: skip
TEXTS = [text for texts in WORDS.values() for text in texts]
LABELS = [label for label, texts in WORDS.items() for _ in texts]
FAST: dict[str, Any] = {"epochs": 6, "threads": 1}


@pytest.fixture(scope="module")
def trained() -> bf.TextClassifier:
    return bf.TextClassifier(trained="encoder", threads=1, epochs=20).fit(TEXTS, LABELS)


def test_it_learns_labels(trained: bf.TextClassifier) -> None:
    assert list(trained.classes_) == ["light", "music", "weather"]
    assert trained.score(TEXTS, LABELS) >= 0.95
    new = ["please play the song", "is rain coming", "lamp on"]
    assert list(trained.predict(new)) == ["music", "weather", "light"]
    for row in trained.predict_proba(new):
        assert len(row) == 3 and abs(sum(row) - 1) < 1e-5
    report = trained.evaluate(TEXTS, LABELS)
    assert report["accuracy"] == trained.score(TEXTS, LABELS)
    assert set(report["labels"]) == set(WORDS)


def test_the_file_is_a_small_delta_file_for_the_pipeline(
    trained: bf.TextClassifier, tmp_path: Path
) -> None:
    path = tmp_path / "mine.bertlite"
    trained.save(path)
    assert path.stat().st_size < 200_000
    pipe = bf.pipeline("text-classification", str(path))
    found = pipe(TEXTS)
    assert [answer["label"] for answer in found] == list(trained.predict(TEXTS))
    loaded = bf.TextClassifier.load(path)
    assert list(loaded.predict(TEXTS)) == list(trained.predict(TEXTS))
    with pytest.raises(bf.BertliteError):
        bf.TextClassifier.load(embedded.path_of("base"))


def test_all_is_a_whole_file(tmp_path: Path) -> None:
    classifier = bf.TextClassifier(trained="all", **FAST).fit(TEXTS, LABELS)
    path = tmp_path / "whole.bertlite"
    classifier.save(path)
    assert path.stat().st_size > 2_000_000
    found = bf.pipeline("text-classification", str(path))(TEXTS)
    assert [answer["label"] for answer in found] == list(classifier.predict(TEXTS))


def test_a_seed_and_any_number_of_threads_give_the_same_bytes() -> None:
    made = [
        bf.TextClassifier(trained="encoder", random_state=seed, threads=threads, epochs=3)
        .fit(TEXTS, LABELS)
        ._file
        for seed, threads in ((1, 1), (1, 2), (2, 1))
    ]
    assert made[0] == made[1] != made[2]


def test_auto_climbs_and_shows_the_ladder() -> None:
    classifier = bf.TextClassifier(**FAST).fit(TEXTS, LABELS)
    rungs = [rung["trained"] for rung in classifier.ladder_]
    assert rungs[:5] == ["names", "head", "pairs", "encoder", "ngrams"]
    assert rungs[5].endswith("+ngrams") and len(rungs) == 6
    (chosen,) = (rung for rung in classifier.ladder_ if rung["chosen"])
    assert chosen["held_out_accuracy"] == max(r["held_out_accuracy"] for r in classifier.ladder_)


def test_it_pickles(trained: bf.TextClassifier) -> None:
    trained.predict(TEXTS[:1])  # opens what is not pickled
    again = pickle.loads(pickle.dumps(trained))
    assert list(again.predict(TEXTS)) == list(trained.predict(TEXTS))


def test_labels_keep_their_type() -> None:
    numbers = [sorted(WORDS).index(label) for label in LABELS]
    classifier = bf.TextClassifier(trained="head", **FAST).fit(TEXTS, numbers)
    assert set(map(type, examples.listed(classifier.predict(TEXTS)))) == {int}


def test_parameters() -> None:
    classifier = bf.TextClassifier(epochs=3)
    assert classifier.get_params()["epochs"] == 3
    assert classifier.set_params(epochs=4) is classifier and classifier.epochs == 4
    assert repr(classifier) == "TextClassifier(epochs=4)"
    with pytest.raises(bf.InputError, match="not a parameter"):
        classifier.set_params(epoch=4)
    for wrong in ({"trained": "some"}, {"epochs": 0}, {"dropout": 2}, {"batch_size": 1.5},
                  {"class_weight": "even"}):  # fmt: skip
        with pytest.raises(bf.InputError):
            bf.TextClassifier(**wrong).fit(TEXTS, LABELS)


SKLEARN_CHECKS = (
    "check_estimator_cloneable", "check_get_params_invariance", "check_set_params",
    "check_no_attributes_set_in_init", "check_parameters_default_constructible",
    "check_estimators_unfitted", "check_estimator_repr", "check_valid_tag_types",
    "check_do_not_raise_errors_in_init_or_set_param", "check_estimator_tags_renamed",
    "check_do_not_raise_errors_in_init_or_set_params", "check_mixin_order",
    "check_non_transformer_estimators_n_iter", "check_supervised_y_no_nan",
)  # fmt: skip


def test_scikit_learn() -> None:
    pytest.importorskip("sklearn")
    from sklearn.base import clone, is_classifier
    from sklearn.exceptions import NotFittedError
    from sklearn.model_selection import GridSearchCV, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer
    from sklearn.utils import estimator_checks

    plain = bf.TextClassifier(trained="head", **FAST)
    assert is_classifier(plain)
    assert clone(plain).get_params() == plain.get_params()
    unknown = bf.TextClassifier(unknown=["a", "b"], refuse=0.9, class_weight={"light": 2.0})
    assert clone(unknown).get_params() == unknown.get_params()
    assert len(cross_val_score(plain, TEXTS, LABELS, cv=2)) == 2
    for check in SKLEARN_CHECKS:  # check_estimator() runs none for texts
        if hasattr(estimator_checks, check):
            getattr(estimator_checks, check)("TextClassifier", plain)
    with pytest.raises(NotFittedError):
        plain.predict(TEXTS)
    grid = GridSearchCV(
        make_pipeline(plain), {"textclassifier__refuse": [False, 0.9]}, cv=2
    ).fit(TEXTS, LABELS)  # fmt: skip
    assert set(grid.best_estimator_.predict(TEXTS)) <= {*LABELS, None}
    search = GridSearchCV(plain, {"learning_rate": [0.02, 0.001]}, cv=2).fit(TEXTS, LABELS)
    assert search.best_params_["learning_rate"] == 0.02
    pipe = make_pipeline(FunctionTransformer(), plain).fit(TEXTS, LABELS)
    assert pipe.score(TEXTS, LABELS) > 0.8


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        (["a", "b"], ["x", "x"], "only the label 'x'"),
        (["a", "b"], ["x"], "2 texts and 1 labels"),
        (["a", 3], ["x", "y"], "row 1"),
        (["a", "b"], ["x", None], "row 1 has no label"),
        (["a", "b"], ["x", ["y"]], "row 1"),
        ("ab", ["x", "y"], "list"),
        (["a", "b"], [1, "1"], "one type"),
        ([], [], "no label"),
    ],
)
def test_bad_examples(texts: Any, labels: Any, message: str) -> None:
    with pytest.raises(bf.InputError, match=message):
        bf.TextClassifier().fit(texts, labels)


def test_rows_that_teach_nothing_are_named() -> None:
    plain = bf.TextClassifier(trained="head", epochs=1)
    with pytest.warns(UserWarning, match=r"1 rows are left out.*: 2 \(from 0\)\."):
        plain.fit([*TEXTS[:2], " ", TEXTS[9]], ["a", "a", "a", "b"])
    with pytest.warns(UserWarning, match="rows 0 and 3"):
        plain.fit([*TEXTS[:3], TEXTS[0].upper()], ["a", "a", "b", "b"])


def test_class_weights_are_checked() -> None:
    for weights in ({"light": -1.0}, {"light": float("nan")}, {"light": "much"}, {"dark": 2.0}):
        with pytest.raises(bf.InputError, match="class_weight"):
            bf.TextClassifier(class_weight=weights).fit(TEXTS, LABELS)


def test_a_failed_save_leaves_the_old_file(
    trained: bf.TextClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.bertlite"
    path.write_bytes(b"old")
    import os

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(bf.ModelFileError, match="No space left"):
        trained.save(path)
    assert path.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


def test_inference_does_not_load_the_trainer() -> None:
    code = (
        "import sys, bertlite_fast as bf; bf.pipeline('sentiment-analysis')('fine');"
        "assert not [m for m in sys.modules if 'finetune' in m or '_training' in m];"
        "bf.TextClassifier;"
        "assert 'bertlite_fast._training' in sys.modules and 'numpy' not in sys.modules;"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.csv", 'text,label\nhello there,x\n"a, b",y\n', (["hello there", "a, b"], ["x", "y"])),
        ("a.csv", "label,id,utterance\nx,1,hello\n", (["hello"], ["x"])),
        ("a.csv", "hello,x\nbye,y\n", (["hello", "bye"], ["x", "y"])),
        ("a.tsv", "hello, you\tx\n", (["hello, you"], ["x"])),
        ("a.jsonl", '{"text": "hi", "intent": "x"}\n\n', (["hi"], ["x"])),
        ("a.txt", "__label__x hi there\n__label__y bye\n", (["hi there", "bye"], ["x", "y"])),
    ],
)
def test_files(name: str, content: str, found: Any, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert examples.read_file(tmp_path / name) == found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        ("café,x\n".encode("latin-1"), "not in UTF-8"),
        (b"one column\n", "one column"),
        (b"a,b,c\n1,2,3\n", "no header"),
        (b"text,label\na,b,c\n", "row 2"),
        (b'{"text": 1}\n', "columns"),
        (b'{"text": "a", "label": "b"}\n[1]\n', "line 2"),
        (b"__label__x a\nb\n", "line 2"),
        ("text,label\na,b\n".encode("utf-16-le"), "zero bytes"),
    ],
)
def test_bad_files(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(bf.BertliteError, match=message):
        examples.read_file(tmp_path / "a.csv")
    with pytest.raises(bf.ModelFileError):
        examples.read_file(tmp_path / "absent.csv")


def run_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bertlite_fast", *arguments],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


def test_the_command_trains_a_file(tmp_path: Path) -> None:
    source, out = tmp_path / "commands.csv", tmp_path / "commands.bertlite"
    source.write_text("text,intent\n" + "".join(f'"{t}",{n}\n' for t, n in zip(TEXTS, LABELS)))
    common = ("--train", "encoder", "--epochs", "8", "--threads", "1")
    ran = run_command(
        "finetune", "classification", str(source), "-o", str(out), "--validation", str(source),
        *common,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "3 labels" in ran.stdout and "validation" in ran.stdout
    assert [line.split()[0] for line in ran.stderr.splitlines()] == ["head"] + ["encoder"] * 8
    ran = run_command("classify", "--model", str(out), "play a song")
    assert "music" in ran.stdout
    ran = run_command("finetune", "classification", str(source), "-o", str(out), *common, "--json")
    assert '"labels": ["light", "music", "weather"]' in ran.stdout
    assert not out.with_name(out.name + ".checkpoint").exists()
    unknown = tmp_path / "unknown.txt"
    unknown.write_text("order a pizza\n\ncall my mother\n")
    ran = run_command(
        "finetune", "classification", str(source), "-o", str(out), "--train", "head", "--epochs",
        "2", "--threads", "1", "--refuse", "--unknown", str(unknown), "--resume",
    )  # fmt: skip
    assert "of your unknown" in ran.stdout and "tf-idf" in ran.stdout, ran.stderr
    ran = run_command(
        "finetune", "classification", str(source), "-o", str(out), "--refuse", "2"
    )  # fmt: skip
    assert ran.returncode == 2 and "0 to 1" in ran.stderr
    before = source.read_bytes()
    for target in (source, tmp_path / "absent" / "m.bertlite"):
        ran = run_command("finetune", "classification", str(source), "-o", str(target))
        assert ran.returncode == 1 and "bertlite-fast: " in ran.stderr
    assert source.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b'text,label\n"' + b"x" * 200_000 + b'",a\nb,c\n', "not a table .field larger"),
        ("a.jsonl", b"[" * 100_000, "line 1: expected a JSON object"),
        ("a.jsonl", b'{"text": "a", "label": null}\n', "line 1: 'label' has to be .* is absent"),
        ("a.jsonl", b'{"text": "a", "label": ["b"]}\n', "line 1: 'label' has to be .* is a list"),
        ("a.jsonl", b'{"text": "a\\ud800", "label": "b"}\n{"text": "a", "label": "c"}\n',
         "row 0: the text holds half a surrogate pair"),
        ("a.jsonl", b'{"text": "a", "label": "b"}\n{"text": "a", "label": "\\ud800"}\n',
         "row 1: the label holds half a surrogate pair"),
    ],
)  # fmt: skip
def test_odd_files_are_clear_errors(
    name: str, content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    out = tmp_path / "out"
    assert main(["finetune", "classification", str(path), "-o", str(out)]) == 1
    assert re.search(message, capsys.readouterr().err) and not out.exists()


@pytest.mark.parametrize("task", ["classification", "ner"])
def test_files_of_windows_are_read(task: str, tmp_path: Path) -> None:
    content = {"classification": "text,label\nan,a\nbn,b\n", "ner": "Ann B-who\nis O\n"}[task]
    path = tmp_path / "a.txt"
    path.write_bytes(content.encode("utf-16"))
    found = read_file(path) if task == "classification" else tagged_of(path)
    assert [list(part) for part in found] == (
        [["an", "bn"], ["a", "b"]] if task == "classification"
        else [[["Ann", "is"]], [["B-who", "O"]]]
    )  # fmt: skip


def test_a_full_disk_costs_the_checkpoint_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Any, data: bytes) -> None:
        raise bf.ModelFileError("cannot be written: No space left on device.")

    monkeypatch.setattr(checkpoint, "EVERY", 0.0)
    monkeypatch.setattr(checkpoint, "write_atomically", full)
    classifier = bf.TextClassifier(trained="head", **FAST)
    with pytest.warns(UserWarning, match="goes on without a checkpoint: .*No space left"):
        classifier.fit(TEXTS, LABELS, checkpoint=tmp_path / "c")
    assert classifier.score(TEXTS, LABELS) > 0.5

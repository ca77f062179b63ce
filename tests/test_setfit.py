"""Folders of SetFit: the classifier in their pickle is read, and nothing in it is ever run."""

from __future__ import annotations

import json
import pickle
import random
import struct
from pathlib import Path
from typing import Any

import pytest

import bertlite_fast as bf

np = pytest.importorskip("numpy")
joblib = pytest.importorskip("joblib")
pytest.importorskip("sklearn")
st = pytest.importorskip("sentence_transformers")

import sentence_folders as made  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.multiclass import OneVsRestClassifier  # noqa: E402
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
TEXTS = [*made.TEXTS[:3], "play music", "light in the kitchen", "is it red", "lamp", "please"]
THREE, TWO = [0, 1, 2, 0, 1, 2, 0, 1], [0, 1] * 4
SEVERAL = [[0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 0], [0, 1, 0], [1, 1, 1], [0, 0, 0], [1, 0, 1]]


@pytest.fixture(scope="module")
def body(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = made.save(tmp_path_factory.mktemp("setfit") / "model", "mean")
    return folder, st.SentenceTransformer(str(folder), device="cpu")


def write(folder: Path, head: Any, normalize: bool = False, **settings: Any) -> None:
    labels = settings.pop("labels", None)
    joblib.dump(head, folder / "model_head.pkl", **settings)
    config = {"labels": labels, "normalize_embeddings": normalize}
    (folder / "config_setfit.json").write_text(json.dumps(config))


CASES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "numbers": (LogisticRegression(), THREE, {}),
    "two": (LogisticRegression(C=50), TWO, {"labels": ["off", "on"]}),
    "named": (LogisticRegression(), THREE, {"labels": ["a", "b", "c"], "normalize": True}),
    "words": (LogisticRegression(), ["x", "yy", "ünï"] * 2 + ["x", "yy"], {"protocol": 2}),
    "objects": (LogisticRegression(), np.array(["x", "yy"] * 4, dtype=object), {"protocol": 3}),
    "liblinear": (LogisticRegression(solver="liblinear"), TWO, {"protocol": 5}),
    "rest": (OneVsRestClassifier(LogisticRegression()), SEVERAL, {}),
    "outputs": (MultiOutputClassifier(LogisticRegression()), SEVERAL, {"labels": list("abc")}),
}


@pytest.mark.parametrize("case", CASES)
def test_probabilities_are_those_of_scikit_learn(
    body: tuple[Path, Any], case: str, tmp_path: Path
) -> None:
    folder, encoder = body
    head, answers, how = CASES[case]
    vectors = encoder.encode(TEXTS, normalize_embeddings=how.get("normalize", False))
    head.fit(vectors, np.array(answers))
    write(folder, head, **how)
    expected = head.predict_proba(vectors)
    if isinstance(expected, list):
        expected = np.stack([one[:, 1] for one in expected], 1)
    pipe: Any = bf.pipeline("text-classification", folder, precision="fp32")
    labels = how.get("labels") or (
        list("012") if case == "rest" else [str(x) for x in head.classes_]
    )
    assert pipe.labels == labels
    found = [{one["label"]: one["score"] for one in row} for row in pipe(TEXTS, top_k=None)]
    ours = np.array([[row[label] for label in labels] for row in found])
    assert np.abs(ours - expected).max() < 1e-5
    best = [labels[i] for i in expected.argmax(-1)]
    file = tmp_path / "model.bertlite"
    bf.convert(folder, file)
    quick: Any = bf.pipeline("text-classification", folder)
    kept: Any = bf.pipeline(model=file)
    assert kept(TEXTS, top_k=None) == quick(TEXTS, top_k=None) and kept.labels == labels
    assert pickle.loads(pickle.dumps(kept))(TEXTS) == quick(TEXTS)
    theirs = bf.SentenceTransformer(folder).encode(TEXTS)
    assert bf.SentenceTransformer(file).encode(TEXTS).tobytes() == theirs.tobytes()
    for same in (pipe, pickle.loads(pickle.dumps(pipe)), bf.pipeline(model=folder)):
        assert [one["label"] for one in same(TEXTS)] == best or same.model.precision == "int8"
    assert pipe(TEXTS, threads=2) == pipe(TEXTS) == [pipe(text)[0] for text in TEXTS]
    assert bf.pipeline(model=folder).task == "text-classification"


def test_a_plain_pickle_is_read_too(body: tuple[Path, Any]) -> None:
    folder, encoder = body
    head = LogisticRegression().fit(encoder.encode(TEXTS), THREE)
    write(folder, head)
    expected = bf.pipeline("text-classification", folder)(TEXTS)
    for protocol in range(3, 6):
        (folder / "model_head.pkl").write_bytes(pickle.dumps(head, protocol))
        assert bf.pipeline("text-classification", folder)(TEXTS) == expected


def refused(folder: Path, match: str) -> None:
    with pytest.raises(bf.ModelConfigError, match=match) as error:
        bf.pipeline("text-classification", folder)
    assert "never run" in str(error.value) and len(str(error.value)) < 700


def test_what_cannot_be_read_says_what_to_do(body: tuple[Path, Any]) -> None:
    folder, encoder = body
    vectors = encoder.encode(TEXTS)
    for head, match in (
        (LogisticRegression(), "an array is missing"),
        (OneVsRestClassifier(LogisticRegression()).fit(vectors, THREE), "one label"),
        (ClassifierChain(LogisticRegression()).fit(vectors, np.array(SEVERAL)), "ClassifierChain"),
        ({"a": 1}, "dict"),
        (LogisticRegression().fit(vectors[:, :7], THREE), "takes 7 values"),
    ):
        write(folder, head)
        refused(folder, match)
    write(folder, LogisticRegression().fit(vectors, THREE), compress=3)
    refused(folder, "compressed")
    write(folder, LogisticRegression().fit(vectors, THREE))
    pipe = bf.pipeline("text-classification", folder)
    for more in ({"max_length": 4}, {"add_special_tokens": False}):
        with pytest.raises(bf.InputError, match="SetFit"):
            pipe("a", **more)
    with pytest.raises(bf.InputError, match="text_pair"):
        pipe({"text": "a", "text_pair": "b"})
    (folder / "config_setfit.json").write_text("[1")
    with pytest.raises(bf.ModelFileError, match="config_setfit"):
        bf.pipeline("text-classification", folder)
    (folder / "config_setfit.json").unlink()
    assert bf.SentenceTransformer(folder).encode("a").shape == (made.HIDDEN,)


class Hostile:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.path, "run")


def test_nothing_is_run(body: tuple[Path, Any], tmp_path: Path) -> None:
    folder, _ = body
    trap = tmp_path / "trap"
    for content in (
        pickle.dumps(Hostile(trap)),
        pickle.dumps([Hostile(trap)] * 3, 2),
        b"cos\nsystem\n(S'touch pwned'\ntR.",
        b"\x80\x02cbuiltins\nexec\n(X\x03\0\0\0a=1tR.",
    ):
        (folder / "model_head.pkl").write_bytes(content)
        refused(folder, "pickle")
    assert not trap.exists()


def test_hostile_pickles_cost_little(body: tuple[Path, Any]) -> None:
    folder, _ = body
    many = 200_000
    huge = b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(X\x05\0\0\0shape%s"
    huge += b"X\x05\0\0\0dtypecnumpy\ndtype\nX\x02\0\0\0f8\x85RX\x05\0\0\0orderX\x01\0\0\0Cub."
    wide = b"\x8a\x08" + struct.pack("<q", 1 << 62)
    for content in (
        b"(" * many + b"t" * many + b".",  # deep
        b")" + b"\x85" * many + b".",
        b"]" + b"\x94h\0a" * many + b".",  # a list in itself
        b"}" + b"K\x01K\x01s" * many + b".",
        b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\x8a\xff" + b"\xff" * 255 + b".",
        b"(" * 3_000_000,
        huge % (wide + b"\x85"),
        huge % (wide * 2 + b"\x86"),
        huge % (b"J\xff\xff\xff\xff" + b"\x85"),
        (huge % (wide + b"K\0\x86")).replace(b"\x01\0\0\0C", b"\x01\0\0\0F"),  # no values
        b"", b".", b"\x80", b"h\x05.", b"R.", b"b.", b"u.", b"a.", b"NNR.", b"N)\x81.",
    ):  # fmt: skip
        (folder / "model_head.pkl").write_bytes(b"\x80\x04" + content)
        refused(folder, "pickle")


def test_a_classifier_that_is_there_many_times_costs_little(body: tuple[Path, Any]) -> None:
    folder, encoder = body
    head = OneVsRestClassifier(LogisticRegression()).fit(encoder.encode(TEXTS), SEVERAL)
    wide = np.zeros((1, 500_000))
    head.estimators_[0].coef_ = wide
    head.estimators_ = [head.estimators_[0]] * 100_000  # one, and that it is meant again
    write(folder, head)
    assert (folder / "model_head.pkl").stat().st_size < 5_000_000
    refused(folder, "too large")


def test_damaged_pickles_are_answers_or_errors(body: tuple[Path, Any]) -> None:
    folder, encoder = body
    write(folder, LogisticRegression().fit(encoder.encode(TEXTS), ["x", "yy"] * 4))
    whole = (folder / "model_head.pkl").read_bytes()
    dice = random.Random(1)
    errors = 0
    for _ in range(200):
        damaged = bytearray(whole)
        for _ in range(dice.randrange(1, 4)):
            damaged[dice.randrange(len(whole))] = dice.randrange(256)
        cut = dice.randrange(len(whole)) if dice.random() < 0.2 else len(whole)
        (folder / "model_head.pkl").write_bytes(damaged[:cut])
        try:
            assert bf.pipeline("text-classification", folder)("lamp")
        except bf.ModelConfigError:
            errors += 1
    assert 20 < errors < 200


@pytest.mark.parametrize(
    "change",
    [{"labels": []}, {"labels": None}, {"function": "none"}, {"numbers": "AAAA"}, {"numbers": "x"}],
)
def test_a_converted_classifier_that_does_not_fit(change: dict[str, Any]) -> None:
    from binascii import b2a_base64

    from bertlite_fast.setfit import _kept

    numbers = b2a_base64(struct.pack("6f", 1, 2, 3, 4, 5, 6)).decode()
    kept = {"labels": ["a", "b"], "function": "softmax", "normalize": True, "numbers": numbers}
    head = _kept(kept, 2, "file")
    assert head.normalize and head.bias.tolist() == [[5, 6]]
    wrongs: list[Any] = [{**kept, **change}, [], 3]
    for wrong in wrongs:
        with pytest.raises(bf.ModelConfigError, match="convert its folder again"):
            _kept(wrong, 2, "file")
